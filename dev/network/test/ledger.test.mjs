import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../lib/ledger.mjs';

/** A ledger in which Alice has called blocks 1 to `top` final, and `read` of them were read; block 3 holds `a`. */
function said(top, read = 0) {
	const ledger = new Ledger();
	for (let number = 1; number <= top; number += 1) ledger.say('alice', number, `0x${number}`);
	for (let number = 1; number <= read; number += 1) ledger.block(number, `0x${number}`, number === 3 ? ['a'] : []);
	return ledger;
}
const lost = (ledger, patience) => {
	ledger.settle(patience);
	return ledger.lost.map(({ transaction }) => transaction);
};

test('nodes that agree contradict nobody', () => {
	const ledger = said(2);
	ledger.say('bob', 2, '0x2');
	ledger.say('bob', 3, '0x3');
	assert.deepEqual(ledger.contradictions, []);
	assert.equal(ledger.highest, 3);
});

test('another hash at a final height is one contradiction, whoever says it and how often', () => {
	for (const node of ['alice', 'bob']) {
		const ledger = said(2);
		ledger.say(node, 2, '0xother');
		ledger.say('charlie', 2, '0xother');
		assert.deepEqual(ledger.contradictions, [{ number: 2, was: '0x2', by: 'alice', is: '0xother', says: node }]);
	}
});

test('a node that comes back with less says how much less', () => {
	const ledger = new Ledger();
	assert.equal(ledger.reach('bob', 10), 0);
	assert.equal(ledger.reach('bob', 7), 3);
	assert.equal(ledger.reach('bob', 8), 0);
});

test('what was seen final and is in the block is not lost, seen before it was read or after it, once or twice', () => {
	const before = said(5);
	before.see('a', '0x3');
	for (let number = 1; number <= 5; number += 1) before.block(number, `0x${number}`, number === 3 ? ['a'] : []);
	const after = said(5, 5);
	after.see('a', '0x3');
	for (const ledger of [before, after]) {
		ledger.see('a', '0x3');
		assert.deepEqual(lost(ledger, 0), []);
		assert.deepEqual(ledger.counts, { final: 1, seen: 1 });
	}
});

test('what was seen final in a block that does not hold it is lost, once that block is read', () => {
	const ledger = said(5);
	ledger.see('b', '0x3');
	assert.deepEqual(lost(ledger, 0), []);
	for (let number = 1; number <= 3; number += 1) ledger.block(number, `0x${number}`, []);
	assert.deepEqual(lost(ledger, 0), ['b']);
	assert.deepEqual(lost(ledger, 0), ['b'], 'counted twice');
});

test('what was seen final in a block that nobody calls final is lost, after a while', () => {
	const ledger = said(5, 5);
	ledger.see('a', '0xgone');
	assert.deepEqual(lost(ledger, 60_000), []);
	assert.deepEqual(lost(ledger, 0), ['a']);
});

test('what was seen final in two blocks is lost in the one that does not hold it', () => {
	for (const hashes of [['0xgone', '0x3'], ['0x3', '0xgone']]) {
		const ledger = said(5);
		for (const hash of hashes) ledger.see('a', hash);
		for (let number = 1; number <= 5; number += 1) ledger.block(number, `0x${number}`, number === 3 ? ['a'] : []);
		lost(ledger, 0);
		assert.deepEqual(ledger.lost, [{ transaction: 'a', hash: '0xgone' }]);
	}
});

test('what is planted in a copy does not reach the ledger', () => {
	const ledger = said(5, 5);
	const copy = ledger.copy();
	copy.say('nobody', 1, '0xother');
	copy.see('a', '0x3');
	copy.see('b', '0xgone');
	assert.equal(copy.contradictions.length, 1);
	assert.deepEqual(lost(copy, 0), ['b']);
	assert.deepEqual([ledger.contradictions, ledger.counts.seen, lost(ledger, 0)], [[], 0, []]);
});
