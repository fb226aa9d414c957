// The market as people use it from Polkadot.js Apps: the two guides replayed call by call, money to
// the last unit, and every refusal with its own explained error and nothing changed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { base16 } from 'multiformats/bases/base16';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64 } from 'multiformats/bases/base64';
import {
	EXISTENTIAL, FEE_PARTS, PARTS, UNIT, account, alice, bob, charlie, connect, dave, eve, event, ferdie, send, submitAll, waitForBlock,
} from './lib/chain.mjs';
import { replay } from './lib/guide.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import {
	DAG_PB, RAW, addVersion, base32Of, buy, cid, hex, openOffer, openOffers, publish, publishAll, refuses, register, rootOf, sha256,
} from './lib/market.mjs';
import { startNode } from './lib/node.mjs';
import { repository } from './lib/paths.mjs';
import { scratch } from './lib/process.mjs';

const MAX = 2n ** 128n - 1n;
const TREASURY = `0x6d6f646c${Buffer.from('wgh/trsy').toString('hex')}${'00'.repeat(20)}`;
const POT = `0x6d6f646c${Buffer.from('wgh/roya').toString('hex')}${'00'.repeat(20)}`;

let node;
let ipfs;
let api;
const provoked = new Set();
const folder = scratch('weighhouse-guide-');

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
});
after(async () => {
	await api?.disconnect();
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

describe('the guides for Polkadot.js Apps', () => {
	const cwd = { now: folder.path, file: join(folder.path, '.cwd') };
	const buyers = { now: folder.path, file: join(folder.path, '.cwd') };
	const guide = (name, options) => replay(join(repository, 'docs/guides', name), {
		api,
		replace: { 'http://127.0.0.1:5001': ipfs.url, 'http://127.0.0.1:8080': ipfs.gateway },
		...options,
	});
	const afterSale = (section) => Number.parseInt(section, 10) >= 8;
	// Sealed models have a seller and a test of their own: sealed.test.mjs.
	const sealed = (section) => ['7', '8'].includes(section.split('.')[0]);

	test('sellers publish, offer and derive as the guide says', async () => {
		assert.ok(await guide('sellers-apps.md', { cwd, only: (section) => !afterSale(section) }) > 20);
	});

	test('buyers find, buy, check and hand on as the guide says', async () => {
		assert.ok(await guide('buyers-apps.md', { cwd: buyers, only: (section) => !sealed(section) }) > 20);
	});

	test('sellers collect, renew, hand over and close as the guide says', async () => {
		assert.ok(await guide('sellers-apps.md', { cwd, only: afterSale }) > 10);
	});

	test('a claim made a block earlier is what the root is known since', async () => {
		const root = '0xd7df7429b3cadc03a0dde8b01d4cb42bda554dfb729523c770c1bfd9c3a77172';
		const [listing, version, since] = (await api.call.listingsApi.byArtifactRoot(root)).unwrap();
		const { published } = (await api.call.listingsApi.version(1, 1)).unwrap();
		assert.deepEqual([listing.toNumber(), version.toNumber()], [1, 1]);
		assert.ok(since.toNumber() < published.toNumber(), `since ${since}, published ${published}`);
	});
});

describe('money', () => {
	const moneyOf = async (at, address) => {
		const { data } = await at.query.system.account(address);
		return { free: data.free.toBigInt(), reserved: data.reserved.toBigInt() };
	};

	/** A sale with every balance read in the block before and in its own block. */
	async function accounted(listing, offer, buyer, owner) {
		const quote = (await api.call.licensingApi.quote(listing, offer)).asOk;
		const result = await send(api, api.tx.licensing.buy(listing, offer), buyer);
		const parent = await api.at((await api.rpc.chain.getHeader(result.blockHash)).parentHash);
		const watched = { buyer: buyer.address, owner: owner.address, treasury: TREASURY, pot: POT };
		const change = {};
		for (const [name, address] of Object.entries(watched)) {
			const [was, is] = await Promise.all([moneyOf(parent, address), moneyOf(result.at, address)]);
			change[name] = { free: is.free - was.free, reserved: is.reserved - was.reserved };
		}
		const issuance = (await result.at.query.balances.totalIssuance()).toBigInt() - (await parent.query.balances.totalIssuance()).toBigInt();
		return { quote, result, change, issuance, sold: event(result, 'licensing', 'Sold') };
	}

	test('each unit of a sale arrives where the quote said', async () => {
		// Prices at which parts do not divide evenly; 9 is the smallest that pays the royalty.
		const parent = await publish(api, dave, { derivatives: { Royalty: 0 } });
		const child = await publish(api, eve, { parents: [{ listing: parent, version: 1, relation: 'FineTune', royalty: 123_456_789 }] });
		for (const price of [UNIT, 999_999_999_999n, 17n, 9n, 41n * UNIT + 39n]) {
			const [offer] = await openOffers(api, eve, child, [{ price }]);
			const before = (await api.call.licensingApi.accrued(parent)).toBigInt();
			const { quote, result, change, issuance, sold } = await accounted(child, offer, charlie, eve);

			const fee = (price * FEE_PARTS) / PARTS;
			const royalty = (price * 123_456_789n) / PARTS;
			const expected = { feeBurned: fee / 2n, feeTreasury: fee - fee / 2n, toOwner: price - fee - royalty };
			for (const [name, amount] of Object.entries(expected)) {
				assert.equal(quote[name].toBigInt(), amount, `quote.${name} at ${price}`);
				assert.equal(sold[name].toBigInt(), amount, `Sold.${name} at ${price}`);
			}
			assert.equal(sold.royalties.toBigInt(), royalty);
			const deposit = quote.deposit.toBigInt();
			assert.ok(deposit > 0n);
			assert.deepEqual(change.buyer, { free: -(price + deposit + result.fee), reserved: deposit }, `buyer at ${price}`);
			assert.deepEqual(change.owner, { free: expected.toOwner, reserved: 0n }, `owner at ${price}`);
			assert.equal(change.treasury.free, expected.feeTreasury, `treasury at ${price}`);
			assert.equal(change.pot.free, royalty, `pot at ${price}`);
			assert.equal(issuance, -expected.feeBurned, `burned at ${price}`);
			assert.equal((await api.call.licensingApi.accrued(parent)).toBigInt() - before, royalty);
		}

		const owed = (await api.call.licensingApi.accrued(parent)).toBigInt();
		const claim = await send(api, api.tx.licensing.claim(parent), ferdie);
		const was = await api.at((await api.rpc.chain.getHeader(claim.blockHash)).parentHash);
		assert.equal((await moneyOf(claim.at, dave.address)).free - (await moneyOf(was, dave.address)).free, owed);
		assert.equal((await moneyOf(claim.at, POT)).free - (await moneyOf(was, POT)).free, -owed);
		assert.equal((await api.call.licensingApi.accrued(parent)).toBigInt(), 0n);
	});

	test('a price of zero moves nothing but the deposit', async () => {
		const listing = await publish(api, dave);
		const [offer] = await openOffers(api, dave, listing, [{ price: 0 }]);
		const { quote, result, change, issuance, sold } = await accounted(listing, offer, eve, dave);
		const deposit = quote.deposit.toBigInt();
		assert.deepEqual(change.buyer, { free: -(deposit + result.fee), reserved: deposit });
		assert.deepEqual([change.owner.free, change.treasury.free, change.pot.free, issuance], [0n, 0n, 0n, 0n]);
		assert.equal(sold.price.toBigInt(), 0n);
	});

	test('the largest price there is has an exact quote', async () => {
		const parent = await publish(api, dave);
		const child = await publish(api, eve, { parents: [{ listing: parent, version: 1, relation: 'Merge', royalty: 500_000_000 }] });
		const [offer] = await openOffers(api, eve, child, [{ price: MAX }]);
		const quote = (await api.call.licensingApi.quote(child, offer)).asOk;
		const fee = (MAX * FEE_PARTS) / PARTS;
		const royalty = (MAX * 500_000_000n) / PARTS;
		assert.equal(quote.feeBurned.toBigInt() + quote.feeTreasury.toBigInt(), fee);
		assert.equal(quote.royalties[0].amount.toBigInt(), royalty);
		assert.equal(quote.toOwner.toBigInt(), MAX - fee - royalty);
	});

	test('a share that the dead account of the treasury cannot take is burned', async () => {
		await send(api, api.tx.sudo.sudo(api.tx.balances.forceSetBalance(TREASURY, 0)), alice);
		assert.equal((await moneyOf(await api.at(await api.rpc.chain.getBlockHash()), TREASURY)).free, 0n);
		const listing = await publish(api, dave);
		const price = 1_000_000n;
		const [offer] = await openOffers(api, dave, listing, [{ price }]);
		const { change, issuance, sold } = await accounted(listing, offer, eve, dave);
		const fee = (price * FEE_PARTS) / PARTS;
		assert.equal(sold.feeTreasury.toBigInt(), 0n);
		assert.equal(sold.feeBurned.toBigInt(), fee);
		assert.equal(change.treasury.free, 0n);
		assert.equal(change.owner.free, price - fee);
		assert.equal(issuance, -fee);
		await send(api, api.tx.balances.transferKeepAlive(TREASURY, EXISTENTIAL), alice);
	});

	test('every deposit comes back when everything is removed', async () => {
		const [seller, buyer] = [account('//Deposits//Seller'), account('//Deposits//Buyer')];
		await submitAll(api, [seller, buyer].map(({ address }) => [api.tx.balances.transferKeepAlive(address, 100n * UNIT), alice]));
		const root = rootOf('deposits');
		const salt = rootOf('salt');
		const commitment = hex(sha256(Buffer.concat([root, hex(seller.publicKey), salt].map((each) => Buffer.from(each.slice(2), 'hex')))));
		await send(api, api.tx.listings.claimRoot(commitment), seller);
		const listing = await publish(api, seller, { artifactRoot: root, claimSalt: salt });
		await send(api, addVersion(api, listing), seller);
		const [offer] = await openOffers(api, seller, listing, [{ price: UNIT, lastVersion: 2 }]);
		const { licence } = await buy(api, buyer, listing, offer);
		const held = async ({ address }) => (await moneyOf(await api.at(await api.rpc.chain.getBlockHash()), address)).reserved;
		assert.ok(await held(seller) > 0n && await held(buyer) > 0n);

		await send(api, api.tx.licensing.removeLicence(licence), buyer);
		await send(api, api.tx.licensing.closeOffer(listing, offer), seller);
		await send(api, api.tx.listings.removeVersion(listing, 1), seller);
		await send(api, api.tx.listings.removeVersion(listing, 2), seller);
		assert.equal(await held(seller), 0n);
		assert.ok((await api.call.listingsApi.listing(listing)).isNone);
		// The receipt of the sale stays for its lifetime, and its deposit with it.
		const holds = await api.query.balances.holds(buyer.address);
		assert.deepEqual(holds.map(({ id }) => id.toString()), ['{"licensing":"Receipt"}']);
	});
});

describe('content ids', () => {
	test('every accepted form of an id is stored as the same canonical one', async () => {
		const raw = cid(RAW, 'one manifest');
		const file = cid(DAG_PB, 'one manifest');
		const v0 = file.toV0();
		const forms = [
			[raw.toString(), raw], [`ipfs://${raw}`, raw], [`  ${raw}\n`, raw], [raw.toString(base58btc), raw], [raw.toString(base36), raw], [hex(raw.bytes), raw],
			[file.toString(), file], [v0.toString(), file], [`ipfs://${v0}`, file],
		];
		const listings = await publishAll(api, ferdie, forms.map(([manifest]) => ({ manifest })));
		for (const [index, listing] of listings.entries()) {
			const { manifest } = (await api.call.listingsApi.version(listing, 1)).unwrap();
			assert.equal(manifest.toString(), forms[index][1].toString(), `written as ${forms[index][0]}`);
		}
	});

	test('every other id is refused with what is wrong with it', async () => {
		const good = cid(RAW, 'one manifest');
		const multihash = (code, digest) => cid(RAW, '', { code, digest });
		const bytes = good.bytes;
		const list = [
			['CidEmpty', ''], ['CidEmpty', '   '], ['CidEmpty', 'ipfs://'],
			['CidTooLong', `b${'a'.repeat(128)}`],
			['CidMalformed', '!!!'], ['CidMalformed', `${good}/README.md`], ['CidMalformed', `${good}/`], ['CidMalformed', good.toString().replace(/.$/, '!')], ['CidMalformed', '0xff'],
			['CidUnsupportedBase', good.toString(base16)], ['CidUnsupportedBase', good.toString(base64)],
			['CidUnsupportedVersion', base32Of(Uint8Array.from([2, ...bytes.slice(1)]))],
			['CidUnsupportedCodec', cid(0x71).toString()], ['CidUnsupportedCodec', cid(0x72).toString(base36)],
			['CidUnsupportedHash', multihash(0x13, sha256('')).toString()], ['CidUnsupportedHash', multihash(0x00, new Uint8Array([1, 2, 3])).toString()],
			['CidWrongDigestLength', multihash(0x12, sha256('').subarray(0, 20)).toString()],
			['CidTrailingBytes', base32Of(Uint8Array.from([...bytes, 0]))],
		];
		await refuses(api, list.map(([error, manifest]) => [error, register(api, { manifest }), ferdie]), provoked);
	});
});

// An age recipient.
const AGE = 'age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5';

describe('publications that are refused', () => {
	test('text, numbers and hashes that make no sense', async () => {
		const answers = (change) => ({ answers: { class: 'Tolerant', tau: 8, maxLatencyMs: 1000, inputLimit: 1000, ...change } });
		await refuses(api, [
			['NameMissing', { name: '' }], ['NameMissing', { name: '   ' }], ['NameTooLong', { name: 'n'.repeat(65) }], ['NameMalformed', { name: 'a\u0007b' }], ['NameMalformed', { name: 'a\u200bb' }], ['NameMalformed', { name: '\u202egnp' }], ['NameMalformed', { name: '0xc3' }],
			['TaskMissing', { task: '' }], ['TaskTooLong', { task: 't'.repeat(33) }], ['TaskMalformed', { task: 'Image Classification' }],
			['LicenceMissing', { licence: '' }], ['LicenceTooLong', { licence: 'M'.repeat(65) }], ['LicenceMalformed', { licence: 'MIT; DROP' }], ['LicenceMalformed', { licence: 'MIT ' }],
			['RootMissing', { artifactRoot: `0x${'00'.repeat(32)}` }],
			['AnswersUnexpected', { answers: { class: 'None', tau: 1, maxLatencyMs: 0, inputLimit: 0 } }],
			['AnswersOutOfRange', answers({ tau: 65 })], ['AnswersOutOfRange', answers({ maxLatencyMs: 0 })], ['AnswersOutOfRange', answers({ maxLatencyMs: 1_200_001 })],
			['AnswersOutOfRange', answers({ inputLimit: 0 })], ['AnswersOutOfRange', answers({ inputLimit: 16 * 1024 * 1024 + 1 })],
			['PolicyOverCap', { derivatives: { Royalty: 500_000_001 } }], ['PolicyOverCap', { derivatives: { Licensed: 1_000_000_000 } }],
			['UnknownClaim', { claimSalt: rootOf('nobody claimed this') }],
			['RecipientPrefix', { recipient: 'age' }], ['RecipientPrefix', { recipient: AGE.toUpperCase() }],
			['RecipientLength', { recipient: `${AGE}\n` }], ['RecipientCharacter', { recipient: AGE.replace('k', 'K') }],
			['RecipientChecksum', { recipient: AGE.replace('ed', 'de') }],
			['RecipientPadding', { recipient: 'age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4t36zk05x' }],
			['RecipientNotCanonical', { recipient: 'age17mlllllllllllllllllllllllllllllllllllllllllllllllalsxajvgg' }],
			['RecipientLowOrder', { recipient: 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z' }],
		].map(([error, change]) => [error, register(api, change), ferdie]), provoked);
	});

	test('a claim that is used in its own block, made twice or was never made', async () => {
		const [root, salt] = [rootOf('hasty'), rootOf('hasty salt')];
		const commitment = hex(sha256(Buffer.concat([root, hex(ferdie.publicKey), salt].map((each) => Buffer.from(each.slice(2), 'hex')))));
		await refuses(api, [
			['ClaimTooRecent', api.tx.utility.batchAll([api.tx.listings.claimRoot(commitment), register(api, { artifactRoot: root, claimSalt: salt })]), ferdie],
			['UnknownClaim', api.tx.listings.releaseClaim(commitment), ferdie],
		], provoked);
		await send(api, api.tx.listings.claimRoot(commitment), ferdie);
		await refuses(api, [
			['ClaimExists', api.tx.listings.claimRoot(commitment), ferdie],
			['UnknownClaim', api.tx.listings.releaseClaim(commitment), eve],
			// Somebody else's claim opens nothing, even with root and salt in hand.
			['UnknownClaim', register(api, { artifactRoot: root, claimSalt: salt }), eve],
		], provoked);
		await send(api, api.tx.listings.releaseClaim(commitment), ferdie);
	});

	test('parents that are unknown, yanked, forbidden, unlicensed or paid too little', async () => {
		const [open, forbidden, licensed, yanked] = await publishAll(api, dave, [
			{ derivatives: { Royalty: 100_000_000 } }, { derivatives: 'Forbidden' }, { derivatives: { Licensed: 50_000_000 } }, { derivatives: { Royalty: 0 } },
		]);
		const own = await publish(api, ferdie);
		await send(api, api.tx.listings.yank(yanked, 1), dave);
		const parent = (listing, royalty = 100_000_000, version = 1) => ({ listing, version, relation: 'FineTune', royalty });
		const child = (...parents) => register(api, { parents });
		await refuses(api, [
			['UnknownParent', child(parent(4_000_000_000)), ferdie],
			['UnknownParent', child(parent(open, 100_000_000, 2)), ferdie],
			['ParentYanked', child(parent(yanked)), ferdie],
			['DerivativesForbidden', child(parent(forbidden)), ferdie],
			['LicenceRequired', child(parent(licensed)), ferdie],
			['RoyaltyBelowMinimum', child(parent(open, 99_999_999)), ferdie],
			['DuplicateParent', child(parent(open), parent(open)), ferdie],
			['OwnParent', addVersion(api, own, { parents: [parent(own, 0)] }), ferdie],
			['RoyaltiesOverCap', child(parent(open, 500_000_001)), ferdie],
			['RoyaltiesOverCap', child(parent(open, 4_000_000_000)), ferdie],
			['TooManyParents', child(...Array.from({ length: 9 }, (_, index) => parent(open + index))), ferdie],
		], provoked);

		// With a licence the same publication passes, and without one it still does not.
		const [offer] = await openOffers(api, dave, licensed, [{ price: 5n }]);
		await buy(api, ferdie, licensed, offer);
		await publish(api, ferdie, { parents: [parent(licensed, 50_000_000)] });
		await refuses(api, [['LicenceRequired', child(parent(licensed)), eve]], provoked);
	});

	test('royalty tables that overflow or round away a share', async () => {
		const roots = await publishAll(api, dave, Array.from({ length: 16 }, () => ({})));
		const from = (listings, royalty) => ({ parents: listings.map((listing) => ({ listing, version: 1, relation: 'Merge', royalty })) });
		// Eight parents at a sixteenth each are exactly the half that may go to parents.
		const [left, right] = await publishAll(api, eve, [from(roots.slice(0, 8), 62_500_000), from(roots.slice(8), 62_500_000)]);
		assert.equal((await api.call.listingsApi.version(left, 1)).unwrap().royalties.length, 8);
		await refuses(api, [
			['TooManyPayees', register(api, from([left, right], 200_000_000)), ferdie],
			['RoyaltiesOverCap', register(api, from([left, right], 250_000_001)), ferdie],
			['ShareRoundsToZero', register(api, from([left], 1)), ferdie],
		], provoked);
	});
});

describe('listings and offers that are refused', () => {
	let listing;
	let other;
	before(async () => {
		[listing, other] = await publishAll(api, dave, [{}, {}]);
	});

	test('changes by somebody else, or of what is not there', async () => {
		await send(api, api.tx.listings.yank(other, 1), dave);
		await send(api, api.tx.listings.proposeOwner(other, charlie.address), dave);
		const child = await publish(api, eve, { parents: [{ listing, version: 1, relation: 'Adapter', royalty: 0 }] });
		assert.ok(child);
		await refuses(api, [
			['UnknownListing', addVersion(api, 4_000_000_000), dave],
			['NotOwner', addVersion(api, listing), ferdie],
			['NotOwner', api.tx.listings.yank(listing, 1), ferdie],
			['UnknownListing', api.tx.listings.yank(4_000_000_000, 1), dave],
			['UnknownVersion', api.tx.listings.yank(listing, 2), dave],
			['AlreadyYanked', api.tx.listings.yank(other, 1), dave],
			['NotOwner', api.tx.listings.proposeOwner(listing, ferdie.address), ferdie],
			['AlreadyOwner', api.tx.listings.proposeOwner(listing, dave.address), dave],
			['NoProposal', api.tx.listings.acceptOwnership(listing), ferdie],
			['NotProposed', api.tx.listings.acceptOwnership(other), ferdie],
			['NoProposal', api.tx.listings.cancelProposal(listing), dave],
			['NotOwner', api.tx.listings.cancelProposal(other), ferdie],
			['NotOwner', api.tx.listings.removeVersion(other, 1), ferdie],
			['UnknownVersion', api.tx.listings.removeVersion(listing, 7), dave],
			['HasChildren', api.tx.listings.removeVersion(listing, 1), dave],
		], provoked);
	});

	test('offers that make no sense', async () => {
		await refuses(api, [
			['UnknownListing', openOffer(api, 4_000_000_000), dave],
			['NotOwner', openOffer(api, listing), ferdie],
			['UnknownVersion', openOffer(api, listing, { lastVersion: 2 }), dave],
			['VersionRangeEmpty', openOffer(api, listing, { firstVersion: 2 }), dave],
			['VersionRangeEmpty', openOffer(api, listing, { firstVersion: 0, lastVersion: 0 }), dave],
			['VersionYanked', openOffer(api, other), dave],
			['TermIsZero', openOffer(api, listing, { term: { Blocks: 0 } }), dave],
			['TermIsZero', openOffer(api, listing, { term: { Calls: 0 } }), dave],
			['SupplyIsZero', openOffer(api, listing, { supply: 0 }), dave],
			['UnknownOffer', api.tx.licensing.closeOffer(listing, 99), dave],
			['UnknownListing', api.tx.licensing.closeOffer(4_000_000_000, 1), dave],
		], provoked);
		const versions = await publish(api, dave);
		await submitAll(api, Array.from({ length: 8 }, () => [addVersion(api, versions), dave]));
		await refuses(api, [['TooManyVersions', openOffer(api, versions, { lastVersion: 9 }), dave]], provoked);
		assert.equal((await openOffers(api, dave, versions, [{ lastVersion: 8 }])).length, 1);
	});

	test('versions whose tables together pass the cap, the number of payees or a share', async () => {
		const roots = await publishAll(api, dave, Array.from({ length: 18 }, () => ({})));
		const from = (listings, royalty) => ({ parents: listings.map((each) => ({ listing: each, version: 1, relation: 'Merge', royalty })) });
		const wide = await publish(api, eve, from(roots.slice(0, 1), 400_000_000));
		await send(api, addVersion(api, wide, from(roots.slice(1, 2), 400_000_000)), eve);
		const many = await publish(api, eve, from(roots.slice(0, 8), 10_000_000));
		await send(api, addVersion(api, many, from(roots.slice(8, 16), 10_000_000)), eve);
		await send(api, addVersion(api, many, from(roots.slice(16, 18), 10_000_000)), eve);
		await refuses(api, [
			['RoyaltiesOverCap', openOffer(api, wide, { lastVersion: 2 }), eve],
			['TooManyPayees', openOffer(api, many, { lastVersion: 3 }), eve],
			['PriceTooLow', openOffer(api, wide, { price: 2 }), eve],
		], provoked);
	});
});

describe('sales that are refused', () => {
	let listing;
	const offers = {};
	before(async () => {
		listing = await publish(api, dave);
		await send(api, addVersion(api, listing), dave);
		const names = ['closed', 'single', 'perCall', 'max', 'brief', 'bound', 'yanked', 'free', 'dear'];
		const opened = await openOffers(api, dave, listing, [
			{}, { supply: 1, price: 0 }, { term: 'PerCall' }, { price: MAX }, { term: { Blocks: 2 }, price: 3 }, { transferability: 'Bound', price: 3 },
			{ firstVersion: 2, lastVersion: 2 }, { price: 0 }, { price: UNIT },
		]);
		names.forEach((name, index) => {
			offers[name] = opened[index];
		});
		await submitAll(api, [
			[api.tx.licensing.closeOffer(listing, offers.closed), dave],
			[api.tx.listings.yank(listing, 2), dave],
			[api.tx.licensing.buy(listing, offers.single), eve],
		]);
	});

	test('sealed versions: bought with their keys, and each by itself', async () => {
		const sealed = await publish(api, dave, { recipient: AGE });
		await send(api, addVersion(api, sealed, { recipient: AGE }), dave);
		const [offer] = await openOffers(api, dave, sealed, [{}]);
		// The generator of ristretto255.
		const key = '0xe2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76';
		await refuses(api, [
			['Sealed', api.tx.licensing.buy(sealed, offer), ferdie],
			['NotSealed', api.tx.delivery.buy(listing, offers.free, key, 1_000_000), ferdie],
			['SealedVersionNotAlone', openOffer(api, sealed, { lastVersion: 2 }), dave],
		], provoked);
	});

	test('offers that are closed, sold out, yanked, per call, unknown or one\'s own', async () => {
		const to = (offer, on = listing) => api.tx.licensing.buy(on, offer);
		await refuses(api, [
			['OfferClosed', to(offers.closed), ferdie],
			['OfferClosed', api.tx.licensing.closeOffer(listing, offers.closed), dave],
			['NotOwner', api.tx.licensing.closeOffer(listing, offers.free), ferdie],
			['SoldOut', to(offers.single), ferdie],
			['NotForPurchase', to(offers.perCall), ferdie],
			['VersionYanked', to(offers.yanked), ferdie],
			['UnknownOffer', to(99), ferdie],
			['UnknownOffer', to(0), ferdie],
			['UnknownListing', to(1, 4_000_000_000), ferdie],
			['OwnListing', to(offers.free), dave],
			['ListingInUse', api.tx.listings.removeVersion(listing, 1), dave],
		], provoked);
		for (const [name, error] of [['closed', 'OfferClosed'], ['single', 'SoldOut'], ['perCall', 'NotForPurchase'], ['yanked', 'VersionYanked']]) {
			assert.equal((await api.call.licensingApi.quote(listing, offers[name])).asErr.type, error);
		}
	});

	test('a balance that covers the price but not the deposit', async () => {
		const poor = account('//Poor');
		const { deposit } = (await api.call.licensingApi.quote(listing, offers.dear)).asOk;
		// Short of the deposit by half of it, which is more than any fee.
		await send(api, api.tx.balances.transferKeepAlive(poor.address, UNIT + deposit.toBigInt() / 2n), alice);
		await refuses(api, [
			['BalanceTooLow', api.tx.licensing.buy(listing, offers.dear), poor],
			['BalanceTooLow', api.tx.licensing.buy(listing, offers.max), ferdie],
		], provoked);
		await send(api, api.tx.balances.transferKeepAlive(poor.address, deposit.toBigInt()), alice);
		const { buyer } = await buy(api, poor, listing, offers.dear);
		assert.equal(buyer.toString(), poor.address);
		// What is left does not pay for a listing, a claim or an offer.
		await refuses(api, [
			['BalanceTooLow', register(api), poor],
		], provoked);
	});

	test('a listing or an offer that the seller cannot pay the deposit for', async () => {
		const poor = account('//Poor//Seller');
		await send(api, api.tx.balances.transferKeepAlive(poor.address, UNIT), alice);
		const own = await publish(api, poor);
		const { data } = await api.query.system.account(poor.address);
		// All but what three more fees need goes away.
		await send(api, api.tx.balances.transferKeepAlive(alice.address, data.free.toBigInt() - 20n * EXISTENTIAL), poor);
		await refuses(api, [
			['BalanceTooLow', openOffer(api, own), poor],
			['BalanceTooLow', addVersion(api, own), poor],
		], provoked);
	});

	test('licences that are expired, bound, unknown, not held or with nowhere to go', async () => {
		const [brief, bound, free] = (await submitAll(api, ['brief', 'bound', 'free'].map((name) => [api.tx.licensing.buy(listing, offers[name]), eve])))
			.map((result) => event(result, 'licensing', 'Sold').licence.toNumber());
		const has = (who, version = 1, right = 'Use') => api.call.licensingApi.hasLicence(who.address, listing, version, right).then((each) => each.isTrue);
		assert.equal(await has(eve), true);
		assert.equal(await has(eve, 1, 'Serve'), false);
		assert.equal(await has(eve, 2), false);
		assert.equal(await has(ferdie), false);
		const { expires } = (await api.query.licensing.licences(brief)).unwrap();
		await waitForBlock(api, expires.unwrap().toNumber());
		const to = (licence, whom) => api.tx.licensing.transfer(licence, whom);
		await refuses(api, [
			['Expired', to(brief, ferdie.address), eve],
			['NotTransferable', to(bound, ferdie.address), eve],
			['NotHolder', to(free, ferdie.address), ferdie],
			['SameHolder', to(free, eve.address), eve],
			['RecipientHasNoAccount', to(free, account('//Nobody').address), eve],
			['UnknownLicence', to(4_000_000_000, ferdie.address), eve],
			['LicenceStillValid', api.tx.licensing.removeLicence(free), ferdie],
			['UnknownLicence', api.tx.licensing.removeLicence(4_000_000_000), eve],
			['NothingToClaim', api.tx.licensing.claim(listing), ferdie],
			['UnknownListing', api.tx.licensing.claim(4_000_000_000), ferdie],
			['ReceiptStillNeeded', api.tx.licensing.pruneReceipt(1), ferdie],
			['UnknownReceipt', api.tx.licensing.pruneReceipt(4_000_000_000), ferdie],
		], provoked);
		// Anybody may clear away what has expired; its holder gets the deposit.
		const removed = event(await send(api, api.tx.licensing.removeLicence(brief), ferdie), 'licensing', 'LicenceRemoved');
		assert.equal(removed.holder.toString(), eve.address);
	});

	test('one licence more than an account can hold of a listing', async () => {
		const most = api.consts.licensing.maxLicencesPerListing.toNumber();
		const results = await submitAll(api, Array.from({ length: most }, () => [api.tx.licensing.buy(listing, offers.free), bob]));
		assert.deepEqual(results.filter(({ error }) => error), []);
		await refuses(api, [['HoldingsFull', api.tx.licensing.buy(listing, offers.free), bob]], provoked);
		const own = event(await send(api, api.tx.licensing.buy(listing, offers.free), ferdie), 'licensing', 'Sold').licence;
		await refuses(api, [['HoldingsFull', api.tx.licensing.transfer(own, bob.address), ferdie]], provoked);
	});
});

test('every error of both pallets was provoked, or cannot be from outside', () => {
	const beyond = {
		'listings.IdsExhausted': 'needs 2^32 listings',
		'listings.CounterAtLimit': 'needs 2^32 records',
		'listings.TooManyVersions': 'needs 1,024 versions of one listing; the pallet\'s own tests have it',
		'licensing.CallsUsedUp': 'calls are counted down by the inference market',
		'licensing.OtherListing': 'only jobs of the inference market take calls; the pallet\'s own tests have it',
		'licensing.VersionNotCovered': 'only jobs of the inference market take calls; the pallet\'s own tests have it',
		'licensing.NotForUse': 'only jobs of the inference market take calls; the pallet\'s own tests have it',
		'licensing.NotPerCall': 'only jobs of the inference market take calls; the pallet\'s own tests have it',
		'licensing.NumbersExhausted': 'needs 2^32 records',
		'licensing.ListingCannotBeRetained': 'needs 2^32 records',
		'licensing.PayeeCannotReceive': 'an owner\'s account lives as long as it holds the deposit of the listing',
		'licensing.UnknownReservation': 'only the pallet of deliveries completes and cancels sales, each once',
		'licensing.ShareRoundsToZero': 'a table has no such share, and merging tables only raises shares',
	};
	const all = ['Listings', 'Licensing'].flatMap((name) => {
		const pallet = api.registry.metadata.pallets.find((each) => each.name.toString() === name);
		return api.registry.lookup.getSiType(pallet.errors.unwrap().type).def.asVariant.variants.map((each) => `${name.toLowerCase()}.${each.name}`);
	});
	assert.deepEqual(all.filter((name) => !provoked.has(name) && !beyond[name]), []);
	assert.deepEqual(Object.keys(beyond).filter((name) => provoked.has(name) || !all.includes(name)), []);
});
