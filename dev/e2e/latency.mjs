// How long an answer takes, how many a worker's node gives a second, and what a gateway needs for it.
//
//   node dev/e2e/latency.mjs        about 6 minutes; RUNS, WORKERS, RATES, SOLO, PARTS change it
//
// PARTS are some of
//   latency   RUNS jobs of each mode, asked one after the other: from the request in a block to finality of the
//             block with the answer. The challenge window is apart.
//   owner     jobs of the mode Owner, RATES of them a block, one rate after the other, until answers grow no more.
//             They are over soonest, so they show what a node's courier carries.
//   solo      SOLO jobs of the mode Solo a block for longer than a job lasts: what a market of single workers
//             gives when it is asked for more than it can.
// All WORKERS are on one node that makes blocks, each with a gateway of its own; 16 is the most that a node carries for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT, dave, event } from './lib/chain.mjs';
import { listed, machine, memory, processors, round, save, spread, sum, table, tally } from './lib/figures.mjs';
import { House } from './lib/house.mjs';
import { openOffer } from './lib/market.mjs';
import { repository } from './lib/paths.mjs';
import { setting, sleep, until } from './lib/process.mjs';
import { Watch } from './lib/watch.mjs';

const RUNS = setting('RUNS', 20);
const WORKERS = setting('WORKERS', 16);
const RATES = (process.env.RATES ?? '8 16 20').split(' ').map(Number);
const SOLO = setting('SOLO', 8);
const PARTS = (process.env.PARTS ?? 'latency owner solo').split(' ');
const REWARD = UNIT / 20n;
// A job's entries in the queue of deadlines are all there after the window to answer, ten blocks: the rest counts.
const [RATE_BLOCKS, RATE_COUNTS] = [18, 7];
// A job's seats are taken for about 24 blocks on a development chain: two rounds to fill all, one that counts.
const [SOLO_BLOCKS, SOLO_COUNTS] = [64, 24];
const GOALS = { Solo: 7, QuorumOfThree: 10 };
const say = (text) => process.stdout.write(`${text}\n`);

const source = (file, name) => Number(new RegExp(`const ${name}: \\w+ = (\\d+)`).exec(readFileSync(join(repository, 'pallets/inference/src', file), 'utf8'))[1]);
const LIMITS = {
	tasks: source('courier.rs', 'MAX_TASKS'), openJobs: source('types.rs', 'MAX_OPEN_JOBS'), stepsABlock: source('types.rs', 'MAX_STEPS_A_BLOCK'), due: source('types.rs', 'MAX_DUE'),
};

const house = new House();
const figures = { taken: new Date().toISOString(), machine: machine(), workers: WORKERS, limits: LIMITS };
// What the courier's log says, by how often it said so.
const said = { submitted: 0, underWay: 0, resting: 0, busy: 0, overlapped: 0, refused: 0 };
const COMPLAINTS = {
	submitted: /commits to its answer in job|shows its answer in job/g, underWay: /is under way at/g, resting: /It is left alone for|gave no answer in time|refuses connections/g,
	busy: /is busy and takes job/g, overlapped: /the run of an earlier block is still under way/g, refused: /took no step of worker/g,
};
// What each block had room for.
const loads = new Map();
let watch;
let listing;

async function load(block, records) {
	const at = await house.api.at(block.hash);
	const [nextDue, seats, weight] = await Promise.all([at.query.inference.nextDue(), at.query.inference.assignments.entries(), at.query.system.blockWeight()]);
	const open = seats.map(([, jobs]) => jobs.length);
	const most = house.api.consts.system.blockWeights.maxBlock.refTime.toNumber();
	loads.set(block.number, {
		requested: 0, answered: 0, ...tally(records.map(({ event: each }) => (each.section === 'inference' ? each.method.toLowerCase() : ''))),
		// Blocks whose jobs are due and not worked off.
		lag: block.number + 1 - nextDue.toNumber(),
		busiest: Math.max(0, ...open), full: open.filter((jobs) => jobs >= LIMITS.openJobs).length,
		weight: sum(['normal', 'operational', 'mandatory'].map((kind) => weight[kind].refTime.toNumber())) / most,
		errors: records.filter(({ event: each }) => house.api.events.system.ExtrinsicFailed.is(each)).map(({ event: { data: { dispatchError } } }) => (dispatchError.isModule ? house.api.registry.findMetaError(dispatchError.asModule).name : dispatchError.type)),
	});
}

const gateways = () => house.workers.map(({ service }) => memory(service.pid));
const memories = {};
const mosts = {};
/** Notes what gateways need now. */
function weigh(when) {
	const all = gateways();
	memories[when] = { rss: spread(all.map(({ rss }) => rss)), peak: spread(all.map(({ peak }) => peak)) };
}

/** Processor time, the most memory and what the courier says while something runs. */
async function under(name, work) {
	const before = { ...said };
	const stop = processors({ node: [house.nodes[0].service.pid], gateways: house.workers.map(({ service }) => service.pid), IPFS: [house.ipfs.service.pid] });
	const most = (mosts[name] ??= house.workers.map(() => 0));
	const timer = setInterval(() => gateways().forEach(({ rss }, index) => {
		most[index] = Math.max(most[index], rss);
	}), 500);
	try {
		const done = await work();
		return { ...done, cores: stop(), log: Object.fromEntries(Object.entries(said).map(([what, times]) => [what, times - before[what]])) };
	} finally {
		clearInterval(timer);
		memories[name] = { rss: spread(most), peak: spread(gateways().map(({ peak }) => peak)) };
	}
}

const nextBlock = (number) => until(() => watch.best > number, 60_000, 'a block', 10);
const jobsOf = (first, last, mode) => [...watch.jobs.values()].filter((job) => job.mode === mode && job.requested.number >= first && job.requested.number <= last);

/** Waits until nobody has to answer anything. */
async function drained(mode, ms) {
	await watch.reach(watch.best + 1);
	await watch.until(() => [...watch.jobs.values()].every((job) => job.mode !== mode || job.answered || job.ended), ms, `answers to all ${mode} jobs`);
}

/** Asks `rate` jobs in each of `blocks` blocks, and answers the first and the last block that they were in. */
async function press(rate, blocks, ask) {
	await nextBlock(watch.best);
	const first = watch.best + 1;
	for (let block = 0; block < blocks; block += 1) {
		const best = watch.best;
		for (let index = 0; index < rate; index += 1) await ask(index);
		await nextBlock(best);
	}
	return { first, last: first + blocks - 1 };
}

/** What became of what was asked from block `first` to `last`, with the means of those from `from` on. */
function pressed(mode, rate, { first, last }, from) {
	const blocks = [...loads].filter(([number]) => number >= from && number <= last).map(([, one]) => one);
	const seconds = (watch.blocks.get(last).slot - watch.blocks.get(from - 1).slot) * 2;
	const jobs = jobsOf(first, last, mode);
	const each = (key) => blocks.map((block) => block[key] ?? 0);
	const steps = [...watch.blocks.values()].filter(({ number }) => number >= from && number <= last).map((block) => block.steps.filter(({ name }) => name !== 'heartbeat').length);
	return {
		rate, asked: sum(each('requested')) / seconds, answered: sum(each('answered')) / seconds, seconds,
		steps: sum(steps) / steps.length, mostSteps: Math.max(...steps), lag: Math.max(...each('lag')), lagAtEnd: blocks.at(-1).lag,
		busiest: Math.max(...each('busiest')), full: sum(each('full')) / blocks.length, weight: Math.max(...each('weight')),
		errors: tally(blocks.flatMap(({ errors }) => errors)), outcomes: tally(jobs.map(({ outcome, answered }) => outcome ?? (answered ? 'answered' : 'open'))),
		slots: spread(jobs.filter(({ answered }) => answered).map((job) => Watch.latency(job).blockSlots)),
	};
}

/** What stood at its limit while no more was answered. */
function bounds(at) {
	const found = [];
	const { errors, outcomes } = at;
	if (at.steps >= 0.9 * LIMITS.tasks) found.push(`the courier carries ${LIMITS.tasks} tasks a block (MAX_TASKS): ${round(at.steps)} steps a block on average, never more than ${at.mostSteps}`);
	if (at.lagAtEnd > 1) found.push(`a block works off ${LIMITS.stepsABlock} entries of the queue (MAX_STEPS_A_BLOCK): it was ${at.lagAtEnd} blocks behind at the end`);
	if (errors.OwnerDoesNotServe || outcomes.NotEnoughWorkers || at.full > 0.8 * WORKERS) found.push(`a worker has ${LIMITS.openJobs} open jobs at most (MAX_OPEN_JOBS): ${round(at.full)} of ${WORKERS} workers had them on average`);
	if (errors.TooManyJobsDue) found.push(`${LIMITS.due} jobs are due in one block at most (MAX_DUE): ${errors.TooManyJobsDue} requests refused`);
	if (outcomes.Silence) found.push(`${outcomes.Silence} jobs ended in silence`);
	if (at.log.underWay > 0.1 * at.log.submitted) found.push(`gateways had no answer within 250 ms ${at.log.underWay} times, and each took a task of the courier's`);
	if (at.log.overlapped) found.push(`${at.log.overlapped} runs of the courier were left out, as the one before had not ended`);
	if (at.log.resting) found.push(`gateways were left alone ${at.log.resting} times`);
	const busy = sum(Object.values(at.cores));
	if (busy > 0.9 * figures.machine.cores) found.push(`the machine: ${round(busy)} of ${figures.machine.cores} cores were busy`);
	return found.length ? found : ['nothing stood at its limit: ask more'];
}

const HEAD = ['a block', 'asked/s', 'answered/s', 'slots, median', 'p95', 'steps a block', 'most', 'queue behind', 'busiest worker', 'fullest block %', 'later than 250 ms', 'cores', 'ended'];
const row = (at) => [
	at.rate, at.asked, at.answered, at.slots.median, at.slots.p95, at.steps, at.mostSteps, at.lag, at.busiest, 100 * at.weight, at.log.underWay, sum(Object.values(at.cores)),
	`${listed(at.outcomes)}${Object.keys(at.errors).length ? `; refused: ${listed(at.errors)}` : ''}`,
];

const parts = {
	async latency() {
		const { first, last } = await under('answering one after the other', async () => {
			const began = watch.best + 1;
			for (let index = 0; index < RUNS; index += 1) {
				// Not in step with the slots, so that requests come at all times of a slot.
				for (const mode of Object.keys(GOALS)) {
					await house.request(listing, mode, 'Owner', REWARD);
					await sleep(1_300);
				}
			}
			for (const mode of Object.keys(GOALS)) await drained(mode, 60_000);
			return { first: began, last: watch.last };
		});
		const all = Object.keys(GOALS).flatMap((mode) => jobsOf(first, last, mode));
		await watch.until(() => all.every(({ ended }) => ended), 180_000, 'the end of all jobs');
		const stages = sum((await house.counters()).map(({ counts }) => counts['stage_seconds_sum job'] ?? 0)) / sum((await house.counters()).map(({ counts }) => counts['stage_seconds_count job'] ?? 0));
		figures.latency = { gatewaySeconds: stages };
		const rows = [];
		for (const [mode, goal] of Object.entries(GOALS)) {
			const jobs = jobsOf(first, last, mode);
			const good = jobs.filter(({ answered }) => answered);
			const latencies = good.map(Watch.latency);
			const found = {
				goal, asked: jobs.length, answered: good.length, slots: spread(latencies.map(({ slots }) => slots)), seconds: spread(latencies.map(({ seconds }) => seconds)),
				blockSlots: spread(latencies.map(({ blockSlots }) => blockSlots)), afterwards: spread(good.map(({ answered, ended }) => ended.slot - answered.slot)), outcomes: tally(jobs.map(({ outcome }) => outcome)),
			};
			figures.latency[mode] = found;
			const line = (what, { n, min, p25, median, p75, p95, max }) => rows.push([mode, what, n, min, p25, median, p75, p95, max]);
			line(`slots to finality (goal ${goal})`, found.slots);
			line('seconds to finality', found.seconds);
			line('slots to the block', found.blockSlots);
			line('slots from answer to money', found.afterwards);
		}
		say(`\nFrom the request in a block to finality of the block with the answer\n${table(['mode', '', 'n', 'min', 'p25', 'median', 'p75', 'p95', 'max'], rows)}`);
		say(`a gateway took ${round(1000 * stages)} ms a job`);
		return Object.keys(GOALS).every((mode) => figures.latency[mode].answered === RUNS && figures.latency[mode].slots.median <= GOALS[mode]);
	},

	async owner() {
		const rates = [];
		for (const rate of RATES) {
			let turn = 0;
			const { span, cores, log } = await under('answering all it can', async () => ({
				span: await press(rate, RATE_BLOCKS, () => {
					const own = house.workers[turn % WORKERS];
					turn += 1;
					return house.request(own.listing, 'Owner', { Offer: own.offer }, REWARD, dave);
				}),
			}));
			await drained('Owner', 60_000);
			const at = { ...pressed('Owner', rate, span, span.last - RATE_COUNTS + 1), cores, log };
			rates.push(at);
			if (at.answered < 0.9 * at.asked || Object.keys(at.errors).length) break;
		}
		const best = rates.reduce((a, b) => (b.answered > a.answered ? b : a));
		const kept = rates.filter(({ answered, asked, outcomes, errors }) => answered >= 0.95 * asked && !outcomes.Silence && !Object.keys(errors).length).at(-1);
		figures.owner = { rates, most: best.answered, sustained: kept?.answered, bounds: bounds(rates.at(-1)) };
		say(`\nOwner jobs of ${WORKERS} workers on one node\n${table(HEAD, rates.map(row))}`);
		say(`sustained: ${round(kept?.answered)} answers a second; the most: ${round(best.answered)}. Bound by\n  ${figures.owner.bounds.join('\n  ')}`);
		return Boolean(kept);
	},

	async solo() {
		const { span, cores, log } = await under('answering all it can', async () => ({ span: await press(SOLO, SOLO_BLOCKS, () => house.request(listing, 'Solo', 'Owner', REWARD)) }));
		await drained('Solo', 120_000);
		const at = { ...pressed('Solo', SOLO, span, span.last - SOLO_COUNTS + 1), cores, log };
		figures.solo = { ...at, bounds: bounds(at) };
		say(`\nSolo jobs of ${WORKERS} workers on one node, the last ${SOLO_COUNTS} of ${SOLO_BLOCKS} blocks\n${table(HEAD, [row(at)])}`);
		say(`sustained: ${round(at.answered)} answers a second. Bound by\n  ${figures.solo.bounds.join('\n  ')}`);
		return at.answered > 0;
	},
};

let code = 1;
try {
	await house.start([WORKERS], 'info,courier=debug');
	const { api } = house;
	for (const stream of [house.nodes[0].service.child.stderr, house.nodes[0].service.child.stdout]) {
		stream.on('data', (chunk) => {
			for (const [name, pattern] of Object.entries(COMPLAINTS)) said[name] += String(chunk).match(pattern)?.length ?? 0;
		});
	}
	listing = await house.publish('//Ferdie');
	if (PARTS.includes('owner')) {
		// Who asks the mode Owner asks the seller's own worker, so every worker sells the model, too.
		await Promise.all(house.workers.map(async (worker) => {
			worker.listing = await house.publish(worker.suri);
		}));
		const opened = await Promise.all(house.workers.map((worker) => house.send(openOffer(api, worker.listing, { price: 1n, term: 'PerCall' }), worker.account)));
		house.workers.forEach((worker, index) => {
			worker.offer = event(opened[index], 'licensing', 'OfferOpened').offer.toNumber();
		});
	}
	await house.work((worker) => [listing, worker.listing].filter(Boolean));
	watch = await Watch.start(api, load);
	await sleep(4_000);
	weigh('at rest, no job yet');
	say(`${WORKERS} workers on one node; ${figures.machine.cores} cores, load ${figures.machine.load}`);

	const good = [];
	for (const part of PARTS) good.push(await parts[part]());
	await sleep(4_000);
	weigh('at rest afterwards');

	figures.memory = memories;
	say(`\nMemory of a gateway, MiB\n${table(['when', 'median', 'most', 'peak so far'], Object.entries(memories).map(([when, { rss, peak }]) => [when, rss.median, rss.max, peak.max]))}`);
	const counters = await house.counters();
	figures.counters = counters;
	const names = ['attempts_total answered', 'attempts_total postponed', 'attempts_total failed', 'answers_total ok', 'engine_runs_total ok', 'cache_lookups_total hit', 'cache_lookups_total miss'];
	const mean = (counts, stage) => (1000 * (counts[`stage_seconds_sum ${stage}`] ?? 0)) / (counts[`stage_seconds_count ${stage}`] || 1);
	say(`\nCounters of the gateways\n${table(['worker', 'answered', 'postponed', 'failed', 'ok', 'runs', 'hit', 'miss', 'ms a job', 'engine', 'publish'], counters.map(({ suri, counts }) => [suri, ...names.map((name) => counts[name] ?? 0), mean(counts, 'job'), mean(counts, 'engine'), mean(counts, 'publish')]))}`);
	figures.failed = watch.failed?.message;
	code = good.every(Boolean) && !watch.failed ? 0 : 1;
	say(`\nfigures: ${save('latency', figures)}`);
} catch (error) {
	say(error.stack);
	say(house.nodes[0]?.service.log.slice(-3000) ?? '');
} finally {
	await watch?.stop().catch(() => {});
	await house.stop();
}
process.exit(code);
