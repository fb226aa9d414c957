import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { NextToLast } from 'blockstore-fs/sharding';
import { MIB, noise, peakMemory, resetPeakMemory, runCommand, start, temporary } from './helpers.js';

const upload = (node, length) => {
	const call = request(new URL(`${node.rpc}/api/v0/add`), { method: 'POST', headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': length } });
	call.write('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n');
	return call;
};

async function blockFiles(repo) {
	const entries = await readdir(path.join(repo, 'blocks'), { recursive: true, withFileTypes: true });
	return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

test('a restart keeps content, pins and identity', async (t) => {
	const bytes = noise(5 * MIB, 11);
	const first = await start(t);
	const { Hash } = await first.add(bytes);
	const before = await (await first.call('id')).json();
	assert.equal(await first.stop(), 0);
	const second = await start(t, { repo: first.repo });
	assert.ok(bytes.equals(await second.cat(Hash)));
	assert.deepEqual(await (await second.call(`pin/add?arg=${Hash}`)).json(), { Pins: [Hash] });
	assert.equal((await (await second.call('id')).json()).ID, before.ID);
});

test('a file of 50 MiB streams in and out in bounded memory', async (t) => {
	const node = await start(t);
	const bytes = noise(50 * MIB, 50);
	await node.add(noise(8 * MIB, 8));
	await resetPeakMemory(node.child.pid);
	const before = await peakMemory(node.child.pid);
	const { Hash, Size } = await node.add(bytes);
	assert.ok(Number(Size) > 50 * MIB);
	assert.ok(bytes.equals(await node.cat(Hash)));
	assert.ok(bytes.equals(Buffer.from(await (await node.get(Hash)).arrayBuffer())));
	// The bytes went through three times: holding them once would show.
	const grown = await peakMemory(node.child.pid) - before;
	assert.ok(grown < 75 * MIB, `${grown / MIB} MiB`);
});

test('memory does not grow with the file, nor with the patience of a reader', async (t) => {
	const node = await start(t);
	const bytes = noise(300 * MIB, 300);
	await node.add(bytes.subarray(0, 50 * MIB));
	await resetPeakMemory(node.child.pid);
	const before = await peakMemory(node.child.pid);
	for (const query of ['', 'raw-leaves=false']) {
		const { Hash } = await node.add(bytes, query);
		const response = await node.call(`cat?arg=${Hash}`);
		const reader = response.body.getReader();
		await reader.read();
		await new Promise((resolve) => setTimeout(resolve, 500));
		await reader.cancel();
	}
	const grown = await peakMemory(node.child.pid) - before;
	assert.ok(grown < 100 * MIB, `${grown / MIB} MiB`);
});

test('a killed node leaves whole blocks alone, and takes the same file again', async (t) => {
	const repo = path.join(await temporary(t), 'repo');
	const bytes = noise(60 * MIB, 77);
	const node = await start(t, { repo });
	const kept = await node.add('kept');
	await node.stop();
	const seen = [];
	for (const delay of [20, 60, 120, 200, 300]) {
		const victim = await start(t, { repo });
		const adding = victim.add(bytes).then(() => 'added', () => 'cut');
		await new Promise((resolve) => setTimeout(resolve, delay));
		await victim.stop('SIGKILL');
		seen.push(await adding);
		for (const file of await blockFiles(repo)) assert.match(file, /\.data$/);
	}
	assert.ok(seen.includes('cut'), 'no upload was hit');
	const survivor = await start(t, { repo });
	assert.deepEqual(await readdir(path.join(repo, 'staging')), []);
	// Every file that has a block's name holds that block.
	for (const file of await blockFiles(repo)) {
		const response = await survivor.call(`block/get?arg=${new NextToLast().decode(file)}`);
		assert.equal(response.status, 200, file);
		await response.arrayBuffer();
	}
	assert.equal((await survivor.cat(kept.Hash)).toString(), 'kept');
	const { Hash } = await survivor.add(bytes);
	assert.ok(bytes.equals(await survivor.cat(Hash)));
	assert.doesNotMatch(survivor.log, /damaged/);
});

test('a stop lets an upload in flight finish, and takes no new one', async (t) => {
	const node = await start(t);
	const tail = '\r\n--b--\r\n';
	const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n';
	const call = upload(node, head.length + 4 * MIB + tail.length);
	call.write(noise(2 * MIB, 1));
	await new Promise((resolve) => setTimeout(resolve, 200));
	const stopped = node.stop('SIGTERM');
	await new Promise((resolve) => setTimeout(resolve, 300));
	await assert.rejects(node.call('id'));
	call.write(noise(2 * MIB, 2));
	call.end(tail);
	const [response] = await once(call, 'response');
	let text = '';
	for await (const chunk of response) text += chunk;
	assert.equal(await stopped, 0);
	const again = await start(t, { repo: node.repo });
	assert.ok(Buffer.concat([noise(2 * MIB, 1), noise(2 * MIB, 2)]).equals(await again.cat(JSON.parse(text).Hash)));
});

test('SIGINT stops as SIGTERM does, a second signal at once', async (t) => {
	assert.equal(await (await start(t)).stop('SIGINT'), 0);
	const stuck = await start(t);
	const call = upload(stuck, 1000);
	call.on('error', () => {});
	await new Promise((resolve) => setTimeout(resolve, 200));
	stuck.child.kill('SIGTERM');
	await new Promise((resolve) => setTimeout(resolve, 200));
	assert.equal(await stuck.stop('SIGTERM'), 130);
});

test('a second node on the same repository is refused, a later one is not', async (t) => {
	const node = await start(t);
	const { code, stderr } = await runCommand(['--repo', node.repo, '--rpc', '127.0.0.1:0', '--gateway', 'off']);
	assert.equal(code, 1);
	assert.match(stderr, new RegExp(`${node.repo} is in use by another weighhouse-ipfs`));
	assert.equal((await node.call('id')).status, 200);
	await node.stop('SIGKILL');
	await start(t, { repo: node.repo });
});

test('a damaged block is missed, not served, and comes back when it is added again', async (t) => {
	const node = await start(t, { flags: ['--log', 'warn'] });
	const bytes = noise(1000, 12);
	const { Hash } = await node.add(bytes);
	const [file] = await blockFiles(node.repo);
	await truncate(file, 500);
	const response = await node.call(`cat?arg=${Hash}`);
	assert.equal(response.status, 500);
	assert.match((await response.json()).Message, /not found locally/);
	assert.ok(await node.logged(/damaged block removed/));
	await node.add(bytes);
	assert.ok(bytes.equals(await node.cat(Hash)));
	await writeFile(file, noise(1000, 13));
	assert.equal((await node.get(Hash)).status, 404);
});

test('a full or unwritable disk is an error of the request, not the end of the node', async (t) => {
	const node = await start(t);
	// Root ignores permissions, so the folder is replaced by a file.
	await rm(path.join(node.repo, 'staging'), { recursive: true });
	await writeFile(path.join(node.repo, 'staging'), '');
	await assert.rejects(node.add('hello'), /add: 500 .*"Type":"error"/s);
	assert.equal((await node.call('id')).status, 200);
	assert.ok((await stat(node.repo)).isDirectory());
});

test('two clients that add the same file at once both get it', async (t) => {
	const node = await start(t);
	const bytes = noise(6 * MIB, 21);
	const results = await Promise.all(Array.from({ length: 8 }, () => node.add(bytes)));
	assert.equal(new Set(results.map((result) => result.Hash)).size, 1);
	assert.ok(bytes.equals(await node.cat(results[0].Hash)));
});
