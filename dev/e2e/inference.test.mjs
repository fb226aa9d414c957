// Paid answers as workers, buyers and forgers meet them: the built node with its courier, real gateways with
// real models behind them, a real IPFS node.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stringToHex, u8aConcat } from '@polkadot/util';
import { startAltered } from '../demo/altered.mjs';
import { EXISTENTIAL, FEE_PARTS, PARTS, UNIT, account, alice, bob, charlie, connect, dave, eve, event, ferdie, send, submit, submitAll, waitForBlock, waitForFinal } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { blocks } from './lib/guide.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { openOffer } from './lib/market.mjs';
import { metric } from './lib/metrics.mjs';
import { ROYALTY_POT, TREASURY, inBlock } from './lib/money.mjs';
import { startNode } from './lib/node.mjs';
import { cliBinary, repository } from './lib/paths.mjs';
import { Service, freePort, scratch, until } from './lib/process.mjs';
import {
	PATIENCE_MS, Worker, carrying, commitCall, commitmentTo, ended, fund, gatewayKey, jobAt, key, offer, patient, phase, register, revealCall, stepOf,
	toSign, workerKey,
} from './lib/workers.mjs';

const model = (name) => join(repository, 'dev/models', name);
const vectors = (name) => JSON.parse(readFileSync(join(model(name), 'test-vectors.json'), 'utf8')).vectors;
const folder = scratch('weighhouse-inference-');
const REWARD = UNIT / 20n;
const CALL = UNIT / 2n;

// A development chain, and a full node of it that is no validator: the third worker's.
let node;
let full;
let ipfs;
let api;
let weighhouse;
let altered;
let one;
let two;
let three;
let liar;
const honest = () => [one, two, three];
// Listings: a model and its child that all serve, one with the liar on the panel, one where the liar is alone
// at first, one whose workers are in the test's own hands.
const listing = {};
const HAND = ['//Hand1', '//Hand2', '//Hand3'];
const OUTSIDER = '//Outsider';

/** Starts the development chain on its folder, or again on the ports it had; the flags name two workers and the liar. */
async function startChain(extra = carrying([one, two, liar].map((worker) => [worker.suri, worker.gateway]))) {
	const { port, p2p, metrics = await freePort() } = node ?? {};
	node = await startNode({ base: join(folder.path, 'chain'), port, p2p, metrics, extra: ['-lcourier=debug', ...extra] });
	api = await connect(node.url);
}

/** Ends the chain's node, with the connection first, which else tries for ever to come back. */
async function stopChain(signal) {
	await api.disconnect();
	await node.service.stop(signal);
}

const publish = (suri, name, ...args) => weighhouse.ok(suri, 'publish', join(folder.path, name), ...args).then((each) => each.listing);
const question = (name, index = 0) => JSON.stringify({ inputs: vectors(name)[index].inputs });

const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();

/** Puts a question where the workers find it, once; answers its content id and hash. */
async function ask(name, index = 0) {
	const bytes = question(name, index);
	const body = new FormData();
	body.append('file', new Blob([bytes]), 'input.json');
	const answer = await fetch(`${ipfs.url}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256`, { method: 'POST', body });
	assert.ok(answer.ok, await answer.clone().text());
	return { cid: (await answer.json()).Key, hash: createHash('sha256').update(bytes).digest() };
}

/** Sends a request and answers its job, its block and what was held. */
async function request(signer, on, mode, access, input, reward = REWARD) {
	const result = await send(api, api.tx.inference.request(on, 1, mode, access, reward, input.cid, input.hash), signer);
	const asked = event(result, 'inference', 'Requested');
	return { job: asked.job.toNumber(), escrow: asked.escrow.toBigInt(), block: result.number, hash: asked.requestHash };
}

before(async () => {
	[one, two, three, liar] = await Promise.all(['Worker1', 'Worker2', 'Worker3', 'Liar'].map((name) => Worker.of(`//${name}`, join(folder.path, name))));
	altered = await startAltered(model('digits'));
	[, ipfs] = await Promise.all([startChain(), startIpfs()]);
	full = await startNode({ of: node, base: join(folder.path, 'full'), extra: ['--offchain-worker', 'always'] });
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	const others = [...HAND, OUTSIDER, '//Solo', '//Proxy', '//Asker'].map((suri) => account(suri).address);
	await fund(api, [...honest(), liar].map(({ address }) => address).concat(others));
	// Audits are tested by the pallet; here they would make ends differ from run to run.
	const rare = api.tx.parameters.setParameter({ Market: { AuditChance: [null, 10_000_000] } });
	for (const name of ['digits', 'digits-small']) patient(model(name), join(folder.path, name));
	await Promise.all([
		send(api, api.tx.sudo.sudo(rare), alice),
		publish('//Bob', 'digits').then(async (id) => {
			listing.parent = id;
			listing.child = await publish('//Charlie', 'digits-small', '--parent', `${id}:distilled:10%`);
		}),
		publish('//Eve', 'digits').then((id) => { listing.lied = id; }),
		publish('//Ferdie', 'digits').then((id) => { listing.alone = id; }),
		publish(OUTSIDER, 'digits').then((id) => { listing.hand = id; }),
	]);
	await send(api, openOffer(api, listing.child, { price: CALL, term: 'PerCall' }), charlie);
	listing.offer = 1;
}, { timeout: 120_000 });
after(async () => {
	await api?.disconnect();
	await Promise.all([...honest(), liar].map((worker) => worker?.stop()));
	await altered?.stop();
	await full?.stop();
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

describe('a node carries for workers', () => {
	const stored = (suri, at = node) => at.rpc('offchain_localStorageGet', 'PERSISTENT', gatewayKey(suri));
	const keyFile = (base, suri) => readFileSync(join(folder.path, base, `chains/dev/keystore/696e6677${key(suri).slice(2)}`), 'utf8');

	test('flags put key and address where the courier looks', async () => {
		for (const worker of [one, two, liar]) {
			assert.equal(await node.rpc('author_hasKey', key(worker.suri), 'infw'), true);
			assert.equal(await stored(worker.suri), stringToHex(worker.gateway));
		}
		assert.equal(await stored(three.suri), null);
		assert.match(node.service.log, new RegExp(`Carrying for the worker key ${key(one.suri)} .*${one.gateway}`));
	});

	test('the standard RPC does the same', async () => {
		assert.deepEqual(await full.rpc('system_nodeRoles'), ['Full']);
		await full.rpc('author_insertKey', 'infw', `${three.suri}//infw`, key(three.suri));
		await full.rpc('offchain_localStorageSet', 'PERSISTENT', gatewayKey(three.suri), stringToHex(three.gateway));
		assert.equal(await full.rpc('author_hasKey', key(three.suri), 'infw'), true);
		assert.equal(await stored(three.suri, full), stringToHex(three.gateway));
		// The same file, but for whose key it is.
		assert.equal(keyFile('full', three.suri), keyFile('chain', one.suri).replace(one.suri, three.suri));
	});

	test('the guide writes both calls as they are', async () => {
		const text = readFileSync(join(repository, 'docs/guides/workers-node.md'), 'utf8');
		const bodies = blocks(join(repository, 'docs/guides/workers-node.md'))
			.filter(({ text: each }) => each.includes('"jsonrpc"'))
			.map(({ text: each }) => JSON.parse(/-d '(\{[\s\S]*\})'/.exec(each)[1]));
		assert.equal(bodies.length, 2);
		for (const { method, params } of bodies) await node.rpc(method, ...params);
		assert.equal(await node.rpc('author_hasKey', bodies[0].params[2], 'infw'), true);
		assert.equal(await node.rpc('offchain_localStorageGet', 'PERSISTENT', bodies[1].params[1]), bodies[1].params[2]);
		await node.rpc('offchain_localStorageClear', 'PERSISTENT', bodies[1].params[1]);
		assert.match(text, /offchain_localStorageClear/);
	});
});

describe('workers', () => {
	test('register, bond and serve by `weighhouse work`', async () => {
		const serve = [[listing.child, '0.05'], [listing.parent, '0.05']];
		const at = { url: node.url, ipfs: ipfs.url };
		one.start({ ...at, serve: [...serve, [listing.lied, '0.05']] });
		two.start({ ...at, serve: [...serve, [listing.lied, '0.05']] });
		three.start({ url: full.url, ipfs: ipfs.url, serve });
		liar.start({
			...at,
			serve: [[listing.lied, '0.05'], [listing.alone, '0.05']],
			extra: ['--oip-url', altered.url],
			// The manifest pins an engine; who cheats does not mind.
			env: { WEIGHHOUSE_WORK_ENGINE__IGNORE_PIN: 'true' },
		});
		await Promise.all([...honest(), liar].map((worker) => worker.ready()));
		for (const worker of honest()) {
			const view = (await api.call.inferenceApi.worker(worker.address)).unwrap();
			assert.equal(view.key.toHex(), key(worker.suri));
			assert.equal(view.bond.toBigInt(), 100n * UNIT);
			assert.equal(view.availability.type, 'Active');
			assert.equal(view.alive.isTrue, true);
		}
		const status = await weighhouse.ok(one.suri, 'work', 'status');
		assert.deepEqual(status.serving.map((each) => [each.listing, each.minReward]).sort(), [listing.child, listing.parent, listing.lied].map((id) => [id, String(REWARD)]).sort());
	});

	test('register by hand, with keys that no node has', async () => {
		await Promise.all(HAND.map(async (suri) => {
			await register(api, suri);
			await send(api, api.tx.inference.serve(listing.hand, REWARD), account(suri));
		}));
		const { error } = await submit(api, api.tx.inference.registerWorker(workerKey(HAND[0]).publicKey, workerKey(HAND[0]).sign('no proof'), 10n * UNIT), account(OUTSIDER));
		assert.ok(['KeyTaken', 'BadKeyProof'].includes(error.error), error.message);
	});
});

/** Every balance that a block moved, against what the events of that block say. */
const moneyMoved = async (number, addresses) => assert.deepEqual(await inBlock(api, number, addresses), []);

const part = (amount, parts) => (amount * parts) / PARTS;

describe('a job', { concurrency: true }, () => {
	let first;
	before(async () => {
		first = await ask('digits-small', 3);
	});

	for (const [mode, seats, evidence, signer] of [['QuorumOfThree', 3, 'Quorum', dave], ['Solo', 1, 'Sampled', account('//Solo')]]) {
		test(`${mode}: answered through couriers, receipt and money exact`, async () => {
			const who = signer.address;
			const quote = (await api.call.inferenceApi.quote(who, listing.child, 1, mode, { Offer: listing.offer })).asOk;
			assert.equal(quote.reward.toBigInt(), REWARD);
			assert.equal(quote.call.toBigInt(), CALL);
			assert.equal(quote.eligible.toNumber(), 3);
			const premium = seats === 1 ? REWARD : 0n;
			assert.equal(quote.escrow.toBigInt(), BigInt(seats) * REWARD + CALL + premium);
			const spend = BigInt(seats) * REWARD + CALL;
			assert.equal(quote.fee.toBigInt(), BigInt(seats) * part(REWARD, FEE_PARTS) + part(CALL, FEE_PARTS));

			const asked = await request(signer, listing.child, mode, { Offer: listing.offer }, first);
			assert.equal(asked.escrow, quote.escrow.toBigInt());
			const view = await jobAt(api, asked.job);
			assert.equal(view.requester.toString(), who);
			assert.equal(view.input.toString(), first.cid);
			assert.equal(view.inputHash.toHex(), `0x${first.hash.toString('hex')}`);
			assert.ok(['Open', 'Committing', 'Revealing'].includes(view.phase.type), view.phase.type);

			const over = await ended(api, asked.job, asked.block);
			const phases = over.named('PhaseEntered').map(({ data }) => data.phase.type);
			const audited = phases.includes('Auditing');
			const expected = seats === 1
				? ['Open', 'Revealing', 'Sampling', ...(audited ? ['Auditing'] : []), 'Resolved', 'Ending']
				: ['Open', 'Committing', 'Revealing', 'Resolved', 'Ending'];
			assert.deepEqual(phases.filter((each) => each !== 'Open'), expected.slice(1));
			assert.equal(over.named('Committed').length, seats === 1 ? 0 : 3);
			// Nobody showed an answer before two blocks after the commits had closed.
			if (seats === 3) {
				const opened = over.named('PhaseEntered').find(({ data }) => data.phase.isRevealing).block;
				for (const { block } of over.named('Revealed')) assert.ok(block >= opened + 2, `revealed in ${block}, opened in ${opened}`);
			}
			const paid = over.named('WorkerPaid');
			const seatsPaid = BigInt(seats + (audited ? 1 : 0));
			assert.equal(BigInt(paid.length), seatsPaid);
			assert.equal(new Set(paid.map(({ data }) => data.worker.toString())).size, paid.length);
			for (const { data } of paid) {
				assert.equal(data.fee.toBigInt(), part(REWARD, FEE_PARTS));
				assert.equal(data.amount.toBigInt(), REWARD - part(REWARD, FEE_PARTS));
			}
			assert.equal(over.data.outcome.type, 'Final');
			assert.equal(over.data.spent.toBigInt(), seatsPaid * REWARD + CALL);
			assert.equal(over.data.refunded.toBigInt(), asked.escrow - seatsPaid * REWARD - CALL);

			const { receipt } = over.named('Answered')[0].data;
			const { record } = (await api.call.inferenceApi.receipt(receipt)).unwrap();
			assert.equal(record.job.toNumber(), asked.job);
			assert.equal(record.requestHash.toHex(), asked.hash.toHex());
			assert.equal(record.buyer.toString(), who);
			assert.equal(record.state.type, 'Final');
			assert.equal(record.evidence.type, audited ? 'Audited' : evidence);
			assert.equal(record.agreed.length, seats);
			assert.equal(record.price.toBigInt(), audited ? spend + REWARD : spend);
			assert.equal(record.panelBond.toBigInt(), BigInt(seats) * 100n * REWARD);
			// The output on chain is the canonical one: its hash, and the label that the vectors give.
			const [{ data: shown }] = over.named('Revealed');
			assert.equal(createHash('sha256').update(shown.reveal.output).digest('hex'), record.outputHash.toHex().slice(2));
			const label = vectors('digits-small')[3].outputs.find(({ name }) => name === 'labels').data[0];
			assert.equal(Buffer.from(shown.reveal.output).readBigInt64LE(shown.reveal.output.length - 8), BigInt(label));
			const byOutput = await api.call.inferenceApi.receiptsByOutput(record.outputHash, 0, 100);
			assert.ok(byOutput.map(Number).includes(receipt.toNumber()));
			assert.ok((await api.call.inferenceApi.receiptsOf(who, 0, 100)).map(Number).includes(receipt.toNumber()));

			const called = await callPaid(over.block, receipt.toNumber());
			const royalty = part(CALL, 100_000_000n);
			assert.equal(called.royalties.toBigInt(), royalty);
			assert.equal(called.feeBurned.toBigInt() + called.feeTreasury.toBigInt(), part(CALL, FEE_PARTS));
			assert.equal(called.toOwner.toBigInt(), CALL - part(CALL, FEE_PARTS) - royalty);
			await moneyMoved(over.block, [...honest().map(({ address }) => address), liar.address, charlie.address, who, TREASURY, ROYALTY_POT]);
			for (const { address } of honest()) assert.ok(!(await api.query.inference.assignments(address)).map(Number).includes(asked.job));
		});
	}

	async function callPaid(number, receipt) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		const found = (await at.query.system.events()).filter(({ event: each }) => each.section === 'licensing' && each.method === 'CallPaid' && each.data.receipt.toNumber() === receipt);
		assert.equal(found.length, 1);
		return found[0].event.data;
	}

	test('`ask` prints the answer, `receipt verify --rerun` passes', async () => {
		const out = join(folder.path, 'answer.bin');
		const asking = ['ask', listing.parent, '--input', question('digits', 5), '--mode', 'quorum3', '--reward', '0.05', '--offer', await offerOf(listing.parent, bob)];
		const answer = await weighhouse.ok('//Asker', ...asking, '--yes', '--out', out, { timeout: 180_000 });
		const wanted = vectors('digits')[5].outputs.find(({ name }) => name === 'labels').data;
		assert.deepEqual(answer.outputs.find(({ name }) => name === 'labels').data, wanted);
		assert.equal(answer.receipt.evidence, 'quorum');
		assert.equal(answer.receipt.agreed.length, 3);
		assert.equal(createHash('sha256').update(readFileSync(out)).digest('hex'), answer.receipt.outputHash.slice(2));
		await waitForFinal(api, answer.receipt.block);
		const models = join(folder.path, 'models');
		const verified = await weighhouse.ok(undefined, 'receipt', 'verify', answer.receipt.receipt, '--rerun', '--models', models, '--output', out);
		assert.equal(verified.verified, true);
		const results = Object.fromEntries(verified.checks.map(({ check, result }) => [check, result]));
		for (const check of ['state', 'final block', 'manifest', 'input', 'output', 'statement', 're-run']) assert.equal(results[check], 'passed', check);
		// An output with one other byte is not the one of the receipt.
		const other = readFileSync(out);
		other[other.length - 1] ^= 1;
		const forged = join(folder.path, 'forged.bin');
		writeFileSync(forged, other);
		const refused = await weighhouse(undefined, 'receipt', 'verify', answer.receipt.receipt, '--output', forged);
		assert.equal(refused.code, EXIT.verification, refused.stdout + refused.stderr);
	});

	async function offerOf(id, owner) {
		return event(await send(api, openOffer(api, id, { price: 1n, term: 'PerCall' }), owner), 'licensing', 'OfferOpened').offer.toNumber();
	}

	test('`proxy` answers a client of the Open Inference Protocol', async () => {
		const signer = account('//Proxy');
		const port = await freePort();
		const service = new Service('proxy', cliBinary(), ['--json', '--wait', 'best', 'proxy', '--listing', String(listing.child), '--bind', `127.0.0.1:${port}`], {
			env: { WEIGHHOUSE_URL: node.url, WEIGHHOUSE_IPFS: ipfs.url, WEIGHHOUSE_SURI: '//Proxy' },
		});
		try {
			const base = `http://127.0.0.1:${port}/v2`;
			await service.ready(() => fetch(`${base}/health/ready`).then(({ ok }) => ok), 30_000);
			const { name, inputs } = await fetch(`${base}/models/digits-small`).then((each) => each.json());
			assert.equal(name, 'digits-small');
			assert.equal(inputs[0].name, 'image');
			const answer = await fetch(`${base}/models/digits-small/infer`, { method: 'POST', body: question('digits-small', 2), headers: { 'content-type': 'application/json' } });
			const body = await answer.json();
			assert.equal(answer.status, 200, JSON.stringify(body));
			assert.deepEqual(body.outputs.find((each) => each.name === 'labels').data, vectors('digits-small')[2].outputs.find((each) => each.name === 'labels').data);
			const { record } = (await api.call.inferenceApi.receipt(body.parameters.receipt)).unwrap();
			assert.equal(record.buyer.toString(), signer.address);
			// What no answer has, and what is too long, is refused before it is paid for.
			const had = (await api.query.system.account(signer.address)).data.toJSON();
			const infer = (text) => fetch(`${base}/models/digits-small/infer`, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
			const wishing = await infer(JSON.stringify({ ...JSON.parse(question('digits-small', 2)), outputs: [{ name: 'labels' }, { name: 'logits' }] }));
			assert.equal(wishing.status, 400);
			assert.match((await wishing.json()).error, /`logits`/);
			assert.equal((await infer(question('digits-small', 2) + ' '.repeat(20_000))).status, 413);
			assert.deepEqual((await api.query.system.account(signer.address)).data.toJSON(), had);
			// A web page cannot spend the money.
			const page = await fetch(`${base}/models/digits-small/infer`, { method: 'POST', body: question('digits-small', 2), headers: { origin: 'https://example.org' } });
			assert.equal(page.status, 403);
		} finally {
			await service.stop('SIGINT');
		}
	});

	test('an altered inference server: its worker is slashed, the honest are paid', async () => {
		const input = await ask('digits', 1);
		const asked = await request(eve, listing.lied, 'QuorumOfThree', 'Owner', input);
		const over = await ended(api, asked.job, asked.block);
		assert.equal(over.data.outcome.type, 'Final');
		const slashed = over.named('Slashed');
		assert.deepEqual(slashed.map(({ data }) => [data.worker.toString(), data.finding.type, data.amount.toBigInt()]), [[liar.address, 'Minority', 2n * REWARD]]);
		assert.deepEqual(over.named('WorkerPaid').map(({ data }) => data.worker.toString()).sort(), [one.address, two.address].sort());
		assert.equal(over.data.spent.toBigInt(), 2n * REWARD);
		assert.equal(over.data.refunded.toBigInt(), REWARD);
		assert.ok(altered.answered > 0);
		await moneyMoved(over.block, [...honest().map(({ address }) => address), liar.address, TREASURY]);
	});

	test('a dispute: the jury overturns a made-up answer, its worker pays', async () => {
		const input = await ask('digits', 4);
		const asked = await request(ferdie, listing.alone, 'Solo', 'Owner', input);
		const { seats } = await phase(api, asked.job, ['Sampling', 'Resolved']);
		assert.deepEqual(seats.map(({ worker }) => worker.toString()), [liar.address]);
		// Who serves only now is not drawn for an audit, which chance may ask for even so: what is audited is not disputed.
		await submitAll(api, honest().map((worker) => [api.tx.inference.serve(listing.alone, REWARD), worker.account]));
		await phase(api, asked.job, ['Resolved']);
		const disputed = await weighhouse.ok('//Dave', 'dispute', asked.job, '--ground', 'wrong', '--yes');
		assert.equal(BigInt(disputed.bond), 10n * REWARD);
		const over = await ended(api, asked.job, asked.block);
		assert.equal(over.data.outcome.type, 'Refunded');
		assert.equal(over.data.outcome.asRefunded.type, 'Overturned');
		assert.equal(over.data.refunded.toBigInt(), asked.escrow);
		assert.deepEqual(over.named('Slashed').map(({ data }) => [data.worker.toString(), data.finding.type, data.amount.toBigInt()]), [[liar.address, 'Overturned', 100n * REWARD]]);
		const paid = over.named('WorkerPaid');
		assert.deepEqual(paid.map(({ data }) => [data.worker.toString(), data.amount.toBigInt()]).sort(), honest().map(({ address }) => [address, REWARD]).sort());
		const settled = over.named('ChallengeSettled')[0].data;
		assert.equal(settled.challenger.toString(), dave.address);
		assert.equal(settled.returned.toBigInt(), 10n * REWARD);
		assert.equal(settled.gained.toBigInt(), 10n * REWARD);
	});

	test('forged steps are refused by the pool with the documented code', async () => {
		const outsider = account(OUTSIDER);
		const input = await ask('digits', 0);
		let asked;
		const CODE = { UnknownJob: 100, OtherRequest: 101, NoSeat: 102, NothingDue: 103, BadReveal: 104, NotBonded: 105, HeartbeatNotDue: 106 };
		const custom = (name) => new RegExp(`Custom error: ${CODE[name]}`);
		const refused = async (call, why, what) => {
			const said = await offer(node, api, call);
			assert.ok(said, `${what}: the pool took it`);
			assert.match(said, why, what);
		};
		const answer = { status: 'Ok', outputHash: `0x${createHash('sha256').update('three').digest('hex')}`, fingerprint: `0x${'07'.repeat(32)}`, statement: `0x${'00'.repeat(32)}` };
		const salt = (suri) => `0x${createHash('sha256').update(suri).digest('hex')}`;
		const reveal = (suri, change = {}) => ({ answer: { ...answer, ...change }, salt: salt(suri), output: stringToHex('three') });
		const committed = (suri) => commitmentTo(api, asked.hash, suri, 'Main', answer, salt(suri));
		const [a, b, c] = HAND;

		// Nothing is due before the draw. Once that is over the pool takes the step, and another job shows it.
		let early;
		for (let tries = 0; tries < 2; tries += 1) {
			asked = await request(outsider, listing.hand, 'QuorumOfThree', 'Owner', input);
			early = await offer(node, api, commitCall(api, await stepOf(api, asked.job, a), committed(a), workerKey(a)));
			if (early !== undefined || (await jobAt(api, asked.job)).phase.isOpen) break;
		}
		assert.match(early ?? 'the pool took it', custom('NoSeat'), 'before the draw');
		await phase(api, asked.job, ['Committing']);
		const commit = async (suri, { change, signer = workerKey(suri), made = committed(suri), genesis } = {}) => commitCall(api, await stepOf(api, asked.job, suri, change), made, signer, genesis);

		await refused(await commit(a, { signer: outsider }), /bad signature/i, 'a signature of somebody else');
		await refused(await commit(OUTSIDER), custom('NoSeat'), 'a key that belongs to no worker');
		await refused(await commit(one.suri), custom('NoSeat'), 'a worker that was not drawn');
		await refused(await commit(a, { signer: workerKey(b) }), /bad signature/i, 'the key of another seat');
		await refused(await commit(a, { genesis: new Uint8Array(32).fill(0x11) }), /bad signature/i, 'signed for another chain');
		await refused(await commit(a, { change: { requestHash: `0x${'22'.repeat(32)}` } }), custom('OtherRequest'), 'the request of another fork');
		await refused(await commit(a, { change: { job: 4_000_000 } }), custom('UnknownJob'), 'a job that is not');
		await refused(await commit(a, { change: { round: 'Jury' } }), custom('NoSeat'), 'another round');
		await refused(await commit(a, { change: { at: await height() + 100 } }), /future/i, 'signed in a block to come');
		const good = await commit(a);
		const [step, , signature] = good.args;
		await refused(api.tx.inference.commit(step, committed(b), signature), /bad signature/i, 'tampered with on its way');
		await refused(revealCall(api, await stepOf(api, asked.job, a), reveal(a), workerKey(a)), custom('NothingDue'), 'shown before the commits have closed');

		for (const suri of [a, b]) assert.equal(await offer(node, api, await commit(suri)), undefined);
		await until(async () => (await jobAt(api, asked.job)).seats.filter(({ commitment }) => commitment.isSome).length === 2, 20_000, 'two commits');
		await refused(await commit(a), custom('NothingDue'), 'a second commit');
		// C copies what A committed to: it can never open that.
		assert.equal(await offer(node, api, await commit(c, { made: committed(a) })), undefined);
		await phase(api, asked.job, ['Revealing']);
		await refused(await commit(a), custom('NothingDue'), 'a commit after the commits have closed');
		await waitForBlock(api, 18);
		await refused(await commit(a, { change: { at: 1 } }), /stale|outdated/i, 'signed long ago');
		const show = async (suri, shown, signer = workerKey(suri)) => revealCall(api, await stepOf(api, asked.job, suri), shown, signer);
		await refused(await show(c, reveal(a)), custom('BadReveal'), 'the copied commitment');
		await refused(await show(a, { ...reveal(a), salt: salt(b) }), custom('BadReveal'), 'another salt');
		await refused(await show(a, reveal(a, { fingerprint: `0x${'08'.repeat(32)}` })), custom('BadReveal'), 'another answer than committed');
		await refused(await show(a, { ...reveal(a), output: stringToHex('four') }), custom('BadReveal'), 'an output of another hash');
		await refused(await show(a, reveal(a), workerKey(b)), /bad signature/i, 'shown by another');
		for (const suri of [a, b]) assert.equal(await offer(node, api, await show(suri, reveal(suri))), undefined);
		await until(async () => (await jobAt(api, asked.job)).seats.filter((seat) => seat.answer.isSome).length === 2, 20_000, 'two reveals');
		await refused(await show(a, reveal(a)), custom('NothingDue'), 'a second reveal');

		// Signs of life.
		const beat = (suri, at, signer = workerKey(suri)) => api.tx.inference.heartbeat(workerKey(suri).publicKey, at, signer.sign(toSign(api, 'weighhouse/heartbeat/v1', u8aConcat(workerKey(suri).publicKey, api.createType('u32', at).toU8a()))));
		await refused(beat(OUTSIDER, await height()), custom('NotBonded'), 'the sign of life of nobody');
		const windowOf = (number) => Math.floor(number / api.consts.inference.heartbeatWindow.toNumber());
		const seen = async () => windowOf((await api.call.inferenceApi.worker(account(a).address)).unwrap().seen.toNumber());
		await until(async () => windowOf(await height()) === windowOf(await height() + 5), 60_000, 'a window that lasts', 300);
		// To have shown an answer was a sign of life. If that was in the window before, one is due, and one only.
		if (await seen() < windowOf(await height())) {
			assert.equal(await offer(node, api, beat(a, await height())), undefined);
			await until(async () => await seen() === windowOf(await height()), 20_000, 'a sign of life');
		}
		await refused(beat(a, await height()), custom('HeartbeatNotDue'), 'a sign of life too many');

		// The reveals close without C: two of three agreed, and C has to pay for having copied.
		const closed = await phase(api, asked.job, ['Resolved']);
		const findings = Object.fromEntries(closed.seats.map(({ worker, finding }) => [worker.toString(), finding.type]));
		assert.deepEqual(findings, { [account(a).address]: 'Agreed', [account(b).address]: 'Agreed', [account(c).address]: 'Unrevealed' });
	});
});

describe('something dies', () => {
	const nobodyShowed = ({ seats }) => seats.every(({ answer }) => answer.isNone);

	/**
	 * Asks under a quorum, and has something die when all have committed and nobody has shown anything. `death` is told
	 * the last block in which answers are taken, and answers whether it was in time: on a busy machine another job may be.
	 */
	async function afterCommits(death) {
		for (let tries = 0; tries < 3; tries += 1) {
			const asked = await request(bob, listing.parent, 'QuorumOfThree', 'Owner', await ask('digits', 6));
			const job = await phase(api, asked.job, ['Revealing', 'Resolved']);
			assert.ok(job.seats.every(({ commitment }) => commitment.isSome), 'somebody was silent');
			if (!nobodyShowed(job) || !await death(asked.job, job.due.toNumber() - 1)) continue;
			return { ...asked, seats: job.seats.map(({ worker, commitment }) => [worker.toString(), commitment.unwrap().toHex()]) };
		}
		return assert.fail('three times too late');
	}

	/** All three showed what they had committed to; answers when they had. */
	async function allShown({ job, seats }) {
		const shown = await phase(api, job, ['Resolved']);
		assert.deepEqual(shown.seats.map(({ worker, commitment, finding }) => [worker.toString(), commitment.unwrap().toHex(), finding.type]), seats.map((seat) => [...seat, 'Agreed']));
	}

	const open = [];

	test('a gateway killed between commit and reveal shows its answer after a restart', async () => {
		const asked = await afterCommits(async (job, last) => {
			await one.kill();
			const pool = await node.rpc('author_pendingExtrinsics');
			const inTime = pool.length === 0 && nobodyShowed(await jobAt(api, job));
			await one.again();
			// Its courier leaves it alone for four blocks when it was away, and then shows the answer in one or two.
			return inTime && await height() <= last - 7;
		});
		await allShown(asked);
		open.push(asked);
	});

	test('a node killed between commit and reveal shows the answers after a restart', async () => {
		const asked = await afterCommits(async (_, last) => {
			await stopChain('SIGKILL');
			await startChain();
			// What the third worker sends comes over the full node, which has to find this one again.
			await until(async () => {
				const [{ peers }, theirs, ours] = await Promise.all([full.rpc('system_health'), full.rpc('chain_getBlockHash'), node.rpc('chain_getBlockHash')]);
				return peers > 0 && theirs === ours;
			}, 120_000, 'the full node beside the chain', 300);
			return await height() <= last - 5;
		});
		await allShown(asked);
		open.push(asked);
	});

	test('signs of life keep idle workers drawn', async () => {
		const window = api.consts.inference.heartbeatWindow.toNumber();
		// The next window, from its first block on, since in this one somebody may have been seen for something else.
		const start = (Math.floor(await height() / window) + 1) * window;
		await waitForBlock(api, start, 300_000);
		const all = [...honest(), liar];
		const views = () => Promise.all(all.map(async ({ address }) => (await api.call.inferenceApi.worker(address)).unwrap()));
		// A gateway that a busy machine kept from answering is asked again every few blocks.
		const allSeen = async () => (await views()).every(({ seen }) => seen.toNumber() >= start);
		await until(async () => await allSeen() || await height() >= start + 20, 120_000, 'signs of life', 500);
		const last = await height() + 5;
		await waitForBlock(api, last);
		const beats = [];
		for (let number = start; number <= last; number += 1) {
			const { block } = await api.rpc.chain.getBlock(await api.rpc.chain.getBlockHash(number));
			for (const { method } of block.extrinsics) if (method.section === 'inference' && method.method === 'heartbeat') beats.push(method.args[0].toHex());
		}
		assert.ok(beats.includes(key(liar.suri)), `no sign of life of the idle worker among ${beats}`);
		assert.equal(new Set(beats).size, beats.length, 'two in one window');
		for (const [index, { seen, alive }] of (await views()).entries()) {
			assert.ok(seen.toNumber() >= start, `${all[index].suri} was seen in ${seen}, the window began in ${start}`);
			assert.equal(alive.isTrue, true);
		}
	});

	test('metrics tell of a job as the chain and the courier do', async () => {
		const shown = (name, labels) => metric(node.metrics, name, labels);
		const shows = (what, ...series) => until(async () => what(await shown(...series)), 30_000, `${what} of ${JSON.stringify(series)}`);
		const events = ['weighhouse_courier_events_total', { what: 'job', outcome: 'answered' }];
		const steps = ['weighhouse_courier_events_total', { what: 'step', outcome: 'submitted' }];
		const kept = async () => {
			const bytes = await node.rpc('offchain_localStorageGet', 'PERSISTENT', stringToHex('weighhouse/courier/count/job/answered'));
			return Number(Buffer.from(bytes.slice(2), 'hex').readBigUInt64LE());
		};
		// What was counted before the node was killed counts on.
		const before = await kept();
		assert.ok(before >= 4, `${before} answers`);
		await shows((answers) => answers === before, ...events);
		const submitted = await shown(...steps);
		const asked = await request(bob, listing.parent, 'QuorumOfThree', 'Owner', await ask('digits', 6));
		await phase(api, asked.job, ['Resolved']);
		open.push(asked);
		// The escrow is held for as long as the job is open, so both are looked at together.
		await until(async () => {
			const [jobs, held] = [await shown('weighhouse_open_jobs', { phase: 'resolved' }), await shown('weighhouse_held_wgh', { purpose: 'escrow' })];
			return jobs >= 1 && held >= Number(asked.escrow) / Number(UNIT);
		}, 30_000, 'the job and its escrow in the metrics');
		await shows((jobs) => jobs === asked.job, 'weighhouse_records_total', { record: 'job' });
		// Two of the three are this node's; each committed to its answer and showed it.
		await shows((answers) => answers >= before + 4, ...events);
		await until(async () => (await shown(...events)) === (await kept()), 30_000, 'all answers in the metrics');
		await shows((taken) => taken >= submitted + 4, ...steps);
		assert.ok(await shown('weighhouse_courier_events_total', { what: 'run', outcome: 'done' }) > 0);

		const finalHead = await api.at(await api.rpc.chain.getFinalizedHead());
		const workers = (await finalHead.query.inference.workers.entries()).map(([, worker]) => worker.unwrap());
		assert.equal(await shown('weighhouse_workers', { state: 'bonded' }), workers.filter(({ bond }) => bond.toBigInt() >= 10n * UNIT).length);
		const pot = (await finalHead.query.system.account(ROYALTY_POT)).data.free.toBigInt();
		assert.equal(await shown('weighhouse_royalties_pending_wgh'), Number(pot - EXISTENTIAL) / Number(UNIT));
		assert.equal(await shown('weighhouse_figures_complete'), 1);
		const { listings, complete } = await finalHead.call.marketApi.figures();
		assert.equal(await shown('weighhouse_records_total', { record: 'listing' }), listings.toNumber());
		assert.equal(complete.isTrue, true);
	});

	test('all off-chain workers dead: refunded after the deadline', async () => {
		for (const asked of open) {
			const over = await ended(api, asked.job, asked.block);
			assert.equal(over.data.outcome.type, 'Final');
			assert.equal(over.named('WorkerPaid').length, 3);
			assert.equal(over.named('Slashed').length, 0);
		}
		await full.stop();
		await stopChain('SIGTERM');
		await startChain(['--offchain-worker', 'never']);
		const had = async () => (await api.query.system.account(dave.address)).data;
		const was = await had();
		const input = await ask('digits-small', 1);
		const result = await send(api, api.tx.inference.request(listing.child, 1, 'QuorumOfThree', { Offer: listing.offer }, REWARD, input.cid, input.hash), dave);
		const { job, escrow } = event(result, 'inference', 'Requested');
		const over = await ended(api, job.toNumber(), result.number);
		assert.equal(over.data.outcome.asRefunded.type, 'Silence');
		assert.equal(over.data.spent.toBigInt(), 0n);
		assert.equal(over.data.refunded.toBigInt(), escrow.toBigInt());
		// Seed, draw, the window to commit, and the block in which money moves.
		const window = PATIENCE_MS / api.consts.babe.expectedBlockTime.toNumber();
		assert.ok(over.block - result.number <= 3 + window + 2, `after ${over.block - result.number} blocks`);
		const now = await had();
		assert.equal(now.free.toBigInt(), was.free.toBigInt() - result.fee);
		assert.equal(now.reserved.toBigInt(), was.reserved.toBigInt());
		assert.deepEqual(over.named('Slashed').map(({ data }) => [data.finding.type, data.amount.toBigInt()]), Array(3).fill(['Silent', REWARD / 4n]));
	});
});
