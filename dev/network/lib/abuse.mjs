// Requests that are too large, too deep or too many for a node with the limits that it has by default.
import { Wire } from './wire.mjs';
import { sleep, until } from '../../e2e/lib/process.mjs';

const MIB = 2 ** 20;
/** The node's limits without flags: bytes of a request, subscriptions of a connection, connections. */
const REQUEST = 15 * MIB;
export const SUBSCRIPTIONS = 1024;
const CONNECTIONS = 100;
const ASKED_SUBSCRIPTIONS = 2_000;
const ASKED_CONNECTIONS = 150;
const DEEP = 100_000;
const SMALL = 20_000;
const PATIENCE = 20_000;
/** What the pool says to what is no use, and to the same when it comes again. */
const INVALID = 1010;
const BANNED = 1012;
const TOO_MANY_SUBSCRIPTIONS = -32006;
const TOO_LARGE_ANSWER = -32011;

const request = (method, params, id = 1) => `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
const batch = (count, method) => `[${Array.from({ length: count }, (_, id) => request(method, '[]', id)).join(',')}]`;
const deep = '['.repeat(DEEP) + ']'.repeat(DEEP);

/** What the node answers to a body: the status of HTTP, and the JSON if it is that. 0 is a connection that it ended. */
async function post({ place: { host, rpc } }, body) {
	try {
		const response = await fetch(`http://${host}:${rpc}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(PATIENCE) });
		const text = await response.text();
		return { status: response.status, answer: response.headers.get('content-type')?.startsWith('application/json') && text ? JSON.parse(text) : undefined };
	} catch (error) {
		if (error.name === 'TimeoutError') throw error;
		return { status: 0 };
	}
}

/** `oversized` is a signed extrinsic, whole but for its length; `held` a connection to the node that must go on working. */
export function abuses(peer, { oversized, held }) {
	const errorOf = async (body) => [(await post(peer, body)).answer].flat()[0]?.error;
	const one = async (refused) => ({ sent: 1, refused: (await refused) ? 1 : 0, wanted: 1 });
	return {
		'a body over the limit': () => one(post(peer, request('system_chain', `["${'a'.repeat(REQUEST)}"]`)).then(({ status }) => status === 413 || status === 0)),
		'deep JSON as a batch': () => one(errorOf(deep)),
		'deep JSON as parameters': () => one(errorOf(request('chain_getHeader', deep))),
		'a batch whose answer is too large': () => one(errorOf(batch(200, 'state_getMetadata')).then((error) => error?.code === TOO_LARGE_ANSWER)),
		// No limit but those of the request and the answer holds here: it is served.
		'a batch of many small calls': async () => {
			const { answer } = await post(peer, batch(SMALL, 'system_chain'));
			return { sent: SMALL, refused: SMALL - [answer].flat().filter((each) => each?.result).length, wanted: 0 };
		},
		'a runtime call with 7 MiB that are no block': () => one(errorOf(request('state_call', `["Core_execute_block","0x${'ff'.repeat(7 * MIB)}"]`))),
		'an extrinsic longer than a block': () => one(errorOf(request('author_submitExtrinsic', `["${oversized}"]`)).then((error) => (
			(error?.code === INVALID && /exhaust/i.test(error.data)) || error?.code === BANNED
		))),
		'subscriptions over the limit': async () => {
			const wire = await Wire.open(peer.url);
			const answers = await Promise.allSettled(Array.from({ length: ASKED_SUBSCRIPTIONS }, () => wire.call('chain_subscribeNewHeads')));
			wire.close();
			const refused = answers.filter(({ reason }) => reason?.code === TOO_MANY_SUBSCRIPTIONS).length;
			return { sent: ASKED_SUBSCRIPTIONS, refused, wanted: ASKED_SUBSCRIPTIONS - SUBSCRIPTIONS };
		},
		'connections over the limit': async () => {
			const asked = await Promise.allSettled(Array.from({ length: ASKED_CONNECTIONS }, () => Wire.open(peer.url)));
			const open = asked.filter(({ value }) => value).map(({ value }) => value);
			try {
				// Whoever was connected before is served.
				await held.call('system_health');
				await sleep(500);
			} finally {
				for (const wire of open) wire.close();
			}
			await until(() => peer.rpc('system_health'), PATIENCE, 'a new client after the crowd has left');
			const refused = ASKED_CONNECTIONS - open.length;
			return { sent: ASKED_CONNECTIONS, refused, wanted: Math.max(refused, ASKED_CONNECTIONS - CONNECTIONS) };
		},
	};
}
