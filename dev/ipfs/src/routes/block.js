import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';
import { RequestError, badRequest } from '../errors.js';
import { always, boolean, oneOf, onlyArgument, parseCid, readOptions } from '../options.js';
import { receiveFiles } from '../upload.js';
import { answer } from './answer.js';
import { deadline } from './deadline.js';

// The most that peers exchange, as in Kubo.
const MAX_BLOCK = 2 * 1024 * 1024;
// What a multipart body needs around its one file.
const FRAMING = 64 * 1024;

const CODECS = { raw: raw.code, 'dag-pb': dagPb.code };

export async function blockGet({ node, res, query, signal }) {
	const options = readOptions(query, {});
	const cid = parseCid(onlyArgument(options, 'cid'));
	const bytes = await node.block(cid, { signal: deadline(signal, options.timeout) });
	res.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length, 'X-Stream-Output': '1' }).end(bytes);
}

export async function blockPut({ node, maxUpload, req, res, query, signal }) {
	const options = readOptions(query, {
		'cid-codec': oneOf(...Object.keys(CODECS)),
		mhtype: oneOf('sha2-256'),
		mhlen: oneOf(-1, 32),
		pin: boolean,
		'allow-big-block': always(false)
	});
	if (options.args.length > 0) throw badRequest('block/put takes its bytes from the body, not as "arg"');
	const limit = deadline(signal, options.timeout);
	let bytes;
	await receiveFiles(req, { maxBytes: Math.min(maxUpload, MAX_BLOCK + FRAMING), signal: limit }, async (name, content) => {
		if (bytes !== undefined) throw badRequest('block/put takes one file');
		bytes = await collect(content);
	});
	const cid = CID.createV1(CODECS[options['cid-codec'] ?? 'raw'], await sha256.digest(bytes));
	await node.blockstore.put(cid, bytes);
	if (options.pin) await node.pin(cid, { signal: limit });
	answer(res, { Key: String(cid), Size: bytes.length });
}

async function collect(content) {
	const chunks = [];
	let size = 0;
	for await (const chunk of content) {
		size += chunk.length;
		if (size > MAX_BLOCK) throw tooBig();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

const tooBig = () => new RequestError(413, `a block has at most ${MAX_BLOCK} bytes, or peers would not take it: use add for larger files`);
