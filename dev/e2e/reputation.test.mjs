// Ratings through the command line: one a receipt, by its buyer, and what it does to scores, read by the
// command line and by Polkadot.js alike.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FEE_PARTS, PARTS, UNIT, alice, bob, charlie, connect } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { openOffers, publish } from './lib/market.mjs';
import { startNode } from './lib/node.mjs';

/** The score of who has no evidence: the lower bound of one success and one failure. */
const UNKNOWN = 25_129_403;
const PRICE = 200n * UNIT;
const FEE = (PRICE * FEE_PARTS) / PARTS;

let node;
let ipfs;
let api;
let weighhouse;
let listing;
let offer;
let receipt;

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	listing = await publish(api, alice);
	[offer] = await openOffers(api, alice, listing, [{ price: PRICE }]);
});
after(async () => {
	await api?.disconnect();
	await node?.stop();
	await ipfs?.stop();
});

const show = (...args) => weighhouse.ok(undefined, 'reputation', 'show', ...args);
const ratingDeposit = async ({ address }) => {
	const holds = await api.query.balances.holds(address);
	const own = holds.filter(({ id }) => id.isReputation);
	return own.reduce((sum, { amount }) => sum + amount.toBigInt(), 0n);
};
/** Masses fade a little in every block. */
const near = (value, wanted, what) => assert.ok(BigInt(value) <= wanted && BigInt(value) * 10_000n >= wanted * 9_998n, `${what}: ${value}, expected ${wanted}`);

/** Runs what the chain refuses for this reason. */
async function refused(name, suri, ...args) {
	const { code, error, stderr } = await weighhouse(suri, ...args);
	assert.equal(code, EXIT.chain, stderr);
	assert.deepEqual([error.chain.pallet, error.chain.name], ['Reputation', name], stderr);
	assert.ok(error.chain.docs.length > 10, stderr);
}

describe('a score', () => {
	test('is that of nobody before anything was sold', async () => {
		const shown = await show(listing);
		assert.deepEqual(
			[shown.score, shown.success, shown.failure, shown.successes, shown.failures, shown.changed, shown.ownerChanged],
			[UNKNOWN, '0', '0', 0, 0, null, null],
		);
		assert.equal((await show('--seller', '//Alice')).score, UNKNOWN);
		assert.equal((await show('--worker', '//Alice')).subject.kind, 'worker');
		assert.equal((await show('--rater', '//Alice')).subject.account, alice.address);
		assert.equal((await weighhouse(undefined, 'reputation', 'show', 9_999)).code, EXIT.notFound);
	});

	test('rises by what was paid for a sale', async () => {
		const bought = await weighhouse.ok('//Bob', 'buy', listing, offer, '--yes');
		({ receipt } = bought);
		const sale = await weighhouse.ok(undefined, 'receipt', 'show', receipt);
		assert.deepEqual([sale.seller, sale.buyer, sale.fee], [alice.address, bob.address, String(FEE)]);
		for (const shown of [await show(listing), await show('--seller', '//Alice')]) {
			near(shown.success, FEE, 'success');
			assert.deepEqual([shown.failure, shown.successes, shown.failures], ['0', 1, 0]);
			assert.ok(shown.score > UNKNOWN, String(shown.score));
		}
	});
});

describe('a rating', () => {
	test('is for the buyer of the receipt alone', async () => {
		await refused('NotBuyer', '//Charlie', 'rate', receipt, '20%', '--yes');
		await refused('NotBuyer', '//Alice', 'rate', receipt, '100%', '--yes');
		assert.equal((await weighhouse('//Bob', 'rate', 9_999, '20%', '--yes')).code, EXIT.notFound);
		assert.equal((await weighhouse('//Bob', 'rate', receipt, '20%')).code, EXIT.declined);
		assert.equal((await weighhouse('//Bob', 'rate', receipt, '120%', '--yes')).code, EXIT.usage);
		const may = await api.call.reputationApi.mayRate(charlie.address, receipt);
		assert.equal(may.asErr.type, 'NotBuyer');
		assert.ok((await api.call.reputationApi.mayRate(bob.address, receipt)).isOk);
		assert.ok((await api.call.reputationApi.rating(receipt)).isNone);
	});

	test('turns success into three times the failure, and holds a deposit', async () => {
		const before = await show(listing);
		const rated = await weighhouse.ok('//Bob', 'rate', receipt, '20%', '--yes');
		assert.deepEqual([rated.percent, rated.listing, rated.seller, rated.fee], [20, listing, alice.address, String(FEE)]);
		const failed = (FEE * 4n) / 5n;
		near(rated.taken, failed, 'taken');
		const shown = await show(listing);
		near(shown.success, FEE - failed, 'success');
		near(shown.failure, 3n * failed, 'failure');
		assert.deepEqual([shown.successes, shown.failures], [0, 1]);
		assert.ok(shown.score < before.score, `${before.score} before, ${shown.score} after`);
		assert.ok(shown.changed >= before.changed);
		assert.equal((await show('--seller', '//Alice')).score, shown.score);
		assert.equal(await ratingDeposit(bob), BigInt(rated.deposit));
		assert.equal((await api.call.reputationApi.ratingDeposit()).toString(), rated.deposit);
	});

	test('is read by Polkadot.js as by the command line', async () => {
		const shown = await show(listing);
		const view = await api.call.reputationApi.ofListing(listing);
		assert.equal(view.unit.toString(), shown.unit);
		assert.deepEqual([view.successes.toNumber(), view.failures.toNumber()], [0, 1]);
		near(view.failure.toString(), BigInt(shown.failure), 'failure');
		const rating = (await api.call.reputationApi.rating(receipt)).unwrap();
		assert.deepEqual([rating.receipt.toNumber(), rating.buyer.toString(), rating.percent.toNumber()], [receipt, bob.address, 20]);
		const seller = await api.call.reputationApi.ofSeller(alice.address);
		assert.equal(seller.failures.toNumber(), 1);
		assert.equal((await api.call.reputationApi.ofWorker(alice.address)).score.toNumber(), UNKNOWN);
		assert.equal((await api.call.reputationApi.ofRater(alice.address)).score.toNumber(), UNKNOWN);
	});

	test('stands: no second one, and it is kept while the receipt could be rated', async () => {
		await refused('AlreadyRated', '//Bob', 'rate', receipt, '100%', '--yes');
		await refused('RatingStillNeeded', '//Bob', 'rate', receipt, '--forget');
		assert.ok((await ratingDeposit(bob)) > 0n);
	});

	test('weighs nothing where no fee was paid', async () => {
		const [free] = await openOffers(api, alice, listing, [{ price: 0 }]);
		const bought = await weighhouse.ok('//Charlie', 'buy', listing, free, '--yes');
		await refused('NothingPaid', '//Charlie', 'rate', bought.receipt, '0%', '--yes');
	});
});
