// What the chain did and when it was known: every final block with its slot and the steps in it, every job from
// its request to its end.
import { u8aToHex } from '@polkadot/util';
import { until } from './process.mjs';
import { generalHead } from './workers.mjs';

const SLOT = 2000;
const STEPS = ['commit', 'reveal', 'heartbeat'];

/** The slot that a block's BABE digest names. */
export function slotOf({ digest }) {
	const log = digest.logs.find((each) => each.isPreRuntime && each.asPreRuntime[0].toUtf8() === 'BABE');
	return Number(Buffer.from(log.asPreRuntime[1].toU8a(true)).readBigUInt64LE(5));
}

/** Extrinsics of workers without an account, told from others by how their bytes begin. */
function stepReader(api) {
	const heads = STEPS.map((name) => [u8aToHex(generalHead(api)).slice(2) + u8aToHex(api.tx.inference[name].callIndex).slice(2), name]);
	return (hex) => {
		// The length in front takes one, two or four bytes, as its first two bits say.
		const skip = 2 + [2, 4, 8, 2][Number.parseInt(hex.slice(2, 4), 16) & 3];
		const name = heads.find(([head]) => hex.startsWith(head, skip))?.[1];
		return name && { name, hex };
	};
}

/**
 * Follows a chain. Times are those at which the node said so; events are read from final blocks only, where
 * nothing changes any more.
 */
export class Watch {
	blocks = new Map();
	jobs = new Map();
	#seen = new Map();
	#last;
	#reading = Promise.resolve();

	/** `each` is called with every final block and its events. */
	static async start(api, each) {
		const watch = new Watch();
		const step = stepReader(api);
		const read = async (number, final) => {
			const hash = await api.rpc.chain.getBlockHash(number);
			const [raw, header, records] = await Promise.all([api.rpc.chain.getBlock.raw(hash), api.rpc.chain.getHeader(hash), api.at(hash).then((at) => at.query.system.events())]);
			const block = {
				number, hash: hash.toHex(), slot: slotOf(header), final, seen: watch.#seen.get(hash.toHex()) ?? final,
				steps: raw.block.extrinsics.map(step).filter(Boolean), extrinsics: raw.block.extrinsics.length,
			};
			watch.#note(block, records.map(({ event }) => event));
			await each?.(block, records);
			watch.blocks.set(number, block);
		};
		const stops = await Promise.all([
			api.rpc.chain.subscribeNewHeads((header) => {
				watch.#seen.set(header.hash.toHex(), Date.now());
				watch.best = header.number.toNumber();
			}),
			api.rpc.chain.subscribeFinalizedHeads((header) => {
				const [final, to] = [Date.now(), header.number.toNumber()];
				watch.#reading = watch.#reading.then(async () => {
					for (let number = (watch.#last ?? to - 1) + 1; number <= to; number += 1) {
						await read(number, final);
						watch.#last = number;
					}
				}).catch((error) => {
					watch.failed ??= error;
				});
			}),
		]);
		watch.stop = async () => {
			for (const stop of stops) stop();
			await watch.#reading;
		};
		await watch.until(() => watch.blocks.size > 0, 30_000, 'a final block');
		return watch;
	}

	get last() {
		return this.#last;
	}

	/** Waits for something that final blocks bring. */
	until(probe, ms, what) {
		return until(() => {
			if (this.failed) return { failed: this.failed };
			return probe();
		}, ms, what).then((value) => {
			if (value?.failed) throw value.failed;
			return value;
		});
	}

	/** Waits until a block is final and read. */
	reach(number, ms = 60_000) {
		return this.until(() => this.#last >= number, ms, `block ${number} final`);
	}

	#note(block, events) {
		for (const { section, method, data } of events) {
			if (section !== 'inference' || !data.job) continue;
			const id = data.job.toNumber();
			if (method === 'Requested') this.jobs.set(id, { job: id, mode: data.mode.type, listing: data.listing.toNumber(), requester: data.requester.toString(), requested: block });
			const job = this.jobs.get(id);
			if (!job) continue;
			if (method === 'Drawn' && data.round.isMain) Object.assign(job, { drawn: block, workers: data.workers.map(String) });
			if (method === 'Answered') job.answered = block;
			if (method === 'JobEnded') Object.assign(job, { ended: block, outcome: data.outcome.isFinal ? 'Final' : data.outcome.asRefunded.type });
		}
	}

	/** From the request in a block to finality of the one with the answer, in seconds and in slots. */
	static latency({ requested, answered }) {
		return {
			seconds: (answered.final - requested.seen) / 1000,
			// The slot in which finality was known, less the request's.
			slots: Math.floor(answered.final / SLOT) - requested.slot,
			blockSlots: answered.slot - requested.slot,
		};
	}

	/** Slots from block `first` to `last` that have no block. */
	missed(first, last) {
		const slots = this.blocks.get(last).slot - this.blocks.get(first).slot + 1;
		return { slots, missed: slots - (last - first + 1) };
	}
}
