import { onlyArgument, readOptions } from '../options.js';
import { answer } from './answer.js';
import { deadline } from './deadline.js';

export async function swarmConnect({ node, res, query, signal }) {
	const options = readOptions(query, {});
	const peer = await node.connect(onlyArgument(options, 'address'), { signal: deadline(signal, options.timeout) });
	answer(res, { Strings: [`connect ${peer} success`] });
}
