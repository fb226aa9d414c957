// Derives every figure of target/demo/summary.json again, from chain state and from the bytes on disk, with
// @polkadot/api alone: no code is shared with the command line, the client crate or the demo.
//
//   node dev/demo/verify.mjs [SUMMARY]
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { encodeAddress } from '@polkadot/util-crypto';

const repository = resolve(import.meta.dirname, '../..');
const summary = JSON.parse(readFileSync(process.argv[2] ?? join(repository, 'target/demo/summary.json'), 'utf8'));
const step = Object.fromEntries(summary.map((each) => [each.name, each]));

// docs/money.md: the protocol's part of a price, half of it burned; royalties are of the whole price; all rounded down.
const PARTS = 1_000_000_000n;
const FEE_PARTS = 25_000_000n;

let checked = 0;
const wrong = [];
function same(what, said, found) {
	checked += 1;
	const [a, b] = [said, found].map((value) => (value?.toString ? value.toString() : String(value)));
	if (a !== b) wrong.push(`${what}: the summary says ${a}, the chain says ${b}`);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** The root that `sha256sum` over a folder's files gives: one line a file, sorted by path. */
function rootOf(folder, exclude = []) {
	const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => !exclude.includes(relative(folder, path)))
		.map((path) => [relative(folder, path), sha256(readFileSync(path)).toString('hex')])
		.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
		.map(([path, digest]) => `${digest}  ${path}\n`);
	return `0x${sha256(lines.join('')).toString('hex')}`;
}

/** CIDv1 of a raw block in base32, written out so that nothing of the system is trusted here. */
function rawCid(digest) {
	const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
	let bits = '';
	for (const byte of [0x01, 0x55, 0x12, 0x20, ...digest]) bits += byte.toString(2).padStart(8, '0');
	return `b${bits.match(/.{1,5}/g).map((five) => alphabet[parseInt(five.padEnd(5, '0'), 2)]).join('')}`;
}

const modlAccount = (id) => encodeAddress(Buffer.concat([Buffer.from(`modl${id}`), Buffer.alloc(32)]).subarray(0, 32), 42);
const TREASURY = modlAccount('wgh/trsy');
const ROYALTY_POT = modlAccount('wgh/roya');

const api = await ApiPromise.create({
	provider: new WsProvider(step.chain.ids.url),
	noInitWarn: true,
	signedExtensions: { AuthorizeCall: { extrinsic: {}, payload: {} } },
});
const final = await api.at(await api.rpc.chain.getFinalizedHead());

/** The state before and after a block, and its events of one pallet by name. */
async function block(number) {
	const hash = await api.rpc.chain.getBlockHash(number);
	const before = await api.at(await api.rpc.chain.getBlockHash(number - 1));
	const after = await api.at(hash);
	const records = await after.query.system.events();
	const events = (section, method) => records
		.filter(({ event }) => event.section === section && event.method === method)
		.map(({ event }) => event.data);
	const change = async (address, part = 'free') => {
		const [then, now] = await Promise.all([before, after].map((at) => at.query.system.account(address)));
		return now.data[part].toBigInt() - then.data[part].toBigInt();
	};
	const issuance = (await after.query.balances.totalIssuance()).toBigInt() - (await before.query.balances.totalIssuance()).toBigInt();
	const feeOf = (address) => events('transactionPayment', 'TransactionFeePaid')
		.filter(({ who }) => who.toString() === address)
		.reduce((sum, { actualFee, tip }) => sum + actualFee.toBigInt() + tip.toBigInt(), 0n);
	return { hash: hash.toHex(), events, change, issuance, feeOf };
}

/** What the step said of a published folder, against the chain and the folder itself. */
async function published(name, model) {
	const { ids } = step[name];
	const { events } = await block(ids.block);
	const [event] = events('listings', 'VersionPublished').filter(({ listing }) => listing.toNumber() === ids.listing);
	same(`${name}: version in its block`, ids.version, event?.version);
	const stored = (await final.query.listings.versions(ids.listing, ids.version)).unwrap();
	same(`${name}: manifest`, ids.manifest, rawCid(stored.manifest.digest));
	same(`${name}: artifact root on chain`, ids.artifactRoot, stored.artifactRoot.toHex());
	same(`${name}: artifact root of the folder`, ids.artifactRoot, rootOf(join(repository, 'dev/models', model), ['weighhouse.yaml']));
	const offer = (await final.query.licensing.offers(ids.listing, ids.offer)).unwrap();
	same(`${name}: price`, step[name].amounts.price, offer.price);
	same(`${name}: block of the offer`, ids.offerBlock, offer.opened);
	return { stored, offer, listing: (await final.query.listings.listings(ids.listing)).unwrap() };
}

same('chain: genesis', step.chain.ids.genesis, api.genesisHash.toHex());
same('chain: name', step.chain.ids.name, await api.rpc.system.chain());

const parent = await published('publish', 'digits');
const child = await published('derive', 'digits-small');
const [link] = child.stored.parents;
same('derive: parent', step.derive.ids.parent, link.listing);
same('derive: relation', step.derive.ids.relation, link.relation.type.toLowerCase());
same('derive: royalty', step.derive.amounts.royaltyParts, link.royalty);
// A parent without ancestors of its own takes its royalty whole.
const table = parent.stored.royalties.isEmpty ? [[link.listing.toNumber(), link.royalty.toBigInt()]] : undefined;
same('derive: royalty table', JSON.stringify(table?.map(([listing, parts]) => [listing, Number(parts)])),
	JSON.stringify(child.stored.royalties.map(({ listing, parts }) => [listing.toNumber(), parts.toNumber()])));

// The split, from the price and the table alone.
const price = child.offer.price.toBigInt();
const fee = (price * FEE_PARTS) / PARTS;
const burned = fee / 2n;
const royalties = table.map(([listing, parts]) => ({ listing, amount: (price * parts) / PARTS }));
const royaltySum = royalties.reduce((sum, { amount }) => sum + amount, 0n);
const toOwner = price - fee - royaltySum;
for (const name of ['quote', 'buy']) {
	const { amounts } = step[name];
	same(`${name}: price`, amounts.price, price);
	same(`${name}: burned`, amounts.feeBurned, burned);
	same(`${name}: treasury`, amounts.feeTreasury, fee - burned);
	same(`${name}: owner`, amounts.toOwner, toOwner);
}
same('quote: royalties', step.quote.amounts.royalties.map(({ listing, amount }) => `${listing}:${amount}`),
	royalties.map(({ listing, amount }) => `${listing}:${amount}`));
same('quote: royalty goes to the owner of the parent', step.quote.amounts.royalties[0].owner, parent.listing.owner);
same('buy: royalties', step.buy.amounts.royalties, royaltySum);

// The money moved as the quote said, in the block of the sale.
const { ids: sale } = step.buy;
const bought = await block(sale.block);
same('buy: block', sale.blockHash, bought.hash);
const deposit = await bought.change(sale.buyer, 'reserved');
same('quote: deposit is what the sale held', step.quote.amounts.deposit, deposit);
same('buy: the buyer paid', -(price + deposit + bought.feeOf(sale.buyer)), await bought.change(sale.buyer));
same('buy: the seller received', toOwner, await bought.change(child.listing.owner.toString()));
same('buy: the treasury received', fee - burned, await bought.change(TREASURY));
same('buy: the royalty pot received', royaltySum, await bought.change(ROYALTY_POT));
same('buy: burned', -burned, bought.issuance);
const [sold] = bought.events('licensing', 'Sold');
same('buy: licence in the event', sale.licence, sold?.licence);
same('buy: receipt in the event', sale.receipt, sold?.receipt);
const licence = (await final.query.licensing.licences(sale.licence)).unwrap();
same('buy: holder', sale.buyer, licence.holder);
for (const [name, ids] of Object.entries({ quote: step.quote.ids, buy: sale })) {
	same(`${name}: listing`, ids.listing, licence.listing);
	same(`${name}: offer`, ids.offer, licence.offer);
}
const { ids: files } = step.fetch;
const has = await final.call.licensingApi.hasLicence(sale.buyer, files.listing, files.version, 'Use');
same('buy: has_licence', true, has.toString());

// The bytes that arrived.
same('fetch: listing', files.listing, licence.listing);
same('fetch: manifest', files.manifest, rawCid(child.stored.manifest.digest));
same('fetch: artifact root', files.artifactRoot, child.stored.artifactRoot.toHex());
same('fetch: root of the files', rootOf(join(repository, step.fetch.directory)), child.stored.artifactRoot.toHex());
const arrived = readdirSync(join(repository, step.fetch.directory), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
same('fetch: files', step.fetch.amounts.files, arrived.length);
same('fetch: bytes', step.fetch.amounts.bytes, arrived.reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0));

// The royalty.
const { ids: claim } = step.claim;
const claimed = await block(claim.block);
same('claim: block', claim.blockHash, claimed.hash);
same('claim: listing', claim.listing, link.listing);
same('claim: owner of the parent', claim.owner, parent.listing.owner);
same('claim: amount', step.claim.amounts.claimed, royaltySum);
same('claim: the owner received', royaltySum - claimed.feeOf(claim.owner), await claimed.change(claim.owner));
same('claim: the pot paid', -royaltySum, await claimed.change(ROYALTY_POT));
same('claim: still owed', 0, (await final.query.licensing.royalties(claim.listing)).toString() || 0);

await api.disconnect();
if (wrong.length > 0) {
	console.error(wrong.map((line) => `    ${line}`).join('\n'));
	console.error(`    ${wrong.length} of ${checked} figures differ`);
	process.exit(1);
}
console.log(`    ${checked} figures derived again from chain state and files, all equal`);
