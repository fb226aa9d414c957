// A network of zombienet/*.toml, run by zombienet's native provider.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { rpc } from './node.mjs';
import { repository } from './paths.mjs';
import { Service, scratch, until } from './process.mjs';

/** The process that keeps its chain below `folder`, found by its arguments; `undefined` if none runs. */
function processOf(folder) {
	for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
		try {
			const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
			const at = args.indexOf('--base-path');
			const program = readlinkSync(`/proc/${pid}/exe`);
			if (at > 0 && args[at + 1].startsWith(folder) && program.endsWith('/weighhouse-node')) return { pid: Number(pid), args };
		} catch {
			// It ended while it was looked at, or is not ours to look at.
		}
	}
	return undefined;
}

class Validator {
	constructor(folder, port) {
		this.folder = folder;
		this.port = port;
	}

	get process() {
		return processOf(this.folder);
	}

	rpc(method, ...params) {
		return rpc(this.port, method, params);
	}

	async heights() {
		const number = async (...hash) => Number((await this.rpc('chain_getHeader', ...hash)).number);
		return { best: await number(), final: await number(await this.rpc('chain_getFinalizedHead')) };
	}

	signal(name) {
		process.kill(this.process.pid, name);
	}

	/** Starts it again with the arguments that it had. */
	restart({ args }) {
		this.child = spawn(args[0], args.slice(1), { stdio: 'ignore' });
	}
}

/** Starts the network and waits until each of its nodes answers. */
export async function startNetwork(name, ports) {
	const folder = scratch('weighhouse-network-');
	const service = new Service('zombienet', process.execPath, [
		join(repository, 'zombienet/node_modules/@zombienet/cli/dist/cli.js'),
		'--provider', 'native', '--dir', join(folder.path, 'net'), '--force', '--logType', 'text',
		'spawn', join(repository, `zombienet/${name}.toml`),
	]);
	const validators = Object.fromEntries(Object.entries(ports).map(([who, port]) => [who, new Validator(join(folder.path, 'net', who), port)]));
	const stop = async () => {
		// Zombienet ends the nodes that it started; what is left is ended by its pid.
		await service.stop('SIGINT', 15_000);
		for (const validator of Object.values(validators)) {
			const left = validator.process;
			if (left) process.kill(left.pid, 'SIGKILL');
		}
		await until(() => Object.values(validators).every((each) => !each.process), 10_000, 'the end of the nodes');
		folder.remove();
	};
	try {
		await service.ready(async () => Promise.all(Object.values(validators).map((each) => each.rpc('system_health'))), 180_000);
	} catch (error) {
		await stop();
		throw error;
	}
	return { service, validators, stop };
}
