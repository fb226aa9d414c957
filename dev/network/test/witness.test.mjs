import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Witness } from '../lib/witness.mjs';

/** A node whose chain is final up to `top`, which has no hash for some heights, no body for others, and emptied ones. */
function node(name, top, { hashes = [], bodies = [], emptied = [], fork = Infinity } = {}) {
	const hash = (number) => (number >= fork ? `0x${number}'` : `0x${number}`);
	return {
		name,
		final: async () => ({ number: top, hash: hash(top) }),
		rpc: async (method, asked) => {
			if (method === 'chain_getBlockHash') return asked.map((number) => (hashes.includes(number) ? null : hash(number)));
			const is = (numbers) => numbers.some((number) => hash(number) === asked);
			return is(bodies) ? null : { block: { extrinsics: is(emptied) ? [] : [`of ${asked}`] } };
		},
	};
}

test('a database with all blocks lacks none', async () => {
	assert.deepEqual(await new Witness([], () => []).audit(node('alice', 450)), []);
});

test('a height without a hash and a block without a body are missing', async () => {
	const witness = new Witness([], () => []);
	assert.deepEqual(await witness.audit(node('alice', 450, { hashes: [7, 201] })), [7, 201]);
	assert.deepEqual(await witness.audit(node('bob', 450, { bodies: [100, 449] })), [100, 449]);
	assert.deepEqual(await witness.audit(node('bob', 450, { bodies: [100, 449] }), 101), [449], 'from height 101 on');
	assert.deepEqual(witness.ledger.contradictions, []);
});

test('a database that holds another chain contradicts the one before', async () => {
	const witness = new Witness([], () => []);
	await witness.audit(node('alice', 5));
	await witness.audit(node('bob', 6, { fork: 5 }));
	assert.deepEqual(witness.ledger.contradictions, [{ number: 5, was: '0x5', by: 'alice', is: '0x5\'', says: 'bob' }]);
});

test('a block whose extrinsics a node has no more is missing there', async () => {
	const witness = new Witness([], () => []);
	assert.deepEqual(await witness.audit(node('alice', 50)), []);
	assert.deepEqual(await witness.audit(node('bob', 50)), []);
	assert.deepEqual(await witness.audit(node('charlie', 50, { emptied: [7, 49] })), [7, 49]);
});

test('what had been read before a node was asked is missing there when it is behind', async () => {
	const witness = new Witness([], () => []);
	witness.patience = 0;
	witness.ledger.read = 6;
	assert.deepEqual(await witness.audit(node('alice', 50)), []);
	assert.deepEqual(await witness.audit(node('bob', 3)), [4, 5, 6]);
});

test('who is about to have what had been read lacks nothing', async () => {
	const witness = new Witness([], () => []);
	witness.ledger.read = 6;
	const late = node('bob', 50);
	let asked = 0;
	late.final = async () => ({ number: (asked += 1) > 2 ? 6 : 5 });
	assert.deepEqual(await witness.audit(late), []);
});
