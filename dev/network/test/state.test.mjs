import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, stateOf } from '../lib/state.mjs';

const key = (number) => `0x${String(number).padStart(8, '0')}`;
/** So many keys, with values of their own. */
const entries = (count) => Array.from({ length: count }, (_, number) => [key(number), `0x${number}`]);

/** A node whose state is these entries, asked as one is over RPC. */
function node(state) {
	const values = new Map(state);
	return {
		rpc: async (method, ...params) => {
			if (method === 'state_getKeysPaged') {
				const [, count, from] = params;
				return [...values.keys()].filter((each) => from === null || each > from).slice(0, count);
			}
			assert.equal(method, 'state_queryStorageAt');
			const [keys, block] = params;
			return [{ block, changes: keys.map((each) => [each, values.get(each)]) }];
		},
	};
}
const read = (state) => stateOf(node(state), '0xhash');

test('all of a state is read, however many pages it has', async () => {
	for (const count of [0, 1, 999, 1000, 1001, 2000, 2500]) assert.deepEqual([...(await read(entries(count)))], entries(count));
});

test('states with the same keys and values do not differ', async () => {
	assert.equal(difference(await read(entries(1500)), await read(entries(1500))), undefined);
});

test('one other value, one key less and one key more are a difference, on whatever page', async () => {
	const whole = await read(entries(2500));
	for (const at of [0, 1000, 2499]) {
		assert.equal(difference(whole, await read(entries(2500).with(at, [key(at), '0xother']))), key(at));
		const less = await read(entries(2500).toSpliced(at, 1));
		assert.equal(difference(whole, less), key(at));
		assert.equal(difference(less, whole), key(at));
	}
});
