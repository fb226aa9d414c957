export const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 };

/** A logger of one `key=value` line an event, on standard error: standard output belongs to whoever started the node. */
export function createLog(level, write = (line) => process.stderr.write(line)) {
	const logAt = (name) => (event, fields = {}) => {
		if (LEVELS[name] > LEVELS[level]) return;
		const pairs = Object.entries(fields).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${quoted(value)}`);
		write([new Date().toISOString(), name, event, ...pairs].join(' ') + '\n');
	};
	return Object.fromEntries(Object.keys(LEVELS).map((name) => [name, logAt(name)]));
}

// A client chooses some of these values: quoting keeps one event on one line.
function quoted(value) {
	const text = String(value);
	return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
