import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Witness } from '../lib/witness.mjs';

/** A node whose chain is final up to `top`, which has no hash for some heights and no body for others. */
function node(name, top, { hashes = [], bodies = [], fork = Infinity } = {}) {
	const hash = (number) => (number >= fork ? `0x${number}'` : `0x${number}`);
	return {
		name,
		final: async () => ({ number: top, hash: hash(top) }),
		rpc: async (method, asked) => {
			if (method === 'chain_getBlockHash') return asked.map((number) => (hashes.includes(number) ? null : hash(number)));
			return bodies.some((number) => hash(number) === asked) ? null : { block: { extrinsics: [] } };
		},
	};
}

test('a database with all blocks lacks none', async () => {
	assert.deepEqual(await new Witness([], () => []).audit(node('alice', 450), 1, Infinity), []);
});

test('a height without a hash and a block without a body are missing', async () => {
	const witness = new Witness([], () => []);
	assert.deepEqual(await witness.audit(node('alice', 450, { hashes: [7, 201] })), [7, 201]);
	assert.deepEqual(await witness.audit(node('bob', 450, { bodies: [100, 449] })), [449], 'of the last twenty');
	assert.deepEqual(await witness.audit(node('bob', 450, { bodies: [100, 449] }), 1, Infinity), [100, 449]);
	assert.deepEqual(witness.ledger.contradictions, []);
});

test('a database that holds another chain contradicts the one before', async () => {
	const witness = new Witness([], () => []);
	await witness.audit(node('alice', 5));
	await witness.audit(node('bob', 6, { fork: 5 }));
	assert.deepEqual(witness.ledger.contradictions, [{ number: 5, was: '0x5', by: 'alice', is: '0x5\'', says: 'bob' }]);
});
