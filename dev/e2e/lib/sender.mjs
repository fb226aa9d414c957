// A thread that sends extrinsics at a pace, and counts what nodes say to them.
import { parentPort } from 'node:worker_threads';

/** One thread's part of a flood: made ahead, sent to all `urls` in turn. */
export class Sender {
	#sockets;
	#waiting = new Map();
	#ids = 0;
	sent = [];
	counts = {};
	accepted = [];
	delays = [];

	async open(urls) {
		this.#sockets = await Promise.all(urls.map((url) => new Promise((done, failed) => {
			const socket = new WebSocket(url);
			socket.onopen = () => done(socket);
			socket.onerror = () => failed(new Error(`no connection to ${url}`));
			socket.onmessage = ({ data }) => this.#answers(JSON.parse(data));
		})));
	}

	#answers(answers) {
		const now = performance.now();
		for (const { id, result, error } of [answers].flat()) {
			const { name, hex, at } = this.#waiting.get(id) ?? {};
			if (!name) continue;
			this.#waiting.delete(id);
			const why = result ? 'ACCEPTED' : String(error.data ?? error.message);
			this.counts[name] ??= {};
			this.counts[name][why] = (this.counts[name][why] ?? 0) + 1;
			if (result) this.accepted.push({ name, hex });
			this.delays.push(now - at);
		}
	}

	/**
	 * Sends `list`, `{ name, hex }` each, from `start` on until told to stop: `dueAt` says how many are due after so many
	 * seconds. What has no `hex` is made by `live` in that second.
	 */
	run(list, dueAt, start, live) {
		let next = 0;
		let turn = 0;
		const socketsOpen = () => this.#sockets.every(({ readyState }) => readyState === WebSocket.OPEN);
		Object.assign(this, { most: 0, exhausted: false, broken: false });
		this.timer = setInterval(() => {
			const elapsed = (Date.now() - start) / 1000;
			const due = Math.floor(dueAt(elapsed));
			if (due <= next) return;
			if (!socketsOpen()) this.broken = true;
			const batch = [];
			const now = performance.now();
			while (next < due && next < list.length) {
				const { name, hex = live(elapsed) } = list[next];
				const id = (this.#ids += 1);
				this.#waiting.set(id, { name, hex, at: now });
				this.sent.push(hex);
				batch.push(`{"jsonrpc":"2.0","id":${id},"method":"author_submitExtrinsic","params":["${hex}"]}`);
				next += 1;
			}
			if (next >= list.length) this.exhausted = true;
			for (let from = 0; from < batch.length; from += 20) {
				this.#sockets[turn % this.#sockets.length].send(`[${batch.slice(from, from + 20).join(',')}]`);
				turn += 1;
			}
			this.most = Math.max(this.most, this.#waiting.size);
		}, 15);
	}

	/** Stops, waits a moment for the last answers, and tells what was found since the last time. */
	async stop() {
		clearInterval(this.timer);
		const end = Date.now() + 5_000;
		while (this.#waiting.size > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
		const { counts, accepted, delays, most, exhausted, broken } = this;
		Object.assign(this, { counts: {}, accepted: [], delays: [] });
		return { counts, accepted, delays, most, exhausted, broken, unanswered: this.#waiting.size };
	}

	/** Which of these extrinsics it has ever sent. */
	sentAmong(hexes) {
		const sent = new Set(this.sent);
		return hexes.filter((hex) => sent.has(hex));
	}
}

/** Does in this thread what `Flood` asks: `tasks`, and what every sender can. */
export function serve(sender, tasks) {
	const all = { open: ({ urls }) => sender.open(urls), sentAmong: ({ hexes }) => sender.sentAmong(hexes), ...tasks };
	parentPort.on('message', async ({ id, task, ...options }) => {
		try {
			parentPort.postMessage({ id, result: await all[task](options) });
		} catch (error) {
			parentPort.postMessage({ id, error: error.stack });
		}
	});
	parentPort.postMessage({ id: 0 });
}
