// What the market tests share: publishing with sensible fields, and refusing without a trace.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { alice, event, palletState, send, submitAll } from './chain.mjs';

export const RAW = 0x55;
export const DAG_PB = 0x70;
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
export const rootOf = (text) => hex(sha256(text));

/** A content id as JS multiformats makes it. */
export function cid(codec = RAW, text = 'a manifest', { version = 1, code = 0x12, digest = sha256(text) } = {}) {
	return CID.create(version, codec, Digest.create(code, digest));
}
export const base32Of = (bytes) => base32.encode(bytes);

export const noAnswers = { class: 'None', tau: 0, maxLatencyMs: 0, inputLimit: 0 };
let serial = 0;

/** `register` with fields that pass; `change` replaces some. Every root is another one. */
export function register(api, change = {}) {
	serial += 1;
	const fields = {
		kind: 'Model',
		name: `model ${serial}`,
		task: 'text-generation',
		manifest: cid().toString(),
		artifactRoot: rootOf(`root ${serial}`),
		licence: 'MIT',
		derivatives: { Royalty: 0 },
		serving: 'Anyone',
		answers: noAnswers,
		parents: [],
		claimSalt: null,
		recipient: null,
		...change,
	};
	return api.tx.listings.register(...Object.values(fields));
}

/** `add_version` with the fields of `register` that it shares. */
export function addVersion(api, listing, change = {}) {
	const [, , , ...version] = register(api, change).args;
	return api.tx.listings.addVersion(listing, ...version);
}

export function openOffer(api, listing, change = {}) {
	const fields = {
		listing,
		price: 10n ** 12n,
		term: 'Perpetual',
		firstVersion: 1,
		lastVersion: 1,
		rights: 'Use',
		transferability: 'Transferable',
		supply: null,
		terms: rootOf('terms'),
		...change,
	};
	return api.tx.licensing.openOffer(...Object.values(fields));
}

/** Publishes several at once and answers their listing numbers. */
export async function publishAll(api, signer, changes) {
	const results = await submitAll(api, changes.map((change) => [register(api, change), signer]));
	return results.map((result) => {
		if (result.error) throw result.error;
		return event(result, 'listings', 'Registered').listing.toNumber();
	});
}

export const publish = async (api, signer, change) => (await publishAll(api, signer, [change]))[0];

/** Opens several offers of a listing and answers their numbers. */
export async function openOffers(api, signer, listing, changes) {
	const results = await submitAll(api, changes.map((change) => [openOffer(api, listing, change), signer]));
	return results.map((result) => {
		if (result.error) throw result.error;
		return event(result, 'licensing', 'OfferOpened').offer.toNumber();
	});
}

export const buy = async (api, signer, listing, offer) => event(await send(api, api.tx.licensing.buy(listing, offer), signer), 'licensing', 'Sold');

const MARKET = ['Listings', 'Licensing'];
const accountsAt = async (at, addresses) => {
	const all = await Promise.all(addresses.map((address) => at.query.system.account(address)));
	return all.map(({ data }) => ({ free: data.free.toBigInt(), reserved: data.reserved.toBigInt() }));
};

/**
 * Submits calls that must be refused, `[error name, call, signer]` each, and asserts that
 *  - each is refused with that error, and the error explains itself,
 *  - both pallets' storage is byte for byte what it was,
 *  - nobody's balance moved but by the network fee, which the author (Alice) gets.
 */
export async function refuses(api, list, provoked = new Set()) {
	const before = await api.rpc.chain.getBlockHash();
	const addresses = [...new Set(list.map(([, , signer]) => signer.address))];
	const [state, money] = [await palletState(api, before, MARKET), await accountsAt(await api.at(before), addresses)];

	const results = await submitAll(api, list.map(([, tx, signer]) => [tx, signer]));

	const problems = [];
	results.forEach(({ error }, index) => {
		const [name, tx] = list[index];
		const what = `#${index} ${tx.method.section}.${tx.method.method}`;
		if (!error) problems.push(`${what}: not refused, expected ${name}`);
		else if (error.error !== name) problems.push(`${what}: expected ${name}, got ${error.message}`);
		else if (error.docs.length < 12 || error.docs === name) problems.push(`${what}: ${name} explains nothing: "${error.docs}"`);
		else provoked.add(`${error.section}.${error.error}`);
	});
	assert.deepEqual(problems, []);

	const last = results.reduce((a, b) => (a.number >= b.number ? a : b));
	assert.deepEqual(await palletState(api, last.blockHash, MARKET), state, 'a refused call changed the state of the market');
	const fees = results.reduce((sum, { fee }) => sum + fee, 0n);
	const after = await accountsAt(last.at, addresses);
	addresses.forEach((address, index) => {
		const own = results.reduce((sum, { fee }, at) => (list[at][2].address === address ? sum + fee : sum), 0n);
		const author = address === alice.address ? fees : 0n;
		assert.equal(after[index].free, money[index].free - own + author, `${address}: more than the fee moved`);
		assert.equal(after[index].reserved, money[index].reserved, `${address}: a deposit moved`);
	});
	return results;
}
