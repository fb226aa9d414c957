import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32hex, base32pad, base32upper, base32z } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc, base58flickr } from 'multiformats/bases/base58';
import { base64, base64url } from 'multiformats/bases/base64';

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('');
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const SPACES = [' ', '\t', '\n', '\f', '\r', '\v', '\r\n', '  '];
const BASES = [base32, base36, base58btc];
const FOREIGN_BASES = [base16, base16upper, base32hex, base32pad, base32upper, base32z, base36upper, base58flickr, base64, base64url];

/** A small generator (sfc32): the same seed gives the same cases on every machine. */
export function random(seed) {
	let [a, b, c, counter] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1];
	const next = () => {
		const sum = (a + b + counter++) >>> 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) >>> 0;
		c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
		return sum;
	};
	for (let i = 0; i < 16; i++) next();
	const below = (limit) => next() % limit;
	const pick = (list) => list[below(list.length)];
	return { below, pick, chance: (percent) => below(100) < percent, bytes: (length) => Uint8Array.from({ length }, () => below(256)) };
}

/** One case: the bytes that somebody pastes. */
export function makeCase(rng) {
	const binary = makeBinary(rng);
	if (rng.chance(6)) return binary;
	if (rng.chance(2)) return Buffer.from(Array.from({ length: rng.below(140) }, () => rng.pick(rng.chance(50) ? LETTERS : ASCII)).join(''), 'latin1');
	let text = write(rng, binary);
	if (rng.chance(45)) for (let i = rng.below(3); i >= 0; i--) text = rng.pick(MUTATIONS)(text, rng);
	if (rng.chance(15)) text = `ipfs://${text}`;
	if (rng.chance(15)) text = rng.pick(SPACES) + text + rng.pick(SPACES);
	return Buffer.from(text, 'latin1');
}

function makeBinary(rng) {
	const version0 = rng.chance(20);
	const header = version0 ? [] : [varint(rng, rng.chance(95) ? 1 : rng.pick([0, 2, 3, 18, 128])), varint(rng, rng.chance(85) ? rng.pick([0x55, 0x70]) : rng.pick([0x71, 0x72, 0x00, 0x0129, 0x0200, 0x12, 0xd5, 0xf0]))];
	const hash = rng.chance(90) ? 0x12 : rng.pick([0x00, 0x11, 0x13, 0x14, 0x1e, 0xb220, 0x1b, 0x92]);
	const claimed = rng.chance(90) ? 32 : rng.pick([0, 1, 16, 20, 31, 33, 48, 64, 160]);
	const actual = rng.chance(92) ? claimed : Math.max(0, claimed + rng.below(5) - 2);
	let bytes = Uint8Array.from([...header, varint(rng, hash), varint(rng, claimed)].flat().concat([...rng.bytes(actual)]));
	if (rng.chance(8) && bytes.length > 0) {
		bytes = bytes.slice();
		bytes[rng.below(Math.min(bytes.length, rng.chance(50) ? 4 : bytes.length))] ^= 1 << rng.below(8);
	}
	if (rng.chance(3)) bytes = bytes.subarray(0, rng.below(bytes.length + 1));
	if (rng.chance(3)) bytes = Uint8Array.from([...(rng.chance(50) ? [0] : [1]), ...bytes]);
	return bytes;
}

// Now and then longer than needed: an encoding that readers must refuse.
function varint(rng, value) {
	const bytes = [];
	for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
	bytes.push(value);
	if (rng.chance(2)) {
		bytes[bytes.length - 1] |= 0x80;
		for (let i = rng.below(9); i > 0; i--) bytes.push(0x80);
		bytes.push(0);
	}
	return bytes;
}

function write(rng, bytes) {
	if (bytes[0] === 0x12 && rng.chance(85)) return base58btc.encode(bytes).slice(1);
	if (rng.chance(1)) return base58btc.encode(bytes).slice(1);
	return rng.pick(rng.chance(93) ? BASES : FOREIGN_BASES).encode(bytes);
}

const at = (text, rng) => rng.below(text.length + 1);
const MUTATIONS = [
	(text, rng) => { const i = at(text, rng); return text.slice(0, i) + rng.pick(LETTERS) + text.slice(i + 1); },
	(text, rng) => { const i = at(text, rng); return text.slice(0, i) + rng.pick(ASCII) + text.slice(i + 1); },
	(text, rng) => { const i = at(text, rng); return text.slice(0, i) + text.slice(i + 1); },
	(text, rng) => { const i = at(text, rng); return text.slice(0, i) + rng.pick(LETTERS) + text.slice(i); },
	(text, rng) => { const i = at(text, rng); return text.slice(0, i) + text.slice(i, i + 2).split('').reverse().join('') + text.slice(i + 2); },
	(text, rng) => text.slice(0, at(text, rng)),
	(text, rng) => text.slice(at(text, rng)),
	(text) => text.toUpperCase(),
	(text) => text.toLowerCase(),
	(text, rng) => text.slice(0, 1) + text.slice(1).toUpperCase().slice(0, at(text, rng)) + text.slice(at(text, rng)),
	(text) => text.slice(0, 1) + text.slice(1).toUpperCase(),
	(text, rng) => rng.pick('bkzQfFuUmBKZcvthV019') + text.slice(1),
	(text, rng) => rng.pick('bkzQ') + text,
	(text, rng) => text + '='.repeat(1 + rng.below(7)),
	(text, rng) => text + rng.pick(['/', '/file', '?a=b', '#a', '.', ',', '"', '\0', 'a', 'q', '1', '7']),
	(text, rng) => rng.pick(['/ipfs/', 'ipfs:', 'ipfs:/', 'IPFS://', 'ipfs://', 'ipfs:// ', '"', '1', '0', 'z1', 'k0', 'ba']) + text,
	(text, rng) => text + rng.pick(SPACES),
	(text, rng) => text.slice(0, 1) + rng.pick('01aA') + text.slice(1),
	(text, rng) => text + text.slice(at(text, rng)),
	(text, rng) => text.padEnd(126 + rng.below(5), rng.pick(['a', ' ', '=', '1'])),
	() => ''
];
