// Forged messages of workers by the thousand: are honest jobs slower for it, are slots missed, does one get through?
//
//   node dev/e2e/flood.mjs      about 5 minutes; RATE a second, JOBS a phase, ROUNDS, PEERS change it
//
// A node that makes blocks carries for three workers, a full node for three more, the other full nodes for nobody.
// In each round the same jobs are asked at the same pace twice: left alone, then while RATE distinct forgeries a
// second go to all of these nodes in equal parts. All was made ahead, with real signatures of somebody else, of
// another chain or of something else behind what the chain looks at before.
// It is good (exit code 0) if
//   - no forgery was in a block, and no pool took one,
//   - every honest job was answered, and p95 from the request in a block to finality of the one with the answer is at
//     most 1.2 times what it is without the flood, for each mode,
//   - slots without a block are no more: chance alone would put that many of all of them into the flood more than one
//     time in twenty (z at most 1.64, each slot of either kind being as likely),
//   - the rate was reached.
import { UNIT, alice, send } from './lib/chain.mjs';
import { Flood, Targets } from './lib/flood.mjs';
import { machine, processors, quantile, round, save, spread, sum, table, tally } from './lib/figures.mjs';
import { House } from './lib/house.mjs';
import { setting, sleep, until } from './lib/process.mjs';
import { Watch } from './lib/watch.mjs';
import { key } from './lib/workers.mjs';

const RATE = setting('RATE', 1_000);
const JOBS = setting('JOBS', 30);
const ROUNDS = setting('ROUNDS', 2);
const PEERS = setting('PEERS', 2);
const MODES = ['Solo', 'QuorumOfThree'];
const PACE = 1_000;
// A flood that begins later than planned must not be stale, nor one that begins sooner of a block to come.
const BEHIND = 4;
const LEAD = 5;
const RATIO = 1.2;
const Z = 1.64;
const REWARD = UNIT / 20n;
const say = (text) => process.stdout.write(`${text}\n`);

const house = new House();
const figures = { taken: new Date().toISOString(), machine: machine(), rate: RATE, jobsAPhase: JOBS, rounds: ROUNDS, nodes: PEERS + 1, pace: PACE };
let watch;
let flood;
let targets;
let listing;

/** Shows the forger the jobs of honest workers that have a step to take in the best block. */
async function aim() {
	const known = new Map(house.workers.map(({ address, suri }) => [address, key(suri)]));
	const jobs = new Map();
	const look = async (hash) => {
		const records = await (await house.api.at(hash)).query.system.events();
		for (const { event: { section, method, data } } of records) {
			if (section !== 'inference') continue;
			if (method === 'Requested') jobs.set(data.job.toNumber(), { job: data.job.toNumber(), requestHash: data.requestHash.toHex(), keys: [] });
			const job = jobs.get(data.job?.toNumber());
			if (job && method === 'Drawn') job.keys = data.workers.map((worker) => known.get(worker.toString())).filter(Boolean);
			if (job && method === 'PhaseEntered') job.phase = data.phase.type;
		}
		await flood.aim([...jobs.values()].filter(({ keys, phase }) => keys.length > 0 && ['Committing', 'Revealing'].includes(phase)));
	};
	return house.api.rpc.chain.subscribeNewHeads(({ hash }) => {
		look(hash).catch((error) => say(`lost sight of the honest jobs: ${error.message}`));
	});
}

const groups = () => ({
	'node that makes blocks': [house.nodes[0].service.pid], 'full nodes': house.nodes.slice(1).map(({ service }) => service.pid),
	gateways: house.workers.map(({ service }) => service.pid), IPFS: [house.ipfs.service.pid],
});

/** Asks for the jobs of one phase and waits for their answers. */
async function measure() {
	await sleep(2_000);
	const first = watch.best + 1;
	const stop = processors(groups());
	const began = Date.now();
	for (let index = 0; index < JOBS; index += 1) {
		await sleep(Math.max(0, began + index * PACE - Date.now()));
		await house.request(listing, MODES[index % MODES.length], 'Owner', REWARD);
	}
	const own = () => [...watch.jobs.values()].filter((job) => job.listing === listing && job.requested.number >= first);
	await watch.until(() => own().length === JOBS && own().every(({ answered, ended }) => answered || ended), 90_000, 'the answers');
	return { cores: stop(), jobs: own(), first, last: watch.last };
}

async function flooded() {
	const seconds = (JOBS * PACE) / 1000 + 35;
	const block = watch.best + LEAD;
	await Promise.all([flood.prepare(targets.next(), { count: Math.ceil(RATE * seconds), rate: RATE, block, behind: BEHIND }), targets.ripen()]);
	await until(() => watch.best >= block - 1, 60_000, `block ${block}`);
	if (watch.best > block + 8) throw new Error('making the flood took too long: it would be stale');
	await flood.start();
	const phase = await measure();
	if (!await targets.stand()) say('the jobs that the flood aimed at were over before it was');
	phase.flood = await flood.stop();
	const pools = await Promise.all(house.nodes.map((node) => node.rpc('author_pendingExtrinsics')));
	phase.pooled = (await flood.sentAmong(pools.flat())).length;
	return phase;
}

/** All that was measured of one kind of phase. */
function summary(phases) {
	const answered = (mode) => phases.flatMap(({ jobs }) => jobs).filter((job) => job.mode === mode && job.answered).map(Watch.latency);
	const gaps = phases.map(({ first, last }) => watch.missed(first, last));
	return {
		jobs: phases.flatMap(({ jobs }) => jobs).length, unanswered: phases.flatMap(({ jobs }) => jobs).filter((job) => !job.answered).map(({ job, mode, outcome }) => ({ job, mode, outcome })),
		latency: Object.fromEntries(MODES.map((mode) => [mode, { seconds: spread(answered(mode).map(({ seconds }) => seconds)), slots: spread(answered(mode).map(({ slots }) => slots)) }])),
		slots: sum(gaps.map(({ slots }) => slots)), missed: sum(gaps.map(({ missed }) => missed)),
		cores: Object.fromEntries(Object.keys(phases[0].cores).map((name) => [name, sum(phases.map(({ cores }) => cores[name])) / phases.length])),
	};
}

/** How far the misses under the flood are from their share of all, in standard deviations. */
function excess(alone, under) {
	const all = alone.missed + under.missed;
	const share = under.slots / (alone.slots + under.slots);
	return all === 0 ? 0 : (under.missed - all * share) / Math.sqrt(all * share * (1 - share));
}

let code = 1;
try {
	await house.start([3, 3, ...Array(PEERS).fill(0)].slice(0, PEERS + 1));
	const { api, nodes } = house;
	listing = await house.publish('//Ferdie');
	// Audits come by chance, and would make phases differ.
	await send(api, api.tx.sudo.sudo(api.tx.parameters.setParameter({ Market: { AuditChance: [null, 10_000_000] } })), alice);
	[targets, flood] = await Promise.all([Targets.prepare(api, nodes[0], house.workers, ROUNDS), Flood.open(nodes.map(({ url }) => url)), house.work(() => [listing])]);
	watch = await Watch.start(api);
	const stopAiming = await aim();
	const began = watch.last;
	say(`${nodes.length} nodes, ${house.workers.length} workers, ${figures.machine.cores} cores, load ${figures.machine.load}; ${ROUNDS} rounds of ${JOBS} jobs, ${RATE} forgeries a second`);

	const phases = { alone: [], under: [] };
	const seconds = (jobs, share) => MODES.map((mode) => round(quantile(jobs.filter((job) => job.mode === mode && job.answered).map((job) => Watch.latency(job).seconds), share))).join(' and ');
	for (let index = 1; index <= ROUNDS; index += 1) {
		for (const [kind, run] of [['alone', measure], ['under', flooded]]) {
			const phase = await run();
			phases[kind].push(phase);
			say(`round ${index}, ${kind === 'alone' ? 'left alone' : 'flooded   '}: ${phase.jobs.length} jobs in blocks ${phase.first} to ${phase.last}, p95 ${seconds(phase.jobs, 0.95)} s (${MODES.join(', ')})${phase.flood ? `, ${round((phase.flood.delays.length) / phase.flood.seconds, 0)} forgeries a second` : ''}`);
		}
	}
	stopAiming();
	// What a pool might have kept would be in one of these.
	await watch.reach(watch.best + 3);
	const steps = [...watch.blocks.values()].filter(({ number }) => number >= began).flatMap((block) => block.steps);
	const included = await flood.sentAmong(steps.map(({ hex }) => hex));

	const [alone, under] = [summary(phases.alone), summary(phases.under)];
	const floods = phases.under.map((phase) => phase.flood);
	const counts = {};
	for (const one of floods) for (const [name, reasons] of Object.entries(one.counts)) for (const [why, times] of Object.entries(reasons)) (counts[name] ??= {})[why] = (counts[name][why] ?? 0) + times;
	const reasons = {};
	for (const each of Object.values(counts)) for (const [why, times] of Object.entries(each)) reasons[why] = (reasons[why] ?? 0) + times;
	const total = sum(Object.values(reasons));
	const offered = total / sum(floods.map(({ seconds: long }) => long));
	const ratios = Object.fromEntries(MODES.map((mode) => [mode, under.latency[mode].seconds.p95 / alone.latency[mode].seconds.p95]));
	const z = excess(alone, under);
	const delays = spread(floods.flatMap((one) => one.delays));
	Object.assign(figures, {
		alone, under, ratios, excess: z, offered, refused: reasons, kinds: counts, refusedAfterMs: delays, sent: total, accepted: floods.flatMap(({ accepted }) => accepted).length, included: included.length,
		pooled: sum(phases.under.map(({ pooled }) => pooled)), unanswered: sum(floods.map(({ unanswered }) => unanswered)), waitingAtMost: Math.max(...floods.map(({ most }) => most)), honestSteps: tally(steps.map(({ name }) => name)),
	});

	say(`\nFrom the request in a block to finality of the block with the answer\n${table(
		['mode', '', 'n', 'p50 s', 'p95 s', 'most s', 'p50 slots', 'p95 slots', 'p95 ratio'],
		MODES.flatMap((mode) => [['left alone', alone], ['flooded', under]].map(([name, { latency: { [mode]: { seconds: s, slots } } }]) => [mode, name, s.n, s.median, s.p95, s.max, slots.median, slots.p95, name === 'flooded' ? ratios[mode] : undefined])),
	)}`);
	say(`\nSlots and processors (cores)\n${table(['', 'slots', 'missed', ...Object.keys(alone.cores)], [['left alone', alone], ['flooded', under]].map(([name, one]) => [name, one.slots, one.missed, ...Object.values(one.cores)]))}`);
	say(`\nWhat nodes said\n${table(['forgery', 'sent', 'refused as'], Object.entries(counts).map(([name, each]) => [name, sum(Object.values(each)), Object.entries(each).sort((a, b) => b[1] - a[1]).map(([why, times]) => `${why} ${times}`).join(', ')]))}`);
	say(`\n${table(['refused as', 'times', '%'], Object.entries(reasons).sort((a, b) => b[1] - a[1]).map(([why, times]) => [why, times, (100 * times) / total]))}`);
	say(`refused after ${round(delays.median, 1)} ms (median), ${round(delays.p95, 1)} ms (p95); at most ${figures.waitingAtMost} waited`);

	const verdicts = [
		[offered >= 0.95 * RATE && !floods.some(({ exhausted, broken }) => exhausted || broken), `${round(offered, 0)} of ${RATE} forgeries a second were sent and answered, ${total} in all`],
		[figures.accepted === 0 && figures.pooled === 0, `${figures.accepted} were taken by a pool, ${figures.pooled} lay in one`],
		[included.length === 0, `${included.length} were in a block, among ${steps.length} steps of workers`],
		[alone.unanswered.length + under.unanswered.length === 0, `${alone.unanswered.length} jobs without the flood and ${under.unanswered.length} with it were not answered`],
		...MODES.map((mode) => [ratios[mode] <= RATIO, `p95 of ${mode}: ${round(ratios[mode], 3)} times (at most ${RATIO})`]),
		[z <= Z, `${alone.missed} of ${alone.slots} slots missed without the flood, ${under.missed} of ${under.slots} with it (z ${round(z)}, at most ${Z})`],
	];
	figures.verdicts = verdicts.map(([good, text]) => ({ good, text }));
	say(`\n${verdicts.map(([good, text]) => `${good ? 'good' : 'BAD '}  ${text}`).join('\n')}`);
	code = verdicts.every(([good]) => good) && !watch.failed ? 0 : 1;
	say(`figures: ${save('flood', figures)}`);
} catch (error) {
	say(error.stack);
	for (const node of house.nodes) say(node.service.log.slice(-2000));
} finally {
	await watch?.stop().catch(() => {});
	await flood?.end();
	await house.stop();
}
process.exit(code);
