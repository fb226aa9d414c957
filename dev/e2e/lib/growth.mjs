// What keys a chain's state has, and which storage item of which pallet each is of.
import { xxhashAsHex } from '@polkadot/util-crypto';

const PAGE = 1_000;
/** Two hashes of 128 bits: of the pallet and of the item. */
const ITEM = 2 + 64;
/**
 * What the chain itself writes as blocks and sessions go by, whoever pays or not. A job that waits is in the queue of
 * one block, and moves to that of another; the randomness of blocks is in a ring that they fill.
 */
const OF_BLOCKS = /^(System\.(?!Account$)|(Babe|Authorship|Session|Historical|Offences|Grandpa|Timestamp|TransactionPayment)\.|Inference\.(Due|Randomness)$)/;

/** All keys that a node's state has after a block, page by page. */
export async function* keyPages(peer, hash) {
	for (let from = null; ;) {
		const page = await peer.rpc('state_getKeysPaged', '0x', PAGE, from, hash);
		if (page.length) yield page;
		if (page.length < PAGE) return;
		from = page.at(-1);
	}
}

export class Growth {
	/** Items that have grown while nobody sent anything. */
	#quiet = new Set();

	constructor(api, peer) {
		this.peer = peer;
		this.names = new Map();
		for (const { name, storage } of api.registry.metadata.pallets) {
			if (storage.isNone) continue;
			const { prefix, items } = storage.unwrap();
			for (const item of items) {
				this.names.set(xxhashAsHex(prefix.toString(), 128) + xxhashAsHex(item.name.toString(), 128).slice(2), `${name}.${item.name}`);
			}
		}
	}

	/** All keys after a block, and how many bytes those and their values take that blocks do not bring. */
	async state(hash) {
		const keys = new Set();
		for await (const page of keyPages(this.peer, hash)) for (const key of page) keys.add(key);
		let bytes = 0;
		const prefixes = new Set();
		for (const key of keys) {
			if (this.#ofBlocks(this.#itemOf(key))) continue;
			bytes += key.length / 2 - 1;
			prefixes.add(key.slice(0, ITEM));
		}
		// One after the other: all at once they are more connections than a node takes.
		for (const prefix of prefixes) bytes += (await this.peer.rpc('state_getStorageSize', prefix, hash)) ?? 0;
		return { keys, bytes };
	}

	#itemOf(key) {
		return this.names.get(key.slice(0, ITEM)) ?? 'another key';
	}

	#ofBlocks(item) {
		return OF_BLOCKS.test(item) || this.#quiet.has(item);
	}

	/** Keys that are new, by item, without those that blocks bring. */
	added(before, after) {
		const found = {};
		for (const key of after.keys) {
			if (before.keys.has(key)) continue;
			const item = this.#itemOf(key);
			if (!this.#ofBlocks(item)) (found[item] ??= []).push(key);
		}
		return found;
	}

	/** Remembers what has grown between two blocks in which nobody sent anything. */
	rest(before, after) {
		for (const item of Object.keys(this.added(before, after))) this.#quiet.add(item);
		return [...this.#quiet];
	}
}
