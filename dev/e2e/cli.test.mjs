// The same sale through the command line, with real models, a real IPFS node and a real chain; then
// everything that can go wrong, each with its own exit code and nothing changed.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FEE_PARTS, PARTS, UNIT, account, alice, bob, charlie, connect, dave, eve, event, ferdie, palletState, send, submitAll } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { RAW, addVersion, base32Of, cid, hex, publish, register, sha256 } from './lib/market.mjs';
import { startNode } from './lib/node.mjs';
import { cliBinary, exampleBinary, repository } from './lib/paths.mjs';
import { freePort, run, scratch } from './lib/process.mjs';
import { startProxy } from './lib/proxy.mjs';

const DIGITS = join(repository, 'dev/models/digits');
const SMALL = join(repository, 'dev/models/digits-small');
const folder = scratch('weighhouse-cli-');
const place = (name) => join(folder.path, name);

let node;
let ipfs;
let proxy;
let api;
let weighhouse;
let digits;
before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	proxy = await startProxy(ipfs.url);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
});
after(async () => {
	await api?.disconnect();
	await proxy?.stop();
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

const state = async () => palletState(api, await api.rpc.chain.getBlockHash(), ['Listings', 'Licensing']);
const filesBelow = (path) => readdirSync(path, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name).slice(path.length + 1)).sort();

/** Runs what must fail and asserts exit code, error code, a hint or message, and an unchanged market. */
async function fails(exit, code, suri, ...args) {
	const was = await state();
	const result = await weighhouse(suri, ...args);
	const shown = `${result.stdout}${result.stderr}`;
	assert.equal(result.code, exit, shown);
	assert.equal(result.stdout, '', 'a failure prints nothing on stdout');
	assert.equal(result.error?.code, code, shown);
	assert.equal(result.error.exit, exit);
	assert.ok(result.error.message.length > 10, shown);
	assert.deepEqual(await state(), was, 'a failed command changed the market');
	return result.error;
}

describe('a sale', () => {
	const price = 2n * UNIT;

	test('publish: the folder becomes a listing with an offer', async () => {
		digits = await weighhouse.ok('//Alice', 'publish', DIGITS, '--price', '2', '--rights', 'use-and-serve', { wait: 'finalized' });
		assert.equal(digits.tx.finalized, true);
		assert.equal(digits.name, 'digits');
		const version = (await api.call.listingsApi.version(digits.listing, digits.version)).unwrap();
		assert.equal(version.manifest.toString(), digits.manifest);
		// The root is what coreutils say of the files that were published.
		const list = await run('sh', ['-c', `sha256sum -- "$@" | sha256sum`, 'sh', ...digits.files.map(({ path }) => path).sort()], { cwd: DIGITS });
		assert.equal(version.artifactRoot.toHex(), `0x${list.stdout.slice(0, 64)}`);
		assert.equal(digits.artifactRoot, version.artifactRoot.toHex());
	});

	test('publish: a derived model names its parent and what it owes', async () => {
		const child = await weighhouse.ok('//Bob', 'publish', SMALL, '--parent', `${digits.listing}:distilled:10%`, '--price', '1');
		const version = (await api.call.listingsApi.version(child.listing, 1)).unwrap();
		assert.deepEqual(version.parents.toJSON(), [{ listing: digits.listing, version: 1, relation: 'Distilled', royalty: 100_000_000 }]);
		const shown = await weighhouse.ok(undefined, 'show', child.listing, '--card');
		assert.equal(shown.lineage[0].listing, digits.listing);
		assert.equal(shown.card.artifactRoot, child.artifactRoot.slice(2));
		digits.child = child;
	});

	test('search and quote: found by its words, priced to the last unit', async () => {
		const { listings } = await weighhouse.ok(undefined, 'search', 'digits');
		assert.deepEqual(listings.map(({ listing }) => listing).sort(), [digits.listing, digits.child.listing].sort());
		assert.deepEqual((await weighhouse.ok(undefined, 'search', '--task', 'no-such-task')).listings, []);
		const quote = await weighhouse.ok(undefined, 'quote', digits.child.listing);
		const fee = (UNIT * FEE_PARTS) / PARTS;
		assert.equal(BigInt(quote.feeBurned) + BigInt(quote.feeTreasury), fee);
		assert.deepEqual(quote.royalties.map(({ listing, owner, amount }) => [listing, owner, amount]), [[digits.listing, alice.address, String(UNIT / 10n)]]);
		assert.equal(BigInt(quote.toOwner), UNIT - fee - UNIT / 10n);
		assert.equal(BigInt(quote.total), UNIT + BigInt(quote.deposit));
	});

	test('buy, licences, fetch: what comes is what was published', async () => {
		const sold = await weighhouse.ok('//Charlie', 'buy', digits.child.listing, '--yes');
		assert.equal(sold.buyer, charlie.address);
		assert.equal(BigInt(sold.price), UNIT);
		assert.equal(BigInt(sold.feeBurned) + BigInt(sold.feeTreasury) + BigInt(sold.royalties) + BigInt(sold.toOwner), UNIT);
		const { licences } = await weighhouse.ok('//Charlie', 'licences');
		assert.deepEqual(licences.map(({ licence }) => licence), [sold.licence]);
		digits.licence = sold.licence;
		digits.receipt = sold.receipt;

		const out = place('bought');
		const fetched = await weighhouse.ok('//Charlie', 'fetch', digits.child.listing, '--out', out);
		assert.equal(fetched.verified, true);
		assert.equal(fetched.licensed, true);
		for (const { path, sha256: digest, size } of fetched.files) {
			const bytes = readFileSync(join(out, path));
			assert.equal(bytes.length, size);
			assert.equal(sha256(bytes).toString('hex'), digest.replace(/^0x/, ''));
			assert.ok(bytes.equals(readFileSync(join(SMALL, path))), `${path} is not what Bob published`);
		}
		assert.deepEqual(filesBelow(out), fetched.files.map(({ path }) => path).sort());
		// Again: nothing to do.
		const again = await weighhouse.ok('//Charlie', 'fetch', digits.child.listing, '--out', out);
		assert.deepEqual([...new Set(again.files.map((each) => each.state))], ['present']);
	});

	test('royalties and claim: the parent\'s owner is paid a tenth', async () => {
		const { royalties } = await weighhouse.ok('//Alice', 'royalties');
		assert.deepEqual(royalties.filter(({ accrued }) => accrued !== '0').map(({ listing, accrued }) => [listing, accrued]), [[digits.listing, String(UNIT / 10n)]]);
		const claimed = await weighhouse.ok('//Dave', 'claim', digits.listing);
		assert.equal(claimed.owner, alice.address);
		assert.equal(claimed.amount, String(UNIT / 10n));
	});

	test('account: what is held says for what', async () => {
		const account = await weighhouse.ok(undefined, 'account', '//Alice');
		assert.equal(account.hex, hex(alice.publicKey));
		const held = account.holds.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
		assert.equal(held, BigInt(account.held));
		assert.equal(held, (await api.query.system.account(alice.address)).data.reserved.toBigInt());
	});

	test('offer, close-offer, transfer, yank', async () => {
		const opened = await weighhouse.ok('//Bob', 'offer', digits.child.listing, '--price', '0.000001', '--term', 'blocks:100', '--transferable');
		const { licence } = await weighhouse.ok('//Dave', 'buy', digits.child.listing, opened.offer, '--yes');
		const moved = await weighhouse.ok('//Dave', 'transfer', licence, '//Eve');
		assert.equal(moved.from, dave.address);
		await weighhouse.ok('//Bob', 'close-offer', digits.child.listing, opened.offer);
		assert.ok((await api.query.licensing.offers(digits.child.listing, opened.offer)).isNone);
		const second = await weighhouse.ok('//Bob', 'publish', SMALL, '--listing', digits.child.listing, '--parent', `${digits.listing}:distilled:10%`, '--version-name', '1.0.1');
		assert.equal(second.version, 2);
		const renamed = await fails(EXIT.usage, 'usage', '//Bob', 'publish', SMALL, '--listing', digits.child.listing, '--parent', `${digits.listing}:distilled:10%`, '--name', 'another');
		assert.match(renamed.message, /`digits-small` for good.*leave --name away/);
		await weighhouse.ok('//Bob', 'yank', `${digits.child.listing}@2`, '--yes');
		assert.equal((await weighhouse.ok(undefined, 'show', `${digits.child.listing}@2`)).version.yanked, true);
	});

	test('tip: it goes to the author of the block, on top of the fee', async () => {
		const tipsOf = async ({ blockHash }, { address }) => {
			const events = (await (await api.at(blockHash)).query.system.events()).map((record) => record.event);
			const paid = events.filter((each) => api.events.transactionPayment.TransactionFeePaid.is(each));
			return paid.filter(({ data }) => data.who.toString() === address).map(({ data }) => data.tip.toBigInt());
		};
		const opened = await weighhouse.ok('//Bob', 'offer', digits.child.listing, '--price', '1', '--supply', '1', '--tip', '0.01');
		assert.deepEqual(await tipsOf(opened.tx, bob), [UNIT / 100n]);
		const closed = await weighhouse.ok('//Bob', 'close-offer', digits.child.listing, opened.offer);
		assert.deepEqual(await tipsOf(closed.tx, bob), [0n]);
		const { message } = await fails(EXIT.usage, 'usage', '//Bob', 'offer', digits.child.listing, '--price', '1', '--tip', 'much');
		assert.match(message, /'much' for '--tip <WGH>'.*decimal number/);
	});

	test('a model published by hand in Apps is fetched by the command line', async () => {
		// What docs/guides/sellers-apps.md writes by hand.
		const guide = readFileSync(join(repository, 'docs/guides/sellers-apps.md'), 'utf8');
		const manifest = /celsius\.json <<'END'\n([\s\S]*?\n)END\n/.exec(guide)[1];
		const files = { 'weights.json': '{"slope": 1.8, "intercept": 32}\n', 'README.md': 'Fahrenheit = slope * Celsius + intercept\n' };
		for (const bytes of [manifest, ...Object.values(files)]) await putBlock(bytes);
		const listing = await list({ name: 'celsius', manifest: cid(RAW, manifest).toString(), artifactRoot: `0x${JSON.parse(manifest).artifactRoot}` });
		const fetched = await weighhouse.ok(undefined, 'fetch', listing, '--out', place('celsius'));
		assert.equal(fetched.verified, true);
		assert.equal(readFileSync(join(place('celsius'), 'weights.json'), 'utf8'), files['weights.json']);
	});

	test('the price that is paid is the seller\'s, less fee', async () => {
		const before_ = (await api.query.system.account(alice.address)).data.free.toBigInt();
		const sold = await weighhouse.ok('//Charlie', 'buy', digits.listing, '--yes', '--max-price', '2');
		assert.equal(BigInt(sold.toOwner), price - (price * FEE_PARTS) / PARTS);
		// Alice authors the blocks, so she has the network fee of the buyer too.
		assert.ok((await api.query.system.account(alice.address)).data.free.toBigInt() >= before_ + BigInt(sold.toOwner));
	});
});

describe('what is published', () => {
	const adds = () => proxy.requests.filter(({ route }) => route === 'add' || route === 'block/put');

	test('what is given on the command line is in the manifest as on chain', async () => {
		const published = await weighhouse.ok('//Eve', 'publish', DIGITS, '--derivatives', 'licensed:5%', '--serving', 'owner', '--task', 'image-to-text');
		const version = (await api.call.listingsApi.version(published.listing, 1)).unwrap();
		const listing = (await api.call.listingsApi.listing(published.listing)).unwrap();
		const { card } = await weighhouse.ok(undefined, 'show', published.listing);
		assert.deepEqual(card.licence.derivatives, { policy: 'licensed', minimum: 50_000_000 });
		assert.deepEqual(version.derivatives.toJSON(), { licensed: 50_000_000 });
		assert.equal(card.licence.serving, version.serving.type.toLowerCase());
		assert.equal(version.serving.type, 'Owner');
		assert.equal(card.card.pipeline_tag, listing.task.toString());
		assert.equal(published.task, 'image-to-text');
	});

	test('what the chain would refuse is said before a byte leaves the machine', async () => {
		const refused = async (name, suri, ...args) => {
			proxy.behaviour = () => undefined;
			proxy.requests.length = 0;
			const { chain } = await fails(EXIT.chain, 'chain-refused', suri, 'publish', DIGITS, ...args, { ipfs: proxy.url });
			assert.equal(chain.name, name);
			assert.ok(chain.docs.length > 10);
			assert.deepEqual(adds(), [], `${name}: files were added first`);
		};
		await refused('NotOwner', '//Eve', '--listing', digits.listing);
		await refused('UnknownParent', '//Eve', '--parent', '4000000@1:distilled:10%');
		await refused('ParentYanked', '//Eve', '--parent', `${digits.child.listing}@2:distilled:10%`);
		const [forbidden, dear, licensed] = [await publish(api, dave, { derivatives: 'Forbidden' }), await publish(api, dave, { derivatives: { Royalty: 100_000_000 } }), await publish(api, dave, { derivatives: { Licensed: 0 } })];
		await refused('DerivativesForbidden', '//Eve', '--parent', `${forbidden}:distilled:10%`);
		await refused('RoyaltyBelowMinimum', '//Eve', '--parent', `${dear}:distilled:9.9999999%`);
		await refused('LicenceRequired', '//Eve', '--parent', `${licensed}:distilled:10%`);
		// Two more show in the manifest already, before the chain is asked.
		for (const parents of [[`${dear}:distilled:10%`, `${dear}:merge:10%`], [`${dear}:distilled:30%`, `${digits.listing}@1:merge:30%`]]) {
			proxy.requests.length = 0;
			await fails(EXIT.input, 'bad-input', '//Eve', 'publish', DIGITS, ...parents.flatMap((parent) => ['--parent', parent]), { ipfs: proxy.url });
			assert.deepEqual(adds(), []);
		}
		await send(api, api.tx.balances.transferKeepAlive(account('//Poor').address, UNIT / 25n), alice);
		await refused('BalanceTooLow', '//Poor');
		await refused(null, '//NobodyAtAll');
		// What it refuses for is only that: the owner of the parent needs no licence of it.
		await weighhouse.ok('//Dave', 'publish', DIGITS, '--parent', `${licensed}:distilled:10%`);
	});

	test('hidden files are left out, and it says so', async () => {
		const path = place('hidden');
		cpSync(DIGITS, path, { recursive: true });
		mkdirSync(join(path, '.git'));
		for (const name of ['.env', '.git/config']) writeFileSync(join(path, name), 'secret');
		const dry = await weighhouse.ok(undefined, 'publish', path, '--dry-run');
		assert.deepEqual(dry.hidden, ['.env', '.git/']);
		assert.equal(dry.artifactRoot, digits.artifactRoot);
		const { stdout } = await run(cliBinary(), ['publish', path, '--dry-run']);
		assert.match(stdout, /hidden.*\.env, \.git\//);
	});

	test('a claim outlives a publication that fails, and the next one goes on from it', async () => {
		const path = place('claimed');
		cpSync(DIGITS, path, { recursive: true });
		appendFileSync(join(path, 'README.md'), '\nNobody has these bytes yet.\n');
		const claims = async (who, { commitment }) => (await api.query.listings.rootClaims(who.address, commitment)).isSome;
		const failing = async (suri, ...args) => {
			proxy.behaviour = ({ route }) => (route === 'add' || route === 'block/put' ? { flip: 60 } : undefined);
			const result = await weighhouse(suri, 'publish', path, ...args, { ipfs: proxy.url });
			proxy.behaviour = () => undefined;
			assert.ok([EXIT.ipfs, EXIT.verification].includes(result.code), result.stderr);
			assert.ok(result.error.hint.includes(`release-claim ${result.error.claim.commitment}`), result.error.hint);
			return result.error.claim;
		};
		const claim = await failing('//Eve', '--claim');
		assert.match(claim.salt, /^0x[0-9a-f]{64}$/);
		assert.ok(await claims(eve, claim));
		const published = await weighhouse.ok('//Eve', 'publish', path, '--claim');
		assert.deepEqual(published.claim, claim);
		assert.ok(!(await claims(eve, claim)), 'the claim was not used');
		assert.equal(published.sameBytesAs, null);

		// Given up, it is gone, and its salt opens nothing.
		const given = await failing('//Ferdie', '--claim');
		assert.notDeepEqual(given, claim);
		await weighhouse.ok('//Ferdie', 'release-claim', given.commitment);
		assert.ok(!(await claims(ferdie, given)));
		const { chain } = await fails(EXIT.chain, 'chain-refused', '//Ferdie', 'publish', path, '--claim-salt', given.salt);
		assert.equal(chain.name, 'UnknownClaim');

		// One that was made by hand, as in Apps.
		const salt = sha256('a salt of one\'s own');
		const commitment = sha256(Buffer.concat([Buffer.from(published.artifactRoot.slice(2), 'hex'), ferdie.publicKey, salt]));
		await send(api, api.tx.listings.claimRoot(commitment), ferdie);
		const byHand = await weighhouse.ok('//Ferdie', 'publish', path, '--claim-salt', hex(salt));
		assert.deepEqual(byHand.claim, { commitment: hex(commitment), salt: hex(salt) });
		assert.equal((await api.query.listings.rootClaims(ferdie.address, commitment)).isSome, false);
	});

	test('without a version it is the newest that stands, or that is for sale', async () => {
		const { listing } = await weighhouse.ok('//Eve', 'publish', DIGITS);
		for (const label of ['1.0.1', '1.0.2']) await weighhouse.ok('//Eve', 'publish', DIGITS, '--listing', listing, '--version-name', label);
		const removed = await weighhouse.ok('//Eve', 'remove-version', `${listing}@3`, '--yes');
		assert.equal(removed.listingRemoved, false);
		const shown = await weighhouse.ok(undefined, 'show', listing);
		assert.equal(shown.version.version, 2);
		assert.deepEqual(shown.history.map(({ version }) => version), [1, 2]);
		assert.equal(shown.versions, 3);
		const fetched = await weighhouse.ok(undefined, 'fetch', listing, '--out', place('standing'));
		assert.equal(fetched.version, 2);
		const { inputs } = JSON.parse(readFileSync(join(DIGITS, 'test-vectors.json'), 'utf8')).vectors[0];
		const asked = await weighhouse('//Bob', 'ask', listing, '--input', JSON.stringify({ inputs }), '--yes');
		assert.match(asked.error.message, new RegExp(`${listing}@2`));

		await weighhouse.ok('//Eve', 'yank', `${listing}@2`, '--yes');
		const offer = await weighhouse.ok('//Eve', 'offer', listing, '--price', '1');
		assert.deepEqual([offer.firstVersion, offer.lastVersion], [1, 1]);
		const child = await weighhouse.ok('//Ferdie', 'publish', SMALL, '--parent', `${listing}:distilled:10%`);
		assert.deepEqual(child.parents.map((parent) => [parent.listing, parent.version]), [[listing, 1]]);
		assert.equal((await weighhouse.ok(undefined, 'show', listing, '--no-card')).version.version, 2);
		await weighhouse.ok('//Eve', 'close-offer', listing, offer.offer);
		const inUse = await fails(EXIT.chain, 'chain-refused', '//Eve', 'remove-version', `${listing}@1`, '--yes');
		assert.equal(inUse.chain.name, 'HasChildren');

		await weighhouse.ok('//Eve', 'yank', `${listing}@1`, '--yes');
		const yanked = await fails(EXIT.chain, 'chain-refused', '//Eve', 'offer', listing, '--price', '1');
		assert.equal(yanked.chain.name, 'VersionYanked');
	});

	test('show lists the newest twenty versions, and all when asked', async () => {
		const listing = await publish(api, dave);
		const added = await submitAll(api, Array.from({ length: 24 }, () => [addVersion(api, listing), dave]));
		assert.ok(added.every(({ error }) => !error));
		const shown = await weighhouse.ok(undefined, 'show', listing, '--no-card');
		assert.deepEqual(shown.history.map(({ version }) => version), Array.from({ length: 20 }, (_, index) => index + 6));
		assert.equal(shown.older, 5);
		const all = await weighhouse.ok(undefined, 'show', listing, '--no-card', '--all');
		assert.equal(all.history.length, 25);
		assert.equal(all.older, 0);
	});

	test('remove-version takes the listing down with its last version', async () => {
		const { listing } = await weighhouse.ok('//Eve', 'publish', DIGITS);
		await fails(EXIT.declined, 'declined', '//Eve', 'remove-version', `${listing}@1`);
		const removed = await weighhouse.ok('//Eve', 'remove-version', `${listing}@1`, '--yes');
		assert.equal(removed.listingRemoved, true);
		assert.ok((await api.query.listings.listings(listing)).isNone);
		await fails(EXIT.notFound, 'not-found', undefined, 'show', listing);
	});
});

describe('handing on and giving back', () => {
	test('propose-owner, cancel-proposal, accept-ownership: a listing changes hands', async () => {
		const listing = await publish(api, eve);
		const proposed = await weighhouse.ok('//Eve', 'propose-owner', listing, '//Ferdie');
		assert.deepEqual([proposed.owner, proposed.proposed], [eve.address, ferdie.address]);
		assert.equal((await weighhouse.ok(undefined, 'show', listing, '--no-card')).proposedOwner, ferdie.address);
		assert.equal((await weighhouse.ok('//Ferdie', 'cancel-proposal', listing)).proposed, ferdie.address);
		const none = await fails(EXIT.chain, 'chain-refused', '//Ferdie', 'accept-ownership', listing);
		assert.equal(none.chain.name, 'NoProposal');
		await weighhouse.ok('//Eve', 'propose-owner', listing, '//Ferdie');
		const accepted = await weighhouse.ok('//Ferdie', 'accept-owner', listing);
		assert.deepEqual([accepted.from, accepted.to], [eve.address, ferdie.address]);
		assert.equal((await api.query.listings.listings(listing)).unwrap().owner.toString(), ferdie.address);
	});

	test('remove-licence: the holder\'s own, for its deposit', async () => {
		const { licence, receipt } = await weighhouse.ok('//Eve', 'buy', digits.listing, '--yes');
		const stranger = await fails(EXIT.chain, 'chain-refused', '//Ferdie', 'remove-licence', licence, '--yes');
		assert.equal(stranger.chain.name, 'LicenceStillValid');
		await fails(EXIT.declined, 'declined', '//Eve', 'remove-licence', licence);
		const removed = await weighhouse.ok('//Eve', 'remove-licence', licence, '--yes');
		assert.equal(removed.holder, eve.address);
		assert.ok((await api.query.licensing.licences(licence)).isNone);
		const early = await fails(EXIT.chain, 'chain-refused', '//Eve', 'prune-receipt', receipt);
		assert.deepEqual([early.chain.pallet, early.chain.name], ['Licensing', 'ReceiptStillNeeded']);
		await fails(EXIT.notFound, 'not-found', '//Eve', 'prune-receipt', 4_000_000);
	});
});

describe('when something is not there', () => {
	test('no node: exit 3, and soon', async () => {
		const url = `ws://127.0.0.1:${await freePort()}`;
		for (const args of [['show', 1], ['quote', 1], ['buy', 1, '--yes'], ['publish', DIGITS], ['fetch', 1, '--out', place('nowhere')]]) {
			const started = Date.now();
			const result = await weighhouse('//Charlie', ...args, { url });
			assert.equal(result.code, EXIT.node, `${args[0]}: ${result.stderr}`);
			assert.equal(result.error.code, 'node-unreachable');
			assert.match(result.error.message + result.error.hint, new RegExp(url.slice(5)));
			assert.ok(Date.now() - started < 30_000, `${args[0]} took ${Date.now() - started} ms`);
		}
		assert.equal(existsSync(place('nowhere')), false);
	});

	test('no IPFS node: exit 4, nothing published, nothing written', async () => {
		const dead = { ipfs: `http://127.0.0.1:${await freePort()}` };
		await fails(EXIT.ipfs, 'ipfs-unreachable', '//Alice', 'publish', DIGITS, '--price', '1', dead);
		await fails(EXIT.ipfs, 'ipfs-unreachable', '//Charlie', 'fetch', digits.listing, '--out', place('no-ipfs'), dead);
		assert.deepEqual(existsSync(place('no-ipfs')) ? filesBelow(place('no-ipfs')) : [], []);
	});

	test('no such listing, offer or licence: exit 7', async () => {
		await fails(EXIT.notFound, 'not-found', undefined, 'show', 4_000_000);
		await fails(EXIT.notFound, 'not-found', undefined, 'show', `${digits.listing}@99`);
		await fails(EXIT.notFound, 'not-found', undefined, 'fetch', 4_000_000, '--out', place('none'));
		await fails(EXIT.notFound, 'not-found', undefined, 'quote', digits.listing, 99);
	});

	test('wrong usage: exit 2', async () => {
		for (const args of [['buy'], ['sell', 1], ['offer', 1, '--price', 'much'], ['quote', 1, '--no-such-flag'], ['publish', DIGITS, '--parent', 'x:y:z'], ['yank', digits.listing], ['search', '--tip', '0.01']]) {
			assert.equal((await weighhouse('//Alice', ...args)).code, EXIT.usage, args.join(' '));
		}
	});

	test('nobody to ask: exit 9 and nothing bought', async () => {
		await fails(EXIT.declined, 'declined', '//Dave', 'buy', digits.listing);
	});
});

describe('what the chain refuses', () => {
	test('exit 5 with the error\'s name and documentation', async () => {
		const { chain } = await fails(EXIT.chain, 'chain-refused', '//Alice', 'buy', digits.listing, '--yes');
		assert.equal(chain.name, 'OwnListing');
		assert.ok(chain.docs.length > 10);
		const poor = await fails(EXIT.chain, 'chain-refused', '//Bob', 'offer', digits.listing, '--price', '1');
		assert.equal(poor.chain.name, 'NotOwner');
		const transfer = await fails(EXIT.chain, 'chain-refused', '//Charlie', 'transfer', digits.licence, '//Dave');
		assert.equal(transfer.chain.name, 'NotTransferable');
	});

	test('a price above the buyer\'s limit is not paid', async () => {
		const was = await state();
		const result = await weighhouse('//Dave', 'buy', digits.listing, '--yes', '--max-price', '1.999999999999');
		assert.notEqual(result.code, 0);
		assert.match(result.error.message, /2 WGH.*1\.999999999999 WGH/);
		assert.deepEqual(await state(), was);
	});
});

describe('an IPFS node that misbehaves', () => {
	const through = () => ({ ipfs: proxy.url });
	const content = ({ route }) => route === 'cat' || route === 'block/get';
	after(() => {
		proxy.behaviour = () => undefined;
	});
	const largest = () => digits.files.reduce((a, b) => (a.size >= b.size ? a : b));

	test('one wrong byte in a file: exit 6 and the file is not there', async () => {
		const { path, cid: target, size } = largest();
		for (const at of [0, Math.floor(size / 2), size - 1]) {
			proxy.behaviour = (request) => (content(request) && request.argument === target ? { flip: at } : undefined);
			const out = place(`flipped-${at}`);
			await fails(EXIT.verification, 'verification-failed', undefined, 'fetch', digits.listing, '--out', out, through());
			assert.equal(existsSync(join(out, path)), false, `byte ${at}`);
		}
	});

	test('one wrong byte in the manifest: exit 6 and nothing written', async () => {
		proxy.behaviour = (request) => (content(request) && request.argument === digits.manifest ? { flip: 100 } : undefined);
		await fails(EXIT.verification, 'verification-failed', undefined, 'fetch', digits.listing, '--out', place('manifest'), through());
		assert.deepEqual(existsSync(place('manifest')) ? filesBelow(place('manifest')) : [], []);
	});

	test('bytes after the end of a file: exit 6', async () => {
		proxy.behaviour = (request) => (request.route === 'cat' && request.argument === largest().cid ? { append: 'more' } : undefined);
		await fails(EXIT.verification, 'verification-failed', undefined, 'fetch', digits.listing, '--out', place('longer'), through());
		assert.equal(existsSync(join(place('longer'), largest().path)), false);
	});

	test('an interrupted transfer: exit 4, and the next run goes on where it stopped', async () => {
		const { path, cid: target, size } = largest();
		const half = Math.floor(size / 2);
		proxy.behaviour = (request) => (request.route === 'cat' && request.argument === target ? { stopAt: half } : undefined);
		await fails(EXIT.ipfs, 'ipfs-unreachable', undefined, 'fetch', digits.listing, '--out', place('resumed'), through());
		assert.equal(existsSync(join(place('resumed'), path)), false);
		proxy.behaviour = () => undefined;
		proxy.requests.length = 0;
		const { files } = await weighhouse.ok(undefined, 'fetch', digits.listing, '--out', place('resumed'), through());
		assert.equal(files.find((each) => each.path === path).state, 'resumed');
		assert.equal(proxy.requests.find(({ argument }) => argument === target).offset, half);
		assert.ok(readFileSync(join(place('resumed'), path)).equals(readFileSync(join(DIGITS, path))));
	});

	test('a slow node is waited for', async () => {
		proxy.behaviour = (request) => (content(request) ? { delay: 1500 } : undefined);
		const { verified } = await weighhouse.ok(undefined, 'fetch', digits.listing, '--out', place('slow'), { ...through(), timeout: 180_000 });
		assert.equal(verified, true);
	});

	test('a node that never answers is given up: exit 4, and it says so', async () => {
		proxy.behaviour = () => ({ hang: true });
		const error = await fails(EXIT.ipfs, 'ipfs-unreachable', undefined, 'fetch', digits.listing, '--out', place('hung'), { ...through(), timeout: 200_000 });
		assert.match(error.message, /nothing|time|answer/i);
	});

	test('wrong content ids for what is added: nothing is published', async () => {
		proxy.behaviour = ({ route }) => (route === 'add' || route === 'block/put' ? { flip: 60 } : undefined);
		const was = await state();
		const result = await weighhouse('//Alice', 'publish', DIGITS, through());
		assert.ok([EXIT.ipfs, EXIT.verification].includes(result.code), result.stderr);
		assert.deepEqual(await state(), was);
	});
});

/** Stores one raw block, so that its content id is its digest. */
async function putBlock(bytes) {
	const body = new FormData();
	body.append('data', new Blob([bytes]), 'block');
	const answer = await fetch(`${ipfs.url}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256&pin=true`, { method: 'POST', body });
	assert.ok(answer.ok, await answer.text());
}

/** Registers what no honest tool would. */
async function list(change) {
	const result = await send(api, register(api, change), dave);
	return event(result, 'listings', 'Registered').listing.toNumber();
}

const rootOf = (artifacts) => {
	const text = [...artifacts].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))).map((each) => `${each.sha256}  ${each.path}\n`).join('');
	return hex(sha256(text));
};

describe('a manifest that lies', () => {
	let honest;
	before(async () => {
		const answer = await fetch(`${ipfs.url}/api/v0/block/get?arg=${digits.manifest}`, { method: 'POST' });
		honest = JSON.parse(await answer.text());
	});
	const lie = async (change, root) => {
		const manifest = structuredClone(honest);
		change(manifest);
		const text = JSON.stringify(manifest);
		await putBlock(text);
		return list({ name: 'liar', manifest: base32Of(cid(RAW, text).bytes), artifactRoot: root ?? rootOf(manifest.artifacts) });
	};
	const refused = async (listing, name) => {
		await fails(EXIT.verification, 'verification-failed', undefined, 'fetch', listing, '--out', place(name));
		const left = existsSync(place(name)) ? filesBelow(place(name)) : [];
		return left;
	};
	const weights = (manifest) => manifest.artifacts.find(({ role }) => role === 'weights');

	test('about a size, larger or smaller', async () => {
		for (const by of [1, -1]) {
			const listing = await lie((manifest) => {
				weights(manifest).size += by;
			});
			const left = await refused(listing, `size${by}`);
			assert.ok(!left.includes(weights(honest).path));
		}
	});

	test('about a digest', async () => {
		const listing = await lie((manifest) => {
			const digest = sha256('something else').toString('hex');
			weights(manifest).sha256 = digest;
			manifest.artifactRoot = rootOf(manifest.artifacts).slice(2);
		});
		const left = await refused(listing, 'digest');
		assert.ok(!left.includes(weights(honest).path));
	});

	test('about the root that the chain has', async () => {
		assert.deepEqual(await refused(await lie(() => {}, hex(sha256('another root'))), 'root'), []);
	});

	test('about where a file goes', async () => {
		for (const path of ['../escaped.txt', '/tmp/escaped.txt', 'a/../../escaped.txt']) {
			const listing = await lie((manifest) => {
				manifest.artifacts[0].path = path;
				manifest.artifactRoot = rootOf(manifest.artifacts).slice(2);
			});
			assert.deepEqual(await refused(listing, 'path'), []);
		}
		assert.equal(existsSync(place('escaped.txt')), false);
	});

	test('by being 300 KiB long', async () => {
		const text = JSON.stringify(honest).padEnd(300 * 1024, ' ');
		await putBlock(text);
		const listing = await list({ name: 'long', manifest: cid(RAW, text).toString(), artifactRoot: digits.artifactRoot });
		assert.deepEqual(await refused(listing, 'long'), []);
	});

	test('by being no manifest at all', async () => {
		const text = '{"hello": "world"}';
		await putBlock(text);
		const listing = await list({ name: 'nothing', manifest: cid(RAW, text).toString(), artifactRoot: digits.artifactRoot });
		assert.deepEqual(await refused(listing, 'nothing'), []);
	});
});

describe('a campaign over receipts', () => {
	/** 40 lines, half of them gold, each of `receipt` and another one. */
	const refused = async (receipt) => {
		const lines = Array.from({ length: 40 }, (_, index) => JSON.stringify({ receipts: [receipt, 5_000_000 + index], better: index < 20 ? 'a' : undefined }));
		writeFileSync(place('receipts.jsonl'), lines.join('\n'));
		return (await fails(EXIT.input, 'bad-input', '//Dave', 'campaign', 'create', place('receipts.jsonl'), '--price', '0.1', '--yes')).message;
	};

	test('is refused when one of them is of a sale, or of nothing', async () => {
		assert.match(await refused(digits.receipt), /receipts\.jsonl:1: receipt \d+ is of a sale/);
		assert.match(await refused(4_000_000), /receipts\.jsonl:1: there is no receipt 4000000/);
	});
});

describe('folders that are not published', () => {
	const copy = (name) => {
		cpSync(DIGITS, place(name), { recursive: true });
		return place(name);
	};
	const refused = async (path) => {
		proxy.behaviour = () => undefined;
		proxy.requests.length = 0;
		const error = await fails(EXIT.input, 'bad-input', '//Alice', 'publish', path, '--price', '1', { ipfs: proxy.url });
		assert.deepEqual(proxy.requests.filter(({ route }) => route === 'add' || route === 'block/put'), [], 'bytes left the machine before the folder was checked');
		return error;
	};

	test('one with a symbolic link out of it', async () => {
		const path = copy('linked');
		symlinkSync('/etc/hostname', join(path, 'hostname.txt'));
		assert.match((await refused(path)).message, /hostname\.txt/);
	});

	test('one with a link to a folder outside', async () => {
		const path = copy('linked-folder');
		symlinkSync('/etc', join(path, 'etc'));
		assert.match((await refused(path)).message, /etc/);
	});

	test('one whose manifest would be larger than 256 KiB', async () => {
		const path = copy('many');
		mkdirSync(join(path, 'parts'));
		for (let index = 0; index < 1800; index += 1) writeFileSync(join(path, 'parts', `part-${String(index).padStart(5, '0')}.bin`), String(index));
		assert.match((await refused(path)).message, /256 KiB|262,?144|too large|larger/);
	});

	test('one that is empty, is missing or has a broken card', async () => {
		mkdirSync(place('empty'));
		await refused(place('empty'));
		await refused(place('missing'));
		const path = copy('broken');
		writeFileSync(join(path, 'README.md'), '---\nlicense: [\n---\n');
		await refused(path);
	});

	test('one with a licence that is none', async () => {
		const path = copy('unlicensed');
		writeFileSync(join(path, 'weighhouse.yaml'), readFileSync(join(path, 'weighhouse.yaml'), 'utf8').replace('spdx: Apache-2.0', 'spdx: Do-What-You-Like-1.0'));
		await refused(path);
	});

	test('one with a royalty for what has no listing', async () => {
		assert.match((await refused(SMALL)).message, /`weighhouse\/digits`.*--parent LISTING:distilled:10%/);
		const dry = await weighhouse.ok(undefined, 'publish', SMALL, '--dry-run');
		assert.match(dry.warning, /`weighhouse\/digits`/);
	});

	test('a dry run contacts nobody, even for a parent without a version', async () => {
		const nowhere = { url: `ws://127.0.0.1:${await freePort()}`, ipfs: `http://127.0.0.1:${await freePort()}` };
		const dry = await weighhouse.ok(undefined, 'publish', SMALL, '--parent', '7:distilled:10%', '--dry-run', nowhere);
		assert.deepEqual(dry.parents, [{ listing: 7, version: null, relation: 'distilled', royaltyParts: 100_000_000 }]);
		assert.equal(dry.warning, null);
	});

	test('a file that changes the root changes nothing else', async () => {
		const path = copy('changed');
		appendFileSync(join(path, 'README.md'), '\nOne more line.\n');
		const dry = await weighhouse.ok('//Alice', 'publish', path, '--dry-run');
		assert.equal(dry.dryRun, true);
		assert.notEqual(dry.artifactRoot, digits.artifactRoot);
		assert.equal(dry.listing, null);
	});
});

describe('help', () => {
	/** The commands that a help text lists. */
	const listed = (text) => [...(/^Commands:\n((?: .*\n|\n(?= {2}\S))*)/m.exec(text)?.[1] ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name).filter((name) => name !== 'help');

	test('every command has examples and is in docs/cli.md, and the exit codes are told', async () => {
		const document = readFileSync(join(repository, 'docs/cli.md'), 'utf8');
		let seen = 0;
		const look = async (...path) => {
			const { code, stdout } = await run(cliBinary(), [...path, '--help']);
			assert.equal(code, 0, path.join(' '));
			if (path.length > 0) {
				seen += 1;
				assert.match(stdout, /[Ee]xample/, path.join(' '));
				assert.ok(document.includes(`\`${path.join(' ')}`), `docs/cli.md does not name ${path.join(' ')}`);
			}
			for (const name of listed(stdout)) await look(...path, name);
			return stdout;
		};
		assert.match(await look(), /[Ee]xit code/);
		assert.ok(seen > 30, `only ${seen} commands were found`);
		assert.ok((await run(cliBinary(), ['completions', 'bash'])).stdout.length > 1000);
	});
});

test('the Rust example answers as the chain does', async () => {
	const ask = (...args) => run(exampleBinary('has_licence'), args.map(String), { env: { WEIGHHOUSE_URL: node.url } });
	const held = await ask(charlie.address, digits.child.listing, 1);
	assert.deepEqual([held.code, held.stdout], [0, 'true\n'], held.stderr);
	assert.equal((await ask('//Bob', digits.listing, 1)).stdout, 'false\n');
	assert.notEqual((await ask('//Bob')).code, 0);
});

test('the JavaScript example answers as the chain does', async () => {
	const source = readFileSync(join(repository, 'docs/examples/has_licence.mjs'));
	// From standard input its imports are found where the tests' are.
	const ask = (who, listing) => run(process.execPath, ['--input-type=module', '-', node.url, who.address, String(listing)], { cwd: import.meta.dirname, input: source });
	assert.equal((await ask(charlie, digits.child.listing)).code, 0);
	assert.equal((await ask(bob, digits.listing)).code, 1);
	assert.equal((await run(process.execPath, ['--input-type=module', '-', 'ws://127.0.0.1:1', charlie.address, '1'], { cwd: import.meta.dirname, input: source })).code, 2);
});
