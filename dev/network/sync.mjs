// How long does a new node take to join a chain of 10,000 blocks, and does it know then what the others know?
//   make sync                about 45 minutes, most of them to make the blocks
//   BLOCKS=1000 make sync    a shorter chain
// Two validators of the preset `local` make the chain on the runtime that RUNTIME names (runtime.sh fast-runtime):
// slots of 200 ms, a session every 50. Models are sold on it at its beginning and at its end. Then a node joins by
// full sync, which executes every block, and after it one by warp sync, which takes proofs of finality, the state of
// a late block, and afterwards the blocks before that. Warp sync waits for three peers; the first new node is the
// third.
// Each line says what held. The first thing that does not hold ends the run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UNIT, account, alice, connect, eve, event, ferdie, free, send } from '../e2e/lib/chain.mjs';
import { machine, memory, round } from '../e2e/lib/figures.mjs';
import { openOffer, register } from '../e2e/lib/market.mjs';
import { repository } from '../e2e/lib/paths.mjs';
import { scratch, setting, until } from '../e2e/lib/process.mjs';
import { Peer, chainSpec, endAll } from './lib/peer.mjs';
import { placeOf } from './lib/place.mjs';
import { difference, stateOf } from './lib/state.mjs';
import { hold, program, say, step } from './lib/steps.mjs';

const BLOCKS = setting('BLOCKS', 10_000);
/** What the chain may take, twice as long as its slots, and all that comes after it. */
const MINUTES = Math.ceil((BLOCKS * 2 * 0.2) / 60) + 30;
const PROGRESS = 30_000;
/** A chain that does not grow for so long stands still. */
const STILL = 60_000;
const JOIN = 15 * 60_000;
/** Hashes that are asked for at once. */
const PAGE = 200;
/** Of how many blocks the content is compared. */
const SAMPLES = 300;
/** Who receives a little in each round of activity. */
const CROWD = Array.from({ length: 20 }, (_, index) => account(`//Crowd//${index}`).address);

const folder = scratch('weighhouse-sync-');
const out = join(repository, 'target/network');
const logs = join(out, 'sync');
const licences = [];
const figures = { blocks: BLOCKS };

let peers = [];
let spec;
let api;

const seconds = (since) => (Date.now() - since) / 1000;

async function add(name, flags) {
	const number = peers.length + 1;
	const peer = await Peer.of({ name, number, place: await placeOf(number), folder: folder.path, logs, spec, flags });
	peers.push(peer);
	return peer;
}

/** A model is published, offered and sold, each final before the next, and a crowd is paid. */
async function activity() {
	// For as long as the chain lives: the block that a shorter time counts from may be off the chain by then.
	const final = (call, signer) => send(api, call, signer, { final: true, era: 0 });
	const { listing } = event(await final(register(api), eve), 'listings', 'Registered');
	const { offer } = event(await final(openOffer(api, listing), eve), 'licensing', 'OfferOpened');
	const { licence } = event(await final(api.tx.licensing.buy(listing, offer), ferdie), 'licensing', 'Sold');
	licences.push(licence);
	await final(api.tx.utility.batchAll(CROWD.map((address) => api.tx.balances.transferKeepAlive(address, UNIT))), alice);
	return `listing ${listing}, licence ${licence}, ${CROWD.length} transfers`;
}

/** Says every half minute what `line` answers until `probe` does. */
async function watched(probe, line, ms, what) {
	let said = Date.now();
	return until(async () => {
		if (Date.now() - said > PROGRESS) {
			said = Date.now();
			say(`  ${await line().catch((error) => error.message)}`);
		}
		return probe();
	}, ms, what, 500);
}

async function grow(to) {
	const began = Date.now();
	const [maker] = peers;
	const first = await maker.best();
	let [height, changed] = [first, began];
	await watched(async () => {
		const best = await maker.best();
		if (best > height) [height, changed] = [best, Date.now()];
		if (Date.now() - changed > STILL) return 'still';
		return best >= to;
	}, async () => {
		const { number } = await maker.final();
		return `block ${height} of ${to}, ${number} final, ${round((height - first) / seconds(began), 1)} a second`;
	}, MINUTES * 60_000, `block ${to}`).then((seen) => hold(seen !== 'still', `no block after ${height} for ${STILL / 1000} s`));
	figures.blocksPerSecond = (height - first) / seconds(began);
	return `${height} blocks, ${round(figures.blocksPerSecond, 1)} a second`;
}

/** GRANDPA sets and sessions that the chain has had: warp sync proves one set after the other. */
async function sets() {
	const at = await api.at(await api.rpc.chain.getFinalizedHead());
	const [set, session] = await Promise.all([at.query.grandpa.currentSetId(), at.query.session.currentIndex()]);
	figures.sets = { set: set.toNumber(), session: session.toNumber() };
	return `GRANDPA set ${set} in session ${session}`;
}

/** Starts a node without a chain, and answers it when it has the others' newest block and calls final what is new. */
async function joins(mode) {
	const began = Date.now();
	const node = await add(mode, ['--sync', mode]);
	await node.start(peers).ready();
	const [maker] = peers;
	const state = async () => {
		const { currentBlock, highestBlock } = await node.rpc('system_syncState');
		return `${mode}: block ${currentBlock} of ${highestBlock ?? '?'} after ${Math.round(seconds(began))} s`;
	};
	const end = await watched(async () => (await node.best()) + 2 >= (await maker.best()) && (await node.best()), state, JOIN, `the tip by ${mode} sync`);
	const tip = seconds(began);
	await node.finalBeyond((await maker.final()).number, 120_000);
	// A node whose warp sync or whose state sync fails goes on by full sync.
	const log = readFileSync(node.logFile.path, 'utf8');
	const said = ['Warp sync is complete, continuing with state sync', 'State sync is complete, continuing with block sync'];
	hold(mode !== 'warp' || said.every((line) => log.includes(line)), 'its log does not say that it came by warp sync');
	figures[mode] = { tip, block: end, final: seconds(began), memory: memory(node.service.pid).peak };
	return { node, began, said: `block ${end} after ${round(tip, 1)} s, its own finality after ${round(figures[mode].final, 1)} s, ${Math.round(figures[mode].memory)} MiB at most` };
}

/** The hashes that a node has of blocks 0 to `top`; `null` where it has none. */
async function hashes(peer, top) {
	const all = [];
	for (let first = 0; first <= top; first += PAGE) {
		all.push(...(await peer.rpc('chain_getBlockHash', Array.from({ length: Math.min(PAGE, top + 1 - first) }, (_, index) => first + index))));
	}
	return all;
}

/** That two nodes have the same blocks, all by hash and some with all they hold, up to a height that both call final. */
async function sameBlocks(node) {
	const [maker] = peers;
	const top = Math.min((await maker.final()).number, (await node.final()).number);
	hold(top >= BLOCKS, `block ${top} only is final on both`);
	const [theirs, own] = await Promise.all([maker, node].map((peer) => hashes(peer, top)));
	const other = theirs.findIndex((hash, number) => !hash || hash !== own[number]);
	hold(other < 0, `block ${other} is ${own[other]}, and ${theirs[other]} on ${maker.name}`);
	const samples = Math.min(SAMPLES, top);
	for (let index = 1; index <= samples; index += 1) {
		const number = Math.round((index * top) / samples);
		const [expected, found] = await Promise.all([maker, node].map((peer) => peer.rpc('chain_getBlock', theirs[number])));
		hold(found, `${node.name} has no content of block ${number}`);
		hold(JSON.stringify(found.block) === JSON.stringify(expected.block), `block ${number} has other content on ${node.name}`);
	}
	return `all ${top} final blocks by hash, ${samples} of them with their content`;
}

/** That a node has in its own state all that the others have, and that what was sold and paid is in it. */
async function sameState(node) {
	const [maker] = peers;
	const { number, hash } = await node.final();
	await maker.finalBeyond(number - 1, 30_000);
	const [theirs, state] = await Promise.all([maker, node].map((peer) => stateOf(peer, hash)));
	const other = difference(theirs, state);
	hold(other === undefined, `${node.name} and ${maker.name} differ about ${other}`);
	const keys = [
		...[eve, ferdie].map(({ address }) => address).concat(CROWD).map((address) => api.query.system.account.key(address)),
		...licences.map((licence) => api.query.licensing.licences.key(licence)),
	];
	for (const key of keys) hold(state.has(key), `the state has no ${key}`);
	const own = await connect(node.url);
	const balance = await free(await own.at(hash), CROWD[0]);
	await own.disconnect();
	hold(balance === BigInt(licences.length) * UNIT, `an account of the crowd has ${balance}`);
	return `${state.size} keys and values, ${keys.length} balances and licences among them`;
}

/** That a node goes with the others. */
async function follows(node) {
	const [maker] = peers;
	const { number } = await node.final();
	await node.finalBeyond(number + 20, 120_000);
	const [own, theirs] = await Promise.all([node, maker].map((peer) => peer.rpc('chain_getBlockHash', number + 20)));
	hold(own === theirs, `block ${number + 20} is ${own}, and ${theirs} on ${maker.name}`);
	return `block ${number + 20} final there, too`;
}

async function run() {
	const runtime = process.env.RUNTIME;
	hold(runtime, 'RUNTIME names no file: dev/network/runtime.sh fast-runtime makes it');
	hold(Number.isInteger(BLOCKS) && BLOCKS >= 200, 'BLOCKS is a number of blocks, at least 200');
	mkdirSync(logs, { recursive: true });
	spec = await chainSpec(folder.path, 'local', runtime);
	for (const name of ['alice', 'bob']) await add(name, [`--${name}`]);
	await Promise.all(peers.map((peer) => peer.start(peers).ready()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(1, 90_000)));
	api = await connect(peers[0].url);
	say(`two validators, slots of ${api.consts.babe.expectedBlockTime} ms; ${MINUTES} minutes at most`);

	await step('early', activity);
	await step('chain', () => grow(BLOCKS));
	await step('late', activity);
	await step('sets', sets);
	let node;
	await step('full sync', async () => {
		const joined = await joins('full');
		({ node } = joined);
		return joined.said;
	});
	await step('full sync, blocks', () => sameBlocks(node));
	await step('full sync, state', () => sameState(node));
	let began;
	await step('warp sync', async () => {
		const joined = await joins('warp');
		({ node, began } = joined);
		return joined.said;
	});
	await step('warp sync, state', () => sameState(node));
	await step('warp sync, history', async () => {
		await watched(async () => {
			const top = (await node.final()).number;
			return (await hashes(node, top)).every(Boolean);
		}, async () => `${(await hashes(node, BLOCKS)).filter(Boolean).length} blocks after ${Math.round(seconds(began))} s`, JOIN, 'all blocks before');
		figures.warp.history = seconds(began);
		return `complete after ${round(figures.warp.history, 1)} s`;
	});
	await step('warp sync, blocks', () => sameBlocks(node));
	await step('warp sync, afterwards', () => follows(node));
	const file = join(out, 'sync.json');
	writeFileSync(file, `${JSON.stringify({ ...figures, machine: machine() }, (_, value) => round(value, 3), '\t')}\n`);
	say(`figures: ${relative(repository, file)}`);
}

async function stop() {
	await api?.disconnect();
	await endAll(peers);
	folder.remove();
	say(`logs: ${relative(repository, logs)}`);
}

await program(MINUTES, run, stop);
