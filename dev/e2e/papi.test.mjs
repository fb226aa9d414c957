// A second client, polkadot-api, reads a licence, and does not take the node's word for it: the
// storage proof must lead from the state root of a final header to the same bytes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createClient } from 'polkadot-api';
import { getWsProvider } from 'polkadot-api/ws';
import { charlie, connect, dave, eve, waitForFinal } from './lib/chain.mjs';
import { buy, openOffers, publish } from './lib/market.mjs';
import { startNode } from './lib/node.mjs';
import { BadProof, blake2, verifyProof } from './lib/trie.mjs';

const bytes = (hex) => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
const hex = (value) => `0x${Buffer.from(value).toString('hex')}`;

let node;
let client;
let sale;
before(async () => {
	node = await startNode();
	const api = await connect(node.url);
	const listing = await publish(api, dave);
	const [offer] = await openOffers(api, dave, listing, [{ term: { Blocks: 1000 }, price: 7n, rights: 'UseAndServe' }]);
	const sold = await buy(api, charlie, listing, offer);
	sale = { listing, offer, licence: sold.licence.toBigInt(), account: charlie.address, key: api.query.licensing.licences.key(sold.licence) };
	await waitForFinal(api, (await api.rpc.chain.getHeader()).number.toNumber());
	await api.disconnect();
	client = createClient(getWsProvider(node.url));
});
after(async () => {
	client?.destroy();
	await node?.stop();
});

describe('polkadot-api', () => {
	test('reads the licence and asks the runtime about it', async () => {
		const api = client.getUnsafeApi();
		const licence = await api.query.Licensing.Licences.getValue(sale.licence);
		assert.equal(licence.holder, sale.account);
		assert.deepEqual([licence.listing, licence.offer, licence.first_version, licence.last_version], [sale.listing, sale.offer, 1, 1]);
		assert.equal(licence.rights.type, 'UseAndServe');
		assert.equal(typeof licence.expires, 'number');
		const has = (account, right) => api.apis.LicensingApi.has_licence(account, sale.listing, 1, { type: right, value: undefined });
		assert.equal(await has(sale.account, 'Serve'), true);
		assert.equal(await has(eve.address, 'Use'), false);
	});
});

describe('the storage proof of the licence', () => {
	let key;
	let value;
	let root;
	let proof;
	before(async () => {
		const block = await client.getFinalizedBlock();
		const header = await client.getBlockHeader(block.hash);
		root = bytes(header.stateRoot);
		key = bytes(sale.key);
		value = bytes(await client._request('state_getStorage', [sale.key, block.hash]));
		({ proof } = await client._request('state_getReadProof', [[sale.key], block.hash]));
		proof = proof.map(bytes);
		// The header is the one that the final hash names: the root is not the node's word either.
		const raw = await client._request('chain_getHeader', [block.hash]);
		assert.equal(hex(blake2(encodeHeader(raw))), block.hash);
		assert.equal(raw.stateRoot, header.stateRoot);
	});

	test('leads from the state root of the final header to the licence', () => {
		assert.equal(hex(verifyProof(root, proof, key)), hex(value));
	});

	test('shows that a licence which was never sold does not exist', async () => {
		const block = await client.getFinalizedBlock();
		const header = await client.getBlockHeader(block.hash);
		const absent = `${sale.key.slice(0, -2)}ff`;
		const answer = await client._request('state_getReadProof', [[absent], block.hash]);
		assert.equal(verifyProof(bytes(header.stateRoot), answer.proof.map(bytes), bytes(absent)), undefined);
	});

	test('fails when any byte of any node is altered', () => {
		let altered = 0;
		for (const [index, node_] of proof.entries()) {
			for (let at = 0; at < node_.length; at += Math.max(1, Math.floor(node_.length / 16))) {
				const copy = proof.map((each) => Uint8Array.from(each));
				copy[index][at] ^= 1;
				assert.throws(() => verifyProof(root, copy, key), BadProof, `node ${index}, byte ${at}`);
				altered += 1;
			}
		}
		assert.ok(altered > 20);
	});

	test('fails when a node is missing, or the root is another block\'s', async () => {
		for (const index of proof.keys()) assert.throws(() => verifyProof(root, proof.toSpliced(index, 1), key), BadProof);
		const genesis = await client._request('chain_getBlockHash', [0]);
		const { stateRoot } = await client._request('chain_getHeader', [genesis]);
		assert.throws(() => verifyProof(bytes(stateRoot), proof, key), BadProof);
	});
});

/** The bytes that a block hash is the hash of. */
function encodeHeader({ parentHash, number, stateRoot, extrinsicsRoot, digest }) {
	const compact = (value) => {
		if (value < 64) return [value << 2];
		if (value < 2 ** 14) return [((value << 2) | 1) & 255, value >> 6];
		return [((value << 2) | 2) & 255, (value >> 6) & 255, (value >> 14) & 255, (value >> 22) & 255];
	};
	const logs = digest.logs.map(bytes);
	return Uint8Array.from([
		...bytes(parentHash), ...compact(Number(number)), ...bytes(stateRoot), ...bytes(extrinsicsRoot),
		...compact(logs.length), ...logs.flatMap((log) => [...log]),
	]);
}
