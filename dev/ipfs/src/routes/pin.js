import { always, parseCid, readOptions } from '../options.js';
import { badRequest } from '../errors.js';
import { answer } from './answer.js';
import { deadline } from './deadline.js';

export async function pinAdd({ node, res, query, signal }) {
	const options = readOptions(query, { recursive: always(true), progress: always(false) });
	if (options.args.length === 0) throw badRequest('argument "ipfs-path" is required');
	const cids = options.args.map(parseCid);
	const limit = deadline(signal, options.timeout);
	for (const cid of cids) await node.pin(cid, { signal: limit });
	answer(res, { Pins: cids.map(String) });
}
