// Kills nodes and gateways at every state of a job, and looks whether anything is lost or paid twice.
//
//   node dev/e2e/kills.mjs          2 kills a state, of the node and of the gateway; KILLS=20 for the long form,
//                                   STATES="Open Ending" and VICTIMS="node" for a part of it
//
// Each kill is a SIGKILL to a real process when the state is seen in storage; the process is started again on
// its folder at once, as a supervisor does. Two of the six workers have an inference server that takes 3 s, and
// where one of them is to answer, the kill waits until its gateway says that the job runs. Afterwards:
//   mid-run      how many kills hit while a gateway was running the model for the job
//   ended        the job is over, and left nothing behind
//   paid once    nobody was paid twice for a seat, and escrow = spent + given back
//   kept         every answer that was committed to was shown, as it was committed to
//   balanced     every account of the chain, and the issuance, changed by what the events say and nothing else
// Then the same with a node whose keystore and off-chain storage are removed at the kill. Nothing may be lost: its
// flags bring key and address back, and the courier learns the rest from the chain and the gateways.
// Then the controls, in which `kept` must fail, or the check finds nothing: a gateway whose folder is removed, and
// a node that loses keystore and off-chain storage and does not get its flags back.
// The table is written to target/e2e/kills.json as well.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT, alice, connect, dave, event, ferdie, send } from './lib/chain.mjs';
import { commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { reconcile } from './lib/money.mjs';
import { startNode } from './lib/node.mjs';
import { repository } from './lib/paths.mjs';
import { scratch, setting, sleep } from './lib/process.mjs';
import { startStored } from './lib/stored.mjs';
import { Worker, carrying, fund, gatewayKey, happened, jobAt, key } from './lib/workers.mjs';

const KILLS = setting('KILLS', 2);
const ONLY = process.env.STATES?.split(' ');
const VICTIMS = process.env.VICTIMS?.split(' ') ?? ['gateway', 'node'];
/** How often a gateway loses its folder. */
const CONTROLS = 3;
const REWARD = UNIT / 20n;
/** How many of the workers have a slow engine, and how slow it is. */
const SLOW = 2;
const SLOW_MS = 3_000;
/** How long a kill waits for a slow engine to be at work. */
const PATIENCE = 8_000;
/** What must hold of every job. */
const CHECKS = ['ended', 'once', 'kept', 'balanced'];
const DIGITS = join(repository, 'dev/models/digits');
const folder = scratch('weighhouse-kills-');
const started = Date.now();
const say = (text) => process.stdout.write(`${text}\n`);

// Every state that the chain stores, and a job that comes by it: a quorum, one that is disputed as well, or a
// single answer, which here is always audited.
const STATES = {
	Open: 'quorum',
	Committing: 'quorum',
	Revealing: 'quorum',
	Sampling: 'solo',
	Auditing: 'solo',
	Resolved: 'quorum',
	Summoning: 'dispute',
	JuryCommitting: 'dispute',
	JuryRevealing: 'dispute',
	Ending: 'quorum',
};
// The panel that runs the model in these states.
const RUNNING = { Committing: 'Main', JuryCommitting: 'Jury', Auditing: 'Audit' };

let node;
let ipfs;
let api;
let listing;
let workers;
let stored;
let input;

async function startChain(extra = carrying(workers.map((worker) => [worker.suri, worker.gateway]))) {
	node = await startNode({ base: join(folder.path, 'chain'), port: node?.port, p2p: node?.p2p, extra });
	api = await connect(node.url);
}

/** The slow workers that are to answer now. */
const slowOnes = ({ seats, phase }) => workers.slice(0, SLOW).filter(({ address }) => seats.some((seat) => seat.round.type === RUNNING[phase.type]
	&& seat.worker.toString() === address && seat.commitment.isNone && seat.answer.isNone));

/** Whether the gateway of a worker is running the model for a job. */
async function isRunning(worker, { requestHash }) {
	const job = await fetch(`${worker.gateway}/v1/jobs/${requestHash.toHex()}-${key(worker.suri)}`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.json()).catch(() => ({}));
	return job.state === 'running';
}
const anyRunning = async (job) => (await Promise.all(workers.map((worker) => isRunning(worker, job)))).includes(true);

/** Takes away what a node keeps of its workers: addresses, what the courier wrote down, and, once it is dead, keys. */
async function forget() {
	const courier = ['weighhouse/courier/lock', 'weighhouse/courier/memory'].map((name) => `0x${Buffer.from(name).toString('hex')}`);
	for (const name of [...workers.map(({ suri }) => gatewayKey(suri)), ...courier]) await node.rpc('offchain_localStorageClear', 'PERSISTENT', name);
	await targets.node();
	rmSync(join(folder.path, 'chain/chains/dev/keystore'), { recursive: true, force: true });
}

/** The process that is killed. Each answers how to start it again. */
const targets = {
	async node() {
		await api.disconnect();
		await node.service.stop('SIGKILL');
		return () => startChain();
	},
	async 'node, emptied'() {
		await forget();
		return () => startChain();
	},
	async 'node, orphaned'() {
		await forget();
		return () => startChain(['--offchain-worker', 'always']);
	},
	async gateway(job, { wipe = false } = {}) {
		// The gateway of somebody who has to do with the job at this moment, a slow one if it can be.
		const last = job.seats.at(-1)?.worker.toString();
		const victim = slowOnes(job)[0] ?? workers.find(({ address }) => address === last) ?? workers[0];
		await victim.kill();
		if (wipe) rmSync(victim.data, { recursive: true, force: true });
		return () => victim.again();
	},
	'gateway, wiped': (job) => targets.gateway(job, { wipe: true }),
};

/** Whether a job that is in its state is to be killed at now: a slow engine is waited for. */
async function isRipe(each, now, committed) {
	if (committed) return now.seats.every(({ answer, commitment }) => commitment.isSome && answer.isNone);
	const [slow] = slowOnes(now);
	each.since ??= Date.now();
	return !slow || Date.now() > each.since + PATIENCE || isRunning(slow, now);
}

/**
 * Asks for one job a state at about the same time, kills when a job is in the state that is its own, and waits
 * until all are over. Answers what came of each.
 */
async function wave(target, states, committed) {
	const first = (await api.rpc.chain.getHeader()).number.toNumber();
	const jobs = [];
	const ask = async (state) => {
		const mode = STATES[state] === 'solo' ? 'Solo' : 'QuorumOfThree';
		const result = await send(api, api.tx.inference.request(listing, 1, mode, 'Owner', REWARD, input.cid, input.hash), ferdie);
		const { job, escrow } = event(result, 'inference', 'Requested');
		jobs.push({ state, kind: STATES[state], job: job.toNumber(), escrow: escrow.toBigInt(), open: true, caught: false, midRun: false });
	};
	const waiting = [...states];
	const deadline = Date.now() + 300_000;
	while (waiting.length > 0 || jobs.some(({ open }) => open)) {
		if (Date.now() > deadline) break;
		// One after the other, so that no two are in the same state all the time.
		if (waiting.length > 0) await ask(waiting.shift());
		for (const each of jobs.filter(({ open }) => open)) {
			const now = await jobAt(api, each.job);
			if (!now) {
				each.open = false;
				continue;
			}
			each.phase = now.phase.type;
			if (!each.caught && each.phase === each.state && await isRipe(each, now, committed)) {
				each.midRun = await anyRunning(now);
				const again = await targets[target](now);
				each.caught = true;
				await again();
			}
			// A node that is killed may take the transaction with it: then once more.
			if (each.kind === 'dispute' && each.phase === 'Resolved' && !(Date.now() < each.disputed + 8_000)) {
				each.disputed = Date.now();
				await api.tx.inference.dispute(each.job, 'Wrong').signAndSend(dave, { nonce: -1 }).catch(() => {});
			}
		}
		await sleep(100);
	}
	const last = (await api.rpc.chain.getHeader()).number.toNumber();
	const all = await happened(api, first, last);
	const wrong = await reconcile(api, first, last);
	for (const line of wrong) say(`${target}: ${line} (blocks ${first} to ${last})`);
	for (const each of jobs) {
		const own = all.filter(({ section, data }) => section === 'inference' && data.job?.toNumber() === each.job);
		const named = (name) => own.filter((one) => one.name === name).map(({ data }) => data);
		const [over, ...more] = named('JobEnded');
		each.ended = Boolean(over) && more.length === 0 && !each.open
			&& (await api.query.inference.panels.keys(each.job)).length === 0 && (await api.query.inference.outputs.keys(each.job)).length === 0;
		const paid = named('WorkerPaid').map(({ worker }) => worker.toString());
		const seats = named('Drawn').flatMap(({ workers: drawn }) => drawn.map(String));
		each.once = new Set(paid).size === paid.length && paid.every((worker) => seats.includes(worker))
			&& Boolean(over) && over.spent.toBigInt() + over.refunded.toBigInt() === each.escrow;
		const shown = named('Revealed').map(({ round, worker }) => `${round} ${worker}`);
		each.lost = named('Committed').map(({ round, worker }) => `${round} ${worker}`).filter((one) => !shown.includes(one));
		each.kept = each.lost.length === 0;
		each.balanced = wrong.length === 0;
		each.outcome = over ? (over.outcome.isFinal ? 'Final' : over.outcome.asRefunded.type) : `still ${each.phase}`;
	}
	return jobs;
}

/** Waves until every state was caught as often as wanted, each with one line in the table. */
async function campaign(target, states, count, { committed } = {}) {
	const lines = new Map(states.map((state) => [state, { target, state, kills: 0, midRun: 0, late: 0, ended: 0, once: 0, kept: 0, lost: 0, balanced: 0, outcomes: {} }]));
	for (let attempt = 0; attempt < count * 2 + 1; attempt += 1) {
		const wanted = states.filter((state) => lines.get(state).kills < count);
		if (wanted.length === 0) break;
		for (const each of await wave(target, wanted, committed)) {
			const line = lines.get(each.state);
			if (each.caught) line.kills += 1;
			else line.late += 1;
			if (each.midRun) line.midRun += 1;
			if (each.caught && !each.kept) line.lost += 1;
			// A job that was not caught was there while others were: it must hold as well.
			for (const check of CHECKS) line[check] += each[check] ? 1 : 0;
			line.outcomes[each.outcome] = (line.outcomes[each.outcome] ?? 0) + 1;
			if (each.lost.length) say(`${target} ${each.state}: job ${each.job} never showed ${each.lost.join(', ')}`);
		}
	}
	for (const { state, kills, midRun, late, ended: over, once, kept, balanced, outcomes } of lines.values()) {
		say([target.padEnd(14), state.padEnd(14), String(kills).padStart(5), String(midRun).padStart(7), String(kills + late).padStart(5), String(over).padStart(5), String(once).padStart(9), String(kept).padStart(5), String(balanced).padStart(8),
			` ${Object.entries(outcomes).map(([name, times]) => `${name} ${times}`).join(', ')}`].join(' '));
	}
	return [...lines.values()];
}

let code = 1;
try {
	workers = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => Worker.of(`//Worker${number}`, join(folder.path, `worker-${number}`))));
	[, ipfs, stored] = await Promise.all([startChain(), startIpfs(), startStored(DIGITS, SLOW_MS)]);
	const weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await fund(api, workers.map(({ address }) => address));
	listing = (await weighhouse.ok('//Ferdie', 'publish', DIGITS)).listing;
	// The manifest pins an engine. What is stored is what that engine answers, within the tolerance of fingerprints.
	const slow = { extra: ['--oip-url', stored.url], env: { WEIGHHOUSE_WORK_ENGINE__IGNORE_PIN: 'true' } };
	for (const [index, worker] of workers.entries()) worker.start({ url: node.url, ipfs: ipfs.url, serve: [[listing, '0.05']], ...(index < SLOW ? slow : {}) });
	await Promise.all(workers.map((worker) => worker.ready()));
	const bytes = JSON.stringify({ inputs: JSON.parse(readFileSync(join(DIGITS, 'test-vectors.json'), 'utf8')).vectors[0].inputs });
	const body = new FormData();
	body.append('file', new Blob([bytes]), 'input.json');
	const put = await fetch(`${ipfs.url}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256`, { method: 'POST', body });
	input = { cid: (await put.json()).Key, hash: createHash('sha256').update(bytes).digest() };

	const always = api.tx.parameters.setParameter({ Market: { AuditChance: [null, 1_000_000_000] } });
	await send(api, api.tx.sudo.sudo(always), alice);

	const states = Object.keys(STATES).filter((each) => !ONLY || ONLY.includes(each));
	say(`${KILLS} kills a state, of the node and of a gateway`);
	say(`${'killed'.padEnd(14)} ${'in'.padEnd(14)} kills mid-run  jobs ended paid once  kept balanced  outcomes`);
	const lines = [];
	for (const target of VICTIMS) lines.push(...await campaign(target, states, KILLS));
	if (VICTIMS.includes('node')) lines.push(...await campaign('node, emptied', states.filter((state) => ['Committing', 'Revealing'].includes(state)), KILLS));
	const controls = [
		...await campaign('gateway, wiped', ['Revealing'], CONTROLS, { committed: true }),
		// The last one: this node carries for nobody any more, and a whole panel loses its answers.
		...await campaign('node, orphaned', ['Revealing'], 1, { committed: true }),
	];

	const jobs = ({ kills, late }) => kills + late;
	const good = lines.every((line) => CHECKS.every((check) => line[check] === jobs(line)));
	const works = controls.every((line) => line.lost === line.kills && ['ended', 'once', 'balanced'].every((check) => line[check] === jobs(line)))
		&& controls.map(({ kills }) => kills).join() === `${CONTROLS},1`;
	const thin = lines.filter(({ kills }) => kills < KILLS);
	const [total, midRun] = ['kills', 'midRun'].map((name) => lines.reduce((sum, line) => sum + line[name], 0));
	// Four panels of five have a slow worker, so a table without such a kill says that none was aimed well.
	const aimed = Boolean(ONLY) || midRun > 0;
	say(good ? `${total} kills, ${midRun} of them during a run: every job ended, nobody was paid twice, every balance is as the events say, no committed answer was lost` : 'SOMETHING WAS LOST: see the table');
	if (thin.length) say(`caught less often than wanted: ${thin.map(({ target, state, kills }) => `${target} ${state} ${kills}`).join(', ')}`);
	if (!aimed) say('NO KILL HIT A RUN');
	say(works ? `controls: ${controls.map(({ target, kills, lost }) => `${target}: ${lost} of ${kills} kills lost a committed answer`).join('; ')}, as they must` : 'A CONTROL DID NOT LOSE WHAT IT MUST: the check is of no use');
	const passed = good && works && aimed && thin.length === 0;
	const out = join(repository, 'target/e2e');
	mkdirSync(out, { recursive: true });
	const table = { passed, killsPerState: KILLS, slowMs: SLOW_MS, seconds: Math.round((Date.now() - started) / 1000), kills: total, midRun, lines, controls };
	writeFileSync(join(out, 'kills.json'), `${JSON.stringify(table, null, '\t')}\n`);
	code = passed ? 0 : 1;
} catch (error) {
	say(error.stack);
} finally {
	await api?.disconnect();
	await Promise.all((workers ?? []).map((worker) => worker.stop()));
	await node?.stop();
	await ipfs?.stop();
	await stored?.stop();
	folder.remove();
}
process.exit(code);
