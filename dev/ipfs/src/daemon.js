import { once } from 'node:events';
import { HELP, readConfig } from './config.js';
import { StartError, UsageError } from './errors.js';
import { createGateway } from './gateway.js';
import { createLog } from './log.js';
import { startNode } from './node.js';
import { VERSION } from './routes/id.js';
import { createRpc } from './rpc.js';
import { close, listen } from './server.js';

// Requests in flight at the end have this long to finish.
const GRACE_MS = 30_000;

/** Starts node, RPC and gateway. Returns their addresses, and `stop`, which lets requests in flight finish. */
export async function startDaemon(config, log) {
	const node = await startNode(config, log);
	const servers = [];
	const stop = async (grace = GRACE_MS) => {
		await Promise.all(servers.map((server) => close(server, grace)));
		await node.stop();
	};
	const serve = (server, address, flag) => {
		servers.push(server);
		return listen(server, address, flag);
	};
	try {
		const rpc = await serve(createRpc({ node, maxUpload: config.maxUpload, log }), config.rpc, '--rpc');
		const gateway = config.gateway && await serve(createGateway({ node, log }), config.gateway, '--gateway');
		return { rpc, gateway, stop };
	} catch (error) {
		await stop(0);
		throw error;
	}
}

/** The command: runs until a signal and returns the exit code. */
export async function run(argv, env) {
	try {
		const config = readConfig(argv, env);
		if (config.help || config.version) {
			process.stdout.write(config.help ? HELP : `weighhouse-ipfs ${VERSION}\n`);
			return 0;
		}
		const asked = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
		const daemon = await startDaemon(config, createLog(config.log));
		process.stdout.write([
			'IPFS node ready',
			`  RPC      ${daemon.rpc}`,
			`  gateway  ${daemon.gateway ? `${daemon.gateway}/ipfs/CID` : 'off'}`,
			`  repo     ${config.repo}`,
			`  peers    ${config.public ? 'the public IPFS network' : 'none (--public joins the public network)'}`,
			''
		].join('\n'));
		await asked;
		process.stdout.write('stopping: requests in flight are finished first; once more stops at once\n');
		for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
		await daemon.stop();
		return 0;
	} catch (error) {
		if (error instanceof UsageError) {
			process.stderr.write(`weighhouse-ipfs: ${error.message}\nTry --help.\n`);
			return 2;
		}
		process.stderr.write(`weighhouse-ipfs: ${error instanceof StartError ? error.message : error.stack}\n`);
		return 1;
	}
}
