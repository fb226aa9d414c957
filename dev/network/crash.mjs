// Do validators lose or contradict themselves when they are killed under load?
//   make crash                       the short form, three to five minutes
//   KILLS=500 TIME=150 make crash    the long form, for more than 20 kills: until so many count, in so many minutes
//   FAULTS="kill all cut pause disk twin" RATE=110 SEED=7 make crash    only these; without `twin` a control less
// Four validators of the preset `local4` run each in a network namespace of its own, under a steady rate of signed
// transfers. Then, one family of faults after the other:
//   kill    SIGKILL to one of the four, drawn, every 5 to 20 seconds (short form: 5 to 8), whether or not the one
//           before finalises again: now and then two are down and finality stands still
//   all     SIGKILL to all four at once
//   cut     one or two of them reach none of the others for a while, and are joined again. Counts when the victim's
//           finality stood still meanwhile
//   pause   SIGSTOP for 30 seconds (short form: 10)
//   disk    a validator's disk runs full; room is made, and it is started again
// A killed node is started again within a second, as a supervisor does. A kill counts when the victim had cast its
// vote in the GRANDPA round at hand, as it said itself just before. A family that did not have all its tries, or of
// whose tries none counts, fails the run. After each fault, and every 20 kills, all wait until everybody is back, and
// every database is held against what was final before.
// Of each family:
//   told          of the kills that count, those whose vote had left with the victim's log, which it writes every 50 ms
//   lost          transactions that a client saw final and that are in no final block
//   contradicted  final blocks that any node, at any time, replaced by another one
//   equivocated   lines of any node's log, and offences on chain, of a validator that signed two things at once; votes
//                 that differ from those that its own log told of before
//   by hand       nodes that did not come up again by themselves, or lack blocks or what is in them
//   recovery      seconds from the start of the victim to its first final block that nobody had made before
//   back          how often a restarted node had to learn again that a block was final, and the most blocks
// Whoever needs a hand ends the run, and the databases are kept.
// The controls come last. `twin`: a second node with the keys of Dave signs beside him, and the harness must see
// it in logs and on chain. `planted`: a block and a transaction that never were must count as contradicted and
// lost, and a block that a node has no more, or has without its transactions, as missing. A control that finds
// nothing fails the run.
// The table is written to target/network/crash.json, logs lie beside it.
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { connect } from '../e2e/lib/chain.mjs';
import { machine, quantile, round, sum, table } from '../e2e/lib/figures.mjs';
import { repository } from '../e2e/lib/paths.mjs';
import { scratch, setting, sleep, until } from '../e2e/lib/process.mjs';
import { Load } from './lib/load.mjs';
import { Peer, chainSpec, endAll, equivocations, grandpaKeys, offences, validators } from './lib/peer.mjs';
import { inNamespace, mountSmallDisk, placeOf } from './lib/place.mjs';
import { hold, program, say } from './lib/steps.mjs';
import { Witness } from './lib/witness.mjs';

const SHORT_KILLS = 3;
const KILLS = setting('KILLS', SHORT_KILLS);
const LONG = KILLS > 20;
const MINUTES = setting('TIME', LONG ? 150 : 10);
const RATE = setting('RATE', 110);
const SEED = setting('SEED', 1 + (Date.now() % 1_000_000));
const ALL = ['kill', 'all', 'cut', 'pause', 'disk', 'twin'];
const FAULTS = process.env.FAULTS?.split(' ') ?? ALL;
/** Families whose victims are killed, so that the end of their log is lost. */
const KILLED = ['kill', 'all'];
/** What a namespace or a mount of its own is needed for. */
const APART = ['cut', 'disk'];
/** The families that are to run here; `twin` is a control. */
const WANTED = FAULTS.filter((name) => name !== 'twin' && (inNamespace || !APART.includes(name)));
/** How often each is tried at least. */
const TIMES = { kill: KILLS, ...(LONG ? { all: 25, cut: 10, pause: 5, disk: 3 } : { all: 1, cut: 1, pause: 1, disk: 1 }) };
/** Transfers a second that must have been offered; the short form runs on machines that do other things. */
const OFFERED = LONG ? Math.min(100, 0.9 * RATE) : RATE / 2;
/** Between two kills; looking for a vote comes on top. Short times are drawn more often: half are below 6 s. */
const BETWEEN = LONG ? [5_000, 17_000] : [5_000, 8_000];
/** For how long one certain vote is looked for, and then for how long any. */
const VOTE = 1_500;
/** From a vote to the kill. A node's log leaves it every 50 ms, and what has not left is lost. */
const LOGGED = LONG ? [0, 100] : [60, 120];
const CUT = LONG ? 30_000 : 10_000;
/** What was under way when a node was cut off has come to its end after this time. */
const UNDER_WAY = 5_000;
const PAUSE = LONG ? 30_000 : 10_000;
/** The long form's chain grows on it, too. */
const DISK_MIB = LONG ? 2048 : 512;
/** In this time the twin has read the chain: 2,600 blocks took it more than five minutes beside a compiler. */
const IN_STEP = 900_000;
/** A node that is not back after this time needs a hand. */
const RECOVERY = 180_000;

const folder = scratch('weighhouse-crash-');
const out = join(repository, 'target/network');
/** Where Dave's database is kept when somebody is to look at it: the small disk ends with this program. */
const kept = join(out, 'crash/dave-database');
/** What is measured, with a `+` if that is not what is committed. */
const commit = spawnSync('git', ['describe', '--always', '--dirty=+', '--exclude=*'], { cwd: repository, encoding: 'utf8' }).stdout?.trim() || 'unknown';
const started = Date.now();
const deadline = started + MINUTES * 60_000;

/** Numbers in [0, 1) that a seed repeats (mulberry32). What nodes do meanwhile it does not. */
function dice(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
const draw = dice(SEED);
const pick = (list) => list[Math.floor(draw() * list.length)];
const between = ([low, high], power = 1) => low + draw() ** power * (high - low);

let spec;
let grandpa;
let peers;
let api;
let load;
let witness;
const unmount = [];
/** What happened to nodes beside what the ledger keeps: `[name, what]` each. */
const byHand = [];
const failedStarts = [];
const families = [];
/** The databases were held against all that was final up to here. */
let held = 0;
/** This program is about to end, and the nodes with it. */
let ending = false;

const needsHand = (name, what) => {
	if (!ending) byHand.push([name, what]);
};
const going = () => Date.now() < deadline && byHand.length === 0 && !ending;
/** Whether a family has done what it must. */
const done = ({ fault, times, counted }) => times >= TIMES[fault] && counted >= (fault === 'kill' ? KILLS : 1);

const up = () => peers.filter((peer) => peer.up && peer.answered);

/** What a node says of its own votes in the round at hand, if it votes. */
const votesOf = (peer) => peer.votes(grandpa[peer.name]).catch(() => undefined);

/** Waits until the victim has cast its vote in a round, and answers which. */
async function voted(peer) {
	const wanted = pick(['prevoted', 'precommitted']);
	const began = Date.now();
	for (;;) {
		const passed = Date.now() - began;
		if (passed > 2 * VOTE) return undefined;
		const votes = await votesOf(peer);
		// The second vote soon ends the round, or does not come while finality stands still.
		if (votes?.[passed < VOTE ? wanted : 'prevoted']) return votes;
		await sleep(10);
	}
}

/** Whether its log tells of the votes that it had cast. */
function told({ votesGiven }, vote) {
	const kinds = [vote.prevoted && 'prevote', vote.precommitted && 'precommit'].filter(Boolean);
	return votesGiven.told(kinds.map((kind) => ({ kind, round: vote.round, set: vote.setId })));
}

/** Starts it again, as often as a supervisor would, and answers the seconds until it finalises what is new. */
async function restart(peer) {
	await sleep(draw() * 1000);
	const began = Date.now();
	for (let attempt = 1; ; attempt += 1) {
		if (ending) return undefined;
		peer.start();
		try {
			await peer.ready(120_000);
			break;
		} catch (error) {
			if (ending) return undefined;
			failedStarts.push([peer.name, error.message.slice(-1000)]);
			if (attempt === 3) {
				needsHand(peer.name, error.message.slice(-1000));
				return undefined;
			}
			await peer.kill();
		}
	}
	if (peer.starts > 1 && peer.panics.length) say(`  ${peer.name} says: ${peer.panics.splice(0).at(-1)}`);
	return recovered(peer, began);
}

/** Seconds since `began` until it calls final what was not made when it answered. */
async function recovered(peer, began) {
	const heights = await Promise.all(up().map((each) => each.best().catch(() => 0)));
	try {
		await peer.finalBeyond(Math.max(...heights), RECOVERY);
		return (Date.now() - began) / 1000;
	} catch (error) {
		needsHand(peer.name, error.message);
		return undefined;
	}
}

/** What has gone wrong since the start. */
async function totals() {
	witness.ledger.settle();
	const [reported] = await until(async () => [await offences(api, up()[0])], 60_000, 'the offences on chain');
	return {
		lost: witness.ledger.lost.length, contradicted: witness.ledger.contradictions.length, equivocated: equivocations(peers).length + reported,
		byHand: byHand.length, back: witness.wentBack.length,
	};
}

/** Until all are back and finality goes on everywhere; then every node's database is held against the record. */
async function settled() {
	if (byHand.length > 0) return;
	await until(() => up().length === peers.length, RECOVERY, 'all nodes up', 300);
	const { read } = witness.ledger;
	const heights = await Promise.all(peers.map((peer) => peer.best()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(Math.max(...heights), RECOVERY)));
	for (const peer of peers) {
		// Some that were looked at before, too: a node may have gone back beyond them.
		const missing = await witness.audit(peer, Math.max(1, held - 20));
		if (missing.length) needsHand(peer.name, `lacks blocks ${missing.slice(0, 10).join(', ')}`);
	}
	held = read;
	// The reader is to have passed what clients were told before.
	const top = witness.ledger.highest;
	await until(() => witness.ledger.read >= top, 60_000, 'the final blocks read');
}

/** Runs one family of faults and writes its line, of which `body` keeps times, tried, counted and recoveries. */
async function family(name, body) {
	if (!WANTED.includes(name) || byHand.length > 0 || ending) return;
	const before = await totals();
	const [from, backs, finals] = [witness.ledger.read, witness.wentBack.length, witness.ledger.counts.final];
	const began = Date.now();
	const line = { fault: name, times: 0, tried: 0, counted: 0, told: 0, recoveries: [] };
	try {
		await body(line);
	} catch (error) {
		needsHand(name, error.message.slice(0, 2000));
	}
	const after = await totals();
	for (const key of Object.keys(after)) line[key] = after[key] - before[key];
	line.backMost = Math.max(0, ...witness.wentBack.slice(backs).map(({ blocks }) => blocks));
	line.seconds = (Date.now() - began) / 1000;
	line.blocks = witness.ledger.read - from;
	line.perSecond = (witness.ledger.counts.final - finals) / line.seconds;
	families.push(line);
	say(`${name}: tried ${line.tried}, counted ${line.counted}, lost ${line.lost}, contradicted ${line.contradicted}, equivocated ${line.equivocated}, by hand ${line.byHand} (${Math.round(line.seconds)} s, ${line.blocks} final blocks)`);
}

/** Says how far a long run is. */
function progress({ fault, times, counted }) {
	say(`  ${fault} ${times} times, ${counted} count, ${up().length} nodes up, block ${witness.ledger.read} final, ${witness.ledger.counts.final} transfers final`);
}

/** Tries a fault until its family is done; the databases are looked at after each. */
async function repeat(line, fault) {
	while (going() && !done(line)) {
		await fault();
		line.times += 1;
		await settled();
		if (LONG) progress(line);
	}
}

async function kills(line) {
	const waiting = new Set();
	const allBack = async () => {
		await until(() => waiting.size === 0, 2 * RECOVERY, 'the last victim back', 300);
		await settled();
	};
	const bring = async (peer) => {
		waiting.add(peer);
		const seconds = await restart(peer);
		waiting.delete(peer);
		if (seconds === undefined) return;
		line.recoveries.push(seconds);
		if (!LONG) say(`  ${peer.name} finalises again after ${round(seconds, 1)} s`);
	};
	while (going() && !done(line)) {
		await sleep(between(BETWEEN, 4));
		for (const peer of peers.filter((each) => !each.up && !waiting.has(each))) {
			needsHand(peer.name, `ended by itself (${JSON.stringify(peer.service.end)}): ${peer.service.log.slice(-1000)}`);
			bring(peer);
		}
		// Who is not back yet is not killed again, so that each kill has its recovery.
		const victims = await until(() => {
			const back = up().filter((peer) => !waiting.has(peer));
			return back.length > 0 && back;
		}, 2 * RECOVERY, 'a victim', 200);
		const victim = pick(victims);
		const vote = await voted(victim);
		await sleep(between(LOGGED));
		await victim.kill();
		line.times += 1;
		line.tried += 1;
		if (vote) line.counted += 1;
		if (vote && told(victim, vote)) line.told += 1;
		bring(victim);
		if (!LONG) say(`  ${victim.name} killed ${vote ? `after its vote in round ${vote.round}` : 'without a vote'}`);
		else if (line.tried % 20 === 0) progress(line);
		if (line.tried % 20 === 0) await allBack();
	}
	await allBack();
}

async function allAtOnce(line) {
	await repeat(line, async () => {
		await voted(pick(peers));
		const votes = await Promise.all(peers.map(votesOf));
		await sleep(between(LOGGED));
		await Promise.all(peers.map((peer) => peer.kill()));
		line.tried += peers.length;
		line.counted += votes.filter((vote) => vote?.prevoted).length;
		line.told += peers.filter((peer, index) => votes[index]?.prevoted && told(peer, votes[index])).length;
		const seconds = await Promise.all(peers.map(restart));
		line.recoveries.push(...seconds.filter((each) => each !== undefined));
		await sleep(between([1_000, 5_000]));
	});
}

async function cutOff(line) {
	await repeat(line, async () => {
		// One: the others go on. Two, each alone or both together: finality stands still, and nothing may break.
		const size = LONG ? 1 + (line.times % 2) : pick([1, 2]);
		const victims = peers.toSorted(() => draw() - 0.5).slice(0, size);
		const together = draw() < 0.5;
		const others = (victim) => peers.filter((peer) => peer !== victim && !(together && victims.includes(peer))).map(({ place }) => place);
		const far = victims.map((victim) => [victim, others(victim)]);
		for (const [victim, places] of far) victim.place.cut(places);
		const finals = () => Promise.all(victims.map((victim) => victim.final().then(({ number }) => number)));
		await sleep(UNDER_WAY);
		const before = await finals();
		await sleep(CUT - UNDER_WAY);
		const after = await finals();
		const began = Date.now();
		for (const [victim, places] of far) victim.place.heal(places);
		line.tried += size;
		// Less than three of four can call nothing final: who did was not cut off.
		line.counted += before.filter((number, index) => number === after[index]).length;
		const seconds = await Promise.all(victims.map((victim) => recovered(victim, began)));
		line.recoveries.push(...seconds.filter((each) => each !== undefined));
	});
}

async function pause(line) {
	await repeat(line, async () => {
		const victim = pick(peers);
		const vote = await voted(victim);
		victim.answered = false;
		victim.signal('SIGSTOP');
		await sleep(PAUSE);
		victim.signal('SIGCONT');
		const began = Date.now();
		victim.answered = true;
		line.tried += 1;
		if (vote) line.counted += 1;
		const seconds = await recovered(victim, began);
		if (seconds !== undefined) line.recoveries.push(seconds);
	});
}

/** Fills the disk under `path` to its last byte. */
function fill(path) {
	const file = join(path, 'ballast');
	const handle = openSync(file, 'w');
	for (let size = 1 << 20; size >= 1; size >>= 1) {
		try {
			for (;;) writeSync(handle, Buffer.alloc(size));
		} catch (error) {
			if (error.code !== 'ENOSPC') throw error;
		}
	}
	closeSync(handle);
	return () => rmSync(file);
}

async function fullDisk(line) {
	const victim = peers.at(-1);
	await repeat(line, async () => {
		const vote = await voted(victim);
		const empty = fill(victim.base);
		line.tried += 1;
		if (vote) line.counted += 1;
		// It ends by itself, or it goes on without a disk and is ended.
		await until(() => !victim.up, 20_000, 'the end of a node without a disk').catch(() => {});
		const end = victim.service.end;
		say(`  full disk: ${end ? `the node ended by itself (${end.signal ?? `code ${end.code}`})` : 'the node still ran after 20 s'}`);
		await victim.kill();
		empty();
		const seconds = await restart(victim);
		if (seconds !== undefined) line.recoveries.push(seconds);
	});
}

/** Dave's keys on two nodes with a database each. Answers what of it was seen. */
async function twin() {
	const dave = peers.at(-1);
	const place = await placeOf(5);
	const double = await Peer.of({ name: 'twin', number: 5, place, folder: folder.path, logs: join(out, 'crash'), spec, flags: ['--dave'] });
	const seen = { blocks: 0, votes: 0, offences: 0 };
	const look = async () => {
		const lines = equivocations(peers);
		seen.blocks = lines.filter((line) => /is equivocating at slot/.test(line)).length;
		seen.votes = lines.filter((line) => /Detected (prevote|precommit) equivocation/.test(line)).length;
		seen.offences = await offences(api, up()[0]);
		return seen.blocks > 0 && seen.votes > 0 && seen.offences > 0;
	};
	say('the twin reads the whole chain, then signs beside dave');
	try {
		await double.start(peers).ready();
		await until(async () => (await double.best()) >= (await dave.best()) - 2, IN_STEP, 'the twin in step', 500);
		const end = Date.now() + 120_000;
		// The two see the same blocks at almost the same time. One of them is held up now and then, so that they
		// vote for different ones.
		while (Date.now() < end && !(await look())) {
			await double.hold(500 + draw() * 2500);
			await sleep(1000 + draw() * 2000);
		}
	} catch (error) {
		// The figures of hours are worth more than a control, and a run without it fails.
		say(`the control \`twin\`: ${error.message}`);
	} finally {
		await double.kill();
		await place.stop();
	}
	return seen;
}

/** A block and a transaction that never were, and nodes without a block that was. Answers whether each was found. */
async function planted() {
	const copy = witness.ledger.copy();
	const number = Math.max(1, copy.read - 5);
	const fake = `0x${'00'.repeat(32)}`;
	copy.say('nobody', number, fake);
	copy.see('planted', fake);
	copy.settle(0);
	const [peer] = up();
	/** Whether just that block is found missing when the node answers it like this. */
	const found = async (answer) => {
		const rpc = async (method, ...params) => {
			const said = await peer.rpc(method, ...params);
			return method === 'chain_getBlock' && params[0] === copy.hashAt(number) ? answer(said) : said;
		};
		const missing = await witness.audit(Object.assign(Object.create(peer), { rpc }), number);
		return missing.length === 1 && missing[0] === number;
	};
	return {
		block: copy.contradictions.some((each) => each.is === fake && each.number === number),
		transaction: copy.lost.some(({ transaction }) => transaction === 'planted'),
		missing: await found(() => null),
		emptied: await found(({ block }) => ({ block: { ...block, extrinsics: [] } })),
	};
}

function report(controls, equivocated) {
	const rows = families.map((line) => [
		line.fault, line.tried, line.counted, KILLED.includes(line.fault) ? line.told : '', line.lost, line.contradicted, line.equivocated, line.byHand,
		quantile(line.recoveries, 0.5), quantile(line.recoveries, 0.95), `${line.back} (${line.backMost})`, line.blocks, line.perSecond,
	]);
	say('');
	say(table(['fault', 'tried', 'counted', 'told', 'lost', 'contradicted', 'equivocated', 'by hand', 'p50 s', 'p95 s', 'back', 'blocks', 'transfers/s'], rows));
	const { counts } = witness.ledger;
	const seconds = (load.ended - load.began) / 1000;
	const rates = { offered: load.offered / (load.served / 1000), final: counts.final / seconds };
	say(`transfers: ${load.offered} offered (${round(rates.offered, 1)} a second while a node answered), ${counts.final} final (${round(rates.final, 1)} a second), ${counts.seen} seen final by their client`);
	const votes = { read: sum(peers.map(({ votesGiven }) => votesGiven.given)), repeated: sum(peers.map(({ votesGiven }) => votesGiven.repeated)) };
	say(`votes in the validators' own logs: ${votes.read}, of which ${votes.repeated} were given again after a start, the same as before`);
	say(`starts that failed and were repeated: ${failedStarts.length}`);
	for (const [name, what] of byHand) say(`BY HAND ${name}: ${what}`);
	for (const each of witness.ledger.contradictions.slice(0, 10)) say(`CONTRADICTED ${JSON.stringify(each)}`);
	for (const each of witness.ledger.lost.slice(0, 10)) say(`LOST ${each.transaction.slice(0, 80)}... seen final in ${each.hash}`);

	const clean = families.every((line) => line.lost + line.contradicted + line.equivocated + line.byHand === 0) && byHand.length + equivocated + witness.ledger.lost.length + witness.ledger.contradictions.length === 0;
	const enough = WANTED.every((name) => families.some((line) => line.fault === name && done(line))) && counts.seen > 0 && votes.read > 0
		&& families.every((line) => line.told > 0 || !KILLED.includes(line.fault));
	const loaded = rates.offered >= OFFERED && families.every(({ perSecond }) => perSecond > RATE / 3);
	const { twin: double } = controls;
	const works = Boolean(controls.planted) && [controls.planted, double ?? {}].every((found) => Object.values(found).every((each) => each > 0));
	say(clean ? `${sum(families.map(({ counted }) => counted))} faults count: nothing was lost, nothing was contradicted` : 'SOMETHING WENT WRONG: see above');
	if (!enough) say('FEWER FAULTS THAN WANTED');
	if (!loaded) say(`THE LOAD WAS NOT THERE: less than ${OFFERED} transfers a second were offered, or less than a third of ${RATE} were final in a family`);
	if (!controls.planted) say('the controls were not run: the chain is kept as it is');
	else say(works ? `controls: found as they must be${double ? ` (twin: ${double.blocks} reports of double blocks, ${double.votes} of double votes in logs, ${double.offences} offences on chain)` : ''}` : `A CONTROL WAS NOT FOUND, so the checks are of no use: ${JSON.stringify(controls)}`);
	if (!double) say('the control `twin` was not run: nothing shows that a double block or vote would have been seen');
	const passed = clean && enough && loaded && works;
	const figures = {
		passed, form: LONG ? 'long' : 'short', commit, date: new Date(started).toISOString(), faults: FAULTS, seed: SEED, rate: RATE, namespace: inNamespace, seconds: (Date.now() - started) / 1000, machine: machine(), transfers: { ...counts, offered: load.offered, perSecond: rates },
		families: families.map(({ recoveries, ...line }) => ({ ...line, recovery: { n: recoveries.length, p50: quantile(recoveries, 0.5), p95: quantile(recoveries, 0.95), max: quantile(recoveries, 1) } })),
		controls, byHand, failedStarts, votes, equivocations: equivocations(peers).slice(0, 20), contradictions: witness.ledger.contradictions.slice(0, 20),
	};
	const file = join(out, 'crash.json');
	writeFileSync(file, `${JSON.stringify(figures, (_, value) => round(value, 3), '\t')}\n`);
	say(`figures: ${relative(repository, file)}; logs: ${relative(repository, join(out, 'crash'))}`);
	return passed;
}

async function stop() {
	ending = true;
	await load?.stop();
	await witness?.stop();
	await api?.disconnect();
	await endAll(peers ?? []);
	if (byHand.length > 0) {
		say(`the databases are kept in ${folder.path}`);
		if (unmount.length > 0) {
			cpSync(peers.at(-1).base, kept, { recursive: true });
			say(`but that of ${peers.at(-1).name} in ${relative(repository, kept)}`);
		}
		return;
	}
	for (const undo of unmount.splice(0)) undo();
	folder.remove();
}

async function crash() {
	const unknown = FAULTS.filter((name) => !ALL.includes(name));
	if (unknown.length > 0) throw new Error(`no such fault: ${unknown.join(' ')}; there are ${ALL.join(' ')}`);
	const apart = process.env.FAULTS && !inNamespace ? FAULTS.filter((name) => APART.includes(name)) : [];
	if (apart.length > 0) throw new Error(`no namespaces here, and so no ${apart.join(', no ')}`);
	mkdirSync(join(out, 'crash'), { recursive: true });
	rmSync(kept, { recursive: true, force: true });
	spec = await chainSpec(folder.path);
	if (!inNamespace) say('no namespaces here: nodes share loopback, and the faults `cut` and `disk` are left out');
	peers = await validators({ folder: folder.path, logs: join(out, 'crash'), spec, flags: ['--log', 'grandpa=debug'] });
	if (inNamespace) unmount.push(mountSmallDisk(peers.at(-1).base, DISK_MIB));
	await Promise.all(peers.map((peer) => peer.start(peers).ready()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(1, 90_000)));
	api = await connect(peers[0].url);
	grandpa = await grandpaKeys(api);
	// A vote is what is not missing, so each key must be seen missing once.
	await Promise.all(peers.map((peer) => until(async () => (await votesOf(peer))?.prevoted === false, 30_000, `a round without the vote of ${peer.name}`, 10)));
	load = await Load.prepare(api, peers, { rate: RATE, seen: (hex, hash) => witness.ledger.see(hex, hash) });
	// From here on it signs and names keys, which needs no node.
	await api.disconnect();
	witness = new Witness(peers, (extrinsics) => load.take(extrinsics));
	witness.start();
	load.start();
	say(`four validators${inNamespace ? ', each in a namespace of its own' : ''}; ${RATE} transfers a second; seed ${SEED}; commit ${commit}`);
	say(`the ${LONG ? 'long' : 'short'} form: ${WANTED.map((name) => (name === 'kill' ? `${KILLS} kills that count` : `${name} ${TIMES[name]} times`)).join(', ')}; ${MINUTES} minutes at most`);
	await until(() => witness.ledger.counts.final > RATE, 60_000, 'transfers in final blocks');

	await family('kill', kills);
	await family('all', allAtOnce);
	await family('cut', cutOff);
	await family('pause', pause);
	await family('disk', fullDisk);
	if (ending) return;
	// At the end the whole chain, on every node.
	const before = byHand.length;
	await Promise.all(peers.map(async (peer) => {
		const missing = await witness.audit(peer).catch((error) => {
			needsHand(peer.name, `could not be asked for its blocks: ${error.message}`);
			return [];
		});
		if (missing.length) needsHand(peer.name, `lacks blocks ${missing.slice(0, 10).join(', ')}`);
	}));
	say(`all ${witness.ledger.read} final blocks compared on ${peers.length} nodes${byHand.length > before ? ': SOME ARE MISSING' : ''}`);
	load.ended = Date.now();
	await load.stop();
	// What clients were told in the last seconds has been read by now.
	await sleep(5_000);
	witness.ledger.settle(4_000);
	// Of who needs a hand the chain is kept as it is.
	const whole = byHand.length === 0 && !ending;
	const equivocated = whole ? (await totals()).equivocated : equivocations(peers).length;
	const controls = { planted: whole ? await planted() : undefined, twin: whole && FAULTS.includes('twin') ? await twin() : undefined };
	if (!ending) hold(report(controls, equivocated), 'see above');
}

// Faults have their own end; the rest is for who comes back late, and the controls.
await program(MINUTES + 30, crash, stop);
