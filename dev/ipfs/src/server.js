import { once } from 'node:events';
import http from 'node:http';
import { RequestError, StartError } from './errors.js';

// A transfer may take hours; a connection on which nothing moves for this long is given up.
const IDLE_MS = 300_000;
// How long the rest of a refused upload is read, so that its sender sees the answer instead of a broken connection.
const LINGER_MS = 2_000;
// How a client that went away shows in the code that was serving it.
const LEFT = new Set(['AbortError', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ECONNRESET']);

/**
 * An HTTP server around `handle({ req, res, url, signal })`; what that throws is answered by `answerError`. The signal
 * aborts when the client goes away. Logs one line a request.
 */
export function createServer({ name, handle, answerError, log }) {
	let count = 0;
	const server = http.createServer({ headersTimeout: 60_000, requestTimeout: 0 }, async (req, res) => {
		const gone = new AbortController();
		const logged = account({ id: `${name}-${++count}`, req, res, log });
		res.once('close', () => { if (!res.writableFinished) gone.abort(); });
		const failure = await attempt({ req, res, signal: gone.signal });
		if (res.closed) logged(failure);
		else res.once('close', () => logged(failure));
	});
	const attempt = async ({ req, res, signal }) => {
		try {
			const url = URL.parse(req.url, 'http://loopback');
			if (url === null) throw new RequestError(400, 'the request has no valid path');
			await handle({ req, res, url, signal });
		} catch (error) {
			if (signal.aborted && (LEFT.has(error.name) || LEFT.has(error.code))) return undefined;
			if (!(error instanceof RequestError)) log.error('request failed', { path: req.url, error: error.stack });
			if (res.headersSent) {
				// Too late for a status: a cut connection tells the client that this is not the whole answer.
				res.destroy();
			} else {
				if (!req.complete) res.setHeader('Connection', 'close');
				answerError({ req, res }, error);
				await linger(req);
				res.end();
			}
			return error.message;
		}
	};
	server.timeout = IDLE_MS;
	server.maxConnections = 256;
	return server;
}

function account({ id, req, res, log }) {
	const { socket } = req;
	const started = performance.now();
	const written = socket.bytesWritten;
	return (failure) => log.debug('request', {
		id,
		method: req.method,
		path: req.url,
		// As web servers count it: the client closed the connection before it had its answer.
		status: res.writableFinished || failure ? res.statusCode : 499,
		ms: Math.round(performance.now() - started),
		body: req.headers['content-length'],
		sent: socket.bytesWritten - written,
		error: failure
	});
}

async function linger(req) {
	if (req.complete) return;
	req.unpipe();
	req.resume();
	await once(req, 'end', { signal: AbortSignal.timeout(LINGER_MS) }).catch(() => {});
}

/** Listens, and returns the address as text. */
export async function listen(server, { host, port }, flag) {
	try {
		server.listen(port, host);
		await once(server, 'listening');
	} catch (error) {
		if (error.code === 'EADDRINUSE') {
			throw new StartError(`${host}:${port} is in use, perhaps by Kubo or another weighhouse-ipfs; give that one's address to Weighhouse, stop it, or choose another address with ${flag}`);
		}
		if (error.code === 'EACCES') throw new StartError(`${host}:${port} needs more rights; choose a port above 1023 with ${flag}`);
		throw new StartError(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error });
	}
	const { address, family, port: bound } = server.address();
	return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

/** Takes no more connections, waits for the requests in flight, and cuts what is left after `grace` ms. */
export async function close(server, grace) {
	if (!server.listening) return;
	const closed = once(server, 'close');
	server.close();
	// A connection that was busy when the server closed would be kept open for its client's next request.
	const idle = setInterval(() => server.closeIdleConnections(), 50);
	const cut = setTimeout(() => server.closeAllConnections(), grace);
	await closed;
	clearInterval(idle);
	clearTimeout(cut);
}
