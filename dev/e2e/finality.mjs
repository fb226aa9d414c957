// Two validators: finality needs both. Run by zombienet/run.sh two.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startNetwork } from './lib/network.mjs';
import { sleep, until } from './lib/process.mjs';

let network;
let alice;
let bob;
before(async () => {
	network = await startNetwork('two', { alice: 9944, bob: 9945 });
	({ alice, bob } = network.validators);
});
after(() => network?.stop());

const finalBeyond = (validator, height, ms, what) => until(async () => (await validator.heights()).final > height, ms, what, 500);

/** Finality stands still for `ms`; answers how far blocks came meanwhile. */
async function stalls(validator, ms) {
	// Votes that were cast already may still finalise a block or two.
	await sleep(8000);
	const start = await validator.heights();
	await sleep(ms);
	const end = await validator.heights();
	assert.equal(end.final, start.final, 'finality went on without half of the votes');
	return { best: end.best, grew: end.best - start.best };
}

test('finality is reached and both agree on it', async () => {
	await Promise.all([finalBeyond(alice, 3, 90_000, 'Alice final'), finalBeyond(bob, 3, 90_000, 'Bob final')]);
	const hashes = await Promise.all([alice, bob].map((each) => each.rpc('chain_getBlockHash', 3)));
	assert.equal(hashes[0], hashes[1]);
});

test('finality stalls while Bob is frozen and returns when he thaws', async () => {
	bob.signal('SIGSTOP');
	const stalled = await stalls(alice, 20_000);
	assert.ok(stalled.grew >= 3, `Alice made ${stalled.grew} blocks meanwhile`);
	bob.signal('SIGCONT');
	await finalBeyond(alice, stalled.best, 120_000, 'finality after the freeze');
	await finalBeyond(bob, stalled.best, 120_000, 'Bob\'s finality after the freeze');
});

test('finality stalls when Bob is killed and returns when he is started again', async () => {
	const was = bob.process;
	bob.signal('SIGKILL');
	await until(() => !bob.process, 10_000, 'Bob gone');
	// Alice makes no blocks either: a validator that has lost all its peers waits for them.
	const stalled = await stalls(alice, 20_000);
	bob.restart(was);
	await finalBeyond(alice, stalled.best, 120_000, 'finality after the restart');
	await finalBeyond(bob, stalled.best, 120_000, 'Bob\'s finality after the restart');
});
