// Workers of the inference market: `weighhouse work` as a person starts it, workers that a test keeps in
// its own hands, and what they sign.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { UNIT, account, alice, event, send, submitAll } from './chain.mjs';
import { cliBinary } from './paths.mjs';
import { Service, freePort, until } from './process.mjs';

/** The key that signs a worker's steps: its account's with `//infw` behind it. */
export const workerKey = (suri) => account(`${suri}//infw`);
export const key = (suri) => u8aToHex(workerKey(suri).publicKey);

/** Where a node keeps the address of a worker's gateway. */
export const gatewayKey = (suri) => u8aToHex(u8aConcat(stringToU8a('weighhouse/gateway/'), workerKey(suri).publicKey));

/** Flags that make a node carry for these workers: `[suri, gateway address]` each. */
export const carrying = (workers) => workers.flatMap(([suri, gateway]) => ['--worker-suri', `${suri}//infw`, '--inference-gateway', gateway]);

/** What `patient` leaves workers for an answer: three times what the models here say. */
export const PATIENCE_MS = 60_000;

/**
 * Copies a model, and gives whoever serves the copy more time: a busy machine misses the shortest window. Where all
 * answer, a window ends with the last of them.
 */
export function patient(model, copy) {
	cpSync(model, copy, { recursive: true });
	const description = join(copy, 'weighhouse.yaml');
	const text = readFileSync(description, 'utf8');
	const longer = text.replace('maxLatencyMs: 20000', `maxLatencyMs: ${PATIENCE_MS}`);
	if (longer === text) throw new Error(`${description} says another maxLatencyMs`);
	writeFileSync(description, longer);
	return copy;
}

/** A `weighhouse work` process of one account, with a gateway and a data folder of its own. */
export class Worker {
	/** Names an account and takes a port; nothing runs yet. */
	static async of(suri, data) {
		const worker = new Worker();
		Object.assign(worker, { suri, data, account: account(suri), port: await freePort(), events: [] });
		worker.gateway = `http://127.0.0.1:${worker.port}`;
		return worker;
	}

	get address() {
		return this.account.address;
	}

	/**
	 * Starts it with `--serve` for each of `[listing, WGH]`; a worker that served before needs none. With
	 * `courier` null it finds out itself who carries.
	 */
	start({ url, ipfs, serve = [], extra = [], courier = 'node', env = {} }) {
		this.service = new Service(`work ${this.suri}`, cliBinary(), [
			'--json', '--wait', 'best', 'work', '--gateway-listen', `127.0.0.1:${this.port}`, '--data', this.data,
			...(courier ? ['--courier', courier] : []),
			...serve.flatMap(([listing, reward]) => ['--serve', `${listing}:${reward}`]), ...extra,
		], { env: { WEIGHHOUSE_URL: url, WEIGHHOUSE_IPFS: ipfs, WEIGHHOUSE_SURI: this.suri, ...env } });
		this.options = { url, ipfs, extra, courier, env };
		let rest = '';
		this.service.child.stdout.on('data', (chunk) => {
			const lines = (rest + chunk).split('\n');
			rest = lines.pop();
			for (const line of lines) if (line.startsWith('{')) this.events.push(JSON.parse(line));
		});
		return this;
	}

	/** Until it is registered, serves and waits for work. */
	async ready(ms = 60_000) {
		return this.service.ready(() => this.events.find(({ event: name }) => name === 'started'), ms);
	}

	/** Ends it as a power cut would. */
	async kill() {
		await this.service.stop('SIGKILL');
	}

	/** Starts it again with the options it had, as a supervisor would. */
	async again() {
		this.events = [];
		this.start(this.options);
		await this.ready();
	}

	async stop() {
		return this.service?.stop();
	}
}

/** Money for accounts that a test makes up. */
export async function fund(api, addresses, amount = 1000n * UNIT) {
	const results = await submitAll(api, addresses.map((address) => [api.tx.balances.transferKeepAlive(address, amount), alice]));
	for (const { error } of results) if (error) throw error;
}

/** The bytes that a worker signs: domain, genesis and what is said, in SCALE. */
export function toSign(api, domain, said, genesis = api.genesisHash) {
	return u8aConcat(api.createType('Bytes', domain).toU8a(), genesis, said);
}

/** Registers a worker whose key the test keeps, as a person does it in Apps. */
export async function register(api, suri, bond = 100n * UNIT) {
	const who = account(suri);
	const signer = workerKey(suri);
	const proof = signer.sign(toSign(api, 'weighhouse/worker-key/v1', who.publicKey));
	return event(await send(api, api.tx.inference.registerWorker(signer.publicKey, proof, bond), who), 'inference', 'WorkerRegistered');
}

/** A step of a worker's seat, as the chain knows it; `change` makes it another one. */
export async function stepOf(api, job, suri, change = {}) {
	const view = (await api.call.inferenceApi.job(job)).unwrap();
	return api.createType('WeighhousePrimitivesInferenceStep', {
		job,
		requestHash: view.requestHash,
		round: 'Main',
		worker: key(suri),
		at: (await api.rpc.chain.getHeader()).number.toNumber(),
		...change,
	});
}

/** How every general transaction begins behind its length: version 5, each extension of the runtime at its default. */
export function generalHead(api) {
	const nothing = { CheckMortality: [0], CheckNonce: [0], ChargeTransactionPayment: [0], CheckMetadataHash: [0] };
	return u8aConcat([0x45, 0x00], api.registry.signedExtensions.flatMap((name) => nothing[name] ?? []));
}

/** A general transaction around a call that needs no account. Polkadot.js does not make these, so it is written out. */
export function general(api, call) {
	const body = u8aConcat(generalHead(api), call.method.toU8a());
	return u8aToHex(u8aConcat(api.createType('Compact<u32>', body.length).toU8a(), body));
}

/** Submits a general transaction; answers `undefined`, or why the pool refused it. */
export async function offer(node, api, call) {
	try {
		await node.rpc('author_submitExtrinsic', general(api, call));
		return undefined;
	} catch (error) {
		// Whether the pool took it is not known.
		if (error.code === undefined || error.name === 'TimeoutError') throw error;
		return `${error.message}: ${error.data ?? ''}`;
	}
}

/** A commit that is signed by `signer`, whoever that is, for this chain or another one. */
export function commitCall(api, step, commitment, signer, genesis) {
	const said = u8aConcat(step.toU8a(), api.createType('H256', commitment).toU8a());
	return api.tx.inference.commit(step, commitment, signer.sign(toSign(api, 'weighhouse/commit/v1', said, genesis)));
}

/** A reveal that is signed by `signer`. */
export function revealCall(api, step, reveal, signer) {
	const typed = api.createType('WeighhousePrimitivesInferenceReveal', reveal);
	return api.tx.inference.reveal(step, typed, signer.sign(toSign(api, 'weighhouse/reveal/v1', u8aConcat(step.toU8a(), typed.toU8a()))));
}

/** The commitment to an answer, as a gateway makes it. */
export function commitmentTo(api, requestHash, suri, round, answer, salt) {
	const domain = stringToU8a('weighhouse/commitment/v1');
	return api.registry.hash(u8aConcat(
		domain, requestHash.toU8a(), workerKey(suri).publicKey,
		api.createType('WeighhousePrimitivesInferenceRound', round).toU8a(),
		api.createType('WeighhousePrimitivesInferenceAnswer', answer).toU8a(),
		api.createType('H256', salt).toU8a(),
	)).toHex();
}

/** A job's phase and seats as anybody reads them; `undefined` once it is over. */
export async function jobAt(api, job, hash) {
	const at = hash ? await api.at(hash) : api;
	const found = await at.call.inferenceApi.job(job);
	return found.isSome ? found.unwrap() : undefined;
}

/** Waits until a job is in one of these phases, and answers it. */
export function phase(api, job, names, ms = 180_000) {
	return until(async () => {
		const now = await jobAt(api, job);
		if (!now) throw new Error(`job ${job} is over`);
		return names.includes(now.phase.type) && now;
	}, ms, `job ${job} in ${names}`, 200);
}

/** All events of the pallet from block `first` to `last`, each with its block. */
export async function happened(api, first, last) {
	const found = [];
	for (let number = first; number <= last; number += 1) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		for (const { event: each } of await at.query.system.events()) {
			if (each.section === 'inference' || each.section === 'licensing') found.push({ block: number, section: each.section, name: each.method, data: each.data });
		}
	}
	return found;
}

/** Waits until a job is over, and answers its end with everything that happened in it. */
export async function ended(api, job, since, ms = 300_000) {
	await until(async () => !(await jobAt(api, job)), ms, `the end of job ${job}`, 400);
	const last = (await api.rpc.chain.getHeader()).number.toNumber();
	const all = await happened(api, since, last);
	const own = all.filter(({ section, data }) => section === 'inference' && data.job?.toNumber() === Number(job));
	const over = own.filter(({ name }) => name === 'JobEnded');
	if (over.length !== 1) throw new Error(`job ${job} ended ${over.length} times`);
	return { ...over[0], events: own, named: (name) => own.filter((each) => each.name === name) };
}
