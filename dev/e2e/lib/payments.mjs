// Signed payments by the thousand: from accounts that each pay once, and what is wrong with some. A thread makes
// them ahead and sends them.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { Keyring } from '@polkadot/keyring';
import { blake2AsU8a, cryptoWaitReady, encodeAddress } from '@polkadot/util-crypto';
import { bytesOf, compact, prefixed, u32 } from './scale.mjs';
import { Sender, serve } from './sender.mjs';

const digest = (text) => createHash('sha256').update(text).digest();

/** What a version 4 extrinsic with a signature begins with, an address and a signature of ed25519. */
const [SIGNED, ACCOUNT, ED25519] = [0x84, 0x00, 0x00];
/** What PKCS 8 has in front of a seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_LENGTH = 32;
/** Extensions that say nothing: no era, no metadata hash. */
const [IMMORTAL, NO_METADATA] = [0x00, 0x00];
/** What is longer than this is hashed before it is signed. */
const LONGEST_SIGNED = 256;
/** A nonce that no account here comes to. */
const FAR = 7;
/** One in so many creates an account. */
const CREATES = 10;

const seedOf = (index) => digest(`weighhouse spam ${index}`);

/** The keys of a spammer: of ed25519, which this machine makes thirty times as fast as sr25519 in WebAssembly. */
export function spammer(index) {
	const secretKey = createPrivateKey({ key: Buffer.concat([PKCS8, seedOf(index)]), format: 'der', type: 'pkcs8' });
	return { secretKey, publicKey: createPublicKey(secretKey).export({ format: 'der', type: 'spki' }).subarray(-KEY_LENGTH) };
}
/** The same as Polkadot.js has them. */
export const pairOf = (index) => new Keyring({ type: 'ed25519' }).addFromSeed(seedOf(index));
export const addressOf = (publicKey) => encodeAddress(publicKey, 42);
/** The account that the payment of this spammer creates, if it is one that does. */
export const newcomer = (index) => (index % CREATES === 0 ? digest(`weighhouse newcomer ${index}`) : undefined);

export class Payments {
	/**
	 * `genesis`, `specVersion`, `transactionVersion` are the chain's, `pay` and `all` the indices of
	 * `balances.transfer_keep_alive` and `utility.batch_all`, `existential` is the least balance and `size` how many
	 * payments one extrinsic holds.
	 */
	constructor(context) {
		Object.assign(this, context);
	}

	#payment(to, amount) {
		return Buffer.concat([bytesOf(this.pay), Buffer.of(ACCOUNT), to, compact(amount)]);
	}

	/** The call of a spammer: payments of the least amount to another spammer; the first may create an account. */
	call(index, to) {
		const created = newcomer(index);
		const small = this.#payment(to, 1);
		const payments = Array.from({ length: this.size }, (_, at) => (created && at === 0 ? this.#payment(created, this.existential) : small));
		return Buffer.concat([bytesOf(this.all), compact(this.size), ...payments]);
	}

	/** An extrinsic without a tip. `by` is who it says it is from, `signer` who signs it, for the chain of `genesis`. */
	sign(call, nonce, by, { signer = by, genesis = bytesOf(this.genesis) } = {}) {
		const said = Buffer.concat([Buffer.of(IMMORTAL), compact(nonce), compact(0), Buffer.of(NO_METADATA)]);
		const known = Buffer.concat([u32(this.specVersion), u32(this.transactionVersion), genesis, genesis, Buffer.of(NO_METADATA)]);
		const payload = Buffer.concat([call, said, known]);
		const signature = sign(null, payload.length > LONGEST_SIGNED ? blake2AsU8a(payload) : payload, signer.secretKey);
		return prefixed(Buffer.concat([Buffer.of(SIGNED, ACCOUNT), by.publicKey, Buffer.of(ED25519), signature, said, call]));
	}

	/** What a kind of spam sends: a name and bytes for the spammer of this index. */
	kinds = {
		full: (index) => [newcomer(index) ? 'pays, and creates an account' : 'pays', this.sign(this.call(index, this.next(index)), 0, spammer(index))],
		future: (index) => ['a nonce to come', this.sign(this.call(index, this.next(index)), FAR, spammer(index))],
		broken: (index) => {
			const by = spammer(index);
			const call = this.call(index, by.publicKey);
			return [
				() => ['signed by somebody else', this.sign(call, 0, by, { signer: spammer(index + 1) })],
				() => ['signed for another chain', this.sign(call, 0, by, { genesis: Buffer.alloc(32, 0x11) })],
				() => ['bytes without sense', prefixed(randomBytes(200))],
				() => ['cut short', this.sign(call, 0, by).subarray(0, -20)],
			][index % 4]();
		},
	};

	/** The spammer who is paid. */
	next(index) {
		return spammer((index + 1) % this.spammers).publicKey;
	}
}

if (workerData?.sends === 'payments') {
	await cryptoWaitReady();
	const { part, parts } = workerData;
	const sender = new Sender();
	let list;
	let plan;
	serve(sender, {
		prepare({ context, count, rate }) {
			// What comes first fills a pool; from then on it goes at its rate.
			plan = { first: (context.first ?? 0) / parts, seconds: context.firstSeconds ?? 0, rate };
			const payments = new Payments(context);
			list = Array.from({ length: count }, (_, at) => {
				const [name, bytes] = payments.kinds[context.kind]((at * parts + part) % context.spammers);
				return { name, hex: `0x${bytes.toString('hex')}` };
			});
		},
		start: ({ at }) => sender.run(list, (elapsed) => (
			elapsed < plan.seconds ? (plan.first * elapsed) / plan.seconds : plan.first + (elapsed - plan.seconds) * plan.rate
		), at),
		stop: () => sender.stop(),
	});
}
