import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { once } from 'node:events';
import * as dagPb from '@ipld/dag-pb';
import { configure } from '@ipld/unixfs';
import { withWidth } from '@ipld/unixfs/file/layout/balanced';
import { withMaxChunkSize } from '@ipld/unixfs/file/chunker/fixed';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { createFileEncoderStream } from 'ipfs-car';
import { MIB, form, ndjson, noise, startForFile } from './helpers.js';

const ABSENT = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const HELLO = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';

const node = await startForFile({ flags: ['--log', 'debug', '--max-upload', '64MiB'] });

async function failure(response) {
	const body = await response.json();
	assert.deepEqual(Object.keys(body), ['Message', 'Code', 'Type']);
	assert.equal(body.Type, 'error');
	return { status: response.status, message: body.Message, code: body.Code };
}

/** Sends bytes as they are and returns what comes back before the connection ends. */
async function exchange(address, ...parts) {
	const { hostname, port } = new URL(address);
	const socket = connect(port, hostname);
	let answer = '';
	socket.on('data', (data) => { answer += data; });
	socket.on('error', () => {});
	for (const part of parts) socket.write(part);
	await once(socket, 'close');
	return answer;
}

describe('add', () => {
	test('answers the CID that stock Kubo gives when the CID version is 0', async () => {
		const { Hash, Size } = await node.add('hello world', 'cid-version=0');
		assert.equal(Hash, 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD');
		assert.equal(Size, '19');
	});

	test('agrees with ipfs_cid of Debian on a file of several levels when the CID version is 0', async () => {
		const bytes = noise(50 * MIB, 50);
		const { Hash } = await node.add(bytes, 'cid-version=0');
		assert.equal(Hash, 'QmW7zcx8SQ6KZtCjtbgt4YKXwzyctPUerziB3JjyfkvRhC');
		assert.ok(bytes.equals(await node.cat(Hash)));
	});

	test('agrees with @ipld/unixfs on a file of several levels', async () => {
		const bytes = noise(5_000_000, 6);
		let root;
		const settings = configure({ fileChunkEncoder: raw, smallFileEncoder: raw, chunker: withMaxChunkSize(1024), fileLayout: withWidth(1024) });
		await createFileEncoderStream(new Blob([bytes]), settings).pipeTo(new WritableStream({ write: (block) => { root = block.cid; } }));
		assert.equal((await node.add(bytes, 'chunker=size-1024')).Hash, root.toString());
	});

	test('names a small file by its sha2-256', async () => {
		const { Hash, Name, Size } = await node.add('hello world');
		assert.deepEqual({ Hash, Name, Size }, { Hash: HELLO, Name: 'file-0', Size: '11' });
		assert.deepEqual(Buffer.from(CID.parse(Hash).multihash.digest), createHash('sha256').update('hello world').digest());
	});

	for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7, 20 * MIB]) {
		test(`agrees with ipfs-car on a file of ${size} bytes`, async () => {
			const bytes = noise(size, size + 1);
			let root;
			await createFileEncoderStream(new Blob([bytes])).pipeTo(new WritableStream({ write: (block) => { root = block.cid; } }));
			assert.equal((await node.add(bytes)).Hash, root.toString());
			assert.ok(bytes.equals(await node.cat(root.toString())));
		});
	}

	test('keeps every byte under each layout', async () => {
		const bytes = noise(700_001, 7);
		const cids = new Set();
		for (const query of ['chunker=size-1024', 'chunker=size-1024&max-file-links=2', 'raw-leaves=false&chunker=size-1000000', 'cid-version=0&chunker=size-4096', 'cid-version=0&raw-leaves=true&chunker=size-4096']) {
			const { Hash } = await node.add(bytes, query);
			cids.add(Hash);
			assert.ok(bytes.equals(await node.cat(Hash)), query);
		}
		assert.equal(cids.size, 5);
	});

	test('answers one line for each file of a body, in order', async () => {
		const lines = await ndjson(await node.call('add', { body: form('a', noise(2 * MIB), 'c') }));
		assert.deepEqual(lines.map((line) => line.Name), ['file-0', 'file-1', 'file-2']);
		assert.equal(new Set(lines.map((line) => line.Hash)).size, 3);
	});

	test('reports rising progress before the result when asked', async () => {
		const lines = await ndjson(await node.call('add?progress=true', { body: form(noise(9 * MIB)) }));
		const reported = lines.slice(0, -1).map((line) => line.Bytes);
		assert.ok(reported.length >= 2);
		assert.deepEqual(reported, reported.toSorted((a, b) => a - b));
		assert.equal(reported.at(-1), 9 * MIB);
		assert.ok('Hash' in lines.at(-1));
	});

	test('decodes an escaped file name and names a nameless file by its CID', async () => {
		const body = new FormData();
		body.append('file', new Blob(['x']), 'Modell%20%C3%A4.onnx');
		assert.equal((await ndjson(await node.call('add', { body })))[0].Name, 'Modell ä.onnx');
		const raw = '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello world\r\n--b--\r\n';
		const response = await node.call('add', { body: raw, headers: { 'Content-Type': 'multipart/form-data; boundary=b' } });
		assert.deepEqual(await ndjson(response), [{ Name: HELLO, Hash: HELLO, Size: '11' }]);
	});

	for (const [query, said] of [
		['chunker=size-0', /chunker/], ['chunker=rabin', /chunker/], ['chunker=size-2096897', /chunker/], ['cid-version=2', /cid-version/],
		['hash=sha2-512', /hash/], ['trickle=true', /trickle/], ['wrap-with-directory=true', /wrap-with-directory/], ['only-hash=true', /only-hash/],
		['pin=perhaps', /pin/], ['max-file-links=1', /max-file-links/], ['mode=0644', /mode/], ['arg=x', /body/]
	]) {
		test(`refuses ${query}`, async () => {
			const { status, message, code } = await failure(await node.call(`add?${query}`, { body: form('x') }));
			assert.deepEqual([status, code], [400, 1]);
			assert.match(message, said);
		});
	}

	test('refuses a body that is not multipart', async () => {
		assert.equal((await failure(await node.call('add', { body: 'x' }))).status, 400);
		assert.equal((await failure(await node.call('add'))).status, 400);
	});

	test('refuses a body without a file', async () => {
		const response = await node.call('add', { body: '--b--\r\n', headers: { 'Content-Type': 'multipart/form-data; boundary=b' } });
		assert.match((await failure(response)).message, /holds no file/);
	});

	test('refuses a directory', async () => {
		const body = '--b\r\nContent-Disposition: form-data; name="file"; filename="d"\r\nContent-Type: application/x-directory\r\n\r\n\r\n--b--\r\n';
		const response = await node.call('add', { body, headers: { 'Content-Type': 'multipart/form-data; boundary=b' } });
		assert.match((await failure(response)).message, /directories/);
	});

	test('answers no CID when the body ends before its last boundary', async () => {
		const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(3 * MIB)}`;
		const response = await node.call('add', { body, headers: { 'Content-Type': 'multipart/form-data; boundary=b' } });
		const { status, message } = await failure(response);
		assert.equal(status, 400);
		assert.match(message, /multipart/);
	});

	test('survives a client that goes away in the middle of a file', async () => {
		const url = new URL(`${node.rpc}/api/v0/add`);
		const upload = request(url, { method: 'POST', headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': 40 * MIB } });
		upload.on('error', () => {});
		upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n');
		for (let i = 0; i < 8; i++) upload.write(noise(MIB, 100 + i));
		await new Promise((resolve) => setTimeout(resolve, 200));
		upload.destroy();
		assert.equal((await node.add('hello world')).Hash, HELLO);
		assert.ok(await node.logged(/add status=499/));
	});

	test('tells an error behind the first result in a line and a trailer', async () => {
		const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="one"\r\n\r\nhello world\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="two"\r\n\r\n${'x'.repeat(2 * MIB)}`;
		const upload = request(new URL(`${node.rpc}/api/v0/add`), { method: 'POST', headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Transfer-Encoding': 'chunked' } });
		// The end follows the first answer, so that the status is out before the error is known.
		upload.write(body);
		const [response] = await once(upload, 'response');
		upload.end();
		let text = '';
		for await (const chunk of response) text += chunk;
		const lines = text.trim().split('\n').map((line) => JSON.parse(line));
		assert.equal(lines[0].Hash, HELLO);
		assert.deepEqual(lines.slice(1).map((line) => line.Type), ['error']);
		assert.match(response.trailers['x-stream-error'], /multipart/);
	});

	test('refuses a body over the limit, announced or not', async () => {
		const announced = await exchange(node.rpc, 'POST /api/v0/add HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 70000000\r\n\r\n');
		assert.match(announced, /^HTTP\/1.1 413 .*larger than 67108864 bytes/s);
		const streamed = await node.call('add', { body: new Blob(['--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n', noise(65 * MIB)]).stream(), duplex: 'half', headers: { 'Content-Type': 'multipart/form-data; boundary=b' } });
		assert.equal((await failure(streamed)).status, 413);
	});
});

describe('cat', () => {
	const bytes = noise(5 * MIB + 123, 42);
	let cid;
	before(async () => { cid = (await node.add(bytes, 'chunker=size-65536&max-file-links=8')).Hash; });

	for (const [offset, length] of [[0, 1], [0, 65536], [65535, 2], [65536, 65536], [70_000, 1_000_000], [5 * MIB, 123], [5 * MIB + 122, 1], [5 * MIB + 100, 10_000], [3, 0]]) {
		test(`gives ${length} bytes from ${offset}`, async () => {
			assert.ok(bytes.subarray(offset, offset + length).equals(await node.cat(cid, `&offset=${offset}&length=${length}`)));
		});
	}

	test('gives the rest when no length is asked for, and nothing behind the end', async () => {
		assert.ok(bytes.subarray(4_999_999).equals(await node.cat(cid, '&offset=4999999')));
		assert.equal((await node.cat(cid, '&offset=999999999')).length, 0);
	});

	test('announces the length', async () => {
		const response = await node.call(`cat?arg=${cid}&offset=10&length=20`);
		assert.equal(response.headers.get('x-content-length'), '20');
		await response.arrayBuffer();
	});

	test('takes a CID in every form that Kubo takes', async () => {
		const parsed = CID.parse(cid);
		const { base58btc } = await import('multiformats/bases/base58');
		const { base36 } = await import('multiformats/bases/base36');
		for (const form of [`/ipfs/${cid}`, `ipfs://${cid}`, `/ipfs/${cid}/`, parsed.toString(base58btc), parsed.toString(base36), CID.createV0(parsed.multihash).toString()]) {
			assert.equal((await node.cat(encodeURIComponent(form), '&length=9')).length, 9, form);
		}
	});

	test('says at once that an offline node lacks a block', async () => {
		const started = performance.now();
		const { status, message, code } = await failure(await node.call(`cat?arg=${ABSENT}`));
		assert.ok(performance.now() - started < 5000);
		assert.deepEqual([status, code], [500, 0]);
		assert.equal(message, `block was not found locally (offline): ipld: could not find ${ABSENT}`);
	});

	for (const [arg, said] of [['', /invalid cid/], ['hello', /invalid cid/], [`${ABSENT.slice(0, -1)}`, /invalid cid/], [`${ABSENT}/a`, /paths inside/], ['/ipns/example.org', /paths inside|invalid cid/]]) {
		test(`refuses "${arg}"`, async () => {
			const { status, message, code } = await failure(await node.call(`cat?arg=${encodeURIComponent(arg)}`));
			assert.deepEqual([status, code], [400, 1]);
			assert.match(message, said);
		});
	}

	test('refuses no argument, two arguments, and negative numbers', async () => {
		for (const query of ['', `arg=${cid}&arg=${cid}`, `arg=${cid}&offset=-1`, `arg=${cid}&length=1e3`]) {
			assert.equal((await failure(await node.call(`cat?${query}`))).status, 400, query);
		}
	});

	test('refuses a directory, a node without data and bytes that are no node', async () => {
		const put = async (block) => (await (await node.call('block/put?cid-codec=dag-pb', { body: form(block) })).json()).Key;
		const directory = await put(dagPb.encode({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: [] }));
		assert.equal((await failure(await node.call(`cat?arg=${directory}`))).message, 'this dag node is a directory');
		assert.match((await failure(await node.call(`cat?arg=${await put(dagPb.encode({ Links: [] }))}`))).message, /no UnixFS data/);
		assert.match((await failure(await node.call(`cat?arg=${await put(Buffer.from('not a node'))}`))).message, /not valid dag-pb/);
	});

	test('cuts the connection when a node lies about the size of its part', async () => {
		const leaf = CID.parse((await node.add('hello world')).Hash);
		const lie = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes: [12n] }).marshal(), Links: [{ Hash: leaf, Tsize: 11, Name: '' }] }));
		const { Key } = await (await node.call('block/put?cid-codec=dag-pb', { body: form(lie) })).json();
		await assert.rejects(async () => (await node.call(`cat?arg=${Key}`)).arrayBuffer());
		assert.ok(await node.logged(/which has 11/));
	});

	test('cuts the connection when a part is missing', async () => {
		const root = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes: [11n, 5n] }).marshal(), Links: [{ Hash: CID.parse(HELLO), Tsize: 11, Name: '' }, { Hash: CID.parse(ABSENT), Tsize: 5, Name: '' }] }));
		const { Key } = await (await node.call('block/put?cid-codec=dag-pb', { body: form(root) })).json();
		await assert.rejects(async () => (await node.call(`cat?arg=${Key}`)).arrayBuffer());
		assert.deepEqual((await node.cat(Key, '&length=11')).toString(), 'hello world');
	});

	test('ends at a file that is deeper than any real one', async () => {
		let cid = (await node.add('deep')).Hash;
		for (let depth = 0; depth < 40; depth++) {
			const block = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes: [4n] }).marshal(), Links: [{ Hash: CID.parse(cid), Tsize: 4, Name: '' }] }));
			cid = (await (await node.call('block/put?cid-codec=dag-pb', { body: form(block) })).json()).Key;
		}
		await assert.rejects(async () => (await node.call(`cat?arg=${cid}`)).arrayBuffer());
		assert.ok(await node.logged(/levels deep/));
	});
});

describe('block', () => {
	test('gives back the very bytes under the sha2-256 of a raw block', async () => {
		const bytes = noise(1000, 5);
		const { Key, Size } = await (await node.call('block/put', { body: form(bytes) })).json();
		assert.equal(Size, 1000);
		assert.equal(CID.parse(Key).code, 0x55);
		assert.deepEqual(Buffer.from(CID.parse(Key).multihash.digest), createHash('sha256').update(bytes).digest());
		const response = await node.call(`block/get?arg=${Key}`);
		assert.ok(bytes.equals(Buffer.from(await response.arrayBuffer())));
	});

	test('stores the nodes of a file so that cat finds it', async () => {
		const leaf = await (await node.call('block/put?cid-codec=raw&mhtype=sha2-256', { body: form('hello world') })).json();
		assert.equal(leaf.Key, HELLO);
		const root = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes: [11n, 11n] }).marshal(), Links: [1, 2].map(() => ({ Hash: CID.parse(HELLO), Tsize: 11, Name: '' })) }));
		const { Key } = await (await node.call('block/put?cid-codec=dag-pb&pin=true', { body: form(root) })).json();
		assert.equal((await node.cat(Key)).toString(), 'hello worldhello world');
	});

	test('takes a block of 2 MiB and refuses a larger one', async () => {
		assert.equal((await node.call('block/put', { body: form(noise(2 * MIB)) })).status, 200);
		assert.equal((await failure(await node.call('block/put', { body: form(noise(2 * MIB + 1)) }))).status, 413);
	});

	test('refuses other codecs, other hashes, two files and none', async () => {
		for (const [query, body] of [['cid-codec=dag-cbor', form('x')], ['mhtype=blake3', form('x')], ['mhlen=20', form('x')], ['', form('x', 'y')], ['', undefined]]) {
			assert.equal((await failure(await node.call(`block/put?${query}`, { body }))).status, 400, query);
		}
	});

	test('says that a block is absent', async () => {
		assert.match((await failure(await node.call(`block/get?arg=${ABSENT}`))).message, /^block was not found locally/);
	});
});

describe('pin/add', () => {
	test('pins a file, twice without error', async () => {
		const { Hash } = await node.add(noise(3 * MIB, 9), 'pin=false');
		for (let i = 0; i < 2; i++) assert.deepEqual(await (await node.call(`pin/add?arg=${Hash}`)).json(), { Pins: [Hash] });
	});

	test('refuses a file of which a part is missing', async () => {
		const root = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', blockSizes: [5n] }).marshal(), Links: [{ Hash: CID.parse(ABSENT), Tsize: 5, Name: '' }] }));
		const { Key } = await (await node.call('block/put?cid-codec=dag-pb', { body: form(root) })).json();
		assert.match((await failure(await node.call(`pin/add?arg=${Key}`))).message, /not found locally/);
	});

	test('refuses no argument, a wrong CID and a pin that is not recursive', async () => {
		for (const query of ['', 'arg=hello', `arg=${HELLO}&recursive=false`]) assert.equal((await failure(await node.call(`pin/add?${query}`))).status, 400, query);
	});
});

describe('the RPC', () => {
	test('says who it is', async () => {
		const id = await (await node.call('id')).json();
		assert.match(id.ID, /^12D3KooW/);
		assert.deepEqual(id.Addresses, []);
		assert.match(id.AgentVersion, /helia\/7/);
		assert.match((await (await node.call('version')).json()).Version, /^\d+\.\d+\.\d+$/);
	});

	test('has no peers to connect to offline', async () => {
		assert.match((await failure(await node.call('swarm/connect?arg=/ip4/127.0.0.1/tcp/1'))).message, /online mode/);
	});

	test('takes POST alone', async () => {
		for (const method of ['GET', 'PUT', 'DELETE']) {
			const response = await node.call('id', { method });
			assert.equal(response.headers.get('allow'), 'POST');
			assert.equal((await failure(response)).status, 405);
		}
		assert.equal((await node.call('id', { method: 'HEAD' })).status, 405);
	});

	test('names its commands when it does not know one', async () => {
		for (const route of ['nothing', '../../etc/passwd', 'constructor', '']) {
			const { status, message } = await failure(await node.call(route));
			assert.equal(status, 404);
			assert.match(message, /block\/get/);
		}
	});

	test('refuses pages of other sites', async () => {
		const own = node.rpc.replace('127.0.0.1', 'localhost');
		for (const [headers, status] of [
			[{ Origin: 'https://example.org' }, 403], [{ Origin: 'null' }, 403], [{ Referer: 'https://example.org/page' }, 403],
			[{ Origin: node.gateway }, 403], [{ 'User-Agent': 'Mozilla/5.0' }, 403], [{ Origin: 'http://example.org:' + new URL(node.rpc).port }, 403],
			[{ Origin: node.rpc }, 200], [{ Origin: own, 'User-Agent': 'Mozilla/5.0' }, 200], [{ 'User-Agent': 'curl/8' }, 200]
		]) {
			const { hostname, port } = new URL(node.rpc);
			const call = request({ hostname, port, path: '/api/v0/id', method: 'POST', headers });
			call.end();
			const [response] = await once(call, 'response');
			response.resume();
			assert.equal(response.statusCode, status, JSON.stringify(headers));
		}
	});

	test('answers nonsense without falling over', async () => {
		assert.match(await exchange(node.rpc, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400/);
		assert.match(await exchange(node.rpc, `POST //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 40[04]/);
		assert.equal((await node.call('id')).status, 200);
	});

	test('logs one line a request', async () => {
		await node.call('version?encoding=json');
		assert.ok(await node.logged(/debug request id=rpc-\d+ method=POST path="\/api\/v0\/version\?encoding=json" status=200 ms=\d+/));
		assert.equal(node.log.split('\n').filter((line) => line.includes('version?encoding=json')).length, 1);
	});
});
