// A flood of extrinsics: threads that send them, and what came of it. For forged messages of workers: jobs to aim at.
import { Worker as Thread } from 'node:worker_threads';
import { join } from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { UNIT, account, dave, event, submitAll } from './chain.mjs';
import { Forger, stepBytes } from './forged.mjs';
import { cid, publish } from './market.mjs';
import { commitCall, commitmentTo, fund, general, generalHead, jobAt, key, offer, phase, register, stepOf, workerKey } from './workers.mjs';

const SEATS = ['//Seat1', '//Seat2', '//Seat3'];
const UNBONDED = '//Unbonded';
const REWARD = UNIT / 20n;

/** Threads that send to `urls`, each its part. */
export class Flood {
	#threads;
	#asked = new Map();
	#ids = 0;

	/** `program` is what a thread runs, and `sends` its name of what it sends. */
	static async open(urls, { threads = 2, program = join(import.meta.dirname, 'forged.mjs'), sends = 'forgeries' } = {}) {
		const flood = new Flood();
		flood.#threads = await Promise.all(Array.from({ length: threads }, (_, part) => new Promise((done, failed) => {
			const thread = new Thread(program, { workerData: { sends, part, parts: threads } });
			thread.on('error', failed);
			thread.on('message', ({ id, result, error }) => {
				if (id === 0) return done(thread);
				const { done: settle, failed: refuse } = flood.#asked.get(id);
				flood.#asked.delete(id);
				return error ? refuse(new Error(error)) : settle(result);
			});
		})));
		await flood.#all('open', { urls });
		return flood;
	}

	#all(task, options) {
		return Promise.all(this.#threads.map((thread) => new Promise((done, failed) => {
			const id = (this.#ids += 1);
			this.#asked.set(id, { done, failed });
			thread.postMessage({ id, task, ...options });
		})));
	}

	/** Makes `count` that are sent `rate` a second; forgeries from block `block` on, signed `behind` blocks before. */
	prepare(context, { count, rate, block, behind }) {
		const parts = this.#threads.length;
		return this.#all('prepare', { context, count: Math.ceil(count / parts), rate: rate / parts, block, behind });
	}

	async start() {
		this.began = Date.now();
		await this.#all('start', { at: this.began });
	}

	/** Jobs whose seats have something to do now, `{ job, requestHash, keys, phase }` each. */
	aim(jobs) {
		return this.#all('live', { jobs });
	}

	/** Ends it, and answers what nodes said to which kind. */
	async stop() {
		const seconds = (Date.now() - this.began) / 1000;
		const parts = await this.#all('stop', {});
		const counts = {};
		for (const part of parts) {
			for (const [name, reasons] of Object.entries(part.counts)) {
				counts[name] ??= {};
				for (const [why, times] of Object.entries(reasons)) counts[name][why] = (counts[name][why] ?? 0) + times;
			}
		}
		return {
			seconds, counts, delays: parts.flatMap(({ delays }) => delays), accepted: parts.flatMap(({ accepted }) => accepted), most: parts.reduce((all, { most }) => all + most, 0),
			unanswered: parts.reduce((all, { unanswered }) => all + unanswered, 0), exhausted: parts.some(({ exhausted }) => exhausted), broken: parts.some(({ broken }) => broken),
		};
	}

	/** Which of these extrinsics it has ever sent. */
	async sentAmong(hexes) {
		return (await this.#all('sentAmong', { hexes })).flat();
	}

	async end() {
		await Promise.all((this.#threads ?? []).map((thread) => thread.terminate()));
	}
}

/** Jobs of a listing that nobody's gateway answers, so that seats stay as a forger likes them. */
export class Targets {
	/** Makes all that floods against `honest` workers need, as many as `floods`. */
	static async prepare(api, node, honest, floods) {
		const targets = new Targets();
		Object.assign(targets, { api, node });
		await fund(api, [...SEATS, UNBONDED].map((suri) => account(suri).address));
		// Twenty minutes to commit: longer than any flood.
		targets.listing = await publish(api, dave, { answers: { class: 'BitExact', tau: 2, maxLatencyMs: 1_200_000, inputLimit: 1024 } });
		await Promise.all([...SEATS.map((suri) => register(api, suri)), register(api, UNBONDED, 10n * UNIT)]);
		const results = await submitAll(api, [
			...SEATS.map((suri) => [api.tx.inference.serve(targets.listing, REWARD), account(suri)]),
			[api.tx.inference.unbond(10n * UNIT), account(UNBONDED)],
		]);
		for (const { error } of results) if (error) throw error;
		const [committing, ...rest] = await targets.#ask(floods + 1);
		targets.rest = rest;
		targets.context = {
			genesis: api.genesisHash.toHex(), head: u8aToHex(generalHead(api)), calls: Object.fromEntries(['commit', 'reveal', 'heartbeat'].map((name) => [name, u8aToHex(api.tx.inference[name].callIndex)])),
			seats: SEATS, unbonded: key(UNBONDED), honest: honest.map(({ suri }) => key(suri)), copier: key(SEATS[2]), committing,
		};
		await targets.#check();
		return targets;
	}

	/** Asks for jobs and waits until their seats can commit. */
	async #ask(count) {
		const { api, listing } = this;
		const request = () => api.tx.inference.request(listing, 1, 'QuorumOfThree', 'Owner', REWARD, cid().toString(), `0x${'11'.repeat(32)}`);
		const results = await submitAll(api, Array.from({ length: count }, () => [request(), dave]));
		return Promise.all(results.map(async (result) => {
			if (result.error) throw result.error;
			const { job, requestHash } = event(result, 'inference', 'Requested');
			await phase(api, job.toNumber(), ['Committing']);
			return { job: job.toNumber(), requestHash: requestHash.toHex() };
		}));
	}

	/** What is written by hand must be what Polkadot.js writes, or the nodes refuse it for its form. */
	async #check() {
		const { api, context } = this;
		const forger = new Forger(context);
		const [commitment, signature] = ['ab', 'cd'].map((byte, index) => `0x${byte.repeat(32 * (index + 1))}`);
		const step = await stepOf(api, context.committing.job, SEATS[0]);
		const theirs = general(api, api.tx.inference.commit(step, commitment, signature));
		const ours = forger.commit(stepBytes(context.committing, key(SEATS[0]), step.at.toNumber()), ...[commitment, signature].map((hex) => Buffer.from(hex.slice(2), 'hex')));
		if (ours !== theirs) throw new Error(`a commit by hand is\n${ours}\nand should be\n${theirs}`);
	}

	/** All that a forger needs for the next flood. */
	next() {
		this.context.revealing = this.rest.shift();
		return this.context;
	}

	/** Lets all seats of one job commit, one of them to what another had committed to. It stays so for a minute. */
	async ripen() {
		const { api, node, context: { revealing: { job, requestHash } } } = this;
		const hash = api.createType('H256', requestHash);
		const answer = { status: 'Ok', outputHash: `0x${'33'.repeat(32)}`, fingerprint: `0x${'07'.repeat(32)}`, statement: `0x${'00'.repeat(32)}` };
		const [first, second, copier] = SEATS;
		for (const [suri, made] of [[first, first], [second, second], [copier, first]]) {
			const refused = await offer(node, api, commitCall(api, await stepOf(api, job, suri), commitmentTo(api, hash, made, 'Main', answer, `0x${'09'.repeat(32)}`), workerKey(suri)));
			if (refused) throw new Error(`a commit that is right was refused: ${refused}`);
		}
		await phase(api, job, ['Revealing']);
	}

	/** Whether the jobs are still as the forger wants them. */
	async stand() {
		const [committing, revealing] = await Promise.all([this.context.committing, this.context.revealing].map(({ job }) => jobAt(this.api, job)));
		return Boolean(committing?.phase.isCommitting && revealing?.phase.isRevealing);
	}
}
