import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../src/config.js';
import { createLog } from '../src/log.js';
import { parseDuration, parseSize } from '../src/units.js';
import { runCommand, start, temporary } from './helpers.js';

test('without flags and variables everything is on its usual loopback port', () => {
	const config = readConfig([], { XDG_DATA_HOME: '/data' });
	assert.deepEqual(config, {
		rpc: { host: '127.0.0.1', port: 5001 },
		gateway: { host: '127.0.0.1', port: 8080 },
		repo: '/data/weighhouse/ipfs',
		public: false,
		maxUpload: 64 * 2 ** 30,
		lookupTimeout: 60_000,
		log: 'info'
	});
});

test('variables set what flags do not', () => {
	const env = {
		WEIGHHOUSE_IPFS: 'http://localhost:6001/api/v0/', WEIGHHOUSE_IPFS_GATEWAY: 'off', WEIGHHOUSE_IPFS_REPO: '/a', WEIGHHOUSE_IPFS_PUBLIC: '1',
		WEIGHHOUSE_IPFS_MAX_UPLOAD: '10MB', WEIGHHOUSE_IPFS_TIMEOUT: '1m30s', WEIGHHOUSE_IPFS_LOG: 'debug'
	};
	assert.deepEqual(readConfig([], env), {
		rpc: { host: 'localhost', port: 6001 }, gateway: undefined, repo: '/a', public: true, maxUpload: 10_000_000, lookupTimeout: 90_000, log: 'debug'
	});
	const config = readConfig(['--rpc', '[::1]:7001', '--gateway=127.0.0.1:80', '--repo', '/b', '--log', 'warn'], env);
	assert.deepEqual([config.rpc, config.gateway, config.repo, config.log], [{ host: '::1', port: 7001 }, { host: '127.0.0.1', port: 80 }, '/b', 'warn']);
});

for (const [args, env, said] of [
	[['--rpc', '0.0.0.0:5001'], {}, /--rpc: 0\.0\.0\.0 is not a loopback/], [['--gateway', 'http://192.168.1.2:8080'], {}, /--gateway: .*loopback/],
	[[], { WEIGHHOUSE_IPFS: 'https://127.0.0.1:5001' }, /WEIGHHOUSE_IPFS: .*address/], [['--rpc', '127.0.0.1:99999'], {}, /--rpc/], [['--rpc', 'http://127.0.0.1:1/other'], {}, /--rpc/],
	[['--max-upload', 'much'], {}, /--max-upload: "much"/], [['--timeout', '10'], {}, /--timeout/], [[], { WEIGHHOUSE_IPFS_PUBLIC: 'maybe' }, /PUBLIC/],
	[['--log', 'loud'], {}, /--log/], [['--nothing'], {}, /--nothing/], [['word'], {}, /word/]
]) {
	test(`refuses ${[...args, ...Object.entries(env).map((pair) => pair.join('='))].join(' ')}`, async () => {
		const { code, stderr } = await runCommand(args, env);
		assert.equal(code, 2);
		assert.match(stderr, said);
	});
}

test('--help names every flag and --version the version', async () => {
	const help = await runCommand(['--help']);
	assert.equal(help.code, 0);
	for (const flag of ['--rpc', '--gateway', '--repo', '--public', '--max-upload', '--timeout', '--log', 'WEIGHHOUSE_IPFS']) assert.ok(help.stdout.includes(flag), flag);
	const version = await runCommand(['--version']);
	assert.match(version.stdout, /^weighhouse-ipfs \d+\.\d+\.\d+\n$/);
});

test('a port in use is named, with what can be done, and the repository is free afterwards', async (t) => {
	const node = await start(t);
	const repo = path.join(await temporary(t), 'repo');
	const port = new URL(node.rpc).port;
	for (const [flag, others] of [['--rpc', ['--gateway', 'off']], ['--gateway', ['--rpc', '127.0.0.1:0']]]) {
		const { code, stderr } = await runCommand([flag, `127.0.0.1:${port}`, ...others, '--repo', repo]);
		assert.equal(code, 1);
		assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port} is in use.*another address with ${flag}`));
	}
	await start(t, { repo });
});

test("Kubo's own repository is left alone", async (t) => {
	const repo = await temporary(t);
	await writeFile(path.join(repo, 'datastore_spec'), '{}');
	await mkdir(path.join(repo, 'datastore'));
	const { code, stderr } = await runCommand(['--repo', repo, '--rpc', '127.0.0.1:0', '--gateway', 'off']);
	assert.equal(code, 1);
	assert.match(stderr, /is a Kubo repository/);
});

test('a repository that cannot be made is named', async (t) => {
	const file = path.join(await temporary(t), 'file');
	await writeFile(file, '');
	const { code, stderr } = await runCommand(['--repo', path.join(file, 'repo'), '--rpc', '127.0.0.1:0', '--gateway', 'off']);
	assert.equal(code, 1);
	assert.match(stderr, /cannot open the repository .*file\/repo/);
	assert.doesNotMatch(stderr, /\n\s+at /);
});

test('sizes and times are read as people write them', () => {
	assert.deepEqual(['4096', '1 KiB', '2MB', '3gib', '0'].map(parseSize), [4096, 1024, 2_000_000, 3 * 2 ** 30, 0]);
	for (const text of ['', 'x', '-1', '1.5GB', '1ZB', '99999999999TiB']) assert.equal(parseSize(text), undefined, text);
	assert.deepEqual(['500ms', '30s', '1m30s', '1.5h'].map(parseDuration), [500, 30_000, 90_000, 5_400_000]);
	for (const text of ['', '30', 's', '0s', '1000h', '-1s', '1d']) assert.equal(parseDuration(text), undefined, text);
});

test('a log line stays one line whatever is in it', () => {
	const lines = [];
	createLog('info', (line) => lines.push(line)).warn('event', { path: '/a b"\n', n: 1, left: undefined });
	createLog('info', (line) => lines.push(line)).debug('quiet');
	assert.equal(lines.length, 1);
	assert.match(lines[0], /^\S+ warn event path="\/a b\\"\\n" n=1\n$/);
});
