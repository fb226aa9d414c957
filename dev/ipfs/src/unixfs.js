import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { importFile } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';
import { ContentError } from './errors.js';
import { decodeNode } from './node.js';

/** What decides the CID of a file, as the two profiles of the IPFS specifications set it. */
export const PROFILES = {
	0: { name: 'unixfs-v0-2015', rawLeaves: false, chunkSize: 256 * 1024, maxLinks: 174 },
	1: { name: 'unixfs-v1-2025', rawLeaves: true, chunkSize: 1024 * 1024, maxLinks: 1024 }
};

// A balanced tree of any file is a few levels deep; what is deeper was made to exhaust a reader.
const MAX_DEPTH = 32;

/** Stores a stream of bytes as a UnixFS file and returns its CID and the size of its whole DAG. */
export async function writeFile(blockstore, content, { cidVersion, rawLeaves, chunkSize, maxLinks }) {
	const { name: profile } = PROFILES[cidVersion];
	const { cid, size } = await importFile({ content }, blockstore, {
		profile,
		cidVersion,
		rawLeaves,
		chunker: fixedSize({ chunkSize }),
		layout: balanced({ maxChildrenPerNode: maxLinks }),
		bufferImporter: rawLeaves ? undefined : leanLeaves(cidVersion)
	});
	return { cid, size };
}

// The importer keeps the leaves of a node until it is full; these carry their sizes, not their bytes.
const leanLeaves = (cidVersion) => async function* (file, blockstore) {
	for await (const data of file.content) {
		yield async () => {
			const block = dagPb.encode({ Data: new UnixFS({ type: 'file', data }).marshal(), Links: [] });
			const cid = CID.create(cidVersion, dagPb.code, await sha256.digest(block));
			await blockstore.put(cid, block);
			const unixfs = new UnixFS({ type: 'file', blockSizes: [BigInt(data.length)] });
			return { cid, size: BigInt(block.length), unixfs, block };
		};
	}
};

/**
 * Opens the file that a CID names: its size, and `read(from, to)` for the bytes of a range, one block in memory at a
 * time whatever the reader's speed.
 */
export async function openFile(node, cid, options) {
	const root = await openPart(node, cid, options);
	return { cid, size: root.size, read: (from = 0, to = root.size) => readPart(node, root, from, to, options, 0) };
}

async function openPart(node, cid, options) {
	const bytes = await node.block(cid, options);
	if (cid.code === raw.code) return { cid, size: bytes.length, data: bytes, children: [] };
	if (cid.code !== dagPb.code) throw notAFile(cid, `its codec is 0x${cid.code.toString(16)}`);
	const { Data, Links } = decodeNode(cid, bytes);
	let file;
	try {
		file = UnixFS.unmarshal(Data);
	} catch (error) {
		throw notAFile(cid, 'it holds no UnixFS data', { cause: error });
	}
	if (file.type === 'directory' || file.type === 'hamt-sharded-directory') {
		throw new ContentError('this dag node is a directory', { gatewayStatus: 501 });
	}
	if (file.type !== 'file' && file.type !== 'raw') throw notAFile(cid, `it is a ${file.type}`);
	if (Links.length !== file.blockSizes.length) throw notAFile(cid, 'its links and sizes differ in number');
	const size = Number(file.fileSize());
	if (!Number.isSafeInteger(size)) throw notAFile(cid, 'it claims an impossible size');
	return { cid, size, data: file.data ?? new Uint8Array(0), children: Links.map((link, i) => ({ cid: link.Hash, size: Number(file.blockSizes[i]) })) };
}

async function* readPart(node, { cid, data, children }, from, to, options, depth) {
	if (depth > MAX_DEPTH) throw notAFile(cid, `it is more than ${MAX_DEPTH} levels deep`);
	const own = data.subarray(Math.min(from, data.length), Math.min(to, data.length));
	if (own.length > 0) yield own;
	let start = data.length;
	for (const child of children) {
		const end = start + child.size;
		if (start < to && end > from) {
			const part = await openPart(node, child.cid, options);
			if (part.size !== child.size) throw notAFile(cid, `it says that ${child.cid} has ${child.size} bytes, which has ${part.size}`);
			yield* readPart(node, part, Math.max(from - start, 0), Math.min(to, end) - start, options, depth + 1);
		}
		start = end;
	}
}

const notAFile = (cid, why, options) => new ContentError(`${cid} is not a UnixFS file: ${why}`, { gatewayStatus: 422, ...options });
