// Follows the final blocks of a network: which extrinsics are in which, and which slots have none.
import { bytesOf, compactLength } from '../../e2e/lib/scale.mjs';
import { sleep, until } from '../../e2e/lib/process.mjs';

const EVERY = 300;
/** How a digest of BABE begins: made before the block was run, by this engine. */
const BABE = `0x06${Buffer.from('BABE').toString('hex')}`;

/** The slot that a header's BABE digest names, behind the kind of claim and the author. */
function slotOf({ digest: { logs } }) {
	const claim = bytesOf(logs.find((log) => log.startsWith(BABE))).subarray(5);
	return Number(claim.readBigUInt64LE(compactLength(claim) + 1 + 4));
}

export class Blocks {
	/** Slots of the final blocks, by number. */
	slots = new Map();
	#numbers = new Map();
	#stopped = false;

	/** Begins with the last block that this node calls final. */
	static async follow(peer) {
		const blocks = new Blocks();
		blocks.peer = peer;
		blocks.last = (await peer.final()).number - 1;
		blocks.running = blocks.#run();
		await blocks.reach(blocks.last + 1);
		return blocks;
	}

	async #run() {
		while (!this.#stopped) {
			try {
				const { number: top } = await this.peer.final();
				while (this.last < top) await this.#read(this.last + 1);
			} catch {
				// A node that is busy is asked again.
			}
			await sleep(EVERY);
		}
	}

	async #read(number) {
		const { block: { header, extrinsics } } = await this.peer.rpc('chain_getBlock', await this.peer.rpc('chain_getBlockHash', number));
		for (const hex of extrinsics) this.#numbers.set(hex, number);
		this.slots.set(number, slotOf(header));
		this.last = number;
	}

	/** The final block that holds an extrinsic. */
	numberOf(hex) {
		return this.#numbers.get(hex);
	}

	/** All extrinsics of the blocks after `first` up to `last`. */
	between(first, last) {
		return [...this.#numbers].filter(([, number]) => number > first && number <= last).map(([hex]) => hex);
	}

	/** Slots from block `first` to `last`, and how many of them have no block. */
	missed(first, last) {
		const slots = this.slots.get(last) - this.slots.get(first) + 1;
		return { slots, missed: slots - (last - first + 1) };
	}

	reach(number, ms = 60_000) {
		return until(() => this.last >= number, ms, `block ${number} final`);
	}

	async stop() {
		this.#stopped = true;
		await this.running;
	}
}
