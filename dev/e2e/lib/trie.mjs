// A verifier of Substrate storage proofs: a base-16 Merkle-Patricia trie over blake2-256.
// It trusts nothing but the state root: every node is looked up by the hash that its parent names.
import { blake2b } from '@noble/hashes/blake2.js';

export const blake2 = (bytes) => blake2b(bytes, { dkLen: 32 });
const hex = (bytes) => Buffer.from(bytes).toString('hex');

export class BadProof extends Error {}

class Reader {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	take(count) {
		if (this.at + count > this.bytes.length) throw new BadProof('node is cut short');
		this.at += count;
		return this.bytes.subarray(this.at - count, this.at);
	}

	byte() {
		return this.take(1)[0];
	}

	compact() {
		const first = this.byte();
		if ((first & 3) === 0) return first >> 2;
		if ((first & 3) === 1) return (first | (this.byte() << 8)) >>> 2;
		if ((first & 3) === 2) {
			const rest = this.take(3);
			return (first | (rest[0] << 8) | (rest[1] << 16) | (rest[2] << 24)) >>> 2;
		}
		throw new BadProof('length is too large for a node');
	}
}

/** Length of the partial key: the low bits of the header, continued while a byte is 255. */
function nibbleCount(reader, first, bits) {
	const most = (1 << bits) - 1;
	let count = first & most;
	if (count < most) return count;
	for (;;) {
		const next = reader.byte();
		count += next;
		if (next < 255) return count;
	}
}

function decode(bytes) {
	const reader = new Reader(bytes);
	const first = reader.byte();
	if (first === 0) return { kind: 'empty' };
	let kind;
	let hashed = false;
	let hasValue = true;
	let bits = 6;
	if (first >> 6 === 1) kind = 'leaf';
	else if (first >> 6 === 2) [kind, hasValue] = ['branch', false];
	else if (first >> 6 === 3) kind = 'branch';
	else if (first >> 5 === 1) [kind, hashed, bits] = ['leaf', true, 5];
	else if (first >> 4 === 1) [kind, hashed, bits] = ['branch', true, 4];
	else throw new BadProof('unknown node header');
	const count = nibbleCount(reader, first, bits);
	const packed = reader.take(Math.ceil(count / 2));
	const partial = [];
	for (const byte of packed) partial.push(byte >> 4, byte & 15);
	// An odd partial key is padded on the left, and the padding is zero.
	if (count % 2 === 1 && partial.shift() !== 0) throw new BadProof('padding of a partial key is not zero');
	const bitmap = kind === 'branch' ? reader.take(2) : undefined;
	let value;
	if (hasValue) value = hashed ? { hash: reader.take(32) } : { bytes: reader.take(reader.compact()) };
	const children = [];
	if (bitmap) {
		const mask = bitmap[0] | (bitmap[1] << 8);
		for (let slot = 0; slot < 16; slot += 1) if (mask & (1 << slot)) children[slot] = reader.take(reader.compact());
	}
	if (reader.at !== bytes.length) throw new BadProof('bytes after the node');
	return { kind, partial, value, children };
}

/**
 * The value of `key` in the trie with this root, `undefined` when the proof shows that there is
 * none. Throws `BadProof` when the nodes do not lead from the root to an answer.
 */
export function verifyProof(root, nodes, key) {
	const known = new Map(nodes.map((node) => [hex(blake2(node)), node]));
	const byHash = (hash) => {
		const node = known.get(hex(hash));
		if (!node) throw new BadProof(`no node with hash ${hex(hash)}`);
		return node;
	};
	const path = [...key].flatMap((byte) => [byte >> 4, byte & 15]);
	let node = decode(byHash(root));
	for (;;) {
		if (node.kind === 'empty') return undefined;
		for (const nibble of node.partial) if (path.shift() !== nibble) return undefined;
		if (path.length === 0) {
			if (!node.value) return undefined;
			return node.value.hash ? byHash(node.value.hash) : node.value.bytes;
		}
		if (node.kind === 'leaf') return undefined;
		const child = node.children[path.shift()];
		if (!child) return undefined;
		// A child shorter than a hash stands in its parent as it is.
		node = decode(child.length === 32 ? byHash(child) : child);
	}
}
