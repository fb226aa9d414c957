import { RequestError, errorBody } from './errors.js';
import { add } from './routes/add.js';
import { blockGet, blockPut } from './routes/block.js';
import { cat } from './routes/cat.js';
import { id, version } from './routes/id.js';
import { pinAdd } from './routes/pin.js';
import { swarmConnect } from './routes/swarm.js';
import { createServer } from './server.js';

const PREFIX = '/api/v0/';

const ROUTES = {
	add,
	'block/get': blockGet,
	'block/put': blockPut,
	cat,
	id,
	'pin/add': pinAdd,
	'swarm/connect': swarmConnect,
	version
};

/** The part of Kubo's RPC that Weighhouse uses. https://docs.ipfs.tech/reference/kubo/rpc/ */
export function createRpc({ node, maxUpload, log }) {
	const handle = async ({ req, res, url, signal }) => {
		refuseForeignPages(req);
		const name = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length).replace(/\/$/, '') : '';
		if (!Object.hasOwn(ROUTES, name)) {
			throw new RequestError(404, `no such command: ${url.pathname}; there are ${Object.keys(ROUTES).join(', ')} under ${PREFIX}`);
		}
		if (req.method !== 'POST') {
			res.setHeader('Allow', 'POST');
			throw new RequestError(405, `${req.method} is not allowed: the RPC takes POST alone`);
		}
		await ROUTES[name]({ node, maxUpload, log, req, res, query: url.searchParams, signal });
	};
	return createServer({ name: 'rpc', handle, answerError, log });
}

function answerError({ req, res }, error) {
	const body = Buffer.from(JSON.stringify(errorBody(error)) + '\n');
	res.writeHead(error.status ?? 500, { 'Content-Type': 'application/json', 'Content-Length': body.length });
	if (req.method !== 'HEAD') res.write(body);
}

// A page from the web can make a visitor's browser call a port of the visitor's own machine, so a browser must come
// from this very address. Kubo has the same three rules.
function refuseForeignPages(req) {
	const { origin, referer, 'user-agent': agent = '' } = req.headers;
	const source = origin ?? referer;
	const foreign = source === undefined ? agent.startsWith('Mozilla') : !isOwn(source, req.socket.localPort);
	if (foreign) throw new RequestError(403, 'browsers may not call the RPC from another site');
}

function isOwn(source, port) {
	const url = URL.parse(source);
	return url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) && url.port === String(port);
}
