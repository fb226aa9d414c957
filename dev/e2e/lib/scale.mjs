// SCALE by hand, as far as extrinsics that are made by the thousand need it.

/** A number below 2^30. */
export function compact(value) {
	if (value < 2 ** 6) return Buffer.of(value << 2);
	if (value < 2 ** 14) return Buffer.of((value << 2 | 1) & 0xff, value >> 6);
	return u32(value * 4 + 2);
}

export function u32(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

export const bytesOf = (hex) => Buffer.from(hex.slice(2), 'hex');

/** How many bytes the number takes that begins here; its first two bits say so, and nothing here is above 2^30. */
export const compactLength = (bytes, at = 0) => [1, 2, 4][bytes[at] & 3];

/** Bytes behind their length, as an extrinsic travels. */
export const prefixed = (bytes) => Buffer.concat([compact(bytes.length), bytes]);
