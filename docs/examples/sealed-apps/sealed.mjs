// Delivery keys for a buyer of sealed models who uses Polkadot.js Apps alone. Needs Node.js 22:
//   npm ci
//   node sealed.mjs new digits.key
//       makes a secret, keeps it in digits.key, and prints the key for the field `key` of delivery.buy or delivery.askAgain
//   node sealed.mjs open digits.key --genesis 0x.. --licence 7 --version 1 --recipient age1.. --key 0x.. --point 0x.. --ciphertext 0x..
//       prints the AGE-SECRET-KEY-1.. that opens the files, or WRONG KEY (exit code 1); with --out FILE it is written there, for age
//   node sealed.mjs complain digits.key (the same)
//       prints `shared`, `challenge` and `response` for delivery.complain, if the key is wrong
// What to paste: `genesis` is the state system.blockHash of block 0; all else is what the runtime call deliveryApi.delivery shows for the
// licence. docs/guides/buyers-apps.md goes through it field by field. Nothing here talks to a network.
//
// The secret never leaves this machine, and is used by libraries that try to take the same time whatever it is, but cannot promise it.
// The protocol is written out from docs/sealing.md: ristretto255 (RFC 9496), X25519 (RFC 7748), HKDF and HMAC (RFC 5869, RFC 2104), age.
import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ristretto255, x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bech32 } from '@scure/base';

const PAD = 'weighhouse/seal/v1';
const SEAL_POINT = 'weighhouse/seal-point/v1';
const DELIVERY_KEY = 'weighhouse/delivery-key/v1';
const COMPLAINT = 'weighhouse/complaint/v1';
const COMPLAINT_NONCE = 'weighhouse/complaint-nonce/v1';

const { Point } = ristretto255;
const ORDER = Point.Fn.ORDER;
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...(typeof part === 'string' ? Buffer.from(part) : part)]));
const xor = (a, b) => a.map((byte, at) => byte ^ b[at]);
const equal = (a, b) => Buffer.compare(a, b) === 0;

/** A number of at most `bytes` bytes, the lowest first. */
function littleEndian(value, bytes) {
	return Uint8Array.from({ length: bytes }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
}

/** The scalar of a digest, the lowest byte first. */
const reduce = (digest) => digest.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) % ORDER;
const secretScalar = (secret, domain, ...parts) => reduce(hmac(sha512, secret, join(domain, ...parts)));

/** A point other than the identity, which hides nothing. */
function pointOf(bytes) {
	const point = Point.fromBytes(bytes);
	if (point.equals(Point.ZERO)) throw new Error('the identity of ristretto255 is no key');
	return point;
}

/** What everything is bound to: the chain, the licence and the version. */
const contextOf = ({ genesis, licence, version }) => join(genesis, littleEndian(licence, 8), littleEndian(version, 4));

function padOf(delivery, shared) {
	const { key, point, recipient } = delivery;
	const secret = hmac(sha256, Buffer.from(PAD), shared);
	return hmac(sha256, secret, join(contextOf(delivery), key, point, recipient, [1]));
}

/** The buyer's secret that follows from 32 random bytes. */
export const secretOf = (seed) => secretScalar(seed, DELIVERY_KEY);

/** The key of a secret, which goes with the payment. */
export const keyOf = (secret) => Point.BASE.multiply(secret).toBytes();

const sharedBy = (secret, { point }) => pointOf(point).multiply(secret).toBytes();

/** The 32 bytes of the model's key if it opens files for the recipient; `undefined` if it is a wrong one. */
export function open(secret, delivery) {
	const identity = xor(delivery.ciphertext, padOf(delivery, sharedBy(secret, delivery)));
	return equal(x25519.getPublicKey(identity), delivery.recipient) ? identity : undefined;
}

/** What shows the chain which key was delivered. From then on everybody knows it. */
export function complain(secret, delivery) {
	const shared = sharedBy(secret, delivery);
	const statement = join(contextOf(delivery), delivery.key, delivery.point, shared);
	const nonce = secretScalar(littleEndian(secret, 32), COMPLAINT_NONCE, statement);
	const commitments = [Point.BASE, pointOf(delivery.point)].map((base) => base.multiply(nonce).toBytes());
	const challenge = reduce(sha512(join(COMPLAINT, statement, ...commitments)));
	const response = (challenge * secret + nonce) % ORDER;
	return { shared, challenge: littleEndian(challenge, 32), response: littleEndian(response, 32) };
}

/** What a seller delivers. Buyers do not need it; the test does. */
export function seal(vault, { genesis, licence, version, key }, identity) {
	const secret = secretScalar(vault, SEAL_POINT, contextOf({ genesis, licence, version }), key);
	const point = Point.BASE.multiply(secret).toBytes();
	const shared = pointOf(key).multiply(secret).toBytes();
	const recipient = x25519.getPublicKey(identity);
	return { point, ciphertext: xor(identity, padOf({ genesis, licence, version, key, point, recipient }, shared)) };
}

/** The text forms of age. */
export const recipientText = (bytes) => bech32.encodeFromBytes('age', bytes);
export const identityText = (bytes) => bech32.encodeFromBytes('age-secret-key-', bytes).toUpperCase();

export function recipientOf(text) {
	const { prefix, bytes } = bech32.decodeToBytes(text);
	if (prefix !== 'age' || bytes.length !== 32 || text !== text.toLowerCase()) throw new Error(`not an age recipient: ${text}`);
	return bytes;
}

export const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

export function bytesOf(name, text) {
	if (!/^0x[0-9a-f]{64}$/i.test(text ?? '')) throw new Error(`--${name} must be 0x and 64 digits, as Apps shows it`);
	return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}

/** A number as Apps shows it, with or without commas. */
function numberOf(name, text, bits) {
	const digits = (text ?? '').replaceAll(',', '');
	if (!/^\d+$/.test(digits) || BigInt(digits) >> bits > 0n) throw new Error(`--${name} must be a number`);
	return BigInt(digits);
}

/** What the texts of a delivery mean. */
export function deliveryOf({ genesis, licence, version, recipient, key, point, ciphertext }) {
	return {
		genesis: bytesOf('genesis', genesis),
		licence: numberOf('licence', String(licence ?? ''), 64n),
		version: numberOf('version', String(version ?? ''), 32n),
		recipient: recipientOf(recipient ?? ''),
		key: bytesOf('key', key),
		point: bytesOf('point', point),
		ciphertext: bytesOf('ciphertext', ciphertext),
	};
}

const keep = (file, text) => writeFileSync(file, text, { flag: 'wx', mode: 0o600 });

function create(file) {
	const seed = randomBytes(32);
	const key = hex(keyOf(secretOf(seed)));
	keep(file, `${JSON.stringify({ what: 'weighhouse delivery secret', seed: hex(seed), key }, null, '\t')}\n`);
	console.error(`The secret is in ${file}: keep it until you have the files. Paste this as key:`);
	console.log(key);
}

function secretIn(file, { key }) {
	if (statSync(file).mode & 0o077) throw new Error(`others can read ${file}: chmod 600 ${file}`);
	const secret = secretOf(bytesOf('seed', JSON.parse(readFileSync(file, 'utf8')).seed));
	if (!equal(keyOf(secret), key)) throw new Error(`${file} is the secret of another key than ${hex(key)}`);
	return secret;
}

const USAGE = `usage: sealed.mjs new FILE
       sealed.mjs open FILE --genesis .. --licence .. --version .. --recipient .. --key .. --point .. --ciphertext .. [--out FILE]
       sealed.mjs complain FILE (the same, without --out)`;

function main() {
	const names = ['genesis', 'licence', 'version', 'recipient', 'key', 'point', 'ciphertext', 'out'];
	const { positionals: [command, file, ...more], values } = parseArgs({ allowPositionals: true, options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
	if (!['new', 'open', 'complain'].includes(command) || !file || more.length) throw new Error(USAGE);
	if (command === 'new') return create(file);
	const delivery = deliveryOf(values);
	const secret = secretIn(file, delivery);
	const identity = open(secret, delivery);
	if (command === 'complain') {
		if (identity) throw new Error('the key opens the files: the chain would refuse the complaint, and everybody would have the key');
		return Object.entries(complain(secret, delivery)).forEach(([name, value]) => console.log(`${name.padEnd(10)} ${hex(value)}`));
	}
	if (!identity) {
		console.log('WRONG KEY');
		console.error('Complain while there is time, with the same arguments: sealed.mjs complain');
		process.exitCode = 1;
	} else if (values.out) {
		keep(values.out, `# public key: ${recipientText(delivery.recipient)}\n${identityText(identity)}\n`);
		console.error(`The key is in ${values.out}: age --decrypt --identity ${values.out} SEALED-FILE`);
	} else {
		console.log(identityText(identity));
	}
	return undefined;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
	try {
		main();
	} catch (error) {
		console.error(error.message);
		process.exitCode = 2;
	}
}
