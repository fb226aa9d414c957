import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RequestError } from './errors.js';
import { parseCid } from './options.js';
import { createServer } from './server.js';
import { describe } from './media.js';
import { openFile } from './unixfs.js';

const PREFIX = '/ipfs/';
const RAW_BLOCK = 'application/vnd.ipld.raw';

/** GET and HEAD of /ipfs/CID, with ranges. https://specs.ipfs.tech/http-gateways/path-gateway/ */
export function createGateway({ node, log }) {
	const handle = async ({ req, res, url, signal }) => {
		if (!url.pathname.startsWith(PREFIX) || url.pathname === PREFIX) throw new RequestError(404, `nothing is served at ${url.pathname}: ask for ${PREFIX}CID`);
		if (req.method !== 'GET' && req.method !== 'HEAD') {
			res.setHeader('Allow', 'GET, HEAD');
			throw new RequestError(405, `${req.method} is not allowed: the gateway takes GET and HEAD`);
		}
		const cid = parseCid(url.pathname.slice(PREFIX.length));
		const asBlock = wantsBlock(req, url);
		const tag = `"${cid}${asBlock ? '.raw' : ''}"`;
		res.setHeaders(new Map([
			// A CID names the same bytes for ever, and who knows it may have them.
			['Cache-Control', 'public, max-age=29030400, immutable'],
			['ETag', tag],
			['X-Ipfs-Path', `${PREFIX}${cid}`],
			['X-Content-Type-Options', 'nosniff'],
			['Access-Control-Allow-Origin', '*'],
			['Access-Control-Expose-Headers', 'Content-Length, Content-Range, ETag, X-Ipfs-Path'],
			['Vary', 'Accept'],
			['Accept-Ranges', 'bytes']
		]));
		const content = asBlock ? await openBlock(node, cid, { signal }) : await openFile(node, cid, { signal });
		if (matchesTag(req.headers['if-none-match'], tag)) {
			res.writeHead(304).end();
			return;
		}
		for (const [name, value] of Object.entries(asBlock ? { 'Content-Type': RAW_BLOCK } : await describe(content, url.searchParams))) res.setHeader(name, value);
		const { status, from, to } = range(req, tag, content.size);
		if (status === 416) {
			res.setHeader('Content-Range', `bytes */${content.size}`);
			throw new RequestError(416, `the range ${req.headers.range} is outside the ${content.size} bytes of ${cid}`);
		}
		if (status === 206) res.setHeader('Content-Range', `bytes ${from}-${to - 1}/${content.size}`);
		res.writeHead(status, { 'Content-Length': to - from });
		if (req.method === 'HEAD') res.end();
		else await pipeline(Readable.from(content.read(from, to), { objectMode: false }), res, { signal });
	};
	return createServer({ name: 'gateway', handle, answerError, log });
}

function answerError({ req, res }, error) {
	const body = Buffer.from(`${error.message}\n`);
	for (const name of ['Cache-Control', 'ETag', 'X-Ipfs-Path', 'Accept-Ranges', 'Content-Disposition']) res.removeHeader(name);
	res.writeHead(error.gatewayStatus ?? error.status ?? 500, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length });
	if (req.method !== 'HEAD') res.write(body);
}

function wantsBlock(req, url) {
	const format = url.searchParams.get('format');
	if (format !== null && format !== 'raw') throw new RequestError(406, `the format "${format}" is not served: leave it out, or ask for raw`);
	return format === 'raw' || (req.headers.accept ?? '').split(',').some((type) => type.split(';')[0].trim() === RAW_BLOCK);
}

async function openBlock(node, cid, options) {
	const bytes = await node.block(cid, options);
	return { size: bytes.length, read: (from, to) => [bytes.subarray(from, to)] };
}

function matchesTag(header, tag) {
	return (header ?? '').split(',').map((candidate) => candidate.trim().replace(/^W\//, '')).some((candidate) => candidate === tag || candidate === '*');
}

// One range is served; a list of them is answered with everything, which the standard allows.
function range(req, tag, size) {
	const whole = { status: 200, from: 0, to: size };
	const unchanged = (req.headers['if-range'] ?? tag) === tag;
	const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(req.headers.range ?? '') ?? [];
	if (!unchanged || first === undefined || (first === '' && last === '')) return whole;
	const from = first === '' ? Math.max(size - Number(last), 0) : Number(first);
	const to = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
	if (first !== '' && last !== '' && Number(last) < Number(first)) return whole;
	return from < to ? { status: 206, from, to } : { status: 416 };
}
