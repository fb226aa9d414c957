// The demo's last steps: people are paid for comparing answers of the model, a new version learns from what they prefer, and its sale pays them again.
// Everything goes through the command line, as in the other steps; the items and the raters' programs come from dev/models/train/campaign.py.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repository } from '../e2e/lib/paths.mjs';
import { until } from '../e2e/lib/process.mjs';
import { wgh } from './show.mjs';

export const FEEDBACK_STEPS = 6;

const SPONSOR = '//Bob';
const BUYER = '//Dave';
const ANYBODY = '//Alice';
// Who gives the raters their first money, three each, while the sponsor is busy.
const PATRONS = ['//Alice', '//Charlie', '//Eve', '//Ferdie'];
const ITEM_PRICE = '0.05';
const DATASET_PRICE = '5';
const LICENCE_PRICE = '10';
const ROYALTY_PERCENT = 20;
// Blocks. Each ends earlier when all have joined or answered.
const WINDOW = '150';

const parts = (value) => (value / 1e9).toFixed(3);
const sum = (amounts) => amounts.reduce((total, amount) => total + BigInt(amount), 0n);
const plancks = (text) => (BigInt(Math.round(Number(text) * 1000)) * 10n ** 9n).toString();

/** Why a rater got what it got, in the words of docs/feedback.md. */
function why({ care, agreement, earned }) {
	if (care === 0) return 'gold no better than by chance';
	if (agreement === 0) return 'agrees with nobody beyond habit';
	return `${parts(agreement)} by agreement, times ${parts((earned / agreement) * 1e9)} by gold`;
}

/**
 * Runs the steps from `campaign` on. `model` is the listing of which two `answers` were bought, each with
 * its card, lines, scores and receipt.
 */
export async function feedback({ step, show, services, weighhouse, unseen, publish, expect, folder, model, answers }) {
	const place = (...names) => relative(repository, join(folder, 'campaign', ...names));
	const read = (...names) => JSON.parse(readFileSync(join(folder, 'campaign', ...names), 'utf8'));
	let raters;

	const { ids: { campaign } } = await step('campaign', 'Bob asks people to compare answers of his model, those that Dave bought among them', async (record) => {
		const bought = join(folder, 'answers.jsonl');
		writeFileSync(bought, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
		show.note('items and raters come from dev/models/train/campaign.py; its first run installs pinned Python packages, about 250 MB');
		await services.train('campaign', place(), '--answers', relative(repository, bought));
		const made = read('campaign.json');
		expect(made.ofThisRun === answers.length, 'an answer of this run is not among the items');
		raters = made.raters.map(({ policy, program }, index) => ({ name: `rater-${index + 1}`, suri: `//Rater${index + 1}`, policy, program: place(program), data: place('work', `${index + 1}`) }));
		const create = ['campaign', 'create', place('items'), '--price', ITEM_PRICE, '--raters', String(raters.length), '--joining', WINDOW, '--answering', WINDOW, '--keep', place('secret'), '--yes'];
		const [created] = await Promise.all([weighhouse(SPONSOR, ...create), ...PATRONS.map(async (from, patron) => {
			for (const { suri } of raters.filter((_, index) => index % PATRONS.length === patron)) await unseen(undefined, 'faucet', suri, '--amount', '20', '--from', from);
		})]);
		const { goldRoot, sponsor, items, gold, fullPay, budget, tx } = created;
		record.ids = { campaign: created.campaign, sponsor, goldRoot, block: tx.block, receipts: answers.map(({ receipt }) => receipt) };
		record.items = place('items', 'items.jsonl');
		record.amounts = { items, gold, raters: raters.length, price: plancks(ITEM_PRICE), fullPay, budget };
		show.fact('items', `${items}: a model card and two lines on it; Bob knows the better line of ${gold}, and nobody can tell which these are`);
		show.fact('of them', `${answers.length} are answers of this run: receipts ${record.ids.receipts.join(' and ')}`);
		show.fact('held', `${wgh(budget)}: full pay of ${wgh(fullPay)} for each of ${raters.length} raters, and the fee`);
	});
	const number = String(campaign);

	await step('raters', 'Twelve raters join, answer by programs, commit, and then show their answers', async (record) => {
		const together = (...words) => Promise.all(raters.map((rater, index) => (index === 0 ? weighhouse : unseen)(rater.suri, 'rater', ...words.map((word) => (typeof word === 'function' ? word(rater) : word)))));
		const joined = await together('join', number, '--yes');
		for (const { accuracyParts, pay } of joined[0].expected) show.fact('expects', `${wgh(pay)} of ${wgh(joined[0].fullPay)} on the average, by whoever is right in ${accuracyParts / 1e7} %`);
		show.note('the eleven others join and work in the same way, each by a program of its own');
		const worked = await together('work', number, '--policy', ({ program }) => program, '--data', ({ data }) => data);
		worked.forEach(({ revealTx, items }, index) => {
			const { name, policy } = raters[index];
			expect(revealTx, `${name} has not shown its answers`);
			show.fact(name, `${policy}: ${items} answers, shown in block ${revealTx.block}`);
		});
		record.ids.campaign = campaign;
		record.ids.raters = raters.map(({ name, suri, policy }, index) => ({ name, suri, policy, rater: joined[index].rater, place: joined[index].place, shown: worked[index].revealTx.block }));
		record.amounts = { stake: joined[0].stake, answers: worked.reduce((all, { items }) => all + items, 0) };
		raters = raters.map((rater, index) => ({ ...rater, rater: joined[index].rater }));
	});

	await step('settle', 'Bob shows which items were gold; the chain scores and pays', async (record) => {
		const opened = await weighhouse(SPONSOR, 'campaign', 'open-gold', number, '--keep', place('secret'), '--watch');
		expect(opened.left === 0, `${opened.left} gold is still hidden`);
		await until(async () => (await unseen(undefined, 'campaign', 'status', number)).phase === 'settled', 60_000, 'payment of the raters', 1000);
		const status = await weighhouse(undefined, 'campaign', 'status', number);
		const earned = raters.map(({ policy, rater }) => ({ policy, ...status.raters.find((each) => each.rater === rater) }));
		expect(earned.every(({ reason }) => reason?.kind === 'scored'), 'not all were paid by their score');
		record.ids = { campaign, block: status.settled };
		record.amounts = {
			paid: status.paid,
			raters: earned.map(({ policy, rater, amount, reason: { gold, correct, care, covariance, agreement, earned: part } }) => ({ policy, rater, amount, gold, correct, care, covariance, agreement, earned: part })),
		};
		expect(sum(earned.map(({ amount }) => amount)) === BigInt(status.paid), 'what raters got does not sum to what was paid');
		show.table([
			['rater', 'policy', 'gold right', 'covariance', 'pay', 'of full pay', 'why'],
			...earned.map(({ policy, amount, reason }, index) => [raters[index].name, policy, `${reason.correct} of ${reason.gold}`, parts(reason.covariance), wgh(amount), `${(reason.earned / 1e7).toFixed(1)} %`, why(reason)]),
		]);
		const [careful, others] = [true, false].map((wanted) => earned.filter(({ policy }) => policy.startsWith('careful') === wanted).map(({ amount }) => amount));
		const [one, other] = [careful, others].map((amounts) => sum(amounts) / BigInt(amounts.length));
		show.fact('average', `${wgh(one)} with care, ${wgh(other)} without`);
		expect(one > 3n * other, 'care does not pay');
	});

	await step('export', 'What the raters prefer, as lines that train a model', async (record) => {
		const { count, leftOut, out } = await weighhouse(undefined, 'campaign', 'export', number, '--out', place('dataset', 'preferences.jsonl'));
		const text = readFileSync(join(repository, out), 'utf8');
		const lines = text.trim().split('\n').map((line) => JSON.parse(line));
		expect(lines.length === count && count > 0, `${lines.length} lines instead of ${count}`);
		record.ids = { campaign, sha256: createHash('sha256').update(text).digest('hex') };
		record.file = out;
		record.amounts = { count, leftOut, byRaters: lines.filter(({ provenance }) => provenance.source === 'raters').length };
		const [first] = lines.filter(({ provenance }) => provenance.source === 'raters');
		show.fact('lines', `${count}, of which ${record.amounts.byRaters} by the raters and the rest gold; ${leftOut} items are left out`);
		show.fact('chosen', first.chosen);
		show.fact('rejected', first.rejected);
		show.fact('sure', `${(100 * first.confidence).toFixed(1)} % of the raters' weight`);
	});

	const trained = await step('train', 'The preferences become a dataset of the raters, and the model learns from them', async (record) => {
		const dataset = {};
		await publish(dataset, SPONSOR, place('dataset'), DATASET_PRICE);
		const { listing, version } = dataset.ids;
		const [listed] = await Promise.all([
			weighhouse(SPONSOR, 'campaign', 'list-dataset', number, String(listing), '--yes'),
			services.train('prefer', place('dataset', 'preferences.jsonl'), place('reranker'), '--held-out', place('held-out.jsonl'), '--dataset', `${listing}@${version}`, '--royalty', String(ROYALTY_PERCENT), '--figures', place('figures.json')),
		]);
		const { pot, txs } = listed;
		show.fact('owner', `of listing ${listing} is now ${pot}, of which nobody has the key: it pays the raters`);
		const figures = read('figures.json');
		const { comparisons, oldRight, newRight, wins, losses, winRate, low, high, oldOfFour, newOfFour } = figures;
		const percent = (rate) => `${(100 * rate).toFixed(1)} %`;
		show.fact('held out', `${comparisons} comparisons that nobody was asked: the old version has ${percent(oldRight / comparisons)} right, the new one ${percent(newRight / comparisons)}`);
		show.fact('win rate', `${percent(winRate)} (95 %: ${percent(low)} to ${percent(high)}): the new one is right in ${wins} where the old one is not, and the old one in ${losses} where the new one is not`);
		show.fact('of four', `the good line is chosen in ${percent(newOfFour)}, before in ${percent(oldOfFour)}`);
		expect(low > 0.5, 'the new version does not win more often than the old one');
		await publish(record, SPONSOR, place('reranker'), LICENCE_PRICE, '--listing', String(model));
		record.ids.dataset = { ...dataset.ids, pot, accepted: txs.at(-1).block };
		record.amounts = { price: plancks(LICENCE_PRICE), datasetPrice: plancks(DATASET_PRICE), royaltyParts: String(ROYALTY_PERCENT * 10_000_000), ...figures };
		record.folders = { dataset: place('dataset'), model: place('reranker') };
		record.heldOut = place('held-out.jsonl');
	});

	await step('dividend', 'Dave buys the new version; the raters get the dataset\'s part of the price', async (record) => {
		const { listing, offer, dataset } = trained.ids;
		const balances = () => Promise.all(raters.map(async ({ suri }) => BigInt((await unseen(undefined, 'account', suri)).free)));
		const before = await balances();
		const sale = await weighhouse(BUYER, 'buy', String(listing), String(offer), '--yes');
		const claimed = await weighhouse(ANYBODY, 'claim', String(dataset.listing));
		expect(claimed.owner === dataset.pot && claimed.amount === sale.royalties, 'the royalty went elsewhere');
		const given = await weighhouse(ANYBODY, 'campaign', 'distribute', number);
		const after = await balances();
		record.ids = {
			campaign, listing, offer, dataset: dataset.listing, pot: dataset.pot, licence: sale.licence, receipt: sale.receipt, buyer: sale.buyer,
			sale: sale.tx.block, claim: claimed.tx.block, distribution: given.tx.block,
		};
		record.amounts = {
			price: sale.price, royalty: sale.royalties, claimed: claimed.amount, given: given.total,
			raters: raters.map(({ rater }, index) => ({ rater, before: String(before[index]), after: String(after[index]), dividend: given.dividends.find((each) => each.rater === rater)?.amount ?? '0' })),
		};
		show.table([
			['rater', 'policy', 'before', 'dividend', 'after'],
			...record.amounts.raters.map((each, index) => [raters[index].name, raters[index].policy, wgh(each.before), wgh(each.dividend), wgh(each.after)]),
		]);
		for (const { rater, before: had, after: has, dividend } of record.amounts.raters) expect(BigInt(has) - BigInt(had) === BigInt(dividend), `${rater} got something else than its dividend`);
		show.fact('royalty', `${wgh(sale.royalties)} of ${wgh(sale.price)}; ${wgh(given.total)} given to ${given.dividends.length} raters`);
	});
}
