// The vectors of crates/primitives/src/sealing/tests.rs, which come from dev/scripts/sealing_vectors.py, and the program as a buyer runs it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bytesOf, complain, deliveryOf, hex, identityText, keyOf, open, recipientOf, recipientText, seal, secretOf } from './sealed.mjs';

const filled = (byte) => new Uint8Array(32).fill(byte);
const KEY = '0x82ab7dfc280f19b143e7d3853c9001598c794c6e315cf389d6a233e38efe3a54';
const RECIPIENT = 'age17keddes0j3m7xyxznqk64fkfzdkppzshwlzegljy373h66qhg4ts85z6f5';
const IDENTITY = 'AGE-SECRET-KEY-1QCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQNFCTU5';
const texts = {
	genesis: hex(filled(1)), licence: '2', version: '3', recipient: RECIPIENT, key: KEY,
	point: '0x165f605b87eb6521f8c926815490371149e8e4d390703924485cbfc692c08473',
	ciphertext: '0x044de0b6719f4780155c25e32c6f342126cfed4a85158e9c33f28ebc88cee524',
};
const secret = secretOf(filled(4));
const folder = mkdtempSync(join(tmpdir(), 'sealed-apps-'));
after(() => rmSync(folder, { recursive: true }));

const shown = (delivery) => Object.entries(delivery).flatMap(([name, value]) => [`--${name}`, value]);
const sealed = (...args) => spawnSync(process.execPath, [join(import.meta.dirname, 'sealed.mjs'), ...args], { encoding: 'utf8' });

test('the key of a seed is that of the vectors', () => {
	assert.equal(hex(keyOf(secret)), KEY);
});

test('a seal is that of the vectors', () => {
	const made = seal(filled(5), deliveryOf(texts), filled(6));
	assert.equal(hex(made.point), texts.point);
	assert.equal(hex(made.ciphertext), texts.ciphertext);
});

test('a complaint is that of the vectors', () => {
	const { shared, challenge, response } = complain(secret, deliveryOf(texts));
	assert.equal(hex(shared), '0xb612ce935d0b632b8219fed4e96a68e7629fb48e73269703100e85dc61bf8109');
	assert.equal(hex(challenge), '0xabc6d829c4dd6dac5bc885cff7e255b433cbed560ef54280a2f2909e30e8e60f');
	assert.equal(hex(response), '0x671bce8b1331982278477926b2d89bd10f0896b9a150d5be2a828fd5a01bd40d');
});

test('recipients and identities are written as age writes them', () => {
	assert.equal(hex(recipientOf(RECIPIENT)), '0xf5b2d6e60f9477e310c2982daaa6c9136c108a1777c5947e448fa37d68174557');
	assert.equal(recipientText(recipientOf(RECIPIENT)), RECIPIENT);
	assert.equal(identityText(filled(6)), IDENTITY);
});

test('the key that was sealed opens, and anything else does not', () => {
	assert.deepEqual(open(secret, deliveryOf(texts)), filled(6));
	const last = texts.ciphertext.slice(0, -1);
	for (const change of [{ licence: '3' }, { version: '4' }, { genesis: hex(filled(2)) }, { ciphertext: `${last}5` }, { point: KEY }]) {
		assert.equal(open(secret, deliveryOf({ ...texts, ...change })), undefined, JSON.stringify(change));
	}
	assert.equal(open(secretOf(filled(7)), deliveryOf(texts)), undefined);
});

test('points that are none are refused', () => {
	for (const point of [`0x${'00'.repeat(32)}`, `0x01${'00'.repeat(31)}`, `0x00${'ff'.repeat(31)}`]) {
		assert.throws(() => open(secret, deliveryOf({ ...texts, point })), point);
	}
});

test('texts that were pasted wrongly are refused with their field', () => {
	for (const [name, value] of Object.entries({ genesis: '0x12', licence: 'seven', version: String(2 ** 32), recipient: RECIPIENT.replace('ed', 'de'), key: KEY.slice(0, -1), point: undefined })) {
		assert.throws(() => deliveryOf({ ...texts, [name]: value }), name);
	}
	assert.equal(deliveryOf({ ...texts, licence: '1,234' }).licence, 1234n);
});

test('a buyer makes a key, opens what was delivered, and complains of what is wrong', () => {
	const file = join(folder, 'digits.key');
	const made = sealed('new', file);
	assert.equal(made.status, 0, made.stderr);
	const key = made.stdout.trim();
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.equal(sealed('new', file).status, 2, 'a secret is never written over');

	const right = { ...texts, key };
	Object.assign(right, Object.fromEntries(Object.entries(seal(filled(5), deliveryOf(right), filled(6))).map(([name, value]) => [name, hex(value)])));
	assert.equal(sealed('open', file, ...shown(right)).stdout.trim(), IDENTITY);
	const out = join(folder, 'identity.txt');
	assert.equal(sealed('open', file, ...shown(right), '--out', out).status, 0);
	assert.equal(readFileSync(out, 'utf8').trim().split('\n').at(-1), IDENTITY);
	assert.equal(statSync(out).mode & 0o777, 0o600);
	const refused = sealed('complain', file, ...shown(right));
	assert.equal(refused.status, 2);
	assert.equal(refused.stdout, '', 'nothing is told of a right key');

	const wrong = { ...right, ciphertext: hex(bytesOf('ciphertext', right.ciphertext).map((byte) => byte ^ 1)) };
	const opened = sealed('open', file, ...shown(wrong));
	assert.deepEqual([opened.status, opened.stdout.trim()], [1, 'WRONG KEY']);
	const complaint = sealed('complain', file, ...shown(wrong));
	assert.equal(complaint.status, 0, complaint.stderr);
	assert.match(complaint.stdout, /^shared {5}0x[0-9a-f]{64}\nchallenge {2}0x[0-9a-f]{64}\nresponse {3}0x[0-9a-f]{64}\n$/);

	assert.equal(sealed('open', file, ...shown(texts)).status, 2, 'made for another key');
	chmodSync(file, 0o644);
	assert.match(sealed('open', file, ...shown(right)).stderr, /chmod 600/);
});
