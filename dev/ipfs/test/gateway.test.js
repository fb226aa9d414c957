import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { MIB, form, noise, start, startForFile } from './helpers.js';

const ABSENT = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

const node = await startForFile({ flags: ['--log', 'debug'] });
const bytes = noise(3 * MIB + 5, 3);
let cid;
before(async () => { cid = (await node.add(bytes)).Hash; });

const body = async (response) => Buffer.from(await response.arrayBuffer());

test('serves a file with headers that let it be kept for ever', async () => {
	const response = await node.get(cid);
	assert.equal(response.status, 200);
	const headers = Object.fromEntries(response.headers);
	assert.equal(headers.etag, `"${cid}"`);
	assert.match(headers['cache-control'], /immutable/);
	assert.equal(headers['content-length'], String(bytes.length));
	assert.equal(headers['accept-ranges'], 'bytes');
	assert.equal(headers['x-ipfs-path'], `/ipfs/${cid}`);
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.equal(headers['access-control-allow-origin'], '*');
	assert.ok(bytes.equals(await body(response)));
});

test('answers HEAD with the same headers and no body', async () => {
	const [head, get] = [await node.get(cid, { method: 'HEAD' }), await node.get(cid)];
	assert.equal(head.status, 200);
	assert.equal((await body(head)).length, 0);
	await body(get);
	for (const name of ['content-length', 'content-type', 'etag', 'cache-control']) assert.equal(head.headers.get(name), get.headers.get(name));
});

describe('a range', () => {
	const size = 3 * MIB + 5;
	for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=1048575-1048576', MIB - 1, MIB + 1], ['bytes=3000000-', 3_000_000, size], ['bytes=-10', size - 10, size], ['bytes=5-99999999', 5, size], ['bytes=-99999999', 0, size]]) {
		test(`${range} is served`, async () => {
			const response = await node.get(cid, { headers: { Range: range } });
			assert.equal(response.status, 206);
			assert.equal(response.headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`);
			assert.ok(bytes.subarray(from, to).equals(await body(response)));
		});
	}

	for (const range of ['bytes=99999999-', `bytes=${size}-${size}`, 'bytes=-0']) {
		test(`${range} is outside`, async () => {
			const response = await node.get(cid, { headers: { Range: range } });
			assert.equal(response.status, 416);
			assert.equal(response.headers.get('content-range'), `bytes */${size}`);
			assert.equal(response.headers.get('cache-control'), null);
		});
	}

	for (const range of ['bytes=0-1,5-6', 'bytes=5-2', 'lines=1-2', 'bytes=-', 'bytes=a-b']) {
		test(`${range} is answered with the whole file`, async () => {
			const response = await node.get(cid, { headers: { Range: range } });
			assert.equal(response.status, 200);
			assert.equal((await body(response)).length, size);
		});
	}

	test('of something that changed is answered with the whole file', async () => {
		const changed = await node.get(cid, { headers: { Range: 'bytes=0-1', 'If-Range': '"other"' } });
		assert.equal(changed.status, 200);
		await body(changed);
		const same = await node.get(cid, { headers: { Range: 'bytes=0-1', 'If-Range': `"${cid}"` } });
		assert.equal(same.status, 206);
		await body(same);
	});

	test('of an empty file is outside', async () => {
		const { Hash } = await node.add('');
		assert.equal((await node.get(Hash)).status, 200);
		assert.equal((await node.get(Hash, { headers: { Range: 'bytes=0-' } })).status, 416);
	});
});

test('answers 304 to who has it already', async () => {
	for (const tag of [`"${cid}"`, `W/"${cid}"`, '*', `"x", "${cid}"`]) assert.equal((await node.get(cid, { headers: { 'If-None-Match': tag } })).status, 304);
	const other = await node.get(cid, { headers: { 'If-None-Match': '"x"' } });
	assert.equal(other.status, 200);
	await body(other);
});

test('tells the type from the content', async () => {
	const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
	for (const [content, type] of [
		['{"name":"digits"}', 'application/json'], ['{ not json', 'text/plain; charset=utf-8'], ['# Modell für Ziffern', 'text/plain; charset=utf-8'],
		[png, 'image/png'], [Buffer.from([0, 1, 2, 255, 254]), 'application/octet-stream'], ['', 'text/plain; charset=utf-8'], ['ä'.repeat(200_000), 'text/plain; charset=utf-8']
	]) {
		const { Hash } = await node.add(content);
		assert.equal((await node.get(Hash, { method: 'HEAD' })).headers.get('content-type'), type, String(content).slice(0, 30));
	}
});

test('lets no markup run as a page of its own', async () => {
	for (const markup of ['<!doctype html><script>alert(1)</script>', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>']) {
		const { Hash } = await node.add(markup);
		const { headers } = await node.get(Hash);
		assert.ok(headers.get('content-security-policy') === 'sandbox' || headers.get('content-type').startsWith('text/plain'), headers.get('content-type'));
		assert.equal(headers.get('x-content-type-options'), 'nosniff');
	}
});

test('names a download as the client asks, whatever the name holds', async () => {
	const response = await node.get(`${cid}?download=true&filename=${encodeURIComponent('Modell "ä"\r\nX: y.onnx')}`, { method: 'HEAD' });
	assert.equal(response.headers.get('content-disposition'), 'attachment; filename*=UTF-8\'\'Modell%20%22%C3%A4%22%0D%0AX%3A%20y.onnx');
	assert.equal((await node.get(`${cid}?filename=a.bin`, { method: 'HEAD' })).headers.get('content-disposition'), "inline; filename*=UTF-8''a.bin");
});

test('gives single blocks to who checks them', async () => {
	const asked = await node.get(`${cid}?format=raw`);
	assert.equal(asked.headers.get('content-type'), 'application/vnd.ipld.raw');
	assert.equal(asked.headers.get('etag'), `"${cid}.raw"`);
	const { Links } = dagPb.decode(await body(asked));
	assert.equal(Links.length, 4);
	const leaf = await node.get(Links[3].Hash, { headers: { Accept: 'application/vnd.ipld.raw' } });
	assert.ok(bytes.subarray(3 * MIB).equals(await body(leaf)));
	assert.equal((await node.get(`${cid}?format=car`)).status, 406);
});

test('tells what is wrong', async () => {
	const directory = dagPb.encode({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: [] });
	const { Key } = await (await node.call('block/put?cid-codec=dag-pb', { body: form(directory) })).json();
	for (const [target, status, said] of [
		[ABSENT, 404, /not found locally/], ['hello', 400, /invalid cid/], [`${cid}/a`, 400, /paths inside/], ['', 404, /CID/], ['%ff', 400, /invalid cid/], [Key, 501, /directory/],
		[CID.createV1(0x71, CID.parse(cid).multihash).toString(), 422, /codec is 0x71/]
	]) {
		const response = await node.get(target);
		assert.equal(response.status, status, target);
		assert.match(await response.text(), said);
		assert.equal(response.headers.get('cache-control'), null);
		assert.equal(response.headers.get('etag'), null);
	}
	assert.equal((await fetch(`${node.gateway}/`)).status, 404);
	for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
		const response = await node.get(cid, { method });
		assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
	}
});

test('has no RPC, and the RPC no gateway', async () => {
	assert.equal((await fetch(`${node.gateway}/api/v0/id`, { method: 'POST' })).status, 404);
	assert.equal((await fetch(`${node.rpc}/ipfs/${cid}`, { method: 'POST' })).status, 404);
});

test('can be left out', async (t) => {
	const alone = await start(t, { flags: ['--gateway', 'off'] });
	assert.equal(alone.gateway, 'off');
	assert.equal((await alone.call('id')).status, 200);
});
