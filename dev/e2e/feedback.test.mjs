// A campaign from its lines to its export, through the command line with real IPFS: five raters answer by
// programs, money is what the events say, and a dataset pays them.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { UNIT, account, bob, charlie, connect, dave, eve, ferdie, send } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { openOffers, publish } from './lib/market.mjs';
import { startNode } from './lib/node.mjs';
import { scratch, until } from './lib/process.mjs';
import { startProxy } from './lib/proxy.mjs';

const folder = scratch('weighhouse-feedback-');
const place = (name) => join(folder.path, name);
const keep = place('secret');
// Dave pays: the author of the blocks, Alice, gets transaction fees meanwhile.
const fifth = account('//Rater5');
const RATERS = [['//Bob', bob], ['//Charlie', charlie], ['//Eve', eve], ['//Ferdie', ferdie], ['//Rater5', fifth]];
const PRICE = UNIT / 10n;
const GOLD = 20;
// Sides are drawn by a coin; with 40 tasks they never lean so far that it costs the careful any pay.
const TASKS = 40;
const ITEMS = GOLD + TASKS;
/** An item that one way to the IPFS node has with other bytes, when it is told to. */
const LOST = 7;

let node;
let ipfs;
let proxy;
let api;
let weighhouse;
let campaign;
let created;

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	proxy = await startProxy(ipfs.url);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await send(api, api.tx.balances.transferKeepAlive(fifth.address, 100n * UNIT), dave);
});
after(async () => {
	await api?.disconnect();
	await node?.stop();
	await proxy?.stop();
	await ipfs?.stop();
	folder.remove();
});

const sum = (values) => values.reduce((total, value) => total + BigInt(value), 0n);
const total = async (at, { address }) => {
	const { data } = await at.query.system.account(address);
	return data.free.toBigInt() + data.reserved.toBigInt();
};
const stateOf = async (number) => api.at(await api.rpc.chain.getBlockHash(number));

/** What is asked: a sum with its right and a wrong result, equally long. The right one is always `a`, as sponsors write it down. */
const lines = () => Array.from({ length: ITEMS }, (_, index) => {
	const item = { prompt: `How much is ${100 + index} + ${index}?`, a: `It is ${100 + 2 * index}.`, b: `It is ${101 + 2 * index}.` };
	return index < GOLD ? { ...item, better: 'a', model_a: 'one', model_b: 'one' } : item;
});
const write = (name, items) => {
	writeFileSync(place(name), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
	return place(name);
};

/** A program that answers: `body` says whether to take the right answer, from the item as `it`. */
function policy(name, body) {
	const path = place(`${name}.mjs`);
	writeFileSync(path, `#!/usr/bin/env node
import { readFileSync, existsSync, writeFileSync } from 'node:fs';
const it = JSON.parse(readFileSync(0, 'utf8'));
const [x, y] = it.prompt.match(/\\d+/g).map(Number);
const right = it.left.includes(String(x + y)) ? 'left' : 'right';
const wrong = right === 'left' ? 'right' : 'left';
${body}
`);
	chmodSync(path, 0o755);
	return path;
}

async function refused(name, suri, ...args) {
	const { code, error, stderr } = await weighhouse(suri, ...args);
	assert.equal(code, EXIT.chain, stderr);
	assert.equal(error.chain.name, name, stderr);
}

describe('a campaign', () => {
	test('is refused when its lines make no sense or its gold is not balanced', async () => {
		const create = (path) => weighhouse('//Dave', 'campaign', 'create', path, '--price', '0.1', '--keep', place('refused'), '--yes');
		const short = await create(write('short.jsonl', lines().slice(1)));
		assert.equal(short.code, EXIT.input, short.stderr);
		assert.match(short.error.message, /20 to 40/);
		const typo = await create(write('typo.jsonl', lines().map(({ better, ...rest }) => ({ ...rest, beter: better }))));
		assert.equal(typo.code, EXIT.input, typo.stderr);
		const leaning = await create(write('leaning.jsonl', lines().map((line) => ({ ...line, a: `${line.a} Yes.` }))));
		assert.equal(leaning.code, EXIT.input, leaning.stderr);
		assert.match(leaning.error.message, /longer answer.*20 of 20/);
		assert.match(leaning.error.hint, /--force/);
		assert.deepEqual((await weighhouse.ok(undefined, 'campaign', 'list')).campaigns, []);
	});

	test('is created with its gold hidden and its secret private', async () => {
		const path = write('items.jsonl', lines());
		const declined = await weighhouse('//Dave', 'campaign', 'create', path, '--price', '0.1', '--keep', place('declined'));
		assert.equal(declined.code, EXIT.declined, declined.stderr);
		created = await weighhouse.ok('//Dave', 'campaign', 'create', path, '--price', '0.1', '--stake', '2', '--joining', 300, '--answering', 300, '--keep', keep, '--yes');
		({ campaign } = created);
		assert.deepEqual([created.items, created.gold, created.itemsEach, created.places], [ITEMS, GOLD, ITEMS, 5]);
		assert.equal(BigInt(created.fullPay), PRICE * BigInt(ITEMS));
		assert.equal(statSync(join(keep, 'gold.json')).mode & 0o777, 0o600);
		const secret = JSON.parse(readFileSync(join(keep, 'gold.json'), 'utf8'));
		assert.deepEqual([secret.campaign, secret.gold.length, secret.goldRoot], [campaign, GOLD, created.goldRoot]);
		assert.notDeepEqual(secret.gold.map(({ item }) => item), Array.from({ length: GOLD }, (_, index) => index), 'the pool is not shuffled');
		assert.equal(secret.gold.filter(({ label }) => /^a$/i.test(label)).length, GOLD / 2, 'the gold leans to a side');

		const view = (await api.call.feedbackApi.campaign(campaign)).unwrap();
		assert.ok(view.phase.isJoining, view.phase.toString());
		assert.equal(view.budget.toString(), created.budget);
		const again = await weighhouse('//Dave', 'campaign', 'create', path, '--price', '0.1', '--keep', keep, '--yes');
		assert.equal(again.code, EXIT.input, 'a secret was overwritten');
	});

	test('says what to expect before anything is staked', async () => {
		await refused('OwnCampaign', '//Dave', 'rater', 'join', campaign, '--yes');
		assert.equal((await weighhouse('//Bob', 'rater', 'join', 999, '--yes')).code, EXIT.notFound);
		const [{ prompt }] = await api.call.feedbackApi.items(campaign, LOST, 1);
		proxy.behaviour = ({ route, argument }) => (route === 'block/get' && argument === prompt.toString() ? { flip: 0 } : undefined);
		const blind = await weighhouse('//Bob', 'rater', 'join', campaign, '--yes', { ipfs: proxy.url });
		assert.equal(blind.code, EXIT.verification, blind.stderr);
		assert.deepEqual(blind.error.items, [LOST]);
		assert.match(blind.error.hint, /--unseen/);
		assert.equal((await api.call.feedbackApi.raters(campaign, 0, 5)).length, 0, 'a place was taken unseen');
		for (const [suri, { address }] of RATERS) {
			const more = suri === '//Rater5' ? ['--unseen', { ipfs: proxy.url }] : [];
			const joined = await weighhouse.ok(suri, 'rater', 'join', campaign, '--yes', ...more);
			const pays = joined.expected.map(({ pay }) => BigInt(pay));
			assert.ok(pays[0] < pays[1] && pays[1] < pays[2] && pays[2] < BigInt(joined.fullPay), String(pays));
			assert.equal(joined.rater, address);
			assert.equal(joined.stake, String(2n * UNIT));
			if (suri === '//Bob') await refused('AlreadyJoined', suri, 'rater', 'join', campaign, '--yes');
		}
		await refused('NotOpening', '//Dave', 'campaign', 'open-gold', campaign, '--keep', keep);
	});

	test('is answered by programs, which go on where they stopped', async () => {
		const right = policy('right', 'console.log(right);');
		const some = policy('some', 'console.log(y % 5 === 0 ? wrong : right);');
		const opposite = policy('opposite', 'console.log(wrong);');
		const marks = place('marks');
		mkdirSync(marks);
		// Answers ten items and then breaks, so the rest is asked another time.
		const broken = policy('broken', `
const count = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].find((each) => !existsSync(${JSON.stringify(marks)} + '/' + each));
if (count === undefined) process.exit(1);
writeFileSync(${JSON.stringify(marks)} + '/' + count, String(it.item));
console.log(right);`);
		const data = (suri) => place(`data${suri.replaceAll('/', '-')}`);
		const work = (suri, path, ...more) => weighhouse(suri, 'rater', 'work', campaign, '--policy', path, '--data', data(suri), ...more, { timeout: 400_000 });

		const stopped = await work('//Bob', broken);
		assert.equal(stopped.code, EXIT.input, stopped.stderr);
		const [file] = readdirSync(data('//Bob'));
		assert.equal(statSync(join(data('//Bob'), file)).mode & 0o777, 0o600);
		assert.equal(Object.keys(JSON.parse(readFileSync(join(data('//Bob'), file), 'utf8')).answers).length, 10);
		assert.equal((await weighhouse('//Bob', 'rater', 'work', campaign)).code, EXIT.usage, 'nobody can be asked here');

		// A program is asked about all that can be read; the rest can be had another time.
		const partly = await weighhouse('//Eve', 'rater', 'work', campaign, '--policy', right, '--data', data('//Eve'), { ipfs: proxy.url, timeout: 400_000 });
		assert.equal(partly.code, EXIT.ipfs, partly.stderr);
		assert.deepEqual(partly.error.items, [LOST]);
		assert.match(partly.error.hint, /--guess/);
		const [partial] = readdirSync(data('//Eve'));
		assert.equal(Object.keys(JSON.parse(readFileSync(join(data('//Eve'), partial), 'utf8')).answers).length, ITEMS - 1);

		// One does not wait, and shows its answers by itself.
		const first = await work('//Charlie', some, '--no-wait');
		assert.equal(first.json?.state, 'committed', first.stderr);
		await refused('NotRevealing', '//Charlie', 'rater', 'reveal', campaign, '--data', data('//Charlie'));
		// Whoever has the proofs may open the gold.
		const opening = weighhouse('//Alice', 'campaign', 'open-gold', campaign, '--keep', keep, '--watch', { timeout: 400_000 });
		const others = Promise.all([['//Bob', right], ['//Eve', right], ['//Ferdie', right], ['//Rater5', opposite]].map(([suri, path]) => work(suri, path)));
		await until(async () => (await weighhouse.ok(undefined, 'campaign', 'status', campaign)).phase === 'revealing', 300_000, 'all committed', 1000);
		const revealed = await weighhouse.ok('//Charlie', 'rater', 'reveal', campaign, '--data', data('//Charlie'));
		assert.notEqual(revealed.state, 'committed');
		for (const done of await others) {
			assert.equal(done.code, EXIT.ok, done.stderr);
			assert.ok(done.json.revealTx, done.stdout);
		}
		const opened = await opening;
		assert.equal(opened.code, EXIT.ok, opened.stderr);
		assert.deepEqual([opened.json.gold, opened.json.left, opened.json.txs.length], [GOLD, 0, 2]);
		// The sponsor comes too late, and all is well.
		const late = await weighhouse.ok('//Dave', 'campaign', 'open-gold', campaign, '--keep', keep);
		assert.deepEqual([late.left, late.txs], [0, []]);
		await until(async () => (await weighhouse.ok(undefined, 'campaign', 'status', campaign)).phase === 'settled', 60_000, 'settled', 500);
	});

	test('pays for care, to the last unit of what its events say', async () => {
		const status = await weighhouse.ok(undefined, 'campaign', 'status', campaign);
		const paid = new Map();
		const spent = new Map();
		let settled;
		const last = (await api.rpc.chain.getHeader()).number.toNumber();
		for (let number = 1; number <= last; number += 1) {
			const at = await stateOf(number);
			const events = (await at.query.system.events()).map(({ event }) => event).filter(({ section }) => section === 'feedback');
			for (const { method, data } of events) {
				if (method === 'RaterPaid') {
					paid.set(data.rater.toString(), { amount: data.amount.toBigInt(), number });
					spent.set(number, (spent.get(number) ?? 0n) + data.amount.toBigInt() + data.fee.toBigInt());
				} else if (method === 'CampaignSettled') {
					settled = data;
					spent.set(number, (spent.get(number) ?? 0n) + data.burned.toBigInt());
				}
			}
		}
		const parts = ['paid', 'fees', 'returned', 'burned'].map((name) => settled[name].toBigInt());
		assert.equal(sum(parts), BigInt(created.budget), 'the four parts are the budget');
		assert.equal(sum([...paid.values()].map(({ amount }) => amount)), settled.paid.toBigInt());
		assert.equal(status.paid, settled.paid.toString());
		assert.deepEqual(status.basis, { kind: 'scored', gold: GOLD });
		for (const [suri, rater] of RATERS) {
			const { amount, number } = paid.get(rater.address);
			assert.equal(await total(await stateOf(number), rater) - await total(await stateOf(number - 1), rater), amount, suri);
			const own = await weighhouse.ok(suri, 'rater', 'status', campaign);
			assert.deepEqual([own.state, own.amount], ['paid', String(amount)]);
			assert.equal(own.reason.gold, GOLD);
			assert.equal(own.reason.compared, TASKS);
			assert.equal(status.raters.find((each) => each.rater === rater.address).amount, String(amount));
		}
		for (const [number, amount] of spent) {
			assert.equal(await total(await stateOf(number - 1), dave) - await total(await stateOf(number), dave), amount, `the sponsor in block ${number}`);
		}
		// 20, 16 and none of 20 right.
		const [careful, sloppy, opposite] = [eve, charlie, fifth].map(({ address }) => paid.get(address).amount);
		assert.deepEqual([careful, opposite], [BigInt(created.fullPay), 0n]);
		assert.ok(sloppy > careful / 3n && sloppy < careful, String(sloppy));
		for (const [who, correct] of [['//Eve', 20], ['//Charlie', 16], ['//Rater5', 0]]) {
			assert.equal((await weighhouse.ok(undefined, 'rater', 'status', campaign, who)).reason.correct, correct, who);
		}
		assert.equal((await api.call.reputationApi.ofRater(eve.address)).successes.toNumber(), 1);
		// What is over is told, not refused.
		const pushed = await weighhouse.ok('//Bob', 'campaign', 'settle', campaign);
		assert.deepEqual([pushed.phase, pushed.txs], ['settled', []]);
	});

	test('is exported as preferences that are right', async () => {
		const out = place('preferences.jsonl');
		const exported = await weighhouse.ok(undefined, 'campaign', 'export', campaign, '--out', out);
		const preferences = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
		assert.equal(preferences.length, exported.count);
		assert.equal(exported.count, ITEMS);
		for (const { prompt, chosen, rejected, confidence, provenance } of preferences) {
			const [x, y] = prompt.match(/\d+/g).map(Number);
			assert.equal(chosen, `It is ${x + y}.`);
			assert.equal(rejected, `It is ${x + y + 1}.`);
			assert.ok(confidence > 0.5 && confidence <= 1, String(confidence));
			assert.deepEqual([provenance.campaign, provenance.genesis, provenance.votes.of], [campaign, api.genesisHash.toHex(), 5]);
		}
		const tasks = await weighhouse.ok(undefined, 'campaign', 'export', campaign, '--no-gold');
		assert.deepEqual([tasks.count, tasks.lines.length, tasks.leftOut], [TASKS, TASKS, GOLD]);
		assert.ok(tasks.lines.every(({ provenance }) => provenance.source === 'raters'));
	});

	test('shares what its dataset earns by what raters earned', async () => {
		const listing = await publish(api, dave, { kind: 'Dataset', task: 'text-ranking' });
		const [offer] = await openOffers(api, dave, listing, [{ price: 10n * UNIT }]);
		await refused('NotSponsor', '//Bob', 'campaign', 'list-dataset', campaign, listing, '--yes');
		await refused('NoDataset', '//Bob', 'campaign', 'distribute', campaign);
		const listed = await weighhouse.ok('//Dave', 'campaign', 'list-dataset', campaign, listing, '--yes');
		assert.equal((await api.call.listingsApi.listing(listing)).unwrap().owner.toString(), listed.pot);
		await refused('NotOwner', '//Dave', 'campaign', 'list-dataset', campaign, listing, '--yes');
		await refused('NothingToDistribute', '//Bob', 'campaign', 'distribute', campaign);
		const { licence } = await weighhouse.ok('//Ferdie', 'buy', listing, offer, '--yes');
		const given = await weighhouse.ok('//Alice', 'campaign', 'distribute', campaign);
		const earned = 10n * UNIT - (10n * UNIT) / 40n;
		assert.equal(sum(given.dividends.map(({ amount }) => amount)), BigInt(given.total));
		assert.ok(BigInt(given.total) <= earned && BigInt(given.total) > earned - 10n, given.total);
		const shares = await api.call.feedbackApi.datasetShares(campaign);
		for (const { rater, parts, taken } of shares) {
			assert.equal(taken.toBigInt(), (earned * parts.toBigInt()) / 10n ** 9n);
			assert.equal(given.dividends.find((each) => each.rater === rater.toString())?.amount, taken.toString());
		}
		assert.equal(sum(shares.map(({ parts }) => parts.toString())), 10n ** 9n);

		// It is retired when nobody can earn by it any more.
		await refused('NotSponsor', '//Bob', 'campaign', 'retire-dataset', campaign, 1, '--yes');
		await refused('ListingInUse', '//Dave', 'campaign', 'retire-dataset', campaign, 1, '--yes');
		await weighhouse.ok('//Dave', 'close-offer', listing, offer);
		await weighhouse.ok('//Ferdie', 'remove-licence', licence, '--yes');
		const retired = await weighhouse.ok('//Dave', 'campaign', 'retire-dataset', campaign, 1, '--yes');
		assert.equal(retired.listingRemoved, true);
		assert.ok(BigInt(retired.returned) > 0n, retired.returned);
		assert.ok((await api.call.listingsApi.listing(listing)).isNone);
		assert.equal(await total(api, { address: listed.pot }), 0n);
		await refused('NoDataset', '//Dave', 'campaign', 'retire-dataset', campaign, 1, '--yes');
	});

	test('is closed to raters below its least score', async () => {
		const { campaign: closed } = await weighhouse.ok('//Dave', 'campaign', 'create', place('items.jsonl'), '--price', '0.1', '--min-score', '1', '--joining', 300, '--keep', place('closed'), '--yes');
		assert.equal((await weighhouse.ok(undefined, 'campaign', 'status', closed)).minScore, 10 ** 9);
		const { minScore, score } = await weighhouse.ok('//Ferdie', 'rater', 'status', closed);
		assert.equal(minScore, 10 ** 9);
		assert.ok(score > 0 && score < minScore, String(score));
		await refused('ScoreTooLow', '//Ferdie', 'rater', 'join', closed, '--yes');
	});

	test('is kept until its retention is over', async () => {
		await refused('StillNeeded', '//Dave', 'campaign', 'remove', campaign);
		await refused('NotFilling', '//Dave', 'campaign', 'cancel', campaign);
	});
});
