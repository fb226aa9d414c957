// An inference server that answers what it has learned by heart: the test vectors of a model folder, which are
// what the model answers. Correct for these inputs and no others, and as slow as a large model is.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { sleep } from './process.mjs';

/** Serves the vectors of a model folder over the Open Inference Protocol, each answer after `ms`. */
export function startStored(folder, ms) {
	const name = basename(folder);
	const { vectors } = JSON.parse(readFileSync(join(folder, 'test-vectors.json'), 'utf8'));
	const bare = (inputs) => JSON.stringify(inputs.map((tensor) => [tensor.name, tensor.shape, tensor.data.map(Number)]));
	const known = new Map(vectors.map(({ inputs, outputs }) => [bare(inputs), outputs]));
	let answered = 0;

	const server = createServer(async (request, response) => {
		const say = (status, value) => {
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(value));
		};
		const { pathname } = new URL(request.url, 'http://stored');
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		if (request.method === 'POST' && pathname === `/v2/models/${name}/infer`) {
			const outputs = known.get(bare(JSON.parse(Buffer.concat(chunks)).inputs));
			if (!outputs) return say(400, { error: 'only the test vectors are answered here' });
			await sleep(ms);
			answered += 1;
			return say(200, { model_name: name, outputs });
		}
		if (pathname === '/v2') return say(200, { name: 'stored', version: '1', extensions: [] });
		if (/^\/v2\/health\/(live|ready)$/.test(pathname) || pathname === `/v2/models/${name}/ready`) return say(200, { name, ready: true });
		return say(404, { error: `no ${pathname} here` });
	});
	return new Promise((done, failed) => {
		server.once('error', failed);
		server.listen(0, '127.0.0.1', () => done({
			url: `http://127.0.0.1:${server.address().port}`,
			get answered() {
				return answered;
			},
			stop: () => new Promise((closed) => {
				server.close(closed);
				server.closeAllConnections();
			}),
		}));
	});
}
