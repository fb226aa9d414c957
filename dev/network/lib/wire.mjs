// A client of a node over one WebSocket.
const PATIENCE = 15_000;

export class Wire {
	#ids = 0;
	#asked = new Map();

	static open(url) {
		return new Promise((done, failed) => {
			const wire = new Wire();
			wire.socket = new WebSocket(url);
			wire.socket.onopen = () => done(wire);
			wire.socket.onerror = () => failed(new Error(`no connection to ${url}`));
			wire.socket.onclose = () => {
				for (const { failed: refuse } of wire.#asked.values()) refuse(new Error(`the connection to ${url} ended`));
				failed(new Error(`no connection to ${url}`));
			};
			wire.socket.onmessage = ({ data }) => wire.#answer(JSON.parse(data));
		});
	}

	#answer({ id, result, error }) {
		const asked = this.#asked.get(id);
		// What is left are news of subscriptions.
		if (!asked) return;
		this.#asked.delete(id);
		clearTimeout(asked.timer);
		if (error) asked.failed(Object.assign(new Error(error.message), error));
		else asked.done(result);
	}

	/** One call; throws the node's own error. */
	call(method, ...params) {
		return new Promise((done, failed) => {
			const id = (this.#ids += 1);
			const timer = setTimeout(() => {
				this.#asked.delete(id);
				failed(new Error(`${method}: no answer within ${PATIENCE} ms`));
			}, PATIENCE);
			this.#asked.set(id, { done, failed, timer });
			this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		});
	}

	close() {
		this.socket.close();
	}
}
