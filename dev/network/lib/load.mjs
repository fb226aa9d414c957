// Transfers at a steady rate, from a crowd, to nodes that come and go. Each is signed once and offered again until
// a final block holds it; who offers it watches it, as a client does.
import { UNIT, account, alice, signing, submitAll } from '../../e2e/lib/chain.mjs';
import { sleep } from '../../e2e/lib/process.mjs';

const SENDERS = 400;
/** How many transfers of one sender wait at most, and of all together: a pool takes 8,192. */
const DEPTH = 16;
const MOST = 6_000;
/** A transfer that is not final after this time is offered again, of all so many in a tick. */
const AGAIN = 12_000;
const AGAIN_MOST = 50;
/** How long opening a socket may take. */
const OPENING = 3_000;
const TICK = 100;

/** The socket by which a node is offered transfers; opened again when it breaks. */
class Line {
	#ids = 0;
	#asked = new Map();
	#watched = new Map();

	constructor(peer, said) {
		this.peer = peer;
		this.said = said;
	}

	get open() {
		return this.peer.up && this.peer.answered && this.socket?.readyState === WebSocket.OPEN;
	}

	connect() {
		// Who is killed while it opens a socket leaves one that never opens and never closes.
		const opening = this.socket?.readyState === WebSocket.CONNECTING && Date.now() - this.began < OPENING;
		if (opening || this.socket?.readyState === WebSocket.OPEN) return;
		this.began = Date.now();
		this.#asked.clear();
		this.#watched.clear();
		const socket = new WebSocket(this.peer.url);
		this.socket = socket;
		socket.addEventListener('error', () => {});
		socket.addEventListener('message', ({ data }) => {
			const { id, result, error, params } = JSON.parse(data);
			if (params) {
				const hex = this.#watched.get(params.subscription);
				if (!hex) return;
				this.said(hex, params.result);
				if (params.result.finalized) this.#watched.delete(params.subscription);
				return;
			}
			const hex = this.#asked.get(id);
			this.#asked.delete(id);
			if (!error && hex) this.#watched.set(result, hex);
		});
	}

	offer(hex) {
		const id = (this.#ids += 1);
		this.#asked.set(id, hex);
		this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'author_submitAndWatchExtrinsic', params: [hex] }));
	}

	close() {
		this.socket?.close();
	}
}

export class Load {
	/** Transfers that no final block holds yet, by their bytes. */
	open = new Map();
	offered = 0;
	/** Milliseconds in which some node answered, so that it should have been offered transfers. */
	served = 0;
	#next = 0;

	/** Gives the crowd its money. `seen` is called with every transfer that a node says is final, and its block. */
	static async prepare(api, peers, { rate, seen }) {
		const load = Object.assign(new Load(), { api, rate });
		load.signing = signing(api);
		load.senders = Array.from({ length: SENDERS }, (_, index) => ({ pair: account(`//Load//${index}`), nonce: 0, waiting: [] }));
		const transfers = load.senders.map(({ pair }) => api.tx.balances.transferKeepAlive(pair.address, 500n * UNIT));
		const halves = [transfers.slice(0, SENDERS / 2), transfers.slice(SENDERS / 2)];
		for (const { error } of await submitAll(api, halves.map((half) => [api.tx.utility.batchAll(half), alice]))) if (error) throw error;
		load.lines = peers.map((peer) => new Line(peer, (hex, { finalized }) => {
			if (finalized) seen(hex, finalized);
		}));
		return load;
	}

	/** Signs the next transfer of a sender. Signing needs no node: nonces are counted here. */
	#sign(index) {
		const sender = this.senders[index];
		const to = this.senders[(index + 1) % SENDERS].pair.address;
		const tx = this.api.tx.balances.transferKeepAlive(to, 1n).sign(sender.pair, { ...this.signing, nonce: sender.nonce });
		sender.nonce += 1;
		const transfer = { hex: tx.toHex(), sender, at: Date.now() };
		sender.waiting.push(transfer);
		this.open.set(transfer.hex, transfer);
		return transfer;
	}

	/** A sender offers to one node while that is up, so that its transfers come in order. */
	#offer(transfer, index) {
		const up = this.lines.filter((line) => line.open);
		if (up.length) up[index % up.length].offer(transfer.hex);
	}

	/** A final block was read: answers which of its extrinsics are transfers of this crowd. */
	take(extrinsics) {
		return extrinsics.filter((hex) => {
			const transfer = this.open.get(hex);
			if (!transfer) return false;
			this.open.delete(hex);
			transfer.sender.waiting.splice(transfer.sender.waiting.indexOf(transfer), 1);
			return true;
		});
	}

	start() {
		this.began = Date.now();
		this.running = this.#run();
	}

	async #run() {
		let due = 0;
		let last = Date.now();
		while (!this.stopped) {
			await sleep(TICK);
			const answering = this.lines.filter(({ peer }) => peer.answered && peer.up);
			for (const line of answering) line.connect();
			const now = Date.now();
			// What could not be offered while nobody answered is not made up for in one burst.
			const passed = now - last;
			due = Math.min(due + (passed * this.rate) / 1000, this.rate);
			last = now;
			if (answering.length) this.served += passed;
			if (!this.lines.some((line) => line.open)) continue;
			for (let tried = 0; due >= 1 && this.open.size < MOST && tried < SENDERS; tried += 1) {
				const index = this.#next;
				this.#next = (this.#next + 1) % SENDERS;
				if (this.senders[index].waiting.length >= DEPTH) continue;
				this.#offer(this.#sign(index), index);
				this.offered += 1;
				due -= 1;
			}
			this.#offerAgain(now);
		}
	}

	/** What waits too long goes to any node, the oldest of a sender first: a killed one takes its pool with it. */
	#offerAgain(now) {
		const up = this.lines.filter((line) => line.open);
		let room = AGAIN_MOST;
		for (const { waiting } of this.senders) {
			if (room <= 0) return;
			if (!waiting.length || now - waiting[0].at < AGAIN) continue;
			room -= waiting.length;
			const line = up[Math.floor(Math.random() * up.length)];
			for (const transfer of waiting) {
				transfer.at = now;
				line.offer(transfer.hex);
			}
		}
	}

	/**
	 * The runtime has another version, and the last final block of the old one has been read: what waits was signed
	 * for that one, and is signed anew.
	 */
	renew() {
		this.signing.runtimeVersion = this.api.runtimeVersion;
		for (const sender of this.senders) {
			sender.nonce -= sender.waiting.length;
			sender.waiting = [];
		}
		this.open.clear();
	}

	async stop() {
		this.stopped = true;
		await this.running;
		for (const line of this.lines) line.close();
	}
}
