// How many slots do four validators miss? Run by zombienet/run.sh four [MINUTES].
// A slot is missed when the best chain has no block for it.
import { startNetwork } from './lib/network.mjs';
import { sleep, until } from './lib/process.mjs';

const minutes = Number(process.argv[2] ?? 3);
const ports = { alice: 9944, bob: 9945, charlie: 9946, dave: 9947 };

/** The slot and the authority index that a block's BABE digest names. */
function author({ digest }) {
	const log = digest.logs.map((each) => Buffer.from(each.slice(2), 'hex')).find((each) => each[0] === 6 && each.subarray(1, 5).toString() === 'BABE');
	const length = (log[5] & 3) === 0 ? 1 : 2;
	const data = log.subarray(5 + length);
	return { slot: Number(data.readBigUInt64LE(5)), index: data.readUInt32LE(1), kind: ['', 'primary', 'secondary plain', 'secondary'][data[0]] };
}

const network = await startNetwork('four', ports);
try {
	const { alice } = network.validators;
	// The start, when nodes still look for each other, says nothing about the slot length.
	await until(async () => (await alice.heights()).final >= 5, 120_000, 'finality');
	const from = (await alice.heights()).final;
	console.log(`measuring for ${minutes} minutes from block ${from}`);
	await sleep(minutes * 60_000);
	const to = (await alice.heights()).final;

	const blocks = [];
	for (let number = from; number <= to; number += 1) {
		blocks.push(author(await alice.rpc('chain_getHeader', await alice.rpc('chain_getBlockHash', number))));
	}
	const slots = blocks.at(-1).slot - blocks[0].slot + 1;
	const missed = slots - blocks.length;
	const heights = await Promise.all(Object.values(network.validators).map((each) => each.heights()));
	const count = (key) => Object.fromEntries(Object.entries(Object.groupBy(blocks, (block) => block[key])).map(([name, list]) => [name, list.length]));
	console.log(JSON.stringify({
		slots, blocks: blocks.length, missed, missedPercent: Number(((100 * missed) / slots).toFixed(2)),
		byAuthority: count('index'), byKind: count('kind'), behind: Math.max(...heights.map(({ best, final }) => best - final)),
	}, null, 2));
} finally {
	await network.stop();
}
