// Forged messages of workers, and a thread that makes them ahead and sends them at a steady pace. Everything is
// written out by hand in SCALE, since a thousand a second are more than Polkadot.js makes.
import { createHash, randomBytes } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { bytesOf, prefixed, u32 } from './scale.mjs';
import { Sender, serve } from './sender.mjs';

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
		return `0x${prefixed(Buffer.concat([bytesOf(this.context.head), bytesOf(this.context.calls[call]), ...parts])).toString('hex')}`;
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

if (workerData?.sends === 'forgeries') {
	await cryptoWaitReady();
	const sender = new Sender();
	let forger;
	let list;
	let plan;
	const atOf = (elapsed) => Math.max(1, plan.block + Math.floor(elapsed / 2) - plan.behind);
	serve(sender, {
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
		start: ({ at }) => sender.run(list, (elapsed) => elapsed * plan.rate, at, (elapsed) => forger.makeLive(atOf(elapsed))),
		live({ jobs }) {
			if (forger) forger.live = jobs;
		},
		async stop() {
			list = undefined;
			return sender.stop();
		},
	});
}
