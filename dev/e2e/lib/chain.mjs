// Talking to the chain the way Polkadot.js Apps does: the same library, the same decoding.
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { until } from './process.mjs';

export const UNIT = 10n ** 12n;
export const EXISTENTIAL = UNIT / 1000n;
/** Protocol fee of a sale, in parts per 10^9. */
export const FEE_PARTS = 25_000_000n;
export const PARTS = 1_000_000_000n;

export async function connect(url) {
	const provider = new WsProvider(url, 500);
	// The library knows `AuthorizeCall` only from the metadata; saying so here keeps its warning out of the log.
	return ApiPromise.create({ provider, noInitWarn: true, signedExtensions: { AuthorizeCall: { extrinsic: {}, payload: {} } } });
}

const keyring = new Keyring({ type: 'sr25519' });
export const account = (suri) => keyring.addFromUri(suri);
export const [alice, bob, charlie, dave, eve, ferdie] = ['//Alice', '//Bob', '//Charlie', '//Dave', '//Eve', '//Ferdie'].map(account);

/** All of what a signature covers that a node would be asked for. For as long as the chain lives. */
export const signing = (api) => ({ blockHash: api.genesisHash, genesisHash: api.genesisHash, runtimeVersion: api.runtimeVersion, signedExtensions: api.registry.signedExtensions });

/** A refusal by the chain with the name and the documentation that its metadata gives. */
export class Refused extends Error {
	constructor(name, docs, section) {
		super(`${section}.${name}: ${docs}`);
		this.error = name;
		this.docs = docs;
		this.section = section;
	}
}

function refusal(registry, dispatchError) {
	if (dispatchError.isModule) {
		const { name, section, docs } = registry.findMetaError(dispatchError.asModule);
		return new Refused(name, docs.join(' ').trim(), section);
	}
	const kind = dispatchError.type;
	const detail = dispatchError.inner?.type ?? '';
	return new Refused(detail || kind, dispatchError.toString(), kind);
}

/** The events of one extrinsic of a block, with what it paid. */
export async function outcome(api, blockHash, index, txHash) {
	const at = await api.at(blockHash);
	const records = await at.query.system.events();
	const own = records.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.toNumber() === index);
	const events = own.map(({ event }) => event);
	const failed = events.find((event) => api.events.system.ExtrinsicFailed.is(event));
	const paid = events.find((event) => api.events.transactionPayment.TransactionFeePaid.is(event));
	return {
		at,
		blockHash,
		index,
		txHash,
		events,
		number: (await at.query.system.number()).toNumber(),
		fee: paid ? paid.data.actualFee.toBigInt() + paid.data.tip.toBigInt() : 0n,
		error: failed ? refusal(api.registry, failed.data.dispatchError ?? failed.data[0]) : undefined,
	};
}

/**
 * Signs, submits and waits for the block, or with `final` until it is final, since among several validators another
 * block may take its place; answers events and fee whether or not the call was refused.
 */
export function submit(api, tx, signer, { final = false, ...options } = {}) {
	return new Promise((done, failed) => {
		let over = false;
		let unsubscribe;
		const finish = (settle, value) => {
			if (over) return;
			over = true;
			settle(value);
			unsubscribe?.();
		};
		tx.signAndSend(signer, { nonce: -1, ...options }, (result) => {
			if (result.status.isFinalized || (result.status.isInBlock && !final)) {
				const hash = result.status.isInBlock ? result.status.asInBlock : result.status.asFinalized;
				if (over) return;
				outcome(api, hash, result.txIndex, result.txHash).then((value) => finish(done, value), (error) => finish(failed, error));
			} else if (result.isError) {
				finish(failed, new Error(`transaction ${result.status.type}`));
			}
		}).then((stop) => {
			unsubscribe = stop;
			if (over) stop();
		}, (error) => finish(failed, error));
	});
}

/** Like `submit`, but a refusal throws. */
export async function send(api, tx, signer, options) {
	const result = await submit(api, tx, signer, options);
	if (result.error) throw result.error;
	return result;
}

/** Several calls at once, each signer's in order; refused or not, in the order given. */
export async function submitAll(api, list) {
	const nonces = new Map();
	const waiting = [];
	for (const [tx, signer] of list) {
		const known = nonces.get(signer.address) ?? (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
		nonces.set(signer.address, known + 1);
		waiting.push(submit(api, tx, signer, { nonce: known }));
	}
	return Promise.all(waiting);
}

/** The one event of this name, its fields decoded by name. */
export function event(result, section, name) {
	const found = result.events.filter((each) => each.section === section && each.method === name);
	if (found.length !== 1) {
		throw new Error(`${found.length} events ${section}.${name} among ${result.events.map((each) => `${each.section}.${each.method}`)}`);
	}
	return found[0].data;
}

export const free = async (at, address) => (await at.query.system.account(address)).data.free.toBigInt();
export const reserved = async (at, address) => (await at.query.system.account(address)).data.reserved.toBigInt();

/** Every raw storage entry of these pallets at a block: two equal answers mean that nothing changed. */
export async function palletState(api, blockHash, pallets) {
	const entries = {};
	for (const pallet of pallets) {
		const prefix = api.registry.metadata.pallets.find((each) => each.name.toString() === pallet).storage.unwrap().prefix.toString();
		const { xxhashAsHex } = await import('@polkadot/util-crypto');
		const start = xxhashAsHex(prefix, 128);
		let from = start;
		for (;;) {
			const keys = await api.rpc.state.getKeysPaged(start, 500, from, blockHash);
			for (const key of keys) entries[key.toHex()] = (await api.rpc.state.getStorage(key, blockHash)).toHex();
			if (keys.length < 500) break;
			from = keys.at(-1);
		}
	}
	return entries;
}

export async function waitForBlock(api, number, ms = 60_000) {
	await until(async () => (await api.rpc.chain.getHeader()).number.toNumber() >= number, ms, `block ${number}`, 300);
}
export async function waitForFinal(api, number, ms = 60_000) {
	await until(async () => {
		const head = await api.rpc.chain.getFinalizedHead();
		return (await api.rpc.chain.getHeader(head)).number.toNumber() >= number;
	}, ms, `block ${number} final`, 300);
}
