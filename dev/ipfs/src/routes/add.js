import { once } from 'node:events';
import { RequestError, badRequest, errorBody } from '../errors.js';
import { always, boolean, integer, known, oneOf, readOptions } from '../options.js';
import { PROFILES, writeFile } from '../unixfs.js';
import { receiveFiles } from '../upload.js';
import { deadline } from './deadline.js';

// Kubo's largest chunk: a block of 2 MiB with its framing is the most that peers exchange.
const MAX_CHUNK = 2 * 1024 * 1024 - 256;
// Smaller chunks make more blocks than bytes.
const MIN_CHUNK = 1024;
const PROGRESS_EVERY = 4 * 1024 * 1024;

const OPTIONS = {
	'cid-version': oneOf(1, 0),
	'raw-leaves': boolean,
	chunker: known(chunkSize, `size-N with N from ${MIN_CHUNK} to ${MAX_CHUNK}`),
	'max-file-links': integer(2, 1024),
	hash: oneOf('sha2-256'),
	pin: boolean,
	progress: boolean,
	quiet: boolean,
	quieter: boolean,
	'wrap-with-directory': always(false),
	'only-hash': always(false),
	trickle: always(false),
	inline: always(false),
	nocopy: always(false),
	recursive: boolean
};

export async function add({ node, maxUpload, log, req, res, query, signal }) {
	const options = readOptions(query, OPTIONS);
	if (options.args.length > 0) throw badRequest('add takes its files from the body, not as "arg"');
	const layout = layoutOf(options);
	const limit = deadline(signal, options.timeout);
	const showProgress = options.progress && !options.quieter;
	const say = async (line) => {
		if (!res.headersSent) {
			res.writeHead(200, { 'Content-Type': 'application/json', 'X-Chunked-Output': '1', Trailer: 'X-Stream-Error' });
		}
		if (!res.write(JSON.stringify(line) + '\n')) await once(res, 'drain', { signal: limit });
	};
	try {
		await receiveFiles(req, { maxBytes: maxUpload, signal: limit }, async (name, content) => {
			const counted = showProgress ? count(content, (bytes) => say({ Name: name, Bytes: bytes })) : content;
			const { cid, size } = await writeFile(node.blockstore, counted, layout);
			if (options.pin !== false) await node.pin(cid, { signal: limit });
			await say({ Name: name || String(cid), Hash: String(cid), Size: String(size) });
		});
	} catch (error) {
		if (!res.headersSent || signal.aborted) throw error;
		// The status is gone, so the error follows what was said before it, in the two places where Kubo's clients look.
		if (!(error instanceof RequestError)) log.error('add failed', { error: error.stack });
		res.addTrailers({ 'X-Stream-Error': error.message.replace(/[^\x20-\x7e]/g, ' ') });
		res.write(JSON.stringify(errorBody(error)) + '\n');
	}
	res.end();
}

function layoutOf(options) {
	const cidVersion = options['cid-version'] ?? 1;
	const profile = PROFILES[cidVersion];
	return {
		cidVersion,
		rawLeaves: options['raw-leaves'] ?? profile.rawLeaves,
		chunkSize: options.chunker ?? profile.chunkSize,
		maxLinks: options['max-file-links'] ?? profile.maxLinks
	};
}

function chunkSize(text) {
	const size = Number(/^size-(\d{1,8})$/.exec(text)?.[1]);
	return size >= MIN_CHUNK && size <= MAX_CHUNK ? size : undefined;
}

async function* count(content, report) {
	let [bytes, reported] = [0, 0];
	for await (const chunk of content) {
		bytes += chunk.length;
		if (bytes - reported >= PROGRESS_EVERY) await report(reported = bytes);
		yield chunk;
	}
	if (bytes > reported) await report(bytes);
}
