// The crash harness itself, as short as it can be: `make crash` is the same for longer and with every fault.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../../e2e/lib/paths.mjs';
import { Service } from '../../e2e/lib/process.mjs';

const MINUTES = 8;

test('of validators that are killed under load, one by one and all at once, nothing is lost or contradicted', async () => {
	const env = { FAULTS: 'kill all', KILLS: '2', TIME: String(MINUTES), SEED: '11' };
	const crash = new Service('crash', join(repository, 'dev/network/run.sh'), ['crash.mjs'], { env });
	// Asked to end, it ends its validators first.
	const late = setTimeout(() => crash.stop('SIGTERM', 60_000), (MINUTES + 4) * 60_000);
	const { code } = await crash.ended;
	clearTimeout(late);
	assert.equal(code, 0, crash.log.slice(-6_000));
});
