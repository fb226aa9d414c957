// Reads what all nodes say is final, all the time, into a ledger.
import { createHash } from 'node:crypto';
import { sleep, until } from '../../e2e/lib/process.mjs';
import { Ledger } from './ledger.mjs';

const EVERY = 400;

export class Witness {
	ledger = new Ledger();
	/** By how many blocks nodes have gone back, once for each time. */
	wentBack = [];
	/** For how long an audited node may be behind what had been read when it was asked: others may be quicker. */
	patience = 10_000;
	/** Of each final height a digest of the extrinsics that were read there first, however many those are. */
	#bodies = new Map();

	/** `take` answers which extrinsics of a final block are to be followed. */
	constructor(peers, take) {
		this.peers = peers;
		this.take = take;
	}

	start() {
		this.running = Promise.all([...this.peers.map((peer) => this.#follow(peer)), this.#read()]);
	}

	async #follow(peer) {
		let last;
		while (!this.stopped) {
			await sleep(EVERY);
			if (!peer.up || !peer.answered) continue;
			try {
				const final = await peer.final();
				if (final.hash === last) continue;
				last = final.hash;
				const back = this.ledger.reach(peer.name, final.number);
				if (back) this.wentBack.push({ node: peer.name, blocks: back });
				await this.#sayDown(peer, final);
			} catch {
				// It is down, or ended while it was asked; it will be asked again.
			}
		}
	}

	/** What a node calls final makes all its ancestors final. */
	async #sayDown(peer, { number, hash, parent }) {
		// Said from below, so that a node that ends meanwhile leaves no gap.
		const chain = [{ number, hash, parent }];
		for (let [at] = chain; at.number > 0 && !this.ledger.hashAt(at.number); at = chain.at(-1)) {
			const header = await peer.rpc('chain_getHeader', at.parent);
			chain.push({ number: at.number - 1, hash: at.parent, parent: header.parentHash });
		}
		for (const at of chain.toReversed()) this.ledger.say(peer.name, at.number, at.hash);
	}

	/** Reads final blocks in their order from whoever has them. */
	async #read() {
		while (!this.stopped) {
			await sleep(EVERY / 2);
			const next = this.ledger.read + 1;
			const hash = this.ledger.hashAt(next);
			if (!hash) continue;
			for (const peer of this.peers.filter(({ up, answered }) => up && answered)) {
				const found = await peer.rpc('chain_getBlock', hash).catch(() => undefined);
				if (!found) continue;
				this.#same(next, found);
				this.ledger.block(next, hash, this.take(found.block.extrinsics));
				break;
			}
		}
	}

	/** Whether the extrinsics of a final block are those that were read at that height first. */
	#same(number, { block: { extrinsics } }) {
		const digest = createHash('sha256').update(extrinsics.join()).digest('base64');
		if (!this.#bodies.has(number)) this.#bodies.set(number, digest);
		return this.#bodies.get(number) === digest;
	}

	/**
	 * Holds what a node has in its database from height `from` on against the record: that it calls final what had been
	 * read by now, and the hash and the extrinsics of every final height. Answers the heights that it lacks, in whole or
	 * in part.
	 */
	async audit(peer, from = 1) {
		const missing = [];
		const { read } = this.ledger;
		await until(async () => (await peer.final()).number >= read, this.patience, `${peer.name} at block ${read}`).catch(() => {});
		const { number: top } = await peer.final();
		for (let number = Math.max(from, top + 1); number <= read; number += 1) missing.push(number);
		for (let first = from; first <= top; first += 200) {
			const numbers = Array.from({ length: Math.min(200, top - first + 1) }, (_, index) => first + index);
			const hashes = await peer.rpc('chain_getBlockHash', numbers);
			numbers.forEach((number, index) => {
				if (hashes[index]) this.ledger.say(peer.name, number, hashes[index]);
				else missing.push(number);
			});
		}
		// Bodies are what a transaction is kept in.
		for (let number = from; number <= top; number += 1) {
			const hash = this.ledger.hashAt(number);
			if (!hash) continue;
			const found = await peer.rpc('chain_getBlock', hash);
			if (!found || !this.#same(number, found)) missing.push(number);
		}
		return missing;
	}

	async stop() {
		this.stopped = true;
		await this.running;
	}
}
