// A whole network on this machine: four validators of the preset `local4`, two nodes that carry for workers, a
// plain node, an IPFS node, and the workers' gateways.
//   make network             starts it, prints where everything is, leaves it running until Ctrl-C
//   CHECK=1 make network     starts it, checks it, ends it; exit code 0 only if every check held
//   make soak                keeps it busy for two hours and says what its memory does (MINUTES=10: for ten minutes;
//                            CACHE=1024: with so many MiB of state in each node's memory instead of 64)
//   NAMESPACE=no make network   on this machine's own loopback instead of a network of its own
//   network.mjs alice=ws://127.0.0.1:9944 ...   checks such a network that somebody else runs, and brings the market
//                            to it (zombienet/market.js)
// The checks: every node makes progress; all agree on what is final; a sale that was signed at one node is known
// to all; a question that was asked at the plain node is answered by a worker behind another one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { account, connect } from '../e2e/lib/chain.mjs';
import { commandLine } from '../e2e/lib/cli.mjs';
import { table } from '../e2e/lib/figures.mjs';
import { startIpfs } from '../e2e/lib/ipfs.mjs';
import { cliBinary, repository } from '../e2e/lib/paths.mjs';
import { scratch, setting, until } from '../e2e/lib/process.mjs';
import { Worker, carrying, fund } from '../e2e/lib/workers.mjs';
import { Peer, VALIDATORS, chainSpec, equivocations, grandpaKeys, offences, suriOf } from './lib/peer.mjs';
import { Loopback, inNamespace } from './lib/place.mjs';
import { soak } from './lib/soak.mjs';
import { say } from './lib/steps.mjs';

const MODEL = join(repository, 'dev/models/digits');
const SELLER = '//Ferdie';
const BUYER = '//Dave';
const ASKER = '//Eve';
const WORKERS = ['//Worker1', '//Worker2'];
const REWARD = '0.05';
/** Of state, in MiB. A node's own default is 1,024, which seven on one machine cannot fill, and which hides a leak. */
const CACHE = setting('CACHE', 64);

/** The nodes that somebody else runs: `[name, url]` each. */
const given = process.argv.slice(2).filter((each) => each.includes('=')).map((each) => each.split('='));
const once = Boolean(process.env.CHECK) || given.length > 0;
/** For how long it is kept busy, in minutes. */
const busy = process.argv.includes('soak') ? setting('MINUTES', 120) : 0;
const folder = scratch('weighhouse-network-');
const logs = join(repository, 'target/network/logs');

let peers = [];
let workers = [];
let ipfs;
let api;

/** In a network of its own every usual port is free; elsewhere free ones are taken. */
const place = (number) => Loopback.of(inNamespace ? { rpc: 9944 + number, p2p: 30333 + number, metrics: 9615 + number } : {});

async function start() {
	mkdirSync(logs, { recursive: true });
	workers = await Promise.all(WORKERS.map((suri, index) => Worker.of(suri, join(folder.path, `gateway-${index + 1}`))));
	// The usual ports, which monitoring and zombienet's nodes look at.
	if (inNamespace || given.length) workers.forEach((worker, index) => Object.assign(worker, { port: 8791 + index, gateway: `http://127.0.0.1:${8791 + index}` }));
	const begun = startIpfs({ repo: join(folder.path, 'ipfs') });
	begun.then((started) => { ipfs = started; }, () => {});
	if (given.length) peers = given.map(([name, url]) => Peer.at(name, url));
	else await launch();
	await begun;
	await Promise.all(peers.map((each) => each.finalBeyond(0, 120_000)));
}

async function launch() {
	const spec = await chainSpec(folder.path);
	const roles = [
		...VALIDATORS.map((name) => [name, [`--${name}`]]),
		...workers.map(({ suri, gateway }, index) => [`worker-${index + 1}`, carrying([[suri, gateway]])]),
		['plain', []],
	];
	for (const [index, [name, flags]] of roles.entries()) {
		peers.push(await Peer.of({ name, number: index + 1, place: await place(index), folder: folder.path, logs, spec, flags: [...flags, '--trie-cache-size', String(Math.round(CACHE * 2 ** 20))] }));
	}
	await Promise.all(peers.map((each) => each.start(peers).ready(120_000)));
}

const peer = (name) => peers.find((each) => each.name === name);

/** A model on sale and by the call, and both workers serving it. */
async function openShop() {
	const weighhouse = commandLine({ url: peer('alice').url, ipfs: ipfs.url, wait: 'finalized' });
	api = await connect(peer('alice').url);
	await fund(api, workers.map(({ address }) => address));
	const { listing } = await weighhouse.ok(SELLER, 'publish', MODEL);
	const { offer: licence } = await weighhouse.ok(SELLER, 'offer', listing, '--price', '25');
	const { offer: call } = await weighhouse.ok(SELLER, 'offer', listing, '--price', '0.5', '--term', 'per-call');
	for (const [index, worker] of workers.entries()) worker.start({ url: peer(`worker-${index + 1}`).url, ipfs: ipfs.url, serve: [[listing, REWARD]] });
	await Promise.all(workers.map((worker) => worker.ready(120_000)));
	return { weighhouse, listing, licence, call, grandpa: await grandpaKeys(api) };
}

function show({ grandpa, listing, licence, call }) {
	say(table(['node', 'RPC', 'metrics', 'address on the network', 'log'], peers.map(({ name, url, place: { metrics }, address }) => [name, url, `http://127.0.0.1:${metrics}/metrics`, address, relative(repository, join(logs, `${name}.log`))])));
	say('');
	say(table(['validator', 'account', 'GRANDPA key'], VALIDATORS.map((name) => {
		const suri = suriOf(name);
		return [suri, account(suri).address, grandpa[name]];
	})));
	say('');
	say(table(['worker', 'account', 'gateway', 'carried by'], workers.map(({ suri, address, gateway }, index) => [suri, address, gateway, `worker-${index + 1}`])));
	say(`\nIPFS ${ipfs.url}, its gateway ${ipfs.gateway}`);
	say(`listing ${listing} of ${SELLER}: offer ${licence} is a licence, offer ${call} a price by the call`);
}

/** Asks at the plain node, and answers what came of it. */
function ask({ weighhouse, listing, call }) {
	const [vector] = JSON.parse(readFileSync(join(MODEL, 'test-vectors.json'), 'utf8')).vectors;
	const question = join(folder.path, 'question.json');
	writeFileSync(question, JSON.stringify({ inputs: vector.inputs }));
	return weighhouse.ok(ASKER, 'ask', listing, '--input', question, '--mode', 'solo', '--reward', REWARD, '--offer', call, '--yes', { url: peer('plain').url, timeout: 240_000 });
}

/**
 * A licence, what its buyer thinks of it, its end, since nobody holds many of one listing, and a question. An answer
 * can be rated once nobody may dispute it.
 */
async function trade(shop) {
	const { weighhouse, listing, licence: offer } = shop;
	const at = { url: peer('plain').url };
	const { licence, receipt } = await weighhouse.ok(BUYER, 'buy', listing, offer, '--yes', at);
	await weighhouse.ok(BUYER, 'rate', receipt, '90%', '--yes', at);
	await weighhouse.ok(BUYER, 'remove-licence', licence, '--yes', at);
	await ask(shop);
}

/** Each check by what it says when it holds; throws when it does not. */
const checks = {
	async 'every node makes progress'() {
		const before = await Promise.all(peers.map((each) => each.best()));
		await until(async () => (await Promise.all(peers.map((each) => each.best()))).every((now, index) => now >= before[index] + 3), 40_000, 'three more blocks on every node', 500);
	},
	async 'all nodes agree on what is final'() {
		const finals = await Promise.all(peers.map((each) => each.final()));
		const height = Math.min(...finals.map(({ number }) => number));
		if (height < 1) throw new Error('nothing is final');
		const hashes = await Promise.all(peers.map((each) => each.rpc('chain_getBlockHash', height)));
		if (new Set(hashes).size !== 1) throw new Error(`block ${height} is ${hashes.join(', ')}`);
		return `block ${height}`;
	},
	async 'a sale at one node is known to all'({ weighhouse, listing, licence }) {
		const { receipt, tx } = await weighhouse.ok(BUYER, 'buy', listing, licence, '--yes', { url: peer('plain').url });
		for (const each of peers) {
			await each.finalBeyond(tx.block - 1, 60_000);
			await weighhouse.ok(undefined, 'receipt', 'show', receipt, { url: each.url });
		}
		return `receipt ${receipt} in block ${tx.block}`;
	},
	async 'a question at the plain node is answered by a worker behind another'(shop) {
		const { weighhouse } = shop;
		const answer = await ask(shop);
		const { receipt, agreed, block } = answer.receipt;
		if (!agreed.every((worker) => workers.some(({ address }) => address === worker))) throw new Error(`${agreed} answered`);
		const validator = peer('charlie');
		await validator.finalBeyond(block - 1, 60_000);
		await weighhouse.ok(undefined, 'receipt', 'show', receipt, { url: validator.url });
		return `job ${answer.job}, receipt ${receipt}`;
	},
	// Somebody else has the logs of nodes that are given.
	async [given.length ? 'no offence is on chain' : 'no node saw a validator contradict itself']() {
		const [line] = equivocations(peers);
		if (line) throw new Error(line);
		const reported = await offences(api, peer('plain'));
		if (reported) throw new Error(`${reported} offences on chain`);
	},
};

async function check(shop) {
	let failed = 0;
	for (const [name, body] of Object.entries(checks)) {
		const began = Date.now();
		const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
		try {
			const what = await body(shop);
			say(`ok      ${name}${what ? `: ${what}` : ''} (${seconds()})`);
		} catch (error) {
			failed += 1;
			say(`FAILED  ${name}: ${error.message} (${seconds()})`);
		}
	}
	return failed;
}

async function stop() {
	await api?.disconnect();
	await Promise.all(workers.map((worker) => worker.stop()));
	await Promise.all(peers.map((each) => each.stop()));
	await ipfs?.stop();
	folder.remove();
}

// Ctrl-C reaches every program of the terminal's group at once; whatever of them is left is ended here.
// Checks that do not come to their end have not held.
let code = once || busy ? 1 : 0;
let ending;
const end = () => {
	ending ??= stop().catch((error) => say(error.message)).then(() => process.exit(code));
	return ending;
};
process.setMaxListeners(50);
for (const name of ['SIGINT', 'SIGTERM']) {
	process.on(name, () => {
		if (!ending) say('\nending the network');
		end();
	});
}

try {
	say(given.length ? `the nodes ${given.map(([name]) => name).join(', ')}` : inNamespace ? 'a network of its own: nothing of it listens outside' : 'on this machine\'s own loopback');
	await start();
	say('all nodes finalise; publishing a model, starting the workers');
	const shop = await openShop();
	say('');
	if (!given.length) show(shop);
	if (busy) {
		const services = { ...Object.fromEntries([...peers, ...workers].map(({ name, suri, service }) => [name ?? `gateway of ${suri}`, service.pid])), ipfs: ipfs.service.pid };
		code = (await soak({ minutes: busy, cache: CACHE, api, peers, programs: services, act: () => trade(shop), say })) ? 0 : 1;
	} else if (once) {
		say('');
		code = (await check(shop)) === 0 ? 0 : 1;
	} else {
		const enter = inNamespace ? `nsenter --target ${process.pid} ${process.env.WEIGHHOUSE_ENTER} ` : '';
		say(`\nAnother terminal uses it by:\n    ${enter}env PATH="${dirname(cliBinary())}:$PATH" WEIGHHOUSE_URL=${peer('plain').url} WEIGHHOUSE_IPFS=${ipfs.url} bash`);
		say('Ctrl-C ends it all.');
		// A node that ends by itself is worth a line; the others show what a network does without it.
		for (const each of peers) each.service.ended.then(() => ending ?? say(`${each.name} has ended: ${relative(repository, join(logs, `${each.name}.log`))}`));
		await new Promise(() => {});
	}
} catch (error) {
	if (!ending) say(error.stack);
	code = ending ? code : 1;
}
await end();
