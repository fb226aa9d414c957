// The two programs that the demo starts: an IPFS node and a development chain, both on loopback only.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { cliBinary, nodeBinary, repository } from '../e2e/lib/paths.mjs';
import { rpc } from '../e2e/lib/node.mjs';
import { Service, freePort } from '../e2e/lib/process.mjs';

function isFree(port) {
	return new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});
}

export class Services {
	#folder;
	#note;
	#running = [];

	constructor(folder, note) {
		this.#folder = folder;
		this.#note = note;
		this.programs = dirname(cliBinary());
	}

	/** The usual port, or another one when somebody has it, saying so. */
	async #port(usual, what) {
		if (await isFree(usual)) return usual;
		const other = await freePort();
		this.#note(`port ${usual} is taken by another program: ${what} listens on ${other}`);
		return other;
	}

	#start(name, command, args, options) {
		const service = new Service(name, command, args, options);
		const log = createWriteStream(join(this.#folder, `${name}.log`));
		service.child.stdout.pipe(log, { end: false });
		service.child.stderr.pipe(log, { end: false });
		this.#running.push(service);
		return service;
	}

	/** Starts the IPFS node, or uses the one that WEIGHHOUSE_IPFS names; answers its peer id. */
	async startIpfs() {
		const identity = async () => {
			const answer = await fetch(`${this.ipfs}/api/v0/id`, { method: 'POST', signal: AbortSignal.timeout(5000) });
			return answer.ok && (await answer.json()).ID;
		};
		if (process.env.WEIGHHOUSE_IPFS) {
			this.ipfs = process.env.WEIGHHOUSE_IPFS.replace(/\/$/, '');
			this.#note(`using the IPFS node of WEIGHHOUSE_IPFS, ${this.ipfs}`);
			return identity();
		}
		const port = await this.#port(5001, 'IPFS');
		const gateway = await this.#port(8080, 'the IPFS gateway');
		this.ipfs = `http://127.0.0.1:${port}`;
		const service = this.#start('ipfs', process.execPath, [
			join(repository, 'dev/ipfs/src/main.js'),
			'--repo', join(this.#folder, 'ipfs'), '--rpc', this.ipfs, '--gateway', `http://127.0.0.1:${gateway}`,
		]);
		return service.ready(identity, 30_000);
	}

	/** Starts the chain; answers once it makes and finalises blocks. */
	async startChain() {
		const port = await this.#port(9944, 'the chain\'s RPC');
		const p2p = await this.#port(30333, 'the chain\'s network');
		this.url = `ws://127.0.0.1:${port}`;
		const started = Date.now();
		const service = this.#start('chain', nodeBinary(), [
			'--dev', '--base-path', join(this.#folder, 'chain'), '--rpc-port', String(port),
			'--listen-addr', `/ip4/127.0.0.1/tcp/${p2p}`, '--no-mdns', '--no-telemetry', '--no-prometheus',
		]);
		const height = async (...hash) => Number((await rpc(port, 'chain_getHeader', hash)).number);
		return service.ready(async () => {
			const finalized = await height(await rpc(port, 'chain_getFinalizedHead'));
			if (finalized === 0) return undefined;
			return {
				name: await rpc(port, 'system_chain'),
				genesis: await rpc(port, 'chain_getBlockHash', [0]),
				best: await height(),
				finalized,
				finalAfter: Number(((Date.now() - started) / 1000).toFixed(1)),
			};
		}, 60_000);
	}

	/** Answers the name of the first one that ends. */
	async anyEnded() {
		return Promise.race(this.#running.map((service) => service.ended.then(() => service.name)));
	}

	/** Ends what was started here, the last one first. */
	async stop() {
		for (const service of this.#running.toReversed()) await service.stop();
	}
}
