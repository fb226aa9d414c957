// The programs that the demo starts, all on loopback only: an IPFS node, a development chain, and for each
// worker a node of its own and a gateway, with an inference server behind some of them.
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { cliBinary, nodeBinary, repository } from '../e2e/lib/paths.mjs';
import { rpc } from '../e2e/lib/node.mjs';
import { Service, freePort, until } from '../e2e/lib/process.mjs';

function isFree(port) {
	return new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});
}

/** What a service says with --json, a line each, from now on; `tell` hears it at once. */
function eventsOf(service, tell) {
	const events = [];
	let rest = '';
	service.child.stdout.on('data', (chunk) => {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop();
		for (const line of lines) {
			const event = JSON.parse(line);
			events.push(event);
			tell(event);
		}
	});
	return events;
}

export class Services {
	#folder;
	#note;
	#running = [];
	#chain;

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
		this.#chain = { port, p2p };
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

	/** Starts a node for one worker: it validates nothing, and carries between the chain and the worker's gateway. */
	async startWorkerNode(worker) {
		const { name, suri } = worker;
		const port = await this.#port(9944 + worker.number, `${name}'s RPC`);
		const p2p = await this.#port(30333 + worker.number, `${name}'s network`);
		const gateway = await this.#port(8790 + worker.number, `${name}'s gateway`);
		const chain = await rpc(this.#chain.port, 'system_localPeerId');
		const folder = join(this.#folder, name);
		mkdirSync(folder, { recursive: true });
		Object.assign(worker, { port, folder, url: `ws://127.0.0.1:${port}`, gateway: `http://127.0.0.1:${gateway}`, listen: `127.0.0.1:${gateway}`, data: join(folder, 'gateway') });
		const service = this.#start(`${name}-node`, nodeBinary(), [
			'--chain', 'dev', '--base-path', join(folder, 'node'), '--rpc-port', String(port),
			'--listen-addr', `/ip4/127.0.0.1/tcp/${p2p}`, '--reserved-nodes', `/ip4/127.0.0.1/tcp/${this.#chain.p2p}/p2p/${chain}`,
			'--worker-suri', `${suri}//infw`, '--inference-gateway', worker.gateway,
			'--no-mdns', '--no-telemetry', '--no-prometheus',
		]);
		let synced;
		await service.ready(async () => {
			const { peers, isSyncing } = await rpc(port, 'system_health');
			const best = Number((await rpc(port, 'chain_getHeader')).number);
			if (peers > 0 && !isSyncing && best > 0) synced ??= best;
			// Its pool takes transactions from the first block on that came after it had caught up.
			return best > synced;
		}, 90_000);
		worker.peer = await rpc(port, 'system_localPeerId');
		return worker;
	}

	/** Starts `weighhouse work ARGUMENTS` for a worker, telling what it says; done when it waits for work. */
	async startWork(worker, args, tell) {
		const service = this.#start(worker.name, cliBinary(), [
			'--json', '--url', worker.url, '--ipfs', this.ipfs, 'work', '--gateway-listen', worker.listen, '--data', worker.data, ...args,
		], { env: { WEIGHHOUSE_SURI: worker.suri } });
		worker.work = service;
		const events = eventsOf(service, (event) => tell(worker, event));
		worker.registered = await service.ready(() => events.find(({ event }) => event === 'started') && events, 120_000);
		return worker;
	}

	/** Ends a worker's `weighhouse work` in order, as Ctrl-C does. */
	async stopWork(worker) {
		this.#running = this.#running.filter((service) => service !== worker.work);
		await worker.work.stop('SIGINT', 30_000);
	}

	/** Starts `weighhouse deliver ARGUMENTS`, telling what it says; done when it looks at final blocks. */
	async startDeliver(suri, args, tell) {
		const service = this.#start('deliver', cliBinary(), ['--json', '--url', this.url, 'deliver', '--data', join(this.#folder, 'deliver'), ...args], { cwd: repository, env: { WEIGHHOUSE_SURI: suri } });
		const events = eventsOf(service, tell);
		await service.ready(() => events.find(({ event }) => event === 'started'), 60_000);
		return events;
	}

	/** Starts the daemon that delivers wrong keys, see altered-deliver.mjs. */
	async startAlteredDeliver(suri) {
		const service = this.#start('altered-deliver', process.execPath, [join(repository, 'dev/demo/altered-deliver.mjs'), this.url, suri]);
		await service.ready(() => service.log.includes('delivering wrong keys'), 30_000);
		return service;
	}

	/** Ends the daemon that delivers wrong keys. */
	async stopAltered(service) {
		this.#running = this.#running.filter((each) => each !== service);
		await service.stop();
	}

	/** The bytes of a file as they lie on IPFS. */
	async onIpfs(cid) {
		const answer = await fetch(`${this.ipfs}/api/v0/cat?arg=${cid}`, { method: 'POST', signal: AbortSignal.timeout(30_000) });
		if (!answer.ok) throw new Error(`IPFS does not give ${cid}: ${answer.status}`);
		return Buffer.from(await answer.arrayBuffer());
	}

	/** Starts MLServer with a model; the first time it installs its packages, which takes minutes. */
	async startMlserver(model) {
		const port = await this.#port(8081, 'MLServer');
		const script = join(repository, 'dev/models/mlserver/run.sh');
		const service = this.#start('mlserver', script, [join(repository, 'dev/models', model), String(port)]);
		const url = `http://127.0.0.1:${port}`;
		let said = false;
		try {
			await service.ready(async () => {
				if (!said && /installing/.test(service.log)) {
					said = true;
					this.#note('installing MLServer\'s pinned Python packages, once: about 630 MB');
				}
				return (await fetch(`${url}/v2/models/${model}/ready`, { signal: AbortSignal.timeout(2000) })).ok;
			}, 900_000);
		} catch (error) {
			throw new Error(`MLServer does not run, and one of the workers needs it: ${error.message}\nTry it alone: dev/models/mlserver/run.sh dev/models/${model} ${port}`);
		}
		return url;
	}

	/** Starts the inference server that makes its numbers up, see altered.mjs. */
	async startAltered(model) {
		const port = await this.#port(8082, 'the altered inference server');
		const service = this.#start('altered', process.execPath, [join(repository, 'dev/demo/altered.mjs'), join(repository, 'dev/models', model), String(port)]);
		const url = `http://127.0.0.1:${port}`;
		await service.ready(() => fetch(`${url}/v2/health/ready`, { signal: AbortSignal.timeout(2000) }).then(({ ok }) => ok), 20_000);
		return url;
	}

	/** Runs dev/models/train/run.sh to its end; the first time it installs its packages, which takes minutes. */
	async train(what, ...args) {
		const service = this.#start(`train-${what}`, join(repository, 'dev/models/train/run.sh'), [what, ...args], { cwd: repository });
		const { code } = await service.ended;
		this.#running = this.#running.filter((each) => each !== service);
		if (code !== 0) throw new Error(`dev/models/train/run.sh ${what} failed:\n${service.log.slice(-4000)}`);
		this.#note(service.log.trim().split('\n').at(-1));
	}

	/** What a gateway counts: runs of its engine, and answers by their status. */
	async counters({ gateway }) {
		const text = await (await fetch(`${gateway}/metrics`)).text();
		const read = (name, label) => Number(new RegExp(`^${name}\\{[^}]*"${label}"[^}]*\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
		return { runs: read('weighhouse_work_engine_runs_total', 'ok'), answers: read('weighhouse_work_answers_total', 'ok') };
	}

	/** Waits until all gateways could take a job. */
	async gatewaysReady(workers) {
		await until(async () => (await Promise.all(workers.map(({ gateway }) => fetch(`${gateway}/health/ready`)))).every(({ ok }) => ok), 60_000, 'the gateways');
	}

	/** Answers the name of the first one that ends. */
	async anyEnded() {
		return Promise.race(this.#running.map((service) => service.ended.then(() => service.name)));
	}

	/** Ends what was started here, the last one first; gateways before the nodes that carry for them. */
	async stop() {
		for (const service of this.#running.toReversed()) await service.stop();
	}
}
