// The life of a worker by the command line: no key on any node, every step a transaction of its own account.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FEE_PARTS, PARTS, UNIT, account, alice, connect, dave, send, waitForBlock } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { cid, openOffer } from './lib/market.mjs';
import { TREASURY, inBlock } from './lib/money.mjs';
import { startNode } from './lib/node.mjs';
import { cliBinary, repository } from './lib/paths.mjs';
import { Service, freePort, scratch, until } from './lib/process.mjs';
import { Worker, ended, fund, jobAt, key } from './lib/workers.mjs';

const DIGITS = join(repository, 'dev/models/digits');
const { vectors } = JSON.parse(readFileSync(join(DIGITS, 'test-vectors.json'), 'utf8'));
const question = JSON.stringify({ inputs: vectors[7].inputs });
const folder = scratch('weighhouse-work-');
const REWARD = UNIT / 20n;

let node;
let ipfs;
let api;
let weighhouse;
let listing;
let workers;
let idle;

const workerOf = async ({ address }) => (await api.call.inferenceApi.worker(address)).unwrapOr(undefined);
const eligible = async () => {
	const quote = await api.call.inferenceApi.quote(dave.address, listing, 1, 'QuorumOfThree', { Offer: 1 });
	return quote.isOk ? quote.asOk.eligible.toNumber() : 0;
};

before(async () => {
	workers = await Promise.all([1, 2, 3].map((number) => Worker.of(`//Signer${number}`, join(folder.path, `${number}`))));
	idle = await Worker.of('//Idle', join(folder.path, 'idle'));
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await fund(api, [...workers, idle].map(({ address }) => address));
	const rare = api.tx.parameters.setParameter({ Market: { AuditChance: [null, 10_000_000] } });
	await send(api, api.tx.sudo.sudo(rare), alice);
	listing = (await weighhouse.ok('//Eve', 'publish', DIGITS)).listing;
	await send(api, openOffer(api, listing, { price: UNIT / 2n, term: 'PerCall' }), account('//Eve'));
}, { timeout: 120_000 });
after(async () => {
	await api?.disconnect();
	await Promise.all([...(workers ?? []), idle].map((worker) => worker?.stop()));
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

describe('a worker without a node', () => {
	test('carries itself, with `--rpc` alone as with `--courier rpc`', async () => {
		const serve = [[listing, '0.05']];
		const [one, two, three] = workers;
		// The variable names a node that is not there: what was typed counts.
		const nowhere = `ws://127.0.0.1:${await freePort()}`;
		for (const worker of [one, two]) worker.start({ url: nowhere, ipfs: ipfs.url, serve, courier: null, extra: ['--rpc', node.url] });
		three.start({ url: node.url, ipfs: ipfs.url, serve, courier: 'rpc' });
		idle.start({ url: node.url, ipfs: ipfs.url, serve, courier: 'rpc' });
		const started = await Promise.all([...workers, idle].map((worker) => worker.ready()));
		for (const { courier } of started) assert.equal(courier, 'rpc');
		for (const { suri } of workers) assert.equal(await node.rpc('author_hasKey', key(suri), 'infw'), false);
		assert.equal(await eligible(), 4);
	});

	test('its gateway serves no other worker', async () => {
		const [one, two] = workers;
		const hash = createHash('sha256').update('no request').digest('hex');
		const [prefixed, content] = [`0x${hash}`, cid().toString()];
		const assignment = {
			genesis: api.genesisHash.toHex(), requestHash: prefixed, job: 1, round: 'main', worker: key(two.suri), listing, version: 1,
			manifest: content, artifactRoot: prefixed, input: content, inputHash: prefixed,
			answers: { class: 'bitExact', tau: 2, maxLatencyMs: 20_000, inputLimit: 16_384 }, disputed: null,
		};
		const answer = await fetch(`${one.gateway}/v1/jobs/${hash}-${key(two.suri).slice(2)}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(assignment) });
		assert.equal(answer.status, 404, await answer.text());
	});

	test('`work stop` and `work withdraw` begin to give an idle worker its bond back', async () => {
		const refused = await weighhouse(idle.suri, 'work', 'withdraw');
		assert.equal(refused.code, EXIT.notFound, refused.stderr);
		await idle.stop();
		const summary = idle.events.at(-1);
		assert.equal(summary.event, 'summary');
		assert.equal(summary.worker, idle.address);
		const stopped = await weighhouse.ok(idle.suri, 'work', 'stop');
		assert.deepEqual(stopped.stopped, [listing]);
		assert.equal(BigInt(stopped.unbonded), 100n * UNIT);
		assert.equal(stopped.bond, '0');
		assert.equal(await eligible(), 3);
		const early = await weighhouse(idle.suri, 'work', 'withdraw');
		assert.equal(early.code, EXIT.notFound, early.stderr);
		assert.match(early.error.message, new RegExp(`from block ${stopped.until} on`));
	});

	test('`work pause` and `work resume` take it out of the draw and back', async () => {
		const [one] = workers;
		const paused = await weighhouse.ok(one.suri, 'work', 'pause');
		assert.equal(paused.availability, 'paused');
		assert.equal((await workerOf(one)).availability.type, 'Paused');
		assert.equal(await eligible(), 0);
		const short = await weighhouse('//Dave', 'ask', listing, '--input', question, '--mode', 'quorum3', '--yes');
		assert.equal(short.code, EXIT.chain);
		assert.equal(short.error.chain.name, 'NotEnoughWorkers');
		const resumed = await weighhouse.ok(one.suri, 'work', 'resume');
		assert.equal(resumed.availability, 'active');
		assert.equal((await workerOf(one)).availability.type, 'Active');
		assert.equal(await eligible(), 3);
	});
});

describe('a job without a node that carries', () => {
	let asked;
	let over;

	test('a reward for which too few have bond is refused before it is paid', async () => {
		const was = (await api.query.system.account(dave.address)).data;
		// 100 rewards of 2 WGH are more than a bond of 100 WGH.
		const refused = await weighhouse('//Dave', 'ask', listing, '--input', question, '--mode', 'quorum3', '--reward', '2', '--yes');
		assert.equal(refused.code, EXIT.chain, refused.stdout);
		assert.equal(refused.error.chain.name, 'NotEnoughWorkers');
		assert.deepEqual(refused.error.workers, { reward: String(2n * UNIT), willing: 0, needed: 3, enough: String(REWARD) });
		const less = await weighhouse('//Dave', 'ask', listing, '--input', question, '--mode', 'quorum3', '--reward', '0.01', '--yes');
		assert.equal(less.code, EXIT.chain);
		assert.equal(less.error.workers.willing, 0);
		const unwritable = await weighhouse('//Dave', 'ask', listing, '--input', question, '--mode', 'quorum3', '--yes', '--out', join(folder.path, 'no/such/folder'));
		assert.equal(unwritable.code, EXIT.input);
		assert.deepEqual((await api.query.system.account(dave.address)).data.toJSON(), was.toJSON());
	});

	test('`job list` and `job show` have it, `job poke` is refused before its time', async () => {
		asked = await weighhouse.ok('//Dave', 'ask', listing, '--input', question, '--mode', 'quorum3', '--reward', '0.06', '--yes', '--no-wait');
		assert.equal(asked.quote.eligible, 3);
		assert.equal(asked.quote.jury, 0);
		assert.equal(asked.quote.disputable, false);
		// At once, since the job is over in less than a minute.
		const [all, mine, others, shown, early] = await Promise.all([
			weighhouse.ok(undefined, 'job', 'list'),
			weighhouse.ok('//Dave', 'job', 'list', '--mine'),
			weighhouse.ok('//Bob', 'job', 'list', '--mine'),
			weighhouse.ok(undefined, 'job', 'show', asked.job),
			weighhouse('//Bob', 'job', 'poke', asked.job),
		]);
		for (const { jobs } of [all, mine]) assert.deepEqual(jobs.map(({ job }) => job), [asked.job]);
		assert.deepEqual(others.jobs, []);
		assert.equal(shown.requester, dave.address);
		assert.equal(shown.reward, String(REWARD + UNIT / 100n));
		assert.equal(early.code, EXIT.chain);
		assert.equal(early.error.chain.name, 'NotDueYet');
		const none = await weighhouse('//Bob', 'job', 'poke', 4_000_000);
		assert.equal(none.code, EXIT.chain);
		assert.equal(none.error.chain.name, 'UnknownJob');
	});

	test('three commit and reveal by signed transactions that they pay for', async () => {
		const reward = REWARD + UNIT / 100n;
		over = await ended(api, asked.job, asked.tx.block);
		assert.equal(over.data.outcome.type, 'Final');
		const own = (one) => Number(one.args[0]) === asked.job;
		const steps = [];
		for (let number = asked.tx.block; number <= over.block; number += 1) {
			const { block } = await api.rpc.chain.getBlock(await api.rpc.chain.getBlockHash(number));
			for (const { method, signer, isSigned } of block.extrinsics) {
				if (method.section !== 'inference' || method.method === 'request') continue;
				assert.ok(isSigned, `${method.method} in block ${number} is free of charge`);
				if (/^(commit|reveal)Signed$/.test(method.method) && own(method)) steps.push([method.method, signer.toString(), number]);
			}
		}
		const addresses = workers.map(({ address }) => address).sort();
		for (const name of ['commitSigned', 'revealSigned']) {
			assert.deepEqual([...new Set(steps.filter(([step]) => step === name).map(([, signer]) => signer))].sort(), addresses, name);
		}
		const opened = over.named('PhaseEntered').find(({ data }) => data.phase.isRevealing).block;
		for (const { block } of over.named('Revealed')) assert.ok(block >= opened + 2, `revealed in ${block}, opened in ${opened}`);
		assert.equal(over.named('Committed').length, 3);
		assert.equal(over.named('Slashed').length, 0);
		const fee = (reward * FEE_PARTS) / PARTS;
		assert.deepEqual(over.named('WorkerPaid').map(({ data }) => [data.worker.toString(), data.amount.toBigInt()]).sort(), addresses.map((address) => [address, reward - fee]));
		assert.deepEqual(await inBlock(api, over.block, [...addresses, dave.address, TREASURY]), []);
		assert.equal(await jobAt(api, asked.job), undefined);
	});

	test('`job watch` tells its end', async () => {
		const watched = await weighhouse.ok(undefined, 'job', 'watch', asked.job);
		assert.equal(watched.outcome, 'final');
		assert.equal(watched.block, over.block);
		const receipt = await weighhouse.ok(undefined, 'receipt', 'show', over.named('Answered')[0].data.receipt.toNumber());
		assert.equal(receipt.state, 'final');
	});

	test('workers tell what they earned', async () => {
		for (const worker of workers) {
			const paid = await until(() => worker.events.find((each) => each.event === 'paid' && each.job === asked.job), 60_000, `${worker.suri} says that it was paid`);
			assert.equal(paid.block, over.block);
			assert.deepEqual(worker.events.filter((each) => each.event === 'trouble' && each.job === asked.job), []);
		}
	});

	test('`work estimate` shows what the listing has paid', async () => {
		const estimate = await weighhouse.ok(undefined, 'work', 'estimate', listing, '--bond', '100');
		const reward = REWARD + UNIT / 100n;
		assert.equal(estimate.jobs, 1);
		assert.equal(estimate.seats, 3);
		assert.equal(estimate.answered, 1);
		assert.equal(estimate.refunded, 0);
		assert.equal(estimate.meanReward, String(reward));
		assert.equal(estimate.paid, String(3n * (reward - (reward * FEE_PARTS) / PARTS)));
		assert.equal(estimate.slashed, '0');
		assert.deepEqual(estimate.asks.map((each) => each.worker).sort(), workers.map(({ address }) => address).sort());
		// A fourth of the bond, a fourth of the seats.
		assert.equal(estimate.shareParts, 250_000_000);
		const unknown = await weighhouse(undefined, 'work', 'estimate', 4_000_000);
		assert.equal(unknown.code, EXIT.notFound);
	});

	test('an answer that IPFS cannot give is not called wrong', async () => {
		const receipt = over.named('Answered')[0].data.receipt.toNumber();
		const away = await weighhouse(undefined, 'receipt', 'verify', receipt, { ipfs: `http://127.0.0.1:${await freePort()}` });
		assert.equal(away.code, EXIT.ipfs, away.stderr);
		const results = Object.fromEntries(away.error.checks.map(({ check, result }) => [check, result]));
		assert.equal(results.manifest, 'missing');
		assert.equal(results.input, 'missing');
		assert.equal(Object.values(results).includes('failed'), false);
		const other = join(folder.path, 'other.json');
		writeFileSync(other, question.replace('FP32', 'FP64'));
		const wrong = await weighhouse(undefined, 'receipt', 'verify', receipt, '--input', other);
		assert.equal(wrong.code, EXIT.verification, wrong.stdout);
	});
});

describe('a buyer who does not wait', () => {
	test('is told the job when Ctrl-C comes after it was paid for', async () => {
		const before = (await api.query.inference.jobs.keys()).length;
		const service = new Service('ask', cliBinary(), ['--json', '--wait', 'best', 'ask', String(listing), '--input', question, '--mode', 'quorum3', '--yes'], {
			// What it asks the node goes into its log.
			env: { WEIGHHOUSE_URL: node.url, WEIGHHOUSE_IPFS: ipfs.url, WEIGHHOUSE_SURI: '//Dave', WEIGHHOUSE_LOG: 'jsonrpsee=trace,jsonrpsee-client=off' },
		});
		const keys = await until(async () => {
			const open = await api.query.inference.jobs.keys();
			return open.length > before && open;
		}, 60_000, 'the request in a block');
		// Once it knows that it has paid, it asks how the job goes.
		await service.ready(() => service.log.includes('InferenceApi_job'), 60_000);
		const end = await service.stop('SIGINT');
		assert.equal(end.code, 130);
		const { error } = JSON.parse(service.log.split('\n').findLast((line) => line.startsWith('{"error"')));
		assert.equal(error.code, 'interrupted');
		assert.ok(keys.map(({ args: [job] }) => job.toNumber()).includes(error.job));
		assert.match(error.hint, new RegExp(`weighhouse job watch ${error.job}`));
		const watched = await weighhouse.ok(undefined, 'job', 'watch', error.job, { timeout: 150_000 });
		assert.equal(watched.outcome, 'final');
	});
});

describe('the end of a worker', () => {
	test('`work withdraw --remove` pays the bond and the deposits back', async () => {
		const { unbonding } = await workerOf(idle);
		const [{ until: block }] = unbonding;
		await waitForBlock(api, block.toNumber(), 200_000);
		const withdrawn = await weighhouse.ok(idle.suri, 'work', 'withdraw', '--remove');
		assert.equal(BigInt(withdrawn.withdrawn), 100n * UNIT);
		assert.equal(withdrawn.removed, true);
		assert.equal(await workerOf(idle), undefined);
		const { data } = await api.query.system.account(idle.address);
		assert.equal(data.reserved.toBigInt(), 0n);
		// All that is gone are fees.
		assert.ok(data.free.toBigInt() > 999n * UNIT && data.free.toBigInt() < 1000n * UNIT, data.free.toString());
		const again = await weighhouse(idle.suri, 'work', 'status');
		assert.equal(again.code, EXIT.notFound);
	});
});
