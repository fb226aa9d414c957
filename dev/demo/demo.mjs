// The demo: a model is published, derived from, quoted, bought, fetched and paid for; a sealed one is sold, whose
// key comes with the payment, and a wrong key brings the money back; another one is asked of three workers, of whom one then cheats; raters are paid for comparing its answers, and a better version pays
// them again. All on the programs that a person would use. Every step runs the `weighhouse` command line;
// nothing here talks to the chain itself.
//
//   make demo               shows each step, then leaves everything running until Ctrl-C
//   DEMO_ONCE=1 make demo   the same, then ends; exit code 0 only if every step held
//   DEMO_STEPS=market make demo   ends with the step `claim`: the sale of an open model
//   DEMO_STEPS=sealed make demo   ends with the step `wrong_key`: sales, without workers
//   DEMO_STEPS=work make demo     ends with the step `rate`: without a campaign
//
// Writes target/demo/summary.json (one object a step), which verify.mjs re-derives from chain state.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cliBinary, repository } from '../e2e/lib/paths.mjs';
import { run, until } from '../e2e/lib/process.mjs';
import { Show, wgh } from './show.mjs';
import { Services } from './services.mjs';
import { FEEDBACK_STEPS, feedback } from './feedback.mjs';
import { SEALED_STEPS, sealed } from './sealed.mjs';

const once = Boolean(process.env.DEMO_ONCE);
const wanted = process.env.DEMO_STEPS || 'all';
// How many steps each choice shows.
const STEPS = { market: 8, sealed: 8 + SEALED_STEPS, work: 13 + SEALED_STEPS, all: 13 + SEALED_STEPS + FEEDBACK_STEPS };
if (!STEPS[wanted]) {
	console.error(`DEMO_STEPS is market, sealed or work, or not set: \`${wanted}\` is none of these`);
	process.exit(2);
}
const folder = join(repository, 'target/demo');
const show = new Show(STEPS[wanted]);
const services = new Services(folder, (text) => show.note(text));
const summary = [];

// The development chain's accounts, all funded by its genesis.
const SELLER = '//Bob';
const DERIVER = '//Charlie';
const BUYER = '//Dave';
// Three who answer for money, each given its first by another account, so that all can be at once.
const workers = [1, 2, 3].map((number) => ({ number, name: `worker-${number}`, suri: `//Worker${number}`, from: ['//Eve', '//Ferdie', '//Alice'][number - 1] }));
const REWARD = '0.1';

/** Runs one step, shows it, and keeps its record. A step that throws ends the demo. */
async function step(name, title, body) {
	const started = Date.now();
	show.begin(name, title);
	const record = { name, ok: false, ids: {}, amounts: {}, seconds: 0 };
	summary.push(record);
	try {
		await body(record);
		record.ok = true;
	} catch (error) {
		record.error = error.message;
		throw error;
	} finally {
		record.seconds = Number(((Date.now() - started) / 1000).toFixed(1));
		show.end(record);
		writeFileSync(join(folder, 'summary.json'), `${JSON.stringify(summary, null, '\t')}\n`);
	}
	return record;
}

/** Runs `weighhouse ARGUMENTS`, showing the command as a person would type it; answers its JSON. */
async function weighhouse(suri, ...args) {
	show.command(['weighhouse', ...args, ...(suri ? ['--suri', suri] : [])]);
	return unseen(suri, ...args);
}

/** The same without showing it: for what is done many times. */
async function unseen(suri, ...args) {
	const { code, json, error } = await attempt(suri, ...args);
	if (code !== 0) throw new Error(`weighhouse ${args[0]} ended with exit code ${code}: ${[error.message, error.hint].filter(Boolean).join('\n')}`);
	return json;
}

/** Runs it, and answers what it printed or why it failed. */
async function attempt(suri, ...args) {
	const { code, stdout, stderr } = await run(cliBinary(), [...args, '--json', '--url', services.url, '--ipfs', services.ipfs], {
		cwd: repository,
		env: suri ? { WEIGHHOUSE_SURI: suri } : {},
		timeout: 300_000,
	});
	if (code === 0) return { code, json: JSON.parse(stdout) };
	try {
		return { code, error: JSON.parse(stderr.trim().split('\n').at(-1)).error };
	} catch {
		// Not the command line's own error: shown as it came.
		return { code, error: { message: stderr.trim() } };
	}
}

function expect(condition, otherwise) {
	if (!condition) throw new Error(otherwise);
}

async function publish(record, suri, model, price, ...more) {
	const published = await weighhouse(suri, 'publish', model, ...more, '--price', price);
	const { listing, version, offer, manifest, artifactRoot } = published;
	record.ids = { listing, version, offer, manifest, artifactRoot, block: published.tx.block, offerBlock: published.offerTx.block };
	show.fact('files', `${published.files.length} files, ${published.files.reduce((sum, file) => sum + file.size, 0)} bytes, now on IPFS`);
	show.fact('manifest', manifest);
	show.fact('listing', `${listing}, version ${version}, offer ${offer}, in block ${published.tx.block}`);
	return published;
}

async function steps() {
	await step('ipfs', 'an IPFS node, on this machine only', async (record) => {
		const id = await services.startIpfs();
		record.ids = { peer: id, url: services.ipfs };
		show.fact('peer', id);
	});

	await step('chain', 'a development chain', async (record) => {
		const chain = await services.startChain();
		record.ids = { url: services.url, ...chain };
		show.fact('chain', `${chain.name}: block ${chain.best}, final up to ${chain.finalized}`);
	});

	const parent = await step('publish', 'Bob publishes the folder of a model and offers licences at 25 WGH', async (record) => {
		await publish(record, SELLER, 'dev/models/digits', '25');
		record.amounts = { price: (25n * 10n ** 12n).toString() };
	});

	const child = await step('derive', 'Charlie publishes a model distilled from it: 10 % of his sales are Bob\'s', async (record) => {
		await publish(record, DERIVER, 'dev/models/digits-small', '10', '--parent', `${parent.ids.listing}:distilled:10%`);
		const shown = await weighhouse(undefined, 'show', String(record.ids.listing));
		const [line] = shown.lineage;
		expect(line?.listing === parent.ids.listing, 'the lineage does not name the parent');
		record.ids.parent = line.listing;
		record.ids.relation = line.relation;
		record.amounts = { price: (10n * 10n ** 12n).toString(), royaltyParts: String(line.royaltyParts) };
		show.fact('lineage', `listing ${record.ids.listing} ${line.relation} from listing ${line.listing}`);
	});
	const { listing, offer } = child.ids;

	await step('quote', 'Dave sees where his money would go before he pays', async (record) => {
		const quote = await weighhouse(BUYER, 'quote', String(listing), String(offer));
		const { price, feeBurned, feeTreasury, royalties, toOwner, deposit } = quote;
		record.ids = { listing, offer };
		record.amounts = { price, feeBurned, feeTreasury, royalties, toOwner, deposit };
		show.fact('price', wgh(price));
		show.fact('burned', wgh(feeBurned));
		show.fact('treasury', wgh(feeTreasury));
		for (const royalty of royalties) show.fact('royalty', `${wgh(royalty.amount)} to listing ${royalty.listing}`);
		show.fact('seller', wgh(toOwner));
		show.fact('deposit', `${wgh(deposit)} (comes back)`);
	});

	await step('buy', 'Dave buys', async (record) => {
		const sale = await weighhouse(BUYER, 'buy', String(listing), String(offer), '--yes');
		const { licence, receipt, buyer, price, feeBurned, feeTreasury, royalties, toOwner } = sale;
		record.ids = { listing, offer, licence, receipt, buyer, block: sale.tx.block, blockHash: sale.tx.blockHash };
		record.amounts = { price, feeBurned, feeTreasury, royalties, toOwner };
		const parts = [feeBurned, feeTreasury, royalties, toOwner].reduce((sum, part) => sum + BigInt(part), 0n);
		expect(parts === BigInt(price), 'the parts of the price do not sum to it');
		show.fact('licence', `${licence}, receipt ${receipt}, final in block ${sale.tx.block}`);
	});

	await step('fetch', 'Dave downloads the model; every byte is checked', async (record) => {
		const out = join(folder, 'fetched');
		const fetched = await weighhouse(BUYER, 'fetch', String(listing), '--require-licence', '--out', relative(repository, out));
		expect(fetched.verified, 'the files were not verified');
		record.ids = { listing: fetched.listing, version: fetched.version, manifest: fetched.manifest, artifactRoot: fetched.artifactRoot };
		record.amounts = { files: fetched.files.length, bytes: fetched.bytes };
		record.directory = relative(repository, out);
		expect(fetched.artifactRoot === child.ids.artifactRoot, 'other bytes than those that were published');
		show.fact('files', `${fetched.files.length} files, ${fetched.bytes} bytes in ${record.directory}`);
		show.fact('root', `${fetched.artifactRoot} (the chain's, and the files')`);
	});

	await step('claim', 'Bob takes the royalty that the sale of the derived model left for him', async (record) => {
		const owed = await weighhouse(undefined, 'royalties', String(parent.ids.listing));
		const claimed = await weighhouse(SELLER, 'claim', String(parent.ids.listing));
		expect(claimed.amount === owed.royalties[0].accrued, 'paid something else than what had accrued');
		record.ids = { listing: claimed.listing, owner: claimed.owner, block: claimed.tx.block, blockHash: claimed.tx.blockHash };
		record.amounts = { claimed: claimed.amount };
		show.fact('paid', `${wgh(claimed.amount)} to ${claimed.owner}`);
	});
	if (wanted === 'market') return;

	await sealed({ step, show, services, weighhouse, attempt, publish, expect, folder });
	if (wanted === 'sealed') return;

	const asked = await step('workers', 'Bob lists a model by the call; three workers bond, each with a node and a gateway of its own', async (record) => {
		const server = services.startMlserver(MODEL);
		// It is waited for below; until then its failure is nobody's.
		server.catch(() => {});
		const nodes = Promise.all(workers.map((worker) => services.startWorkerNode(worker)));
		nodes.catch(() => {});
		await publish(record, SELLER, `dev/models/${MODEL}`, '0.5', '--term', 'per-call');
		await nodes;
		await Promise.all(workers.map(({ suri, from }) => weighhouse(undefined, 'faucet', suri, '--from', from)));
		const url = await server;
		show.note(`worker-2's gateway stands in front of MLServer, ${url}; the others run the model themselves`);
		await Promise.all(workers.map((worker) => startWork(worker, worker.number === 2 ? ['--oip-url', url] : [])));
		await services.gatewaysReady(workers);
		record.ids.workers = workers.map(({ name, suri, url: node, peer, gateway, registered }) => {
			const at = (event) => registered.find((each) => each.event === event);
			return { name, suri, url: node, peer, gateway, worker: at('started').worker, key: at('started').key, courier: at('started').courier, block: at('registered').tx.block };
		});
		expect(record.ids.workers.every(({ courier }) => courier === 'node'), 'a worker\'s node does not carry for it');
		record.amounts = {
			price: (5n * 10n ** 11n).toString(),
			bonds: workers.map(({ registered }) => registered.find(({ event }) => event === 'registered').bond),
			minReward: workers[0].registered.find(({ event }) => event === 'started').serving[0].minReward,
		};
	});
	services.asked = asked.ids.listing;
	services.workers = workers;

	const answer = await step('ask', 'Dave asks; all three workers answer without seeing each other, two must agree', async (record) => {
		services.question = question(0);
		await askModel(record, asked, 0);
		expect(record.ids.agreed.length === 3, `${record.ids.agreed.length} of the three workers agree`);
		record.amounts.runs = {};
		for (const worker of workers) {
			const { runs } = await services.counters(worker);
			record.amounts.runs[worker.name] = runs;
			expect(runs > 0, `the gateway of ${worker.name} has not run the model`);
		}
		show.fact('runs', `of the model, as the three gateways count them: ${Object.values(record.amounts.runs).join(', ')}`);
	});

	await step('receipt', 'Anybody checks the receipt, and runs the model again to compare', async (record) => {
		const { receipt, job } = answer.ids;
		const checked = await weighhouse(undefined, 'receipt', 'verify', String(receipt), '--rerun', '--models', relative(repository, join(folder, 'models')));
		expect(checked.verified, 'the receipt does not verify');
		for (const { check, result, detail } of checked.checks) show.fact(result === 'passed' ? 'holds' : result, `${check}: ${detail}`);
		expect(checked.checks.some(({ check, result }) => check === 're-run' && result === 'passed'), 'the model was not run again');
		await over(record, job, receipt);
		record.checks = Object.fromEntries(checked.checks.map(({ check, result }) => [check, result]));
	});

	const second = await step('liar', 'worker-3 saves the work: its gateway now stands in front of a server that makes numbers up', async (record) => {
		const url = await services.startAltered(MODEL);
		await services.stopWork(workers[2]);
		await startWork(workers[2], ['--oip-url', url]);
		await askModel(record, asked, 6);
		const liar = asked.ids.workers[2].worker;
		expect(!record.ids.agreed.includes(liar), 'the liar agrees with the others');
		record.ids.liar = liar;
		show.fact('verdict', `${record.ids.agreed.length} agree, and worker-3 is not among them`);
		await over(record, record.ids.job, record.ids.receipt);
		const account = await weighhouse(undefined, 'work', 'status', liar);
		record.amounts.bondLeft = account.bond;
		show.fact('bond', `of worker-3: ${wgh(account.bond)} left of ${wgh(asked.amounts.bonds[2])}`);
		expect(BigInt(account.bond) < BigInt(asked.amounts.bonds[2]), 'the liar lost nothing');
		await services.stopWork(workers[2]);
		await startWork(workers[2], ['--engine', 'embedded']);
		show.note('worker-3 runs the model itself again');
	});

	await step('rate', 'Dave rates the first answer; the score of the model and of its seller follow', async (record) => {
		const { listing } = asked.ids;
		const before = await weighhouse(undefined, 'reputation', 'show', String(listing));
		const rated = await weighhouse(BUYER, 'rate', String(answer.ids.receipt), '80', '--yes');
		record.ids = { receipt: rated.receipt, listing: rated.listing, seller: rated.seller, buyer: rated.buyer, block: rated.tx.block, blockHash: rated.tx.blockHash };
		record.amounts = { percent: rated.percent, fee: rated.fee, taken: rated.taken, score: before.score, listingScore: rated.listingScore, sellerScore: rated.sellerScore };
		expect(rated.listing === listing, 'something else was rated');
		expect(rated.listingScore < before.score, 'a fifth of the fee as failure does not lower the score');
		const parts = (score) => (score / 1e9).toFixed(4);
		show.fact('rated', `receipt ${rated.receipt}, 80 of 100; it paid a protocol fee of ${wgh(rated.fee)}`);
		show.fact('score', `of the model ${parts(before.score)} before, ${parts(rated.listingScore)} now`);
	});
	if (wanted === 'work') return;

	const answers = [[answer, 0], [second, 6]].map(([{ ids, answer: { scores } }, index]) => ({ ...inWords(index), scores, receipt: ids.receipt }));
	await feedback({ step, show, services, weighhouse, unseen, publish, expect, folder, model: asked.ids.listing, answers });
}

const MODEL = 'reranker';
const vector = (index) => JSON.parse(readFileSync(join(repository, 'dev/models', MODEL, 'test-vectors.json'), 'utf8')).vectors[index];

/** Writes one of the model's test inputs as a request; answers its place. */
function question(index) {
	const path = join(folder, `question-${index}.json`);
	writeFileSync(path, JSON.stringify({ inputs: vector(index).inputs }));
	return relative(repository, path);
}

/** What is asked, as text: a model card, and four lines that may describe it. */
function inWords(index) {
	const text = (bytes) => Buffer.from(bytes).toString().replace(/\0+$/, '');
	const [card, candidates] = vector(index).inputs.map(({ data }) => data);
	return { card: text(card), lines: [0, 1, 2, 3].map((line) => text(candidates.slice(line * 96, (line + 1) * 96))) };
}

/** Dave asks under Quorum 3/2, and gets an answer that is still open to dispute. */
async function askModel(record, { ids: { listing, offer } }, index) {
	const { card, lines } = inWords(index);
	show.fact('asked', `which line describes this best? "${card}"`);
	lines.forEach((line, at) => line && show.fact(`line ${at}`, line));
	const out = join(folder, `answer-${index}.bin`);
	const asked = await weighhouse(BUYER, 'ask', String(listing), '--input', question(index), '--mode', 'quorum3', '--reward', REWARD, '--offer', String(offer), '--yes', '--out', relative(repository, out));
	const { receipt } = asked;
	const choice = asked.outputs.find(({ name }) => name === 'choice').data[0];
	const scores = asked.outputs.find(({ name }) => name === 'scores').data;
	Object.assign(record.ids, {
		listing, offer, job: asked.job, requestHash: asked.requestHash, receipt: receipt.receipt, buyer: receipt.buyer, input: asked.input, inputHash: asked.inputHash,
		outputHash: receipt.outputHash, fingerprint: receipt.fingerprint, evidence: receipt.evidence, agreed: receipt.agreed, asked: asked.tx.block, answered: receipt.block,
	});
	record.output = relative(repository, out);
	record.answer = { choice, scores };
	record.amounts = { ...record.amounts, escrow: asked.escrow, reward: asked.quote.reward, call: asked.quote.call, fee: asked.quote.fee, price: receipt.price, panelBond: receipt.panelBond };
	show.fact('answer', `line ${choice}: ${lines[choice]}`);
	show.fact('scores', scores.join(', '));
	show.fact('receipt', `${receipt.receipt}, evidence: ${receipt.evidence}, ${receipt.agreed.length} workers agree; ${receipt.block - asked.tx.block} blocks after the question`);
}

/** Waits until nobody can dispute the answer any more and the money has moved. */
async function over(record, job, receipt) {
	show.note('until it cannot be disputed any more, nobody is paid: 30 s on a development chain');
	const end = await weighhouse(undefined, 'job', 'watch', String(job));
	expect(end.outcome === 'final', `the job ended ${end.outcome}`);
	// Workers tell of final blocks, a few seconds later.
	await until(() => workers.every(({ name }) => told.has(`${name} ${job}`)), 30_000, 'the workers\' word of what they got');
	const final = await weighhouse(undefined, 'receipt', 'show', String(receipt));
	expect(final.state === 'final', `the receipt is ${final.state}`);
	record.ids.job = job;
	record.ids.receipt = receipt;
	record.ids.ended = end.block;
	record.amounts.spent = end.spent;
	record.amounts.refunded = end.refunded;
	show.fact('final', `in block ${end.block}: ${wgh(end.spent)} spent, ${wgh(end.refunded)} given back to Dave`);
}

/** Starts a worker's `weighhouse work`, telling what it does as it does it. */
async function startWork(worker, args) {
	const serve = worker.registered ? [] : ['--serve', `${summary.at(-1).ids.listing}:${REWARD}WGH`];
	show.command(['weighhouse', 'work', ...serve, ...args, '--url', worker.url, '--gateway-listen', worker.listen, '--data', relative(repository, worker.data), '--suri', worker.suri]);
	return services.startWork(worker, [...serve, ...args], tell);
}

/** Workers that said what they got or lost in a job. */
const told = new Set();

/** One line for what a worker says, as it says it. */
function tell({ name }, event) {
	if (['paid', 'slashed'].includes(event.event)) told.add(`${name} ${event.job}`);
	const said = {
		waiting: () => event.message,
		registered: () => `registered, ${wgh(event.bond)} of bond`,
		serving: () => `serves listing ${event.listing} for ${wgh(event.minReward)}`,
		started: () => `waits for work; gateway ${event.gateway}, and its node carries`,
		drawn: () => `drawn for job ${event.job} in block ${event.block}`,
		committed: () => `committed to an answer in block ${event.block}`,
		revealed: () => `showed it in block ${event.block}`,
		paid: () => `paid ${wgh(event.amount)}`,
		slashed: () => `lost ${wgh(event.amount)}: ${event.finding}`,
		trouble: () => event.message,
	}[event.event];
	if (said && !ending) show.fact(name, said());
}

async function verified() {
	show.title('An independent script derives every figure above again from chain state');
	const check = await run(process.execPath, [join(import.meta.dirname, 'verify.mjs'), join(folder, 'summary.json')], { timeout: 180_000 });
	show.plain(check.stdout.trimEnd());
	if (check.code !== 0) show.plain(check.stderr.trimEnd());
	return check.code === 0;
}

let ending;
async function end(code) {
	ending ??= services.stop();
	await ending;
	process.exit(code);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const started = Date.now();
let held = false;
process.on('SIGINT', () => end(held ? 0 : 130));
process.on('SIGTERM', () => end(held ? 0 : 143));

try {
	await steps();
	held = await verified();
	if (!held) show.failed('the check against chain state found a difference');
} catch (error) {
	if (!ending) show.failed(`${error.message}\nLogs: ${relative(process.cwd(), folder) || '.'}`);
}
if (held) show.finished(summary, (Date.now() - started) / 1000, join(relative(process.cwd(), folder), 'summary.json'));
if (once || !held) await end(held ? 0 : 1);

show.running(services);
const dead = await services.anyEnded();
if (!ending) {
	show.failed(`${dead} ended by itself; its log is in ${relative(process.cwd(), folder)}`);
	await end(1);
}
await ending;
