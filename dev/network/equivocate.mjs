// What becomes of a validator that contradicts itself?
//   make equivocate                some three minutes, never more than ten
//   CONTROL=none make equivocate   nobody contradicts himself: the run must fail
// Four validators of the preset `local4`, each in a namespace of its own, on the runtime variant `fast-runtime` that
// RUNTIME names: a session lasts ten seconds. A fifth, Eve, enters by the guide. Then, in GRANDPA set 2 or later:
//   two votes     Dave and Charlie have each voted twice: both are reported in one block, and the set loses one
//   two blocks    a second node with Charlie's BABE key makes blocks beside him: a node reports it by itself
//   two votes     that node gets Bob's GRANDPA key, too: a node reports it by itself, and the set does not get too small
//   the past      two votes of Alice in a session that is over
// Each line says what held. The first thing that does not hold ends the run.
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { account, alice, connect, eve, send } from '../e2e/lib/chain.mjs';
import { asRoot } from '../e2e/lib/council.mjs';
import { authorOf, grandpaKey, ownership, twoVotes } from '../e2e/lib/equivocation.mjs';
import { repository } from '../e2e/lib/paths.mjs';
import { scratch, sleep, until } from '../e2e/lib/process.mjs';
import { Peer, VALIDATORS, chainSpec, endAll, suriOf, validators } from './lib/peer.mjs';
import { inNamespace, placeOf } from './lib/place.mjs';
import { hold, program, say, step } from './lib/steps.mjs';

const MINUTES = 10;
const HONEST = process.env.CONTROL === 'none';
/** Two sessions of ten seconds, and as much again. */
const SESSIONS = 40_000;
const REPORT = 120_000;

const folder = scratch('weighhouse-equivocate-');
const logs = join(repository, 'target/network/equivocate');
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

const names = new Map([...VALIDATORS, 'eve'].map((name) => [account(suriOf(name)).address, name]));
const named = (accounts) => accounts.map((each) => names.get(each.toString()));

let peers = [];
let twin;
let api;
/** Whether this program is ending. */
let over = false;

const same = (one, other) => one.join() === other.join();

/** What the chain says of its validators, by name, after a block. */
async function after(hash) {
	const at = await api.at(hash);
	const [number, session, set, disabled, members, setId, offences] = await Promise.all([
		at.query.system.number(), at.query.session.currentIndex(), at.query.session.validators(), at.query.session.disabledValidators(),
		at.query.validators.members(), at.query.grandpa.currentSetId(), at.query.offences.reports.keys(),
	]);
	const inSet = named(set);
	return {
		number: number.toNumber(), session: session.toNumber(), set: inSet, disabled: disabled.map(([index]) => inSet[index.toNumber()]), members: named(members),
		setId: setId.toNumber(), offences: offences.length,
	};
}
const now = async () => after(await api.rpc.chain.getFinalizedHead());

/** Waits until the final state is so, and answers it. */
const state = (probe, ms, what) => until(async () => {
	const seen = await now();
	return probe(seen) && seen;
}, ms, what, 300);

/** Whether every node goes on making blocks final, and all agree. */
async function goesOn() {
	const heights = await Promise.all(peers.map((peer) => peer.best()));
	const height = Math.max(...heights);
	await Promise.all(peers.map((peer) => peer.finalBeyond(height, 60_000, `${peer.name} finalises again`)));
	const hashes = new Set(await Promise.all(peers.map((peer) => peer.rpc('chain_getBlockHash', height))));
	hold(hashes.size === 1, `the nodes disagree about final block ${height}: ${[...hashes].join(', ')}`);
	return `block ${height} and later are final on all ${peers.length} nodes`;
}

/** Makes session keys on Eve's node as the guide says, sets them, and answers them. */
async function setKeys(node) {
	const { keys, proof } = await node.rpc('author_rotateKeysWithOwner', hex(eve.publicKey));
	await send(api, api.tx.session.setKeys(keys, proof), eve, { final: true });
	hold(await node.rpc('author_hasSessionKeys', keys), 'the node does not have the keys that it made');
	const next = await api.query.session.nextKeys(eve.address);
	hold(next.unwrap().toHex() === keys, 'the chain keeps other keys than those that were set');
	return { babe: keys.slice(0, 66), grandpa: `0x${keys.slice(66)}` };
}

/** Waits until the chain's list of authors has this BABE key. */
const makesBlocks = (babe) => until(
	async () => (await api.query.babe.authorities()).some(([key]) => key.toHex() === babe), SESSIONS, 'the keys count', 300,
);

async function enters() {
	const node = await Peer.of({ name: 'eve', number: 5, place: await placeOf(5), folder: folder.path, logs, spec: peers[0].spec, flags: ['--validator'] });
	await node.start(peers).ready();
	peers.push(node);
	await until(async () => {
		const { isSyncing, peers: known } = await node.rpc('system_health');
		return !isSyncing && known > 0 && (await node.best()) + 3 > (await peers[0].best());
	}, 60_000, "Eve's node in step");
	const first = await setKeys(node);
	await asRoot(api, api.tx.validators.add(eve.address));
	const entered = await state(({ set }) => set.includes('eve'), SESSIONS, 'Eve is in the set');
	// She rotates her keys, as the guide says.
	const second = await setKeys(node);
	hold(first.babe !== second.babe, 'rotated keys are the old ones');
	await makesBlocks(second.babe);
	const { setId, set } = await state((seen) => seen.setId > entered.setId, SESSIONS, 'a set with her new keys');
	hold(setId >= 2, `the GRANDPA set is ${setId} still`);
	const place = set.indexOf('eve');
	await until(async () => authorOf(await api.rpc.chain.getHeader()) === place, SESSIONS, 'a block by Eve', 100);
	const voter = api.createType('AccountId32', second.grandpa).toString();
	await until(async () => (await peers[0].votes(voter)).prevoted, SESSIONS, 'a vote by Eve', 50);
	return `five validators, her second keys make blocks and vote, GRANDPA set ${setId}`;
}

/** Evidence of two votes of a development account in the session of the last final block. */
async function votedTwice(name, round) {
	const hash = await api.rpc.chain.getFinalizedHead();
	const header = await api.rpc.chain.getHeader(hash);
	const { setId, session } = await after(hash);
	const key = grandpaKey(suriOf(name));
	const number = header.number.toNumber();
	const targets = [{ hash: hash.toHex(), number }, { hash: header.parentHash.toHex(), number: number - 1 }];
	return { session, setId, proof: twoVotes(key, { setId, round, targets }), owner: await ownership(api, key, setId, hash) };
}
const signedReport = ({ proof, owner }) => api.tx.grandpa.reportEquivocation(proof, owner);

/** The events of offences that a block's extrinsic left: one word each. */
const kinds = (events) => events.filter((event) => api.events.offences.Offence.is(event)).map(({ data }) => Buffer.from(data[0].toU8a()).toString());

/** Waits until `name`, disabled all the way, is out of the set; says when that was. */
async function leaves(name, from) {
	let enabled;
	const gone = await state((seen) => {
		const there = seen.set.includes(name);
		if (there && seen.number >= from.number && !seen.disabled.includes(name)) enabled = seen;
		return !there;
	}, SESSIONS, `${name} is out of the set`);
	hold(!enabled, `${name} was enabled again in block ${enabled?.number}, session ${enabled?.session}`);
	hold(gone.session <= from.session + 2, `${name} left in session ${gone.session} only, reported in ${from.session}`);
	return `out of the set in session ${gone.session}, GRANDPA set ${gone.setId}`;
}

async function twoInOneEpoch() {
	const before = await now();
	const evidence = [await votedTwice('dave', 1), await votedTwice('charlie', 1)];
	const result = await send(api, api.tx.utility.batchAll(evidence.map(signedReport)), alice, { final: true });
	hold(same(kinds(result.events), ['grandpa:equivoca', 'grandpa:equivoca']), 'there are not two events of an offence');
	const then = await after(result.blockHash);
	hold(then.offences === before.offences + 2, 'not both offences are on record');
	hold(same(then.disabled, ['dave']), `disabled at once: ${then.disabled.join()}`);
	hold(same(then.members, before.members.filter((name) => name !== 'dave')), `on the list now: ${then.members.join()}`);
	const left = await leaves('dave', then);
	const { set } = await now();
	hold(same(set, then.members), `in the set now: ${set.join()}`);
	return `Dave disabled in the block of the report (session ${then.session}, set ${then.setId}), ${left}; Charlie stays, for one leaves in a session; ${await goesOn()}`;
}

/** What the chain calls an error. */
const nameOf = (error) => (error.isModule ? api.registry.findMetaError(error.asModule).name : error.toString());

/** Looks through final blocks from `first` on for a bare report to this pallet that was carried out. */
async function bareReport(pallet, first, meanwhile) {
	const end = Date.now() + (HONEST ? REPORT / 4 : REPORT);
	let next = first;
	const failures = new Set();
	while (Date.now() < end && !over) {
		await meanwhile();
		const top = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
		for (; next <= top; next += 1) {
			const hash = await api.rpc.chain.getBlockHash(next);
			const { block } = await api.rpc.chain.getBlock(hash);
			const index = block.extrinsics.findIndex(({ method: call }) => call.section === pallet && call.method === 'reportEquivocationUnsigned');
			if (index < 0) continue;
			hold(!block.extrinsics[index].isSigned, 'the report is signed');
			const records = await (await api.at(hash)).query.system.events();
			const events = records.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.toNumber() === index).map(({ event }) => event);
			for (const { data } of events.filter((event) => api.events.system.ExtrinsicFailed.is(event))) failures.add(nameOf(data[0]));
			if (kinds(events).length === 0) continue;
			return { number: next, events, then: await after(hash), before: await after(block.header.parentHash) };
		}
		await sleep(100);
	}
	throw new Error(`no bare report to ${pallet} was carried out in any block from ${first} to ${next - 1}${failures.size ? `; they failed: ${[...failures].join()}` : ''}`);
}

const height = async () => (await api.rpc.chain.getHeader()).number.toNumber();
/** Gives the twin a development account's key, unless nobody is to contradict himself. */
const give = (kind, name, key) => (HONEST ? undefined : twin.rpc('author_insertKey', kind, suriOf(name), hex(key.publicKey)));

async function twoBlocks() {
	twin = await Peer.of({ name: 'twin', number: 6, place: await placeOf(6), folder: folder.path, logs, spec: peers[0].spec, flags: ['--validator'] });
	await twin.start(peers).ready();
	await until(async () => (await twin.best()) + 3 > (await peers[0].best()), 60_000, 'the twin in step');
	const first = await height();
	await give('babe', 'charlie', account(suriOf('charlie')));
	const { number, events, then, before } = await bareReport('babe', first, () => {});
	hold(same(kinds(events), ['babe:equivocatio']), `the events are ${kinds(events).join()}`);
	hold(then.offences > before.offences, 'the offence is not on record');
	hold(before.disabled.length === 0 && same(then.disabled, ['charlie']), `disabled before: ${before.disabled.join()}, after: ${then.disabled.join()}`);
	hold(before.members.includes('charlie') && !then.members.includes('charlie'), `on the list still: ${then.members.join()}`);
	return `reported bare in block ${number}, Charlie disabled in it (session ${then.session}, set ${then.setId}), ${await leaves('charlie', then)}; ${await goesOn()}`;
}

async function twoLiveVotes() {
	const first = await height();
	await give('gran', 'bob', grandpaKey(suriOf('bob')));
	// The two see the same blocks at almost the same time. One is held up now and then, so that they vote for
	// different ones.
	const { number, events, then, before } = await bareReport('grandpa', first, async () => {
		await twin.hold(200 + Math.random() * 800);
		await sleep(300 + Math.random() * 700);
	});
	hold(same(kinds(events), ['grandpa:equivoca']), `the events are ${kinds(events).join()}`);
	hold(then.offences > before.offences, 'the offence is not on record');
	hold(then.setId >= 2, `the GRANDPA set is ${then.setId}`);
	hold(same(then.members, before.members) && then.members.length === 3, `on the list now: ${then.members.join()}`);
	await twin.kill();
	return `reported bare in block ${number} (set ${then.setId}); Bob stays, or two would be left; ${await goesOn()}`;
}

async function past(evidence) {
	const before = await state(({ session }) => session > evidence.session, SESSIONS, 'a later session');
	const bare = api.tx.grandpa.reportEquivocationUnsigned(evidence.proof, evidence.owner);
	const refused = await api.rpc.author.submitExtrinsic(bare.toHex()).then(() => undefined, (error) => error);
	hold(/call is not expected/.test(refused?.message), `a bare report from outside: ${refused?.message ?? 'taken'}`);
	const result = await send(api, signedReport(evidence), alice, { final: true });
	hold(same(kinds(result.events), ['grandpa:equivoca']), 'there is no event of the offence');
	const then = await after(result.blockHash);
	hold(then.offences > before.offences, 'the offence is not on record');
	hold(same(then.members, before.members), `on the list now: ${then.members.join()}`);
	return `Alice's votes in session ${evidence.session} (set ${evidence.setId}) reported in session ${then.session}; a bare report from outside is refused; ${await goesOn()}`;
}

async function stop() {
	over = true;
	await api?.disconnect();
	await endAll([...peers, twin].filter(Boolean));
	folder.remove();
	say(`logs: ${relative(repository, logs)}`);
}

async function run() {
	const runtime = process.env.RUNTIME;
	hold(runtime, 'RUNTIME names no file: dev/network/runtime.sh fast-runtime makes it');
	mkdirSync(logs, { recursive: true });
	const spec = await chainSpec(folder.path, 'local4', runtime);
	peers = await validators({ folder: folder.path, logs, spec });
	await Promise.all(peers.map((peer) => peer.start(peers).ready()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(1, 90_000)));
	api = await connect(peers[0].url);
	say(`four validators${inNamespace ? ', each in a namespace of its own' : ''}, slots of ${api.consts.babe.expectedBlockTime} ms, sessions of ${api.consts.babe.epochDuration} slots; ${MINUTES} minutes at most`);

	await step('before anybody contradicts himself', async () => {
		const { disabled, offences, set, members } = await now();
		hold(disabled.length === 0 && offences === 0, `disabled: ${disabled.join()}, offences: ${offences}`);
		hold(same(set, VALIDATORS) && same(members, VALIDATORS), `in the set: ${set.join()}, on the list: ${members.join()}`);
		return 'nobody is disabled, no offence is on record';
	});
	await step('a validator enters by the guide', enters);
	const evidence = await votedTwice('alice', 2);
	if (!HONEST) await step('two who voted twice, reported in one block', twoInOneEpoch);
	await step('two blocks in one slot', twoBlocks);
	await step('two votes in one round', twoLiveVotes);
	await step('an offence of a past session', () => past(evidence));
	say('contradictions cost who made them his place, and nobody else anything');
}

await program(MINUTES, run, stop);
