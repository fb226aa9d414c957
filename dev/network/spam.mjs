// Do honest users get in while others send all that they can, and does state grow only by what is paid for?
//   make spam                                  some eight minutes
//   RATE=500 SECONDS=60 POOL=8192 make spam    a machine with more cores: so many a second, for so long a phase, in
//                                              pools of so many
// Four validators of the preset `local4`, each in a namespace of its own, with pools of POOL extrinsics. Every second
// an honest user sends a transfer or buys a licence with a tip of TIP plancks. First nobody else sends anything, then
// for SECONDS each:
//   bad       wrong signatures, other chains' extrinsics, bytes without sense
//   rpc       requests that are too large, too deep or too many for one of the nodes
//   future    nonces that are still to come
//   full      valid payments without a tip, from accounts that were given money before, more than blocks take
//   forged    messages of workers that are not theirs, as in dev/e2e/flood.mjs
// It is good (exit code 0) if
//   - in each phase 95 of 100 honest extrinsics are in a final block that is at most 3 above the best block of when
//     they were sent, and all are in one,
//   - all that is bad or forged was refused, none of it is in a block, and each request over a limit was refused,
//   - no key of state is new but those of blocks, of honest purchases (PAID, FIRST_PAID), and of accounts for whose
//     creation was paid,
//   - what is sent and not paid for (bad, rpc, future, forged) leaves no more bytes than the purchases of that time, at
//     what each left in the phase without spam,
//   - all nodes are up, and the one that was asked too much has not grown by more than RSS MiB,
//   - the control: whoever pays no tip while the pool is full waits longer. Else the pool was not full.
// A payment of the spam is PAYMENTS payments in one: so a block takes some hundreds, a pool holds many blocks' worth,
// and two cores fill it faster than four validators empty it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXISTENTIAL, UNIT, account, alice, connect, dave, eve, signing } from '../e2e/lib/chain.mjs';
import { machine, memory, quantile, round, sum, table } from '../e2e/lib/figures.mjs';
import { Flood, Targets } from '../e2e/lib/flood.mjs';
import { Growth } from '../e2e/lib/growth.mjs';
import { openOffers, publish } from '../e2e/lib/market.mjs';
import { repository } from '../e2e/lib/paths.mjs';
import { Payments, addressOf, newcomer, pairOf, spammer } from '../e2e/lib/payments.mjs';
import { scratch, setting, sleep, until } from '../e2e/lib/process.mjs';
import { bytesOf } from '../e2e/lib/scale.mjs';
import { register } from '../e2e/lib/workers.mjs';
import { SUBSCRIPTIONS, abuses } from './lib/abuse.mjs';
import { Blocks } from './lib/blocks.mjs';
import { chainSpec, endAll, validators } from './lib/peer.mjs';
import { hold, program, say } from './lib/steps.mjs';
import { Wire } from './lib/wire.mjs';

const RATE = setting('RATE', 200);
const SECONDS = setting('SECONDS', 20);
const POOL = setting('POOL', 2_048);
/** A ten-thousandth of a WGH: less than half of a transfer's fee. */
const TIP = BigInt(process.env.TIP ?? UNIT / 10_000n);
const PAYMENTS = 20;
const GOAL = 3;
const RSS = 256;
const PHASES = 6;
/** Phases, and what comes before, between and after them, on two cores. */
const MINUTES = Math.ceil((PHASES * SECONDS) / 60) + 18;
const QUIET = 8_000;
/** The pool is filled within so many seconds, half as much again being sent. */
const FILL = 6;
const FIRST = Math.ceil(1.5 * POOL);
/** A flood has enough for so many seconds more than it is to last. */
const SPARE = 10;
const SPAMMERS = FIRST + RATE * (SECONDS + SPARE);
/** One each phase and second, and two more while the pool is full. */
const PEOPLE = (PHASES + 2) * SECONDS + 10;
const SPAMMER_MONEY = UNIT / 50n;
const PERSON_MONEY = 5n * UNIT;
/** Accounts that one extrinsic gives money. */
const BATCH = 400;
/** How long honest extrinsics are waited for after a phase, and nodes that are busy. */
const PATIENCE = 90_000;
/** After how long somebody offers again what was taken and is in no block. */
const AGAIN = 12_000;
const LEAD = 8;
const BEHIND = 4;
/** Bytes of ordinary extrinsics that a block takes: three quarters of 5 MiB. */
const LONGEST = 3.75 * 2 ** 20;
/** Items to each of which a purchase brings one key, and those that the first purchase brings: so many keys. */
const PAID = ['Licensing.Licences', 'Licensing.Receipts', 'Licensing.Holdings', 'Balances.Holds'];
const FIRST_PAID = { 'Licensing.NextLicence': 1, 'Licensing.NextReceipt': 1, 'Reputation.Subjects': 2 };
/** Bytes that a phase may leave beside those of purchases: jobs that wait go on, and a number may take a byte more. */
const SLACK = 1_024;
/** Answers of a pool that has it already. */
const KNOWN = 1013;

const folder = scratch('weighhouse-spam-');
const out = join(repository, 'target/network');
const phases = [];
const cases = {};

let peers = [];
let api;
let wires = [];
let blocks;
let growth;
let crowd;
let offer;
let flood;
let forgeries;

const pay = (address, amount) => api.tx.balances.transferKeepAlive(address, amount);
const newcomers = new Set();

/** People who send one extrinsic each. */
class Crowd {
	sent = [];
	#people = Array.from({ length: PEOPLE }, (_, index) => account(`//Honest//${index}`));
	addresses = this.#people.map(({ address }) => address);

	/** The next of them sends. `group` is whom it is counted among. */
	async send(group, tip, makeTx) {
		const index = this.sent.length;
		const one = { group, wire: wires[index % wires.length], refusals: {} };
		this.sent.push(one);
		const person = this.#people[index];
		const tx = makeTx(index);
		one.bought = tx.method.section === 'licensing';
		one.hex = tx.sign(person, { ...signing(api), nonce: 0, tip }).toHex();
		try {
			one.from = Number((await one.wire.call('chain_getHeader')).number);
		} catch {
			one.from = blocks.last;
		}
		await this.#offer(one);
	}

	async #offer(one) {
		one.offered = Date.now();
		try {
			await one.wire.call('author_submitExtrinsic', one.hex);
			one.taken = true;
		} catch (error) {
			one.taken = error.code === KNOWN;
			const why = String(error.data ?? error.message);
			one.refusals[why] = (one.refusals[why] ?? 0) + 1;
		}
	}

	/** What was refused is offered again each second, as people do, and what was forgotten after a while. */
	async again(since) {
		const now = Date.now();
		const late = this.sent.slice(since).filter((one) => one.offered && !blocks.numberOf(one.hex) && now - one.offered > (one.taken ? AGAIN : 1_000));
		await Promise.all(late.map((one) => this.#offer(one)));
	}

	/** Blocks from the best one of when it was sent to the one that holds it. */
	static delay(one) {
		const number = blocks.numberOf(one.hex);
		return number === undefined ? Infinity : Math.max(1, number - one.from);
	}
}

/** Every other honest user buys, the others pay one another. */
function ordinary(index) {
	return index % 2 ? api.tx.licensing.buy(offer.listing, offer.number) : pay(crowd.addresses[(index + 1) % PEOPLE], 1n);
}
/** Of the same size as the spam. */
const asSpam = (index) => api.tx.utility.batchAll(Array.from({ length: PAYMENTS }, () => pay(crowd.addresses[(index + 1) % PEOPLE], 1n)));

const rss = () => Object.fromEntries(peers.map(({ name, service }) => [name, memory(service.pid).rss]));
/** The state after a final block; a node that is busy is asked again. */
const stateAt = (number) => until(async () => ({ number, ...await growth.state(await peers[0].rpc('chain_getBlockHash', number)) }), PATIENCE, `the state after block ${number}`);

/** The state after a final block that knows all that is in best blocks now. */
async function stateNow() {
	const heights = await until(() => Promise.all(peers.map((peer) => peer.best())), PATIENCE, 'the best blocks of all nodes');
	await blocks.reach(Math.max(...heights), PATIENCE);
	return stateAt(blocks.last);
}

/**
 * One phase: honest users for SECONDS, beside what `begin` starts and `end` ends. `end` answers what was sent,
 * `{ sent, refused, entered }`; `each` is called every second. `flooding` answers who knows what was sent.
 */
async function phase(name, { begin, each, end, flooding } = {}) {
	const before = await stateNow();
	const memoryBefore = rss();
	const firstOwn = crowd.sent.length;
	await begin?.();
	const sending = [];
	const began = Date.now();
	for (let second = 0; second < SECONDS; second += 1) {
		await sleep(Math.max(0, began + second * 1000 - Date.now()));
		sending.push(crowd.send('tip', TIP, ordinary), crowd.again(firstOwn));
		if (each) sending.push(...each(second));
	}
	await sleep(1_000);
	const told = (await end?.()) ?? { sent: 0, refused: 0, entered: 0 };
	await Promise.all(sending);
	const own = crowd.sent.slice(firstOwn);
	await until(async () => {
		await crowd.again(firstOwn);
		return own.every((one) => one.group !== 'tip' || blocks.numberOf(one.hex));
	}, PATIENCE, 'honest extrinsics', 500).catch(() => {});
	const memoryAfter = rss();
	const after = await stateAt(blocks.last);

	const delays = (group) => own.filter((one) => one.group === group).map(Crowd.delay);
	const grown = explain(before, after, own);
	const line = {
		phase: name, ...told, included: (await flooding?.().sentAmong(blocks.between(before.number, after.number)))?.length ?? 0,
		honest: Object.fromEntries([...new Set(own.map(({ group }) => group))].map((group) => {
			const all = delays(group);
			return [group, { n: all.length, missing: all.filter((delay) => delay === Infinity).length, p50: quantile(all, 0.5), p95: quantile(all, 0.95), most: quantile(all, 1), refused: own.filter((one) => one.group === group && Object.keys(one.refusals).length > 0).length }];
		})),
		...blocks.missed(before.number, after.number), rssBefore: memoryBefore, rssAfter: memoryAfter,
		bytes: after.bytes - before.bytes, ...grown,
	};
	phases.push(line);
	const { tip } = line.honest;
	say(`${name}: ${line.sent} sent, ${line.refused} refused, ${line.entered} entered, ${line.included} in blocks; honest p50 ${tip.p50}, p95 ${tip.p95} blocks, ${tip.missing} missing`);
	return line;
}

/** What of the new keys was paid for. */
function explain(before, after, own) {
	const added = growth.added(before, after);
	const counts = Object.fromEntries(Object.entries(added).map(([item, keys]) => [item, keys.length]));
	const created = (added['System.Account'] ?? []).filter((key) => newcomers.has(key.slice(-64))).length;
	const purchases = own.filter((one) => one.bought && blocks.numberOf(one.hex)).length;
	const paid = { ...(phases.length === 0 ? FIRST_PAID : {}), ...Object.fromEntries(PAID.map((item) => [item, purchases])), 'System.Account': created };
	const unexplained = {};
	for (const [item, count] of Object.entries(counts)) {
		const left = count - (paid[item] ?? 0);
		if (left > 0) unexplained[item] = left;
	}
	return { keys: sum(Object.values(counts)), added: counts, created, purchases, unexplained };
}

/** A phase's begin and end with spam of this kind from threads. */
function payments(kind, { first = 0, seconds = 0, count = RATE * (SECONDS + SPARE) } = {}) {
	return {
		prepare: () => flood.prepare({ ...flood.context, kind, first, firstSeconds: seconds }, { count, rate: RATE }),
		begin: async () => {
			await flood.start();
			await sleep(seconds * 1000);
		},
		end: async () => counted(await flood.stop(), kind),
		flooding: () => flood,
	};
}

/** How many were sent, refused and taken; what nodes said goes into the file. */
function counted({ counts, unanswered, exhausted, broken }, kind) {
	cases[kind] = counts;
	const answers = Object.values(counts).flatMap((reasons) => Object.entries(reasons));
	const entered = sum(answers.filter(([why]) => why === 'ACCEPTED').map(([, times]) => times));
	const sent = sum(answers.map(([, times]) => times)) + unanswered;
	return { sent, refused: sent - entered - unanswered, entered, unanswered, exhausted, broken };
}

/** Gives money to many, some hundred in one extrinsic, and waits until that is final. */
async function fund(list) {
	let nonce = (await api.rpc.system.accountNextIndex(alice.address)).toNumber();
	for (let from = 0; from < list.length; from += BATCH) {
		const tx = api.tx.utility.batchAll(list.slice(from, from + BATCH).map(([address, amount]) => pay(address, amount)));
		await peers[0].rpc('author_submitExtrinsic', tx.sign(alice, { ...signing(api), nonce }).toHex());
		nonce += 1;
	}
	const final = async () => api.at(await api.rpc.chain.getFinalizedHead());
	await until(async () => (await (await final()).query.system.account(alice.address)).nonce.toNumber() >= nonce, 120_000, 'the money of all accounts', 500);
	const [last] = list.at(-1);
	hold((await (await final()).query.system.account(last)).data.free.toBigInt() > 0n, 'the last account has no money');
}

/** What is written by hand must be what Polkadot.js writes, or nodes refuse it for its form. */
function check(made) {
	const calls = Array.from({ length: PAYMENTS }, (_, at) => (at === 0 ? pay(addressOf(newcomer(0)), EXISTENTIAL) : pay(addressOf(spammer(1).publicKey), 1n)));
	const theirs = api.tx.utility.batchAll(calls).sign(pairOf(0), { ...signing(api), nonce: 0 });
	const [, ours] = made.kinds.full(0);
	hold(ours.equals(theirs.toU8a()), 'a payment by hand is not what Polkadot.js makes');
}

async function start() {
	mkdirSync(join(out, 'spam'), { recursive: true });
	const spec = await chainSpec(folder.path);
	peers = await validators({ folder: folder.path, logs: join(out, 'spam'), spec, flags: ['--pool-limit', String(POOL)] });
	// What a node that serves others has without flags.
	for (const { place } of peers) place.subscriptions = SUBSCRIPTIONS;
	await Promise.all(peers.map((peer) => peer.start(peers).ready()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(1, 90_000)));
	api = await connect(peers[0].url);
	growth = new Growth(api, peers[0]);
	crowd = new Crowd();
	const listing = await publish(api, dave);
	const [number] = await openOffers(api, dave, listing, [{}]);
	offer = { listing, number };
	say(`four validators, ${machine().cores} cores; ${RATE} a second for ${SECONDS} s a phase, pools of ${POOL}, a tip of ${Number(TIP) / Number(UNIT)} WGH; ${SPAMMERS} accounts get money`);

	await fund([
		...crowd.addresses.map((address) => [address, PERSON_MONEY]),
		...Array.from({ length: SPAMMERS }, (_, index) => [addressOf(spammer(index).publicKey), SPAMMER_MONEY]),
	]);
	for (let index = 0; index < SPAMMERS; index += 1) {
		const created = newcomer(index);
		if (created) newcomers.add(created.toString('hex'));
	}
	const urls = peers.map(({ url }) => url);
	wires = await Promise.all(urls.map((url) => Wire.open(url)));
	flood = await Flood.open(urls, { program: join(import.meta.dirname, '../e2e/lib/payments.mjs'), sends: 'payments' });
	flood.context = {
		genesis: api.genesisHash.toHex(), specVersion: api.runtimeVersion.specVersion.toNumber(), transactionVersion: api.runtimeVersion.transactionVersion.toNumber(),
		pay: `0x${Buffer.from(api.tx.balances.transferKeepAlive.callIndex).toString('hex')}`, all: `0x${Buffer.from(api.tx.utility.batchAll.callIndex).toString('hex')}`,
		existential: Number(EXISTENTIAL), size: PAYMENTS, spammers: SPAMMERS,
	};
	check(new Payments(flood.context));
	blocks = await Blocks.follow(peers[0]);
	const before = await stateNow();
	await sleep(QUIET);
	const items = growth.rest(before, await stateNow());
	say(`nobody sends anything: ${items.length ? `${items.join(', ')} grow with blocks` : 'nothing grows but what blocks and sessions write'}`);
}

async function rpcPhase() {
	const victim = peers.at(-1);
	const remark = Buffer.alloc(LONGEST);
	const nonce = (await api.rpc.system.accountNextIndex(eve.address)).toNumber();
	const oversized = api.tx.system.remark(`0x${remark.toString('hex')}`).sign(eve, { ...signing(api), nonce }).toHex();
	hold(bytesOf(oversized).length > LONGEST, 'the extrinsic is not too long');
	const all = abuses(victim, { oversized, held: wires.at(-1) });
	const results = Object.fromEntries(Object.keys(all).map((name) => [name, { tried: 0, sent: 0, refused: 0, wanted: 0, failed: [] }]));
	cases.rpc = results;
	let running;
	const run = async () => {
		const end = Date.now() + SECONDS * 1000;
		// All of them once, however long that takes, and again while there is time.
		for (let time = 0; time === 0 || Date.now() < end; time += 1) {
			for (const [name, body] of Object.entries(all)) {
				if (time > 0 && Date.now() >= end) return;
				const result = results[name];
				result.tried += 1;
				try {
					const { sent, refused, wanted } = await body();
					result.sent += sent;
					result.refused += refused;
					result.wanted += wanted;
				} catch (error) {
					result.failed.push(error.message);
				}
			}
		}
	};
	const line = await phase('rpc', {
		begin: async () => { running = run(); },
		end: async () => {
			await running;
			const [sent, refused] = ['sent', 'refused'].map((key) => sum(Object.values(results).map((result) => result[key])));
			return { sent, refused, entered: sent - refused };
		},
	});
	line.grewBy = line.rssAfter[victim.name] - line.rssBefore[victim.name];
	say(table(['request', 'tried', 'sent', 'refused', 'to be refused'], Object.entries(results).map(([name, { tried, sent, refused, wanted }]) => [`  ${name}`, tried, sent, refused, wanted])));
}

async function fullPhase() {
	const spam = payments('full', { first: FIRST, seconds: FILL, count: SPAMMERS });
	await spam.prepare();
	const waiting = [];
	const line = await phase('full', {
		...spam,
		each: (second) => {
			// A large answer, so not too often.
			if (second % 4 === 0) peers[1].rpc('author_pendingExtrinsics').then(({ length }) => waiting.push(length), () => {});
			return [crowd.send('no tip', 0n, asSpam), crowd.send('no tip, small', 0n, (index) => pay(crowd.addresses[(index + 1) % PEOPLE], 1n))];
		},
	});
	line.waiting = waiting;
	say(`  waiting in the pool of ${peers[1].name}: ${waiting.join(', ')}; without a tip p50 ${line.honest['no tip'].p50} blocks, ${line.honest['no tip'].refused} of ${line.honest['no tip'].n} refused at least once; small ones without a tip p50 ${line.honest['no tip, small'].p50}, p95 ${line.honest['no tip, small'].p95}`);
	await Promise.all(peers.map((peer) => until(async () => (await peer.rpc('author_pendingExtrinsics')).length < POOL / 20, 3 * PATIENCE, `an empty pool of ${peer.name}`, 1_000)));
}

async function forgedPhase() {
	await register(api, '//Eve');
	const targets = await Targets.prepare(api, peers[0], [{ suri: '//Eve' }], 1);
	forgeries = await Flood.open(peers.map(({ url }) => url));
	const block = await peers[0].best() + LEAD;
	await Promise.all([forgeries.prepare(targets.next(), { count: RATE * (SECONDS + SPARE), rate: RATE, block, behind: BEHIND }), targets.ripen()]);
	await phase('forged', {
		begin: async () => {
			await until(async () => (await peers[0].best()) >= block - 1, 60_000, `block ${block}`);
			await forgeries.start();
		},
		end: async () => counted(await forgeries.stop(), 'forged'),
		flooding: () => forgeries,
	});
}

function report() {
	const mib = (line) => [line.rssBefore, line.rssAfter].map((all) => Math.max(...Object.values(all)));
	say(`\n${table(
		['phase', 'sent', 'refused', 'entered', 'in blocks', 'honest', 'p50', 'p95', 'most', 'slots', 'missed', 'RSS before', 'after', 'keys', 'bought', 'created', 'unpaid', 'bytes'],
		phases.map((line) => [
			line.phase, line.sent, line.refused, line.entered, line.included, line.honest.tip.n, line.honest.tip.p50, line.honest.tip.p95, line.honest.tip.most,
			line.slots, line.missed, ...mib(line), line.keys, line.purchases, line.created, sum(Object.values(line.unexplained)), line.bytes,
		]),
	)}\n`);
	const named = Object.fromEntries(phases.map((line) => [line.phase, line]));
	const { tip, 'no tip': without } = named.full.honest;
	const requests = Object.entries(cases.rpc);
	const each = named.alone.bytes / Math.max(1, named.alone.purchases);
	const most = (line) => Math.round(1.1 * each * line.purchases + SLACK);
	const verdicts = [
		...phases.map(({ phase: name, honest }) => [honest.tip.p95 <= GOAL && honest.tip.missing === 0, `${name}: p95 of honest users is ${honest.tip.p95} blocks (at most ${GOAL}), ${honest.tip.missing} of ${honest.tip.n} are in no block`]),
		...['bad', 'forged'].map((name) => [named[name].refused === named[name].sent && named[name].included === 0, `${name}: ${named[name].refused} of ${named[name].sent} were refused, ${named[name].entered} taken by a pool and ${named[name].unanswered} not answered; ${named[name].included} are in a block`]),
		[named.future.entered > 0 && named.future.included === 0, `future: ${named.future.entered} were taken by a pool, ${named.future.included} are in a block`],
		...['bad', 'future', 'full', 'forged'].map((name) => [!named[name].broken && named[name].sent >= 0.8 * RATE * SECONDS, `${name}: ${round(named[name].sent / SECONDS, 0)} a second were sent (${RATE} wanted)${named[name].broken ? ', and a connection broke' : ''}`]),
		...requests.map(([name, { sent, refused, wanted, failed }]) => [failed.length === 0 && refused === wanted, `rpc: ${name}: ${refused} of ${sent} refused (${wanted} wanted)${failed.length ? `, FAILED: ${failed[0]}` : ''}`]),
		...phases.map(({ phase: name, unexplained }) => [Object.keys(unexplained).length === 0, `${name}: new keys that nobody paid for: ${Object.entries(unexplained).map(([item, count]) => `${item} ${count}`).join(', ') || 'none'}`]),
		...['bad', 'rpc', 'future', 'forged'].map((name) => [named[name].bytes <= most(named[name]), `${name}: the state grew by ${named[name].bytes} bytes with ${named[name].purchases} purchases (at most ${most(named[name])})`]),
		[named.full.created > 0, `full: ${named.full.created} accounts are new, each with the existential deposit that a payment in a block gave it`],
		[named.rpc.grewBy <= RSS, `rpc: the node that was asked too much grew by ${round(named.rpc.grewBy, 0)} MiB (at most ${RSS})`],
		[peers.every((peer) => peer.up && peer.starts === 1), `${peers.filter(({ up }) => up).length} of ${peers.length} nodes are up`],
		[without.p50 >= tip.p50 + 2, `control: without a tip p50 is ${without.p50} blocks while the pool is full, ${tip.p50} with one${without.p50 >= tip.p50 + 2 ? '' : ': THE POOL WAS NOT FULL, so the phase says nothing'}`],
	];
	say(verdicts.map(([good, text]) => `${good ? 'good' : 'BAD '}  ${text}`).join('\n'));
	const passed = verdicts.every(([good]) => good);
	const figures = { passed, taken: new Date().toISOString(), machine: machine(), rate: RATE, seconds: SECONDS, pool: POOL, payments: PAYMENTS, tip: TIP.toString(), phases, answers: cases, bytesPerPurchase: each, verdicts: verdicts.map(([good, text]) => ({ good, text })) };
	const file = join(out, 'spam.json');
	writeFileSync(file, `${JSON.stringify(figures, (_, value) => (value === Infinity ? 'never' : round(value, 3)), '\t')}\n`);
	say(`figures: ${relative(repository, file)}; logs: ${relative(repository, join(out, 'spam'))}`);
	hold(passed, 'not all is good');
}

await program(MINUTES, async () => {
	await start();
	await phase('alone');
	const bad = payments('broken');
	await bad.prepare();
	await phase('bad', bad);
	await rpcPhase();
	const future = payments('future');
	await future.prepare();
	await phase('future', future);
	await fullPhase();
	await forgedPhase();
	report();
}, async () => {
	await blocks?.stop();
	for (const wire of wires) wire.close();
	await flood?.end();
	await forgeries?.end();
	await api?.disconnect();
	await endAll(peers);
	folder.remove();
});
