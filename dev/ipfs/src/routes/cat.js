import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { integer, onlyArgument, parseCid, readOptions } from '../options.js';
import { openFile } from '../unixfs.js';
import { deadline } from './deadline.js';

export async function cat({ node, res, query, signal }) {
	const options = readOptions(query, { offset: integer(0), length: integer(0), progress: () => false });
	const cid = parseCid(onlyArgument(options, 'ipfs-path'));
	const limit = deadline(signal, options.timeout);
	const file = await openFile(node, cid, { signal: limit });
	const from = Math.min(options.offset ?? 0, file.size);
	const to = Math.min(from + (options.length ?? file.size), file.size);
	res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': to - from, 'X-Content-Length': to - from, 'X-Stream-Output': '1' });
	await pipeline(Readable.from(file.read(from, to), { objectMode: false }), res, { signal: limit });
}
