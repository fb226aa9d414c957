import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from './errors.js';
import { LEVELS } from './log.js';
import { parseDuration, parseSize } from './units.js';

export const HELP = `A local IPFS node for Weighhouse: Helia behind Kubo's RPC routes and an HTTP gateway.

Usage: weighhouse-ipfs [flags]

Flag              Variable                      Default
--rpc ADDRESS     WEIGHHOUSE_IPFS               http://127.0.0.1:5001
                  Where add, cat, block/get, block/put, pin/add, id and version are served.
--gateway ADDRESS WEIGHHOUSE_IPFS_GATEWAY       http://127.0.0.1:8080
                  Where GET /ipfs/CID is served; "off" for none.
--repo FOLDER     WEIGHHOUSE_IPFS_REPO          ~/.local/share/weighhouse/ipfs
                  Blocks, pins and the node's key.
--public          WEIGHHOUSE_IPFS_PUBLIC=1      off
                  Join the public IPFS network: what is stored here can be fetched by anybody.
--max-upload SIZE WEIGHHOUSE_IPFS_MAX_UPLOAD    64GiB
                  Largest body of one request.
--timeout TIME    WEIGHHOUSE_IPFS_TIMEOUT       60s
                  How long the public network is asked for one block.
--log LEVEL       WEIGHHOUSE_IPFS_LOG           info
                  error, warn, info or debug (debug: one line for each request).
--help, --version

Both addresses must be loopback: the RPC has no passwords. Flags win over variables.
Exit codes: 0 stopped when asked, 1 could not start, 2 wrong flag or variable.
`;

const FLAGS = {
	rpc: 'WEIGHHOUSE_IPFS',
	gateway: 'WEIGHHOUSE_IPFS_GATEWAY',
	repo: 'WEIGHHOUSE_IPFS_REPO',
	'max-upload': 'WEIGHHOUSE_IPFS_MAX_UPLOAD',
	timeout: 'WEIGHHOUSE_IPFS_TIMEOUT',
	log: 'WEIGHHOUSE_IPFS_LOG'
};

/** Reads flags and variables into a configuration, or throws a UsageError that names the one that is wrong. */
export function readConfig(argv, env) {
	const flags = parseFlags(argv);
	if (flags.help || flags.version) return { help: flags.help, version: flags.version };
	const read = (name, fallback, parse) => {
		const [text, source] = flags[name] !== undefined ? [flags[name], `--${name}`] : [env[FLAGS[name]], FLAGS[name]];
		if (text === undefined || text === '') return parse(fallback, name);
		return parse(text, source);
	};
	return {
		rpc: read('rpc', 'http://127.0.0.1:5001', address),
		gateway: read('gateway', 'http://127.0.0.1:8080', (text, source) => (text === 'off' ? undefined : address(text, source))),
		repo: read('repo', path.join(env.XDG_DATA_HOME || path.join(homedir(), '.local', 'share'), 'weighhouse', 'ipfs'), (text) => path.resolve(text)),
		public: flags.public ?? switched(env.WEIGHHOUSE_IPFS_PUBLIC),
		maxUpload: read('max-upload', '64GiB', known(parseSize, 'a size such as 64GiB')),
		lookupTimeout: read('timeout', '60s', known(parseDuration, 'a time such as 30s or 2m')),
		log: read('log', 'info', known((text) => (text in LEVELS ? text : undefined), `one of ${Object.keys(LEVELS).join(', ')}`))
	};
}

function parseFlags(argv) {
	const options = { public: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } };
	for (const name of Object.keys(FLAGS)) options[name] = { type: 'string' };
	try {
		return parseArgs({ args: argv, options, strict: true, allowPositionals: false }).values;
	} catch (error) {
		throw new UsageError(error.message);
	}
}

const known = (parse, expected) => (text, source) => {
	const value = parse(text);
	if (value === undefined) throw new UsageError(`${source}: "${text}" is not ${expected}`);
	return value;
};

function switched(text = '') {
	if (['', '0', 'false', 'no'].includes(text)) return false;
	if (['1', 'true', 'yes'].includes(text)) return true;
	throw new UsageError(`WEIGHHOUSE_IPFS_PUBLIC: "${text}" is neither 1 nor 0`);
}

function address(text, source) {
	const wrong = new UsageError(`${source}: "${text}" is not an address such as http://127.0.0.1:5001`);
	const url = URL.parse(/^\w+:\/\//.test(text) ? text : `http://${text}`);
	// Clients take the address with or without the path of the RPC.
	if (url?.protocol !== 'http:' || !/^\/(api\/v0\/?)?$/.test(url.pathname) || url.search || url.username) throw wrong;
	const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
	if (host !== 'localhost' && host !== '::1' && !/^127(\.\d+){3}$/.test(host)) {
		throw new UsageError(`${source}: ${host} is not a loopback address; anybody who reaches the node could use it, so it listens on this machine alone`);
	}
	// An URL drops port 80 as the default of its scheme.
	return { host, port: url.port === '' ? 80 : Number(url.port) };
}
