// Keeps a network busy for a time, and says by how much the memory of each program grows.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { machine, memory, round, table } from '../../e2e/lib/figures.mjs';
import { repository } from '../../e2e/lib/paths.mjs';
import { setting, sleep } from '../../e2e/lib/process.mjs';
import { Load } from './load.mjs';
import { Witness } from './witness.mjs';

/** Between two readings of memory, in milliseconds. */
const EVERY = 30_000;
/** Between two lines that say how it goes. */
const TELL = 300_000;
/** Transfers a second. */
const RATE = setting('RATE', 10);
/** The part of the time in which caches fill, which is not counted. */
const WARM = 1 / 3;

/**
 * The straight line of least squares through points `[x, y]`: by how much y grows with x, and the standard error of
 * that.
 */
export function slope(points) {
	const n = points.length;
	const mean = (index) => points.reduce((total, point) => total + point[index], 0) / n;
	const [x, y] = [mean(0), mean(1)];
	const square = points.reduce((total, point) => total + (point[0] - x) ** 2, 0);
	const value = points.reduce((total, point) => total + (point[0] - x) * (point[1] - y), 0) / square;
	const rest = points.reduce((total, point) => total + (point[1] - y - value * (point[0] - x)) ** 2, 0);
	return { value, error: Math.sqrt(rest / (n - 2) / square) };
}

/**
 * For `minutes`: transfers all the time, and `act` again and again, each time some seconds after the last has ended.
 * `programs` are `{ name: pid }`; `cache` is how many MiB of state each node keeps, for the file. Answers whether all
 * programs lived, every act succeeded, most transfers became final, and nothing was lost.
 */
export async function soak({ minutes, cache, api, peers, programs, act, say }) {
	const readings = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
	let witness;
	const load = await Load.prepare(api, peers, { rate: RATE, seen: (hex, hash) => witness.ledger.see(hex, hash) });
	witness = new Witness(peers, (extrinsics) => load.take(extrinsics));
	const began = Date.now();
	let end = began + minutes * 60_000;
	witness.start();
	load.start();
	let acts = 0;
	const failures = [];
	const acting = (async () => {
		while (Date.now() < end) {
			try {
				await act();
				acts += 1;
			} catch (error) {
				failures.push(error.message);
			}
			await sleep(5_000);
		}
	})();
	for (let told = began; Date.now() < end; await sleep(Math.min(EVERY, Math.max(0, end - Date.now())))) {
		try {
			for (const [name, pid] of Object.entries(programs)) readings[name].push([(Date.now() - began) / 3_600_000, memory(pid).anonymous]);
		} catch (error) {
			failures.push(`a program has ended: ${error.message}`);
			end = Date.now();
			break;
		}
		if (Date.now() - told < TELL) continue;
		told = Date.now();
		say(`${Math.round((told - began) / 60_000)} of ${minutes} minutes: ${witness.ledger.counts.final} transfers, ${acts} sales and answers, ${failures.length} failed; ${Object.entries(readings).map(([name, list]) => `${name} ${Math.round(list.at(-1)[1])}`).join(', ')} MiB`);
	}
	await acting;
	await load.stop();
	await sleep(5_000);
	witness.ledger.settle(4_000);
	await witness.stop();

	const hours = (Date.now() - began) / 3_600_000;
	const lines = Object.entries(readings).filter(([, list]) => list.length > 3).map(([name, list]) => {
		const counted = list.slice(Math.floor(list.length * WARM));
		const { value, error } = slope(counted);
		return { name, first: list[0][1], warm: counted[0][1], last: list.at(-1)[1], most: Math.max(...list.map(([, mebibytes]) => mebibytes)), perHour: value, error };
	});
	say(table(['program', 'MiB at first', 'when warm', 'at last', 'at most', 'MiB an hour', '+-'], lines.map(({ name, first, warm, last, most, perHour, error }) => [name, first, warm, last, most, perHour, error])));
	const { lost, contradictions, counts } = witness.ledger;
	say(`${round(hours * 60, 1)} minutes, the first third not counted; ${counts.final} transfers final, ${acts} questions answered and models sold`);
	for (const failure of failures.slice(0, 5)) say(`FAILED ${failure}`);
	if (lost.length + contradictions.length) say(`LOST ${lost.length}, CONTRADICTED ${contradictions.length}`);
	const loaded = acts > 0 && counts.final > 0.8 * RATE * hours * 3600;
	if (!loaded) say(`THE LOAD WAS NOT THERE: ${RATE} transfers a second, questions and sales were wanted`);
	const passed = loaded && failures.length + lost.length + contradictions.length === 0;
	const file = join(repository, 'target/network/soak.json');
	mkdirSync(join(repository, 'target/network'), { recursive: true });
	writeFileSync(file, `${JSON.stringify({ passed, minutes: hours * 60, rate: RATE, cache, machine: machine(), counts, acts, failures, lines, readings }, (_, value) => round(value, 4), '\t')}\n`);
	say(`figures: ${relative(repository, file)}`);
	return passed;
}
