// A proxy between the command line and an IPFS node that misbehaves on demand.
import { createServer } from 'node:http';
import { sleep } from './process.mjs';

/**
 * `behaviour` is asked with `{ route, argument, offset }` and answers one of
 *  - nothing: the request passes
 *  - `{ flip: n }`   byte n of the content is another one
 *  - `{ append: s }` bytes follow the content
 *  - `{ stopAt: n }` the connection breaks when byte n of the file is reached, again and again
 *  - `{ delay: ms }` every piece comes that late
 *  - `{ hang: true }` nothing ever comes
 */
export function startProxy(target) {
	const open = new Set();
	const proxy = { behaviour: () => undefined, requests: [] };
	const server = createServer((request, response) => {
		handle(request, response).catch(() => response.destroy());
	});

	async function handle(request, response) {
		const url = new URL(request.url, 'http://proxy');
		const seen = { route: url.pathname.replace('/api/v0/', ''), argument: url.searchParams.get('arg'), offset: Number(url.searchParams.get('offset') ?? 0) };
		proxy.requests.push(seen);
		const does = proxy.behaviour(seen) ?? {};
		if (does.hang) return;
		const answer = await fetch(target + request.url, {
			method: request.method,
			headers: { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' },
			body: request,
			duplex: 'half',
		});
		let bytes = Buffer.from(await answer.arrayBuffer());
		if (does.flip !== undefined && does.flip >= seen.offset && does.flip - seen.offset < bytes.length) bytes[does.flip - seen.offset] ^= 1;
		if (does.append) bytes = Buffer.concat([bytes, Buffer.from(does.append)]);
		response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/octet-stream' });
		if (does.stopAt !== undefined) {
			const rest = Math.max(0, does.stopAt - seen.offset);
			response.write(bytes.subarray(0, rest));
			await sleep(100);
			response.destroy();
			return;
		}
		const step = does.delay ? Math.max(1, Math.ceil(bytes.length / 4)) : bytes.length || 1;
		for (let at = 0; at < bytes.length; at += step) {
			if (does.delay) await sleep(does.delay);
			response.write(bytes.subarray(at, at + step));
		}
		response.end();
	}

	server.on('connection', (socket) => {
		open.add(socket);
		socket.once('close', () => open.delete(socket));
	});
	return new Promise((done) => {
		server.listen(0, '127.0.0.1', () => {
			done(Object.assign(proxy, {
				url: `http://127.0.0.1:${server.address().port}`,
				stop: () => new Promise((closed) => {
					server.close(closed);
					for (const socket of open) socket.destroy();
				}),
			}));
		});
	});
}
