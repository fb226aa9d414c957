// A program that goes step by step and says a line for each. What does not hold ends it, and so does its time.

export const say = (text) => process.stdout.write(`${text}\n`);

export function hold(condition, sentence) {
	if (!condition) throw new Error(sentence);
}

/** Runs one step; its line says what `body` answers, and how long it took. */
export async function step(name, body) {
	const began = Date.now();
	try {
		say(`ok: ${name}: ${await body()} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
	} catch (error) {
		throw new Error(`${name}: ${error.message}`, { cause: error.cause });
	}
}

/** Runs `body` for at most so many minutes, then `stop` in any case, and ends this process: 0 only if all held. */
export async function program(minutes, body, stop) {
	let ending;
	const end = (code) => {
		ending ??= stop().catch((error) => say(error.message)).then(() => process.exit(code));
		return ending;
	};
	for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => end(1));
	setTimeout(() => {
		say(`FAILED: not within ${minutes} minutes`);
		end(1);
	}, minutes * 60_000).unref();
	process.setMaxListeners(50);
	try {
		await body();
		await end(0);
	} catch (error) {
		if (!ending) say(`FAILED: ${error.message}${error.cause ? ` (${error.cause.message ?? error.cause})` : ''}`);
		await end(1);
	}
}
