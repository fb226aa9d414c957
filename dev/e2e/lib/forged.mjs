// Forged messages of workers, and a thread that makes them ahead and sends them at a steady pace. Everything is
// written out by hand in SCALE, since a thousand a second are more than Polkadot.js makes.
import { createHash, randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const compact = (value) => (value < 64 ? Buffer.of(value << 2) : Buffer.of((value << 2 | 1) & 0xff, value >> 6));
const u32 = (value) => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
};
const bytesOf = (hex) => Buffer.from(hex.slice(2), 'hex');
const prefixed = (bytes) => Buffer.concat([compact(bytes.length), bytes]);
const COMMIT = prefixed(Buffer.from('weighhouse/commit/v1'));
const ROUNDS = { Main: 0, Audit: 1, Jury: 2 };

/** Step of a seat: job, request hash, round, key, block of signing. */
export function stepBytes({ job, requestHash }, worker, at, round = 'Main') {
	const number = Buffer.alloc(8);
	number.writeBigUInt64LE(BigInt(job));
	return Buffer.concat([number, bytesOf(requestHash), Buffer.of(ROUNDS[round]), bytesOf(worker), u32(at)]);
}

/** A reveal of three bytes of output that fit the hash that the answer names. */
export function revealBytes(salt) {
	const output = Buffer.from('three');
	const answer = Buffer.concat([Buffer.of(0), createHash('sha256').update(output).digest(), Buffer.alloc(32, 7), Buffer.alloc(32)]);
	return Buffer.concat([answer, salt, prefixed(output)]);
}

/** What makes forgeries: keys, and what they are about. */
export class Forger {
	constructor(context) {
		const keyring = new Keyring({ type: 'sr25519' });
		this.context = context;
		this.outsider = keyring.addFromUri('//Forger');
		this.seats = context.seats.map((suri) => keyring.addFromUri(`${suri}//infw`));
		this.genesis = bytesOf(context.genesis);
		// A real signature, of something else.
		this.elsewhere = Buffer.from(this.outsider.sign('something else'));
		this.live = [];
		this.serial = 0;
	}

	/** Real in form and in cost to check, and never right: another point in front of a real scalar. */
	#wrong() {
		return Buffer.concat([randomBytes(32), this.elsewhere.subarray(32)]);
	}

	#wrap(call, ...parts) {
		const body = Buffer.concat([bytesOf(this.context.head), bytesOf(this.context.calls[call]), ...parts]);
		return `0x${Buffer.concat([compact(body.length), body]).toString('hex')}`;
	}

	commit(step, commitment, signature) {
		return this.#wrap('commit', step, commitment, signature);
	}

	reveal(step, reveal, signature) {
		return this.#wrap('reveal', step, reveal, signature);
	}

	#beat(key, at) {
		return this.#wrap('heartbeat', Buffer.from(key), u32(at), this.#wrong());
	}

	#seat() {
		return this.seats[this.serial % this.seats.length];
	}

	/** A commit of a seat that has to commit, signed by `signer` for the chain of `genesis`. */
	#signedCommit(at, signer, genesis = this.genesis) {
		const step = stepBytes(this.context.committing, `0x${Buffer.from(this.#seat().publicKey).toString('hex')}`, at);
		const commitment = randomBytes(32);
		return this.commit(step, commitment, Buffer.from(signer.sign(Buffer.concat([COMMIT, genesis, step, commitment]))));
	}

	#unsigned(job, key, at) {
		return this.commit(stepBytes(job, key, at), randomBytes(32), this.#wrong());
	}

	/** One forgery of each kind, as of block `at`. The number is its share of a hundred. */
	kinds = {
		'a key of nobody commits': [8, (at) => this.#unsigned(this.context.committing, this.#hex(this.outsider), at)],
		'a key of nobody gives a sign of life': [4, (at) => this.#beat(randomBytes(32), at)],
		'a worker without bond gives a sign of life': [4, (at) => this.#beat(bytesOf(this.context.unbonded), at)],
		'a worker that was not drawn commits': [8, (at) => this.#unsigned(this.context.committing, this.context.honest[this.serial % this.context.honest.length], at)],
		'a reveal while others commit': [6, (at) => this.reveal(stepBytes(this.context.committing, this.#hex(this.#seat()), at), revealBytes(randomBytes(32)), this.#wrong())],
		'a commit while others reveal': [4, (at) => this.#unsigned(this.context.revealing, this.#hex(this.#seat()), at)],
		'signed for another chain': [5, (at) => this.#signedCommit(at, this.#seat(), Buffer.alloc(32, 0x11))],
		'signed by another seat or nobody': [5, (at) => this.#signedCommit(at, this.serial % 2 ? this.outsider : this.seats[(this.serial + 1) % this.seats.length])],
		'a signature of something else': [20, (at) => this.#unsigned(this.context.committing, this.#hex(this.#seat()), at)],
		'the request of another fork': [8, (at) => this.#unsigned({ ...this.context.committing, requestHash: `0x${randomBytes(32).toString('hex')}` }, this.#hex(this.#seat()), at)],
		'a job that is not': [2, (at) => this.#unsigned({ ...this.context.committing, job: 4_000_000 + this.serial }, this.#hex(this.#seat()), at)],
		'a copied commitment is opened': [6, (at) => this.reveal(stepBytes(this.context.revealing, this.context.copier, at), revealBytes(randomBytes(32)), this.#wrong())],
		'the seat of an honest worker': [12, undefined],
		'an honest worker\'s sign of life': [4, (at) => this.#beat(bytesOf(this.context.honest[this.serial % this.context.honest.length]), at)],
		'signed in a block to come': [2, (at) => this.#unsigned(this.context.committing, this.#hex(this.#seat()), at + 1_000)],
		'signed long ago': [2, (at) => this.#unsigned(this.context.committing, this.#hex(this.#seat()), Math.max(1, at - 40))],
	};

	#hex({ publicKey }) {
		return `0x${Buffer.from(publicKey).toString('hex')}`;
	}

	/** Names in the order in which they are sent, mixed, each as often as its share says. */
	order() {
		const names = Object.entries(this.kinds).flatMap(([name, [share]]) => Array(share).fill(name));
		return names.map((_, index) => names[(index * 37) % names.length]);
	}

	/** A forgery of this kind; `undefined` for those that need a job of this moment. */
	make(name, at) {
		this.serial += 1;
		return this.kinds[name][1]?.(at);
	}

	/** A commit or a reveal of a drawn worker in a job that is going on, if there is one. */
	makeLive(at) {
		this.serial += 1;
		const job = this.live[this.serial % this.live.length];
		if (!job) return this.make('a signature of something else', at);
		const key = job.keys[this.serial % job.keys.length];
		// Mostly what is due, so that only the signature is wrong.
		if ((job.phase === 'Committing') === (this.serial % 5 > 0)) return this.#unsigned(job, key, at);
		return this.reveal(stepBytes(job, key, at), revealBytes(randomBytes(32)), this.#wrong());
	}
}

/** One thread's part of the flood: made ahead, sent to all `urls` in turn. */
class Sender {
	#sockets;
	#waiting = new Map();
	#ids = 0;
	sent = [];
	counts = {};
	accepted = [];
	delays = [];

	async open(urls) {
		this.#sockets = await Promise.all(urls.map((url) => new Promise((done, failed) => {
			const socket = new WebSocket(url);
			socket.onopen = () => done(socket);
			socket.onerror = () => failed(new Error(`no connection to ${url}`));
			socket.onmessage = ({ data }) => this.#answers(JSON.parse(data));
		})));
	}

	#answers(answers) {
		const now = performance.now();
		for (const { id, result, error } of [answers].flat()) {
			const { name, hex, at } = this.#waiting.get(id) ?? {};
			if (!name) continue;
			this.#waiting.delete(id);
			const why = result ? 'ACCEPTED' : String(error.data ?? error.message);
			this.counts[name] ??= {};
			this.counts[name][why] = (this.counts[name][why] ?? 0) + 1;
			if (result) this.accepted.push({ name, hex });
			this.delays.push(now - at);
		}
	}

	/** Sends `list` at `rate` a second from `start` on, until told to stop. Rates are of this thread. */
	run(list, rate, start, forger, atOf) {
		let next = 0;
		let turn = 0;
		const socketsOpen = () => this.#sockets.every(({ readyState }) => readyState === WebSocket.OPEN);
		Object.assign(this, { most: 0, exhausted: false, broken: false });
		this.timer = setInterval(() => {
			const elapsed = (Date.now() - start) / 1000;
			const due = Math.floor(elapsed * rate);
			if (due <= next) return;
			if (!socketsOpen()) this.broken = true;
			const batch = [];
			const now = performance.now();
			while (next < due && next < list.length) {
				const { name, hex = forger.makeLive(atOf(elapsed)) } = list[next];
				const id = (this.#ids += 1);
				this.#waiting.set(id, { name, hex, at: now });
				this.sent.push(hex);
				batch.push(`{"jsonrpc":"2.0","id":${id},"method":"author_submitExtrinsic","params":["${hex}"]}`);
				next += 1;
			}
			if (next >= list.length) this.exhausted = true;
			for (let from = 0; from < batch.length; from += 20) {
				this.#sockets[turn % this.#sockets.length].send(`[${batch.slice(from, from + 20).join(',')}]`);
				turn += 1;
			}
			this.most = Math.max(this.most, this.#waiting.size);
		}, 15);
	}

	/** Stops, and waits a moment for the last answers. */
	async stop() {
		clearInterval(this.timer);
		const end = Date.now() + 5_000;
		while (this.#waiting.size > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
	}

	/** What was found since the last call. */
	report() {
		const { counts, accepted, delays, most, exhausted, broken } = this;
		Object.assign(this, { counts: {}, accepted: [], delays: [] });
		return { counts, accepted, delays, most, exhausted, broken, unanswered: this.#waiting.size };
	}
}

if (workerData?.forged) {
	await cryptoWaitReady();
	const sender = new Sender();
	let forger;
	let list;
	let plan;
	const atOf = (elapsed) => Math.max(1, plan.block + Math.floor(elapsed / 2) - plan.behind);
	const tasks = {
		open: ({ urls }) => sender.open(urls),
		// As of the block in which each will be sent, a few behind: a chain that falls back makes them no block to come.
		prepare({ context, ...rest }) {
			plan = rest;
			forger = new Forger(context);
			const names = forger.order();
			list = Array.from({ length: plan.count }, (_, index) => {
				const name = names[index % names.length];
				return { name, hex: forger.make(name, atOf(index / plan.rate)) };
			});
		},
		start: ({ at }) => sender.run(list, plan.rate, at, forger, atOf),
		live({ jobs }) {
			if (forger) forger.live = jobs;
		},
		async stop() {
			await sender.stop();
			list = undefined;
			return sender.report();
		},
		/** Which of these extrinsics this thread has sent. */
		sentAmong({ hexes }) {
			const sent = new Set(sender.sent);
			return hexes.filter((hex) => sent.has(hex));
		},
	};
	parentPort.on('message', async ({ id, task, ...options }) => {
		try {
			parentPort.postMessage({ id, result: await tasks[task](options) });
		} catch (error) {
			parentPort.postMessage({ id, error: error.stack });
		}
	});
	parentPort.postMessage({ id: 0 });
}
