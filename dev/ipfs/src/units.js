const BYTES = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "64GiB", "10 MB" or "4096" as a number of bytes; undefined if it is none. */
export function parseSize(text) {
	const [, digits, unit] = /^(\d{1,15})\s*([a-z]*)$/i.exec(text.trim()) ?? [];
	const bytes = Number(digits) * BYTES[unit?.toLowerCase()];
	return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** "30s", "1m30s" or "500ms", as Kubo writes durations, in milliseconds; undefined if it is none. */
export function parseDuration(text) {
	if (!/^(\d{1,9}(\.\d{1,9})?(ms|s|m|h))+$/.test(text)) return undefined;
	let total = 0;
	for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) total += Number(amount) * MILLISECONDS[unit];
	// A longer timer would overflow and fire at once.
	return total >= 1 && total <= 2 ** 31 - 1 ? Math.round(total) : undefined;
}
