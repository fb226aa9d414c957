// MLServer as a worker meets it: the models behind a real one, its answers beside those of the engine in the
// gateway, and what is made of its errors. Installs MLServer's pinned packages once, about 630 MB.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from './lib/chain.mjs';
import { commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { startNode } from './lib/node.mjs';
import { repository } from './lib/paths.mjs';
import { Service, freePort, scratch, until } from './lib/process.mjs';
import { Worker, fund, key } from './lib/workers.mjs';

const model = (name) => join(repository, 'dev/models', name);
const vectors = (name) => JSON.parse(readFileSync(join(model(name), 'test-vectors.json'), 'utf8')).vectors;
const MODELS = ['reranker', 'reranker-2'];
const folder = scratch('weighhouse-mlserver-');
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const json = { 'content-type': 'application/json' };

let node;
let ipfs;
let api;
// Listings by the folder of their model, versions as the chain has them, and MLServers by the model they serve.
const listing = {};
const version = {};
const served = {};
let embedded;
const behind = {};

const loose = (name) => `loose ${name}`;

/** The folder of a model whose description says that it takes cards of any length, which it does not. */
function looser(name) {
	const path = join(folder.path, `loose-${name}`);
	cpSync(model(name), path, { recursive: true });
	const description = join(path, 'weighhouse.yaml');
	const text = readFileSync(description, 'utf8');
	assert.ok(text.includes('shape: [1, 512]'));
	writeFileSync(description, text.replace('shape: [1, 512]', 'shape: [1, -1]'));
	return path;
}

/** Starts MLServer with one model; it is called after its folder. */
async function startMlserver(name) {
	const port = await freePort();
	const service = new Service(`mlserver ${name}`, join(repository, 'dev/models/mlserver/run.sh'), [model(name), String(port)]);
	const url = `http://127.0.0.1:${port}`;
	try {
		await service.ready(() => fetch(`${url}/v2/models/${name}/ready`, { signal: AbortSignal.timeout(2000) }).then(({ ok }) => ok), 900_000);
	} catch (error) {
		await service.stop();
		throw error;
	}
	return { name, service, url };
}

/** Puts bytes where gateways find them. */
async function put(text) {
	const body = new FormData();
	body.append('file', new Blob([text]), 'input.json');
	const answer = await fetch(`${ipfs.url}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256`, { method: 'POST', body });
	assert.ok(answer.ok, await answer.clone().text());
	return (await answer.json()).Key;
}

/** Hands a gateway a job as a courier would, and answers how it ended: the status, and what was said. */
async function asked(worker, name, inputs) {
	const input = JSON.stringify({ inputs });
	const { answers, manifest, artifactRoot } = version[name];
	const request = sha256(`${worker.suri} ${name} ${input}`);
	const assignment = {
		genesis: api.genesisHash.toHex(), requestHash: `0x${request}`, job: 1, round: 'main', worker: key(worker.suri), listing: listing[name], version: 1,
		manifest, artifactRoot, input: await put(input), inputHash: `0x${sha256(input)}`, answers, disputed: null,
	};
	const path = `${worker.gateway}/v1/jobs/${request}-${key(worker.suri).slice(2)}`;
	return until(async () => {
		const answer = await fetch(path, { method: 'PUT', headers: json, body: JSON.stringify(assignment) });
		const body = await answer.json();
		// At work, slow or busy: it may have an answer later.
		if ([202, 408, 429].includes(answer.status)) throw new Error(`${answer.status}: ${JSON.stringify(body)}`);
		return { status: answer.status, body };
	}, 180_000, `an answer of ${worker.suri} for ${name}`, 200);
}

const bits = (bytes) => bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
const distance = (one, two) => bits(one.map((byte, index) => byte ^ two[index]));

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
	const weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	const folders = Object.fromEntries([...MODELS, 'digits', 'digits-small'].map((name) => [name, model(name)]));
	for (const name of MODELS) folders[loose(name)] = looser(name);
	for (const [name, path] of Object.entries(folders)) {
		const parent = name === 'digits-small' ? ['--parent', `${listing.digits}@1:distilled:10%`] : [];
		listing[name] = (await weighhouse.ok('//Eve', 'publish', path, ...parent)).listing;
		const { version: shown } = await weighhouse.ok(undefined, 'show', listing[name], '--no-card');
		const { answers } = shown;
		const camel = answers.class.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
		version[name] = { manifest: shown.manifest, artifactRoot: shown.artifactRoot, answers: { ...answers, class: camel } };
	}
	// One after the other: the first installs what both need.
	for (const name of MODELS) served[name] = await startMlserver(name);
	embedded = await Worker.of('//Tract', join(folder.path, 'tract'));
	for (const name of MODELS) behind[name] = await Worker.of(`//Behind-${name}`, join(folder.path, name));
	await fund(api, [embedded, ...Object.values(behind)].map(({ address }) => address));
	const at = { url: node.url, ipfs: ipfs.url, courier: 'rpc' };
	embedded.start({ ...at, serve: MODELS.map((name) => [listing[name], '0.05']) });
	for (const name of MODELS) {
		behind[name].start({
			...at,
			serve: [[listing[name], '0.05']],
			env: {
				WEIGHHOUSE_WORK_ENGINE__KIND: 'oip',
				WEIGHHOUSE_WORK_ENGINE__URL: served[name].url,
				[`WEIGHHOUSE_WORK_ENGINE__MODELS__${listing[name]}`]: name,
				[`WEIGHHOUSE_WORK_ENGINE__MODELS__${listing[loose(name)]}`]: name,
				// Another model than that of the listing, and one that the server has not got.
				[`WEIGHHOUSE_WORK_ENGINE__MODELS__${listing.digits}`]: name,
				[`WEIGHHOUSE_WORK_ENGINE__MODELS__${listing['digits-small']}`]: 'nowhere',
				// The last two pin an engine.
				WEIGHHOUSE_WORK_ENGINE__IGNORE_PIN: 'true',
			},
		});
	}
	await Promise.all([embedded, ...Object.values(behind)].map((worker) => worker.ready()));
}, { timeout: 1_200_000 });
after(async () => {
	await api?.disconnect();
	await Promise.all([embedded, ...Object.values(behind)].map((worker) => worker?.stop()));
	await Promise.all(Object.values(served).map(({ service }) => service.stop()));
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

for (const name of MODELS) {
	describe(`${name} behind MLServer`, () => {
		test('every test vector is answered like the engine in the gateway does, within tau', async () => {
			const { tau } = version[name].answers;
			let runs = 0;
			for (const { inputs, outputs } of vectors(name)) {
				const [there, here] = await Promise.all([behind[name], embedded].map((worker) => asked(worker, name, inputs)));
				assert.deepEqual([there.status, here.status], [200, 200], JSON.stringify([there.body, here.body]));
				const [theirs, ours] = [there, here].map(({ body }) => body.reveal.answer);
				assert.deepEqual([theirs.status, ours.status], ['ok', 'ok']);
				const apart = distance(theirs.fingerprint, ours.fingerprint);
				assert.ok(apart <= tau, `vector ${runs}: ${apart} bits apart, ${tau} may be`);
				// The choice is the last output, an INT64 behind its header.
				const choice = Buffer.from(there.body.reveal.output).readBigInt64LE(there.body.reveal.output.length - 8);
				assert.equal(choice, BigInt(outputs.find((each) => each.name === 'choice').data[0]));
				runs += 1;
			}
			assert.ok(runs >= 8, `only ${runs} vectors`);
			const counted = /^weighhouse_work_engine_runs_total\{[^}]*"ok"[^}]*\} (\d+)/m.exec(await fetch(`${behind[name].gateway}/metrics`).then((answer) => answer.text()));
			assert.ok(Number(counted?.[1]) >= runs, `${counted?.[1]} runs are counted for ${runs} answers`);
		});

		test('says who it is, and its gateway is ready', async () => {
			const about = await fetch(`${served[name].url}/v2`).then((answer) => answer.json());
			assert.equal(about.name, 'mlserver');
			const ready = await fetch(`${behind[name].gateway}/health/ready`);
			assert.equal(ready.status, 200, await ready.text());
		});

		test('input that the model refuses is 500 and no JSON, and the answer is that the model fails', async () => {
			const { url } = served[name];
			const [{ inputs }] = vectors(name);
			const short = inputs.map((tensor) => (tensor.name === 'card' ? { ...tensor, shape: [1, 8], data: tensor.data.slice(0, 8) } : tensor));
			// The server closes the connection after such an answer, and no other request may be on it then.
			const headers = { ...json, connection: 'close' };
			const direct = await fetch(`${url}/v2/models/${name}/infer`, { method: 'POST', headers, body: JSON.stringify({ inputs: short }) });
			assert.equal(direct.status, 500);
			const said = await direct.text();
			assert.throws(() => JSON.parse(said), SyntaxError, said);
			for (const path of ['v2/health/ready', `v2/models/${name}/ready`]) assert.equal((await fetch(`${url}/${path}`)).status, 200, path);
			// It gives the test vector, so it is the right model that refuses. The engine in the gateway says the same.
			const there = await asked(behind[name], loose(name), short);
			assert.equal(there.status, 200, JSON.stringify(there.body));
			assert.equal(there.body.reveal.answer.status, 'modelError');
			assert.deepEqual(there.body.reveal.output, []);
			const here = await asked(embedded, loose(name), short);
			assert.equal(here.status, 200, JSON.stringify(here.body));
			assert.deepEqual({ ...there.body.reveal.answer, statement: null }, { ...here.body.reveal.answer, statement: null });
		});

		test('a server that runs another model is found out, and the worker stays silent', async () => {
			const { status, body } = await asked(behind[name], 'digits', vectors('digits')[0].inputs);
			assert.equal(status, 422, JSON.stringify(body));
			assert.match(JSON.stringify(body), /test vector/);
		});

		test('a model that it has not got is 404, and the worker stays silent', async () => {
			const { inputs } = vectors('digits-small')[0];
			const direct = await fetch(`${served[name].url}/v2/models/nowhere/infer`, { method: 'POST', headers: json, body: JSON.stringify({ inputs }) });
			assert.equal(direct.status, 404);
			const { status, body } = await asked(behind[name], 'digits-small', inputs);
			assert.equal(status, 422, JSON.stringify(body));
			assert.match(JSON.stringify(body), /knows no model `nowhere`/);
			// Nothing of that keeps it from its own work.
			const again = await asked(behind[name], name, vectors(name)[0].inputs);
			assert.equal(again.status, 200);
		});
	});
}
