import { CID } from 'multiformats/cid';
import { badRequest } from './errors.js';
import { parseDuration } from './units.js';

// What every Kubo command takes, and what clients send without meaning anything by it.
const COMMON = {
	encoding: oneOf('json'),
	'stream-channels': boolean,
	timeout: known(parseDuration, 'a duration such as 30s')
};

/**
 * Reads the query of an RPC call by a table of parsers, `arg` as a list. An option that is not in the table is
 * refused, not ignored: ignoring one that changes the CID would answer with a wrong one.
 */
export function readOptions(searchParams, table) {
	const parsers = { ...COMMON, ...table };
	const options = { args: [] };
	for (const [name, text] of searchParams) {
		if (name === 'arg') {
			options.args.push(text);
			continue;
		}
		if (!Object.hasOwn(parsers, name)) throw badRequest(`unknown or unsupported option "${name}"`);
		options[name] = parsers[name](text, name);
	}
	return options;
}

/** The one argument that a command takes. */
export function onlyArgument({ args }, name) {
	if (args.length === 0) throw badRequest(`argument "${name}" is required`);
	if (args.length > 1) throw badRequest(`expected one argument "${name}", got ${args.length}`);
	return args[0];
}

/** Parses a CID as Kubo's commands take it: bare, or behind /ipfs/ or ipfs://. */
export function parseCid(text) {
	const [cid, ...rest] = text.trim().replace(/^(\/ipfs\/|ipfs:\/\/)/, '').replace(/\/$/, '').split('/');
	if (rest.length > 0) throw badRequest(`invalid path "${text}": paths inside directories are not supported, give the CID of the file`);
	try {
		return CID.parse(cid);
	} catch (error) {
		throw badRequest(`invalid path "${text}": invalid cid: ${error.message}`);
	}
}

export function boolean(text, name) {
	if (['true', '1', ''].includes(text)) return true;
	if (['false', '0'].includes(text)) return false;
	throw badRequest(`option "${name}": "${text}" is neither true nor false`);
}

/** An option of Kubo's that is understood in one position only. */
export const always = (wanted) => (text, name) => {
	if (boolean(text, name) !== wanted) throw badRequest(`option "${name}" can only be ${wanted} here`);
	return wanted;
};

export function oneOf(...values) {
	return (text, name) => {
		const value = values.find((value) => String(value) === text);
		if (value === undefined) throw badRequest(`option "${name}": "${text}" is not supported, use ${values.join(' or ')}`);
		return value;
	};
}

export function integer(min, max = Number.MAX_SAFE_INTEGER) {
	return known((text) => {
		const value = Number(text);
		return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
	}, max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`);
}

/** A parser that answers undefined for what it does not take. */
export function known(parse, expected) {
	return (text, name) => {
		const value = parse(text);
		if (value === undefined) throw badRequest(`option "${name}": "${text}" is not ${expected}`);
		return value;
	};
}
