import { CID } from 'multiformats/cid';

const MAX_TEXT = 128;
const CODECS = new Set([0x55, 0x70]);
const SHA2_256 = 0x12;

/**
 * What JS multiformats makes of pasted bytes under the rules that the chain adds: at most 128 bytes, ASCII white
 * space and one `ipfs://` taken off, raw or dag-pb, sha2-256 of 32 bytes. `reason` is the chain's name of the error
 * where these rules give it, undefined where multiformats only says that the text is no CID.
 */
export function judge(pasted) {
	if (pasted.length > MAX_TEXT) return { reason: 'TooLong' };
	// A first byte 0x01 begins no text: it is the version of a binary CID.
	const binary = pasted[0] === 1;
	const text = Buffer.from(pasted).toString('latin1').replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '').replace(/^ipfs:\/\//, '');
	if (!binary && text === '') return { reason: 'Empty' };
	// The base58 decoder of multiformats reads characters beyond its table as zeros; no CID holds one.
	if (!binary && /[^\0-\x7f]/.test(text)) return { reason: undefined };
	let cid;
	try {
		cid = binary ? CID.decode(Uint8Array.from(pasted)) : CID.parse(text);
	} catch {
		return { reason: undefined };
	}
	if (!CODECS.has(cid.code)) return { reason: 'UnsupportedCodec' };
	if (cid.multihash.code !== SHA2_256) return { reason: 'UnsupportedHash' };
	if (cid.multihash.size !== 32) return { reason: 'WrongDigestLength' };
	return { bytes: Buffer.from(cid.toV1().bytes).toString('hex') };
}
