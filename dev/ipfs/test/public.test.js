import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { identify } from '@libp2p/identify';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { ping } from '@libp2p/ping';
import { startDaemon } from '../src/daemon.js';
import { createLog } from '../src/log.js';
import { MIB, form, ndjson, noise, temporary, until } from './helpers.js';

// Public nodes as they are, except that they listen on loopback, look for nobody and ask no gateway.
async function startPublic(t, lookupTimeout = 1500) {
	const dht = kadDHT({ protocol: '/weighhouse-test/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper });
	let log = '';
	const daemon = await startDaemon({
		rpc: { host: '127.0.0.1', port: 0 },
		repo: path.join(await temporary(t), 'repo'),
		public: true,
		maxUpload: 64 * MIB,
		lookupTimeout,
		network: {
			libp2p: { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, peerDiscovery: [], services: { identify: identify(), ping: ping(), dht } },
			http: { delegatedRouters: [], recursiveGateways: [] }
		}
	}, createLog('debug', (line) => { log += line; }));
	t.after(() => daemon.stop(0));
	const call = (route, options) => fetch(`${daemon.rpc}/api/v0/${route}`, { method: 'POST', ...options });
	return Object.assign(call, { logged: (pattern) => until(() => pattern.test(log)) });
}

test('a public node fetches, pins and keeps what a connected one has', async (t) => {
	const [here, there] = [await startPublic(t), await startPublic(t)];
	const bytes = noise(3 * MIB + 1, 31);
	const [{ Hash }] = await ndjson(await there('add', { body: form(bytes) }));
	const { Addresses, Protocols } = await (await there('id')).json();
	assert.ok(Protocols.some((protocol) => protocol.includes('bitswap')));
	const connected = await (await here(`swarm/connect?arg=${encodeURIComponent(Addresses[0])}`)).json();
	assert.match(connected.Strings[0], /^connect 12D3KooW\w+ success$/);
	assert.deepEqual(await (await here(`pin/add?arg=${Hash}`)).json(), { Pins: [Hash] });
	assert.ok(bytes.equals(Buffer.from(await (await here(`cat?arg=${Hash}`)).arrayBuffer())));
});

test('what is added is announced, so that a node finds it through others', async (t) => {
	const [seller, between, buyer] = [await startPublic(t), await startPublic(t), await startPublic(t, 30_000)];
	const { Addresses } = await (await between('id')).json();
	for (const node of [seller, buyer]) assert.equal((await node(`swarm/connect?arg=${encodeURIComponent(Addresses[0])}`)).status, 200);
	const bytes = noise(MIB + 1, 32);
	const [{ Hash }] = await ndjson(await seller('add', { body: form(bytes) }));
	assert.ok(await seller.logged(new RegExp(`announced cid=${Hash}`)));
	assert.ok(bytes.equals(Buffer.from(await (await buyer(`cat?arg=${Hash}`)).arrayBuffer())));
});

test('a public node gives up on what nobody has', async (t) => {
	const node = await startPublic(t);
	const started = performance.now();
	const response = await node('cat?arg=bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy');
	assert.equal(response.status, 500);
	assert.match((await response.json()).Message, /block bafkreigh2\w+ (was not found on|could not be had from) the network/);
	assert.ok(performance.now() - started < 20_000);
});

test('a request may be less patient than the node', async (t) => {
	const node = await startPublic(t, 60_000);
	const started = performance.now();
	const response = await node('cat?timeout=200ms&arg=bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy');
	assert.equal(response.status, 500);
	assert.ok(performance.now() - started < 20_000);
	assert.match((await response.json()).Message, /deadline|could not be had/);
});

test('a public node refuses an address that is none', async (t) => {
	const node = await startPublic(t);
	assert.equal((await node('swarm/connect?arg=nowhere')).status, 400);
	assert.equal((await node('swarm/connect?arg=/ip4/127.0.0.1/tcp/1&timeout=5s')).status, 500);
});
