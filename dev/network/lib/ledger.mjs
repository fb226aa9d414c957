// What nodes have said to be final, and what clients have seen final. Neither may ever be taken back.

/** Blocks after which nobody is told of a transaction any more. */
const FORGET = 300;

export class Ledger {
	/** The hash that was first said final at a height, and by whom; and the heights by their hash. */
	#said = new Map();
	#heights = new Map();
	/** How far each node has called the chain final. */
	#reached = new Map();
	/** What clients saw final and what is not yet found there, by block and transaction. */
	#seen = new Map();
	/** Transactions of the last final blocks. */
	#found = new Map();
	/** Final blocks are read up to here. */
	read = 0;
	/** The highest block that anybody called final. */
	highest = 0;
	contradictions = [];
	lost = [];
	counts = { final: 0, seen: 0 };

	/** A node says that a block is final. */
	say(node, number, hash) {
		const known = this.#said.get(number);
		if (!known) {
			this.#said.set(number, { hash, node });
			this.#heights.set(hash, number);
			this.highest = Math.max(this.highest, number);
		} else if (known.hash !== hash && !this.contradictions.some((each) => each.number === number && each.is === hash)) {
			this.contradictions.push({ number, was: known.hash, by: known.node, is: hash, says: node });
		}
	}

	/** How far a node says the chain is final; answers by how many blocks it went back, which a restart may do. */
	reach(node, number) {
		const before = this.#reached.get(node) ?? 0;
		this.#reached.set(node, number);
		return Math.max(0, before - number);
	}

	hashAt(number) {
		return this.#said.get(number)?.hash;
	}

	/** A client was told that its transaction is final in this block; whoever offered it twice is told twice. */
	see(transaction, hash) {
		const found = this.#found.get(transaction);
		if (found?.hash === hash) {
			this.counts.seen += found.met ? 0 : 1;
			found.met = true;
		} else if (!this.#seen.has(hash + transaction)) {
			this.counts.seen += 1;
			this.#seen.set(hash + transaction, { transaction, hash, at: Date.now() });
		}
	}

	/** The final block at `number`, which must be the next one, holds these transactions of ours. */
	block(number, hash, transactions) {
		if (number !== this.read + 1) throw new Error(`block ${number} was read after ${this.read}`);
		this.read = number;
		this.counts.final += transactions.length;
		for (const transaction of transactions) {
			this.#found.set(transaction, { hash, number, met: this.#seen.delete(hash + transaction) });
		}
		for (const [transaction, at] of this.#found) {
			if (at.number > number - FORGET) break;
			this.#found.delete(transaction);
		}
	}

	/**
	 * What was seen final is lost when the block that was named has been read without it, or when nobody has called
	 * that block final for so long.
	 */
	settle(patience = 60_000) {
		for (const [key, { transaction, hash, at }] of this.#seen) {
			const number = this.#heights.get(hash);
			if (number === undefined ? Date.now() - at < patience : number > this.read) continue;
			this.lost.push({ transaction, hash });
			this.#seen.delete(key);
		}
	}

	/** A copy to plant faults in. */
	copy() {
		const copy = new Ledger();
		copy.#said = new Map(this.#said);
		copy.#heights = new Map(this.#heights);
		copy.#reached = new Map(this.#reached);
		copy.#seen = new Map(this.#seen);
		copy.#found = new Map([...this.#found].map(([transaction, at]) => [transaction, { ...at }]));
		copy.read = this.read;
		copy.highest = this.highest;
		return copy;
	}
}
