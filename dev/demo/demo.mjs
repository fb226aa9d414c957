// The demo: a model is published, derived from, quoted, bought, fetched and paid for, on the programs that
// a person would use. Every step runs the `weighhouse` command line; nothing here talks to the chain itself.
//
//   make demo               shows each step, then leaves everything running until Ctrl-C
//   DEMO_ONCE=1 make demo   the same, then ends; exit code 0 only if every step held
//
// Writes target/demo/summary.json (one object a step), which verify.mjs re-derives from chain state.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cliBinary, repository } from '../e2e/lib/paths.mjs';
import { run } from '../e2e/lib/process.mjs';
import { Show, wgh } from './show.mjs';
import { Services } from './services.mjs';

const once = Boolean(process.env.DEMO_ONCE);
const folder = join(repository, 'target/demo');
const show = new Show();
const services = new Services(folder, (text) => show.note(text));
const summary = [];

// The development chain's accounts, all funded by its genesis.
const SELLER = '//Bob';
const DERIVER = '//Charlie';
const BUYER = '//Dave';

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
	const result = await run(cliBinary(), [...args, '--json', '--url', services.url, '--ipfs', services.ipfs], {
		cwd: repository,
		env: suri ? { WEIGHHOUSE_SURI: suri } : {},
		timeout: 120_000,
	});
	if (result.code !== 0) {
		let reason = result.stderr.trim();
		try {
			const { error } = JSON.parse(reason);
			reason = [error.message, error.hint].filter(Boolean).join('\n');
		} catch {
			// Not the command line's own error: shown as it came.
		}
		throw new Error(`weighhouse ${args[0]} ended with exit code ${result.code}: ${reason}`);
	}
	return JSON.parse(result.stdout);
}

function expect(condition, otherwise) {
	if (!condition) throw new Error(otherwise);
}

async function publish(record, suri, model, price, ...parent) {
	const published = await weighhouse(suri, 'publish', join('dev/models', model), ...parent, '--price', price);
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
		await publish(record, SELLER, 'digits', '25');
		record.amounts = { price: (25n * 10n ** 12n).toString() };
	});

	const child = await step('derive', 'Charlie publishes a model distilled from it: 10 % of his sales are Bob\'s', async (record) => {
		await publish(record, DERIVER, 'digits-small', '10', '--parent', `${parent.ids.listing}:distilled:10%`);
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
}

async function verified() {
	show.title('An independent script derives every figure above again from chain state');
	const check = await run(process.execPath, [join(import.meta.dirname, 'verify.mjs'), join(folder, 'summary.json')], { timeout: 60_000 });
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
