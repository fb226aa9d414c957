// Kills nodes and gateways at every state of a job, and looks whether anything is lost or paid twice.
//
//   node dev/e2e/kills.mjs          2 kills a state, of the node and of the gateway; KILLS=20 for the long form
//
// Each kill is a SIGKILL to a real process when the state is seen in storage; the process is started again on
// its folder at once, as a supervisor does. Afterwards:
//   ended        the job is over, and left nothing behind
//   paid once    nobody was paid twice for a seat, and escrow = spent + given back
//   kept         every answer that was committed to was shown, as it was committed to
// Then the control: the same with the gateway's folder removed at the kill. There `kept` must fail, or the
// check finds nothing.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT, alice, connect, dave, event, ferdie, send } from './lib/chain.mjs';
import { commandLine } from './lib/cli.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { startNode } from './lib/node.mjs';
import { repository } from './lib/paths.mjs';
import { scratch, sleep } from './lib/process.mjs';
import { Worker, carrying, fund, happened, jobAt } from './lib/workers.mjs';

const KILLS = Number(process.env.KILLS ?? 2);
const ONLY = process.env.STATES?.split(' ');
const REWARD = UNIT / 20n;
const DIGITS = join(repository, 'dev/models/digits');
const folder = scratch('weighhouse-kills-');
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

let node;
let ipfs;
let api;
let listing;
let workers;
let input;

async function startChain() {
	node = await startNode({
		base: join(folder.path, 'chain'), port: node?.port, p2p: node?.p2p,
		extra: carrying(workers.map((worker) => [worker.suri, worker.gateway])),
	});
	api = await connect(node.url);
}

/** The process that is killed, and how it comes back. */
const targets = {
	async node() {
		await api.disconnect();
		await node.service.stop('SIGKILL');
		return startChain;
	},
	'gateway, wiped': (...job) => targets.gateway(...job),
	async gateway(job, { wipe = false } = {}) {
		// The gateway of somebody who has to do with the job at this moment.
		const seats = job?.seats.map(({ worker }) => worker.toString()) ?? [];
		const victim = workers.find(({ address }) => address === seats.at(-1)) ?? workers[0];
		await victim.kill();
		if (wipe) rmSync(victim.data, { recursive: true, force: true });
		return () => victim.again();
	},
};

/**
 * Asks for one job a state at about the same time, kills when a job is in the state that is its own, and waits
 * until all are over. Answers what came of each.
 */
async function wave(target, states, options) {
	const first = (await api.rpc.chain.getHeader()).number.toNumber();
	const jobs = [];
	const ask = async (state) => {
		const mode = STATES[state] === 'solo' ? 'Solo' : 'QuorumOfThree';
		const result = await send(api, api.tx.inference.request(listing, 1, mode, 'Owner', REWARD, input.cid, input.hash), ferdie);
		const { job, escrow } = event(result, 'inference', 'Requested');
		jobs.push({ state, kind: STATES[state], job: job.toNumber(), escrow: escrow.toBigInt(), open: true, caught: false });
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
			const ripe = !options?.committed || now.seats.every(({ answer, commitment }) => commitment.isSome && answer.isNone);
			if (!each.caught && each.phase === each.state && ripe) {
				const again = await targets[target](now, options);
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
		each.outcome = over ? (over.outcome.isFinal ? 'Final' : over.outcome.asRefunded.type) : `still ${each.phase}`;
	}
	return jobs;
}

/** Waves until every state was caught as often as wanted, each with one line in the table. */
async function campaign(target, states, count, options) {
	const lines = new Map(states.map((state) => [state, { target, state, kills: 0, late: 0, ended: 0, once: 0, kept: 0, outcomes: {} }]));
	for (let attempt = 0; attempt < count * 2 + 1; attempt += 1) {
		const wanted = states.filter((state) => lines.get(state).kills < count);
		if (wanted.length === 0) break;
		for (const each of await wave(target, wanted, options)) {
			const line = lines.get(each.state);
			if (each.caught) line.kills += 1;
			else line.late += 1;
			// A job that was not caught was there while others were: it must hold as well.
			for (const check of ['ended', 'once', 'kept']) line[check] += each[check] ? 1 : 0;
			line.outcomes[each.outcome] = (line.outcomes[each.outcome] ?? 0) + 1;
			if (each.lost.length) say(`${target} ${each.state}: job ${each.job} never showed ${each.lost.join(', ')}`);
		}
	}
	for (const { state, kills, late, ended: over, once, kept, outcomes } of lines.values()) {
		say([target.padEnd(14), state.padEnd(14), String(kills).padStart(5), String(kills + late).padStart(5), String(over).padStart(5), String(once).padStart(9), String(kept).padStart(5),
			` ${Object.entries(outcomes).map(([name, times]) => `${name} ${times}`).join(', ')}`].join(' '));
	}
	return [...lines.values()];
}

let code = 1;
try {
	workers = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => Worker.of(`//Worker${number}`, join(folder.path, `worker-${number}`))));
	[, ipfs] = await Promise.all([startChain(), startIpfs()]);
	const weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await fund(api, workers.map(({ address }) => address));
	listing = (await weighhouse.ok('//Ferdie', 'publish', DIGITS)).listing;
	for (const worker of workers) worker.start({ url: node.url, ipfs: ipfs.url, serve: [[listing, '0.05']] });
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
	say(`${'killed'.padEnd(14)} ${'in'.padEnd(14)} kills  jobs ended paid once  kept  outcomes`);
	const lines = [];
	for (const target of ['gateway', 'node']) lines.push(...await campaign(target, states, KILLS));
	const [control] = await campaign('gateway, wiped', ['Revealing'], 1, { wipe: true, committed: true });

	const good = lines.every(({ kills, late, ended: over, once, kept }) => [over, once, kept].every((each) => each === kills + late));
	const works = control.kills === 1 && control.kept < control.kills + control.late && control.once === control.kills + control.late;
	const thin = lines.filter(({ kills }) => kills < KILLS);
	const total = lines.reduce((sum, { kills }) => sum + kills, 0);
	say(good ? `${total} kills: every job ended, nobody was paid twice, no committed answer was lost` : 'SOMETHING WAS LOST: see the table');
	if (thin.length) say(`caught less often than wanted: ${thin.map(({ target, state, kills }) => `${target} ${state} ${kills}`).join(', ')}`);
	say(works ? 'control: without its folder, the gateway lost the answer, as it must' : 'THE CONTROL LOST NOTHING: the check is of no use');
	code = good && works && thin.length === 0 ? 0 : 1;
} catch (error) {
	say(error.stack);
} finally {
	await api?.disconnect();
	await Promise.all((workers ?? []).map((worker) => worker.stop()));
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
}
process.exit(code);
