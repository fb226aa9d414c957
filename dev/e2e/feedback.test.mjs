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

const folder = scratch('weighhouse-feedback-');
const place = (name) => join(folder.path, name);
const keep = place('secret');
// Dave pays: the author of the blocks, Alice, gets transaction fees meanwhile.
const fifth = account('//Rater5');
const RATERS = [['//Bob', bob], ['//Charlie', charlie], ['//Eve', eve], ['//Ferdie', ferdie], ['//Rater5', fifth]];
const PRICE = UNIT / 10n;
const ITEMS = 40;

let node;
let ipfs;
let api;
let weighhouse;
let campaign;
let created;

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await send(api, api.tx.balances.transferKeepAlive(fifth.address, 100n * UNIT), dave);
});
after(async () => {
	await api?.disconnect();
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

const sum = (values) => values.reduce((total, value) => total + BigInt(value), 0n);
const total = async (at, { address }) => {
	const { data } = await at.query.system.account(address);
	return data.free.toBigInt() + data.reserved.toBigInt();
};
const stateOf = async (number) => api.at(await api.rpc.chain.getBlockHash(number));

/** What is asked: a sum with its right and a wrong result, equally long. The right one is `a` in every other item. */
function lines({ side = (index) => index % 2 } = {}) {
	return Array.from({ length: ITEMS }, (_, index) => {
		const right = `It is ${100 + 2 * index}.`;
		const wrong = `It is ${101 + 2 * index}.`;
		const [a, b] = side(index) === 0 ? [right, wrong] : [wrong, right];
		const item = { prompt: `How much is ${100 + index} + ${index}?`, a, b };
		return index < 20 ? { ...item, better: side(index) === 0 ? 'a' : 'b', model_a: 'one', model_b: 'one' } : item;
	});
}
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
		const leaning = await create(write('leaning.jsonl', lines({ side: () => 0 })));
		assert.equal(leaning.code, EXIT.input, leaning.stderr);
		assert.match(leaning.error.message, /first answer.*20 of 20/);
		assert.match(leaning.error.hint, /--force/);
		assert.deepEqual((await weighhouse.ok(undefined, 'campaign', 'list')).campaigns, []);
	});

	test('is created with its gold hidden and its secret private', async () => {
		const path = write('items.jsonl', lines());
		const declined = await weighhouse('//Dave', 'campaign', 'create', path, '--price', '0.1', '--keep', place('declined'));
		assert.equal(declined.code, EXIT.declined, declined.stderr);
		created = await weighhouse.ok('//Dave', 'campaign', 'create', path, '--price', '0.1', '--stake', '2', '--joining', 300, '--answering', 300, '--keep', keep, '--yes');
		({ campaign } = created);
		assert.deepEqual([created.items, created.gold, created.itemsEach, created.places], [ITEMS, 20, ITEMS, 5]);
		assert.equal(BigInt(created.fullPay), PRICE * BigInt(ITEMS));
		assert.equal(statSync(join(keep, 'gold.json')).mode & 0o777, 0o600);
		const secret = JSON.parse(readFileSync(join(keep, 'gold.json'), 'utf8'));
		assert.deepEqual([secret.campaign, secret.gold.length, secret.goldRoot], [campaign, 20, created.goldRoot]);
		assert.notDeepEqual(secret.gold.map(({ item }) => item), Array.from({ length: 20 }, (_, index) => index), 'the pool is not shuffled');

		const view = (await api.call.feedbackApi.campaign(campaign)).unwrap();
		assert.ok(view.phase.isJoining, view.phase.toString());
		assert.equal(view.budget.toString(), created.budget);
		const again = await weighhouse('//Dave', 'campaign', 'create', path, '--price', '0.1', '--keep', keep, '--yes');
		assert.equal(again.code, EXIT.input, 'a secret was overwritten');
	});

	test('says what to expect before anything is staked', async () => {
		await refused('OwnCampaign', '//Dave', 'rater', 'join', campaign, '--yes');
		assert.equal((await weighhouse('//Bob', 'rater', 'join', 999, '--yes')).code, EXIT.notFound);
		for (const [suri, { address }] of RATERS) {
			const joined = await weighhouse.ok(suri, 'rater', 'join', campaign, '--yes');
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

		// One does not wait, and shows its answers by itself.
		const first = await work('//Charlie', some, '--no-wait');
		assert.equal(first.json?.state, 'committed', first.stderr);
		await refused('NotRevealing', '//Charlie', 'rater', 'reveal', campaign, '--data', data('//Charlie'));
		const opening = weighhouse('//Dave', 'campaign', 'open-gold', campaign, '--keep', keep, '--watch', { timeout: 400_000 });
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
		assert.deepEqual([opened.json.gold, opened.json.left], [20, 0]);
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
		assert.deepEqual(status.basis, { kind: 'scored', gold: 20 });
		for (const [suri, rater] of RATERS) {
			const { amount, number } = paid.get(rater.address);
			assert.equal(await total(await stateOf(number), rater) - await total(await stateOf(number - 1), rater), amount, suri);
			const own = await weighhouse.ok(suri, 'rater', 'status', campaign);
			assert.deepEqual([own.state, own.amount], ['paid', String(amount)]);
			assert.equal(own.reason.gold, 20);
			assert.equal(own.reason.compared, 20);
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
		assert.deepEqual([tasks.count, tasks.lines.length, tasks.leftOut], [20, 20, 20]);
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
		await weighhouse.ok('//Ferdie', 'buy', listing, offer, '--yes');
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
	});

	test('is kept until its retention is over', async () => {
		await refused('StillNeeded', '//Dave', 'campaign', 'remove', campaign);
		await refused('NotFilling', '//Dave', 'campaign', 'cancel', campaign);
	});
});
