// What measuring programs share: order statistics, tables, what processes use, a file with the figures.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { repository } from './paths.mjs';

/** The smallest value that `share` of all do not exceed. */
export function quantile(values, share) {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** How values spread. */
export const spread = (values) => ({
	n: values.length, min: quantile(values, 0), p25: quantile(values, 0.25), median: quantile(values, 0.5), p75: quantile(values, 0.75), p95: quantile(values, 0.95), max: quantile(values, 1),
});

export const sum = (values) => values.reduce((total, value) => total + value, 0);
export const round = (value, digits = 2) => (typeof value === 'number' ? Number(value.toFixed(digits)) : value);

/** How often each name occurs. */
export function tally(names) {
	const found = {};
	for (const name of names) found[name] = (found[name] ?? 0) + 1;
	return found;
}
export const listed = (counts) => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ') || 'none';

/** Rows under a head, text to the left and numbers to the right. */
export function table(head, rows) {
	const cells = [head, ...rows].map((row) => row.map((cell) => String(round(cell) ?? '-')));
	const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
	const right = head.map((_, column) => rows.every((row) => row[column] === undefined || typeof row[column] === 'number'));
	return cells.map((row) => row.map((cell, column) => (right[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd()).join('\n');
}

/** Seconds of processor time that a process has had; what it had before it ended is not asked. */
export function processorSeconds(pid) {
	const after = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
	// In ticks, of which Linux shows a hundred a second whatever it counts by.
	return (Number(after[11]) + Number(after[12])) / 100;
}

/** What shares of a core processes use from now to the call of what is answered, `{ name: [pid, ...] }`. */
export function processors(groups) {
	const read = () => Object.fromEntries(Object.entries(groups).map(([name, pids]) => [name, sum(pids.map(processorSeconds))]));
	const own = process.cpuUsage();
	const [before, began] = [read(), Date.now()];
	return () => {
		const seconds = (Date.now() - began) / 1000;
		const after = read();
		const used = process.cpuUsage(own);
		const cores = Object.fromEntries(Object.keys(groups).map((name) => [name, (after[name] - before[name]) / seconds]));
		return { ...cores, 'this program': (used.user + used.system) / 1e6 / seconds };
	};
}

/** Memory of a process in MiB: now, without the pages of files, and the most it ever had. */
export function memory(pid) {
	const text = readFileSync(`/proc/${pid}/status`, 'utf8');
	const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1]) / 1024;
	return { rss: read('VmRSS'), anonymous: read('RssAnon'), peak: read('VmHWM') };
}

/** What the figures were taken on. */
export function machine() {
	const [{ model }] = cpus();
	return { cores: cpus().length, model: model.trim(), memoryGiB: round(totalmem() / 2 ** 30, 1), load: round(loadavg()[0]) };
}

/** Writes figures to target/e2e/NAME.json, and says where. */
export function save(name, figures) {
	const folder = join(repository, 'target/e2e');
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, (_, value) => round(value, 4), '\t')}\n`);
	return `target/e2e/${name}.json`;
}
