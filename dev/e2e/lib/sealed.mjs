// Sealed models: `weighhouse deliver` as a person starts it, vaults, and what the chain knows of a delivery.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter, armor, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { account, alice, send, submit } from './chain.mjs';
import { cliBinary } from './paths.mjs';
import { Service } from './process.mjs';

/** The generator of ristretto255: a point that anybody may deliver. */
export const GENERATOR = '0xe2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76';

/** Creates a vault that opens with a key file made by another program than ours; answers how commands name both. */
export async function createVault(weighhouse, folder, name) {
	const identity = await generateX25519Identity();
	const [vault, key] = [join(folder, `${name}.vault`), join(folder, `${name}.key`)];
	writeFileSync(key, `# public key: ${await identityToRecipient(identity)}\n${identity}\n`, { mode: 0o600 });
	await weighhouse.ok(undefined, 'vault', 'create', vault, '--to-key', key);
	return { vault, key, identity, args: ['--vault', vault, '--vault-key', key] };
}

/** Opens an age file with an age that is not ours, armored or not. */
export async function decrypt(bytes, ...identities) {
	const decrypter = new Decrypter();
	for (const identity of identities) decrypter.addIdentity(identity);
	const isArmored = Buffer.from(bytes.subarray(0, 10)).toString() === '-----BEGIN';
	return decrypter.decrypt(isArmored ? armor.decode(Buffer.from(bytes).toString()) : bytes);
}

/** A `weighhouse deliver` process. */
export class Deliverer {
	/** `suri` signs; `seller` is whose proxy it is, if it is one. */
	constructor({ suri, seller, vault, data, extra = [] }) {
		Object.assign(this, { suri, seller, vault, data, extra, account: account(suri), events: [], told: [] });
	}

	get args() {
		return [...this.vault.args, ...(this.seller ? ['--seller', this.seller] : []), '--data', this.data, ...this.extra];
	}

	/** Starts it; nothing is waited for. */
	start(url) {
		this.url = url;
		this.events = [];
		this.service = new Service(`deliver ${this.suri}`, cliBinary(), ['--json', 'deliver', ...this.args], { env: { WEIGHHOUSE_URL: url, WEIGHHOUSE_SURI: this.suri } });
		let rest = '';
		this.service.child.stdout.on('data', (chunk) => {
			const lines = (rest + chunk).split('\n');
			rest = lines.pop();
			for (const line of lines.filter((each) => each.startsWith('{'))) {
				const said = JSON.parse(line);
				this.events.push(said);
				this.told.push(said);
				this.onEvent?.(said);
			}
		});
		return this;
	}

	/** Until it has looked at a final block. */
	async ready(ms = 60_000) {
		return this.service.ready(() => this.events.find(({ event }) => event === 'started'), ms);
	}

	/** Ends it as a power cut would. */
	async kill() {
		return this.service.stop('SIGKILL');
	}

	async stop() {
		return this.service?.stop();
	}
}

/** A delivery as anybody reads it; `undefined` if there is none. */
export async function deliveryAt(api, licence) {
	return (await api.call.deliveryApi.delivery(licence)).unwrapOr(undefined);
}

/** What a delivery shows, as the fields of the program for buyers who use Apps. */
export function shownBy(api, delivery) {
	const { licence, version, recipient, key, state } = delivery;
	const { point, ciphertext } = (state.isDelivered ? state.asDelivered : state.asSettled).sealed;
	return {
		genesis: api.genesisHash.toHex(), licence: licence.toString(), version: version.toString(), recipient: recipient.toString(),
		key: key.toHex(), point: point.toHex(), ciphertext: ciphertext.toHex(),
	};
}

/**
 * Gives a seller fewer blocks to deliver than it could choose, which are 300: the last four bytes of its record are
 * the window. Everything else goes its usual way.
 */
export async function shorten(api, address, blocks) {
	const key = api.query.delivery.sellers.key(address);
	const record = (await api.rpc.state.getStorage(key)).unwrap().toU8a(true);
	const window = Buffer.alloc(4);
	window.writeUInt32LE(blocks);
	const shorter = `0x${Buffer.concat([record.subarray(0, -4), window]).toString('hex')}`;
	await send(api, api.tx.sudo.sudo(api.tx.system.setStorage([[key, shorter]])), alice);
	const seller = (await api.call.deliveryApi.seller(address)).unwrap();
	if (seller.window.toNumber() !== blocks) throw new Error(`the window of ${address} is ${seller.window}`);
}

/** Delivers what is no key of anything, as a daemon would that was tampered with. */
export async function deliverGarbage(api, licence, seller, ciphertext = `0x${'07'.repeat(32)}`) {
	const asked = (await deliveryAt(api, licence))?.key ?? `0x${'00'.repeat(32)}`;
	return submit(api, api.tx.delivery.deliver(licence, asked, GENERATOR, ciphertext), seller);
}

const total = async (at, address) => {
	const { data } = await at.query.system.account(address);
	return data.free.toBigInt() + data.reserved.toBigInt();
};

/** By how much accounts and the issuance changed from before block `first` to after block `last`, transaction fees put aside. */
export async function changes(api, first, last, accounts) {
	const at = async (number) => api.at(await api.rpc.chain.getBlockHash(number));
	const [before, after] = [await at(first - 1), await at(last)];
	const fees = new Map();
	for (let number = first; number <= last; number += 1) {
		for (const { event: { section, method, data } } of await (await at(number)).query.system.events()) {
			if (section !== 'transactionPayment' || method !== 'TransactionFeePaid') continue;
			fees.set(data.who.toString(), (fees.get(data.who.toString()) ?? 0n) + data.actualFee.toBigInt() + data.tip.toBigInt());
		}
	}
	const changed = {};
	for (const [name, { address }] of Object.entries(accounts)) {
		changed[name] = (await total(after, address)) - (await total(before, address)) + (fees.get(address) ?? 0n);
	}
	changed.issuance = (await after.query.balances.totalIssuance()).toBigInt() - (await before.query.balances.totalIssuance()).toBigInt();
	return changed;
}
