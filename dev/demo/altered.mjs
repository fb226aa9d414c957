// An inference server that cheats: it speaks the Open Inference Protocol and answers with numbers that it
// makes up, instead of running the model. The first test vector of the model it has looked up, since a
// gateway tries that one before it believes a server. Only the other workers of a panel show that the rest
// is wrong.
//
//   node dev/demo/altered.mjs MODEL_DIR PORT
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

/** A number between -8 and 8 that only looks like a score. */
function madeUp(seed, index) {
	const digest = createHash('sha256').update(`${seed}/${index}`).digest();
	return Math.round((digest.readUInt32LE(0) / 2 ** 32 - 0.5) * 16 * 4096) / 4096;
}

/** Serves the model of a folder, or pretends to; answers its address and how to stop it. */
export function startAltered(folder, port = 0) {
	const name = basename(folder);
	// Names, types and shapes are right, so nothing but the values gives it away.
	const [{ inputs: known, outputs }] = JSON.parse(readFileSync(join(folder, 'test-vectors.json'), 'utf8')).vectors;
	let answered = 0;

	/** Whether this is the question whose answer everybody knows. */
	function isKnown(body) {
		const { inputs } = JSON.parse(body);
		return known.every(({ name: tensor, data }) => JSON.stringify(inputs.find((each) => each.name === tensor)?.data.flat(Infinity)) === JSON.stringify(data.flat(Infinity)));
	}

	function infer(body) {
		if (isKnown(body)) return outputs;
		const seed = createHash('sha256').update(body).digest('hex');
		return outputs.map(({ name: tensor, datatype, shape }) => {
			const count = shape.reduce((product, each) => product * each, 1);
			const data = Array.from({ length: count }, (_, index) => madeUp(seed + tensor, index));
			return { name: tensor, datatype, shape, data: datatype.startsWith('FP') ? data : data.map((value) => Math.abs(Math.trunc(value)) % 4) };
		});
	}

	const server = createServer(async (request, response) => {
		const say = (status, value) => {
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(value));
		};
		const { pathname } = new URL(request.url, 'http://altered');
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		if (request.method === 'POST' && /^\/v2\/models\/[^/]+\/infer$/.test(pathname)) {
			answered += 1;
			return say(200, { model_name: name, outputs: infer(Buffer.concat(chunks)) });
		}
		if (pathname === '/v2') return say(200, { name: 'altered', version: '1', extensions: [] });
		if (/^\/v2\/health\/(live|ready)$/.test(pathname) || /^\/v2\/models\/[^/]+(\/ready)?$/.test(pathname)) return say(200, { name, ready: true });
		return say(404, { error: `no ${pathname} here` });
	});
	return new Promise((done, failed) => {
		server.once('error', failed);
		server.listen(port, '127.0.0.1', () => done({
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

if (process.argv[1] === import.meta.filename) {
	const [folder, port] = process.argv.slice(2);
	if (!folder || !/^\d+$/.test(port ?? '')) {
		console.error('usage: altered.mjs MODEL_DIR PORT');
		process.exit(2);
	}
	const { url } = await startAltered(folder, Number(port));
	console.log(`answering made-up numbers for ${basename(folder)} on ${url}`);
}
