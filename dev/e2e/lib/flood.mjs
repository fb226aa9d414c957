// A flood of forged messages of workers: jobs to aim at, threads that send, and what came of it.
import { Worker as Thread } from 'node:worker_threads';
import { join } from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { UNIT, account, dave, event, send, submitAll } from './chain.mjs';
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

	static async open(urls, threads = 2) {
		const flood = new Flood();
		flood.#threads = await Promise.all(Array.from({ length: threads }, () => new Promise((done, failed) => {
			const thread = new Thread(join(import.meta.dirname, 'forged.mjs'), { workerData: { forged: true } });
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

	/** Makes `count` forgeries that are sent `rate` a second from block `block` on, signed `behind` blocks before. */
	prepare(context, { count, rate, block, behind }) {
		const parts = this.#threads.length;
		return this.#all('prepare', { context, count: Math.ceil(count / parts), rate: rate / parts, block, behind });
	}

	async start() {
		this.began = Date.now();
		await this.#all('start', { at: this.began });
	}

	/** Jobs that go on now, `{ job, requestHash, keys }` each. */
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
	static async prepare(api, node, honest) {
		const targets = new Targets();
		Object.assign(targets, { api, node });
		await fund(api, [...SEATS, UNBONDED].map((suri) => account(suri).address));
		// Twenty minutes to commit: longer than any flood.
		targets.listing = await publish(api, dave, { answers: { class: 'BitExact', tau: 2, maxLatencyMs: 1_200_000, inputLimit: 1024 } });
		for (const suri of SEATS) await register(api, suri);
		await register(api, UNBONDED, 10n * UNIT);
		const results = await submitAll(api, [
			...SEATS.map((suri) => [api.tx.inference.serve(targets.listing, REWARD), account(suri)]),
			[api.tx.inference.unbond(10n * UNIT), account(UNBONDED)],
		]);
		for (const { error } of results) if (error) throw error;
		const committing = await targets.#ask();
		await phase(api, committing.job, ['Committing']);
		targets.context = {
			genesis: api.genesisHash.toHex(), head: u8aToHex(generalHead(api)), calls: Object.fromEntries(['commit', 'reveal', 'heartbeat'].map((name) => [name, u8aToHex(api.tx.inference[name].callIndex)])),
			seats: SEATS, unbonded: key(UNBONDED), honest: honest.map(({ suri }) => key(suri)), copier: key(SEATS[2]), committing,
		};
		await targets.#check();
		return targets;
	}

	async #ask() {
		const { api, listing } = this;
		const result = await send(api, api.tx.inference.request(listing, 1, 'QuorumOfThree', 'Owner', REWARD, cid().toString(), `0x${'11'.repeat(32)}`), dave);
		const asked = event(result, 'inference', 'Requested');
		return { job: asked.job.toNumber(), requestHash: asked.requestHash.toHex() };
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

	/** Another job in which all have committed, one of them to what another had committed to. It stays so for a minute. */
	async renew() {
		const { api, node } = this;
		const { job, requestHash } = await this.#ask();
		await phase(api, job, ['Committing']);
		const hash = api.createType('H256', requestHash);
		const answer = { status: 'Ok', outputHash: `0x${'33'.repeat(32)}`, fingerprint: `0x${'07'.repeat(32)}`, statement: `0x${'00'.repeat(32)}` };
		const [first, second, copier] = SEATS;
		for (const [suri, made] of [[first, first], [second, second], [copier, first]]) {
			const refused = await offer(node, api, commitCall(api, await stepOf(api, job, suri), commitmentTo(api, hash, made, 'Main', answer, `0x${'09'.repeat(32)}`), workerKey(suri)));
			if (refused) throw new Error(`a commit that is right was refused: ${refused}`);
		}
		await phase(api, job, ['Revealing']);
		this.context.revealing = { job, requestHash };
		return this.context;
	}

	/** Whether the jobs are still as the forger wants them. */
	async stand() {
		const [committing, revealing] = await Promise.all([this.context.committing, this.context.revealing].map(({ job }) => jobAt(this.api, job)));
		return Boolean(committing?.phase.isCommitting && revealing?.phase.isRevealing);
	}
}
