// What verify.mjs derives again of the steps from `campaign` on: who was asked what, what each rater earned by the formula of docs/feedback.md, what the
// preferences are, and where the price of the new version went. Written out here, in whole numbers, so that nothing of the system is trusted.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Keyring } from '@polkadot/keyring';

const PARTS = 1_000_000_000n;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const sum = (amounts) => amounts.reduce((total, amount) => total + BigInt(amount), 0n);
const least = (a, b) => (a < b ? a : b);

/** The whole part of a square root. */
function root(value) {
	if (value < 2n) return value;
	let guess = value;
	for (let next = (value + 1n) / 2n; next < guess; next = (guess + value / guess) / 2n) guess = next;
	return guess;
}

/** Twice the lower bound of a rater's accuracy on gold, less one: z is a half, the prior one right and one wrong. */
function careOf(correct, gold) {
	const [right, wrong] = [BigInt(correct), BigInt(gold - correct)];
	const spread = root(((right + 1n) * (wrong + 1n) * PARTS * PARTS) / BigInt(gold + 3));
	const care = (right - wrong) * PARTS - spread;
	return care > 0n ? care / BigInt(gold + 2) : 0n;
}

/** How far answers, 1 for A and -1 for B, move with the mean of the others' beyond habit. */
function covarianceOf(pairs) {
	const count = BigInt(pairs.length);
	const [xs, ys, products] = [([x]) => x, ([, y]) => y, ([x, y]) => x * y].map((of) => sum(pairs.map(of)));
	return (products * count - xs * ys) / (count * count);
}

/** What a rater answered, by the item: 1 for A, -1 for B. A bit for each of its items, the lowest first. */
function unpacked(items, answers) {
	const has = (bytes, at) => (bytes[at >> 3] >> (at & 7)) & 1;
	const own = Array.from({ length: items.length * 8 }, (_, item) => item).filter((item) => has(items, item));
	return new Map(own.map((item, at) => [item, has(answers, at) ? 1n : -1n]));
}

/** A rate and its 95 % interval by Wilson. */
function wilson(wins, all) {
	const [rate, square] = [wins / all, 1.959964 ** 2];
	const centre = (rate + square / (2 * all)) / (1 + square / all);
	const half = Math.sqrt((square * rate * (1 - rate)) / all + (square / (2 * all)) ** 2) / (1 + square / all);
	return [rate, centre - half, centre + half];
}

export async function verifyFeedback({ step, api, final, same, block, published, rawCid, repository, royaltyPot }) {
	const { campaign } = step.campaign.ids;
	const keyring = new Keyring({ type: 'sr25519' });
	const textCid = (text) => rawCid(sha256(Buffer.from(text)));
	const lines = (path) => readFileSync(join(repository, path), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

	// What is asked: the lines of the file and no others, the answers of this run among them.
	const { ids, amounts } = step.campaign;
	const [created] = (await block(ids.block)).events('feedback', 'CampaignCreated');
	const { terms } = created;
	same('campaign: number', campaign, created.campaign);
	same('campaign: sponsor', ids.sponsor, created.sponsor);
	same('campaign: root of the gold', ids.goldRoot, terms.goldRoot.toHex());
	same('campaign: held', amounts.budget, created.budget);
	same('campaign: price of an item', amounts.price, terms.price);
	same('campaign: items', amounts.items, terms.itemCount);
	same('campaign: gold', amounts.gold, terms.goldCount);
	same('campaign: places', amounts.raters, terms.raters);
	const full = terms.price.toBigInt() * terms.itemsEach.toBigInt();
	const { feeParts: taken } = (await final.query.feedback.campaigns(campaign)).unwrap();
	const feeParts = taken.toBigInt();
	const feeOn = (amount) => (amount * feeParts) / (PARTS - feeParts);
	same('campaign: full pay', amounts.fullPay, full);
	same('campaign: held is full pay and fee of all places', amounts.budget, (full + feeOn(full)) * BigInt(amounts.raters));
	const items = Array.from(await final.query.feedback.items.entries(campaign), ([key, item]) => [key.args[1].toNumber(), item.unwrap()])
		.toSorted(([a], [b]) => a - b)
		.map(([, { prompt, a, b }]) => [prompt, a, b].map(({ digest }) => rawCid(digest)));
	const asKey = ([prompt, ...answers]) => [prompt, ...answers.toSorted()].join(' ');
	const written = lines(step.campaign.items);
	same('campaign: what is asked', written.map(({ prompt, a, b }) => asKey([prompt, a, b].map(textCid))).sort(), items.map(asKey).sort());
	const text = (bytes) => Buffer.from(bytes).toString().replace(/\0+$/, '');
	for (const [name, index] of [['ask', 0], ['liar', 6]]) {
		same(`campaign: receipt of the step ${name}`, true, ids.receipts.includes(step[name].ids.receipt));
		const { inputs } = JSON.parse(readFileSync(join(repository, `target/demo/question-${index}.json`), 'utf8'));
		const [card, candidates] = inputs.map(({ data }) => data);
		const { scores } = step[name].answer;
		const best = [0, 1, 2, 3].toSorted((a, b) => scores[b] - scores[a]).slice(0, 2).map((line) => text(candidates.slice(line * 96, (line + 1) * 96)));
		same(`campaign: the answer of the step ${name} is asked about`, true, items.map(asKey).includes(asKey([text(card), ...best].map(textCid))));
	}

	for (const name of ['raters', 'settle', 'export', 'dividend']) same(`${name}: campaign`, step[name].ids.campaign, campaign);

	// Who answered what. Everything below follows from these answers and the gold.
	const places = [];
	for (const { name, suri, rater, place, shown } of step.raters.ids.raters) {
		same(`raters: account of ${name}`, rater, keyring.addFromUri(suri).address);
		const stored = (await final.query.feedback.places(campaign, place)).unwrap();
		same(`raters: place of ${name}`, rater, stored.rater);
		const paid = stored.state.asPaid;
		const revealed = (await block(shown)).events('feedback', 'Revealed').find((each) => each.rater.toString() === rater);
		same(`raters: answers of ${name}`, paid.answers.toHex(), revealed?.answers.toHex());
		places.push({ name, rater, place, answers: unpacked(paid.items.toU8a(true), paid.answers.toU8a(true)), amount: paid.amount.toBigInt() });
	}
	same('raters: stake', step.raters.amounts.stake, terms.stake);
	same('raters: answers', step.raters.amounts.answers, places.reduce((all, { answers }) => all + answers.size, 0));

	// What each earned.
	const opened = await final.query.feedback.openedGold(campaign);
	same('settle: gold', amounts.gold, opened.length);
	const gold = new Map(opened.map(({ item, label, standing }) => [item.toNumber(), { label: label.isA ? 1n : -1n, counts: standing.isCounts }]));
	for (const line of written.filter(({ better }) => better)) {
		// The sponsor's program draws which answer is the first.
		const [prompt, a, b] = [line.prompt, line.a, line.b].map(textCid);
		const item = items.findIndex((each) => [[prompt, a, b], [prompt, b, a]].some((key) => asKey(key) === asKey(each)));
		same(`settle: gold of item ${item}`, textCid(line[line.better]), items[item]?.[gold.get(item)?.label === 1n ? 1 : 2]);
	}
	const counting = [...gold].filter(([, { counts }]) => counts);
	const best = careOf(counting.length, counting.length);
	const votes = items.map((_, item) => places.map(({ answers }) => answers.get(item)).filter((answer) => answer !== undefined));
	const weights = items.map(() => new Map([[1n, 0n], [-1n, 0n]]));
	const settled = await block(step.settle.ids.block);
	for (const [index, { name, rater, answers, amount }] of places.entries()) {
		const said = step.settle.amounts.raters[index];
		const about = `settle: ${name}`;
		same(`${about}: account`, said.rater, rater);
		const met = counting.filter(([item]) => answers.has(item));
		const correct = met.filter(([item, { label }]) => answers.get(item) === label).length;
		same(`${about}: gold`, said.gold, met.length);
		same(`${about}: right of it`, said.correct, correct);
		const care = careOf(correct, met.length);
		same(`${about}: care`, said.care, care);
		const tasks = [...answers].filter(([item]) => !gold.has(item));
		// The mean of the others, in parts of 10^9.
		const pairs = tasks.filter(([item]) => votes[item].length > 1).map(([item, x]) => [x, ((sum(votes[item]) - x) * PARTS) / BigInt(votes[item].length - 1)]);
		const covariance = covarianceOf(pairs);
		same(`${about}: covariance`, said.covariance, covariance);
		const agreement = least(covariance > 0n ? 4n * covariance : 0n, PARTS);
		same(`${about}: agreement`, said.agreement, agreement);
		const earned = (agreement * least(care, best)) / best;
		same(`${about}: part of full pay`, said.earned, earned);
		same(`${about}: pay`, said.amount, (full * earned) / PARTS);
		same(`${about}: pay on chain`, said.amount, amount);
		for (const [item, x] of tasks) weights[item].set(x, weights[item].get(x) + care);
	}
	same('settle: paid', step.settle.amounts.paid, sum(places.map(({ amount }) => amount)));
	const [end] = settled.events('feedback', 'CampaignSettled');
	const fees = sum(places.map(({ amount }) => feeOn(amount)));
	same('settle: paid by the event', step.settle.amounts.paid, end.paid);
	same('settle: fees', end.fees, fees);
	same('settle: the four parts are what was held', amounts.budget, sum([end.paid, end.fees, end.returned, end.burned].map(String)));
	// Of each place what it did not cost comes back, a fifth of it at most; in all never more than was spent.
	const place = full + feeOn(full);
	const back = sum(places.map(({ amount }) => least(place - amount - feeOn(amount), place / 5n)));
	same('settle: came back', end.returned, least(back, end.paid.toBigInt() + fees));

	// What raters prefer: the majority of their weight, or the gold.
	const expected = items.map((_, item) => {
		const known = gold.get(item);
		if (known) return known.counts ? { choice: known.label, confidence: PARTS, source: 'gold' } : undefined;
		const [a, b] = [1n, -1n].map((choice) => weights[item].get(choice));
		if (a === b) return undefined;
		return { choice: a > b ? 1n : -1n, confidence: ((a > b ? a : b) * PARTS) / (a + b), source: 'raters' };
	});
	const file = readFileSync(join(repository, step.export.file));
	const exported = lines(step.export.file);
	same('export: file', step.export.ids.sha256, sha256(file).toString('hex'));
	same('export: lines', step.export.amounts.count, expected.filter(Boolean).length);
	same('export: lines of the file', step.export.amounts.count, exported.length);
	same('export: left out', step.export.amounts.leftOut, items.length - exported.length);
	same('export: by raters', step.export.amounts.byRaters, expected.filter((each) => each?.source === 'raters').length);
	for (const { prompt, chosen, rejected, confidence, provenance: { item, campaign: of, genesis, source } } of exported) {
		const label = expected[item];
		const [asked, a, b] = items[item];
		const about = `export: item ${item}`;
		same(`${about}: texts`, [prompt, chosen, rejected].map(textCid), [asked, ...(label?.choice === 1n ? [a, b] : [b, a])]);
		same(`${about}: confidence`, Math.round(confidence * 1e9), label?.confidence);
		same(`${about}: where from`, [of, genesis, source], [campaign, api.genesisHash.toHex(), label?.source]);
	}

	// The dataset belongs to the raters, and the new version says that it was trained on it.
	const { ids: trained, amounts: figures, folders } = step.train;
	const dataset = await published('train: dataset', trained.dataset, folders.dataset, figures.datasetPrice);
	same('train: kind of the dataset', 'Dataset', dataset.listing.kind.type);
	same('train: owner of the dataset', trained.dataset.pot, dataset.listing.owner);
	const [accepted] = (await block(trained.dataset.accepted)).events('feedback', 'DatasetAccepted');
	same('train: pot of the campaign', trained.dataset.pot, accepted?.pot);
	const version = await published('train', trained, folders.model, figures.price);
	same('train: listing', step.workers.ids.listing, trained.listing);
	same('train: trained on', JSON.stringify(version.stored.parents.map(({ listing, version: of, relation, royalty }) => [listing.toNumber(), of.toNumber(), relation.type, royalty.toString()])),
		JSON.stringify([[trained.dataset.listing, trained.dataset.version, 'TrainedOn', figures.royaltyParts]]));
	// What the versions make of the comparisons only a run of them can tell; that these were kept apart, and what follows, can be seen.
	const heldOut = lines(step.train.heldOut);
	const asked = new Set(written.map(({ prompt }) => prompt));
	same('train: pairs', figures.pairs, exported.length);
	same('train: comparisons', figures.comparisons, heldOut.length);
	same('train: comparisons that were asked', 0, heldOut.filter(({ prompt }) => asked.has(prompt)).length);
	same('train: wins and losses', figures.newRight - figures.oldRight, figures.wins - figures.losses);
	for (const [index, bound] of wilson(figures.wins, figures.wins + figures.losses).entries()) {
		const name = ['winRate', 'low', 'high'][index];
		same(`train: ${name} to four digits`, true, Math.abs(figures[name] - bound) < 0.6e-4);
	}

	// The sale, the royalty, and what each rater got of it.
	const { ids: paid, amounts: money } = step.dividend;
	const sale = await block(paid.sale);
	const [sold] = sale.events('licensing', 'Sold');
	const price = version.offer.price.toBigInt();
	const royalty = (price * BigInt(figures.royaltyParts)) / PARTS;
	same('dividend: licence', paid.licence, sold?.licence);
	same('dividend: receipt', paid.receipt, sold?.receipt);
	const licence = (await final.query.licensing.licences(paid.licence)).unwrap();
	same('dividend: holder', paid.buyer, licence.holder);
	same('dividend: of', [paid.listing, paid.offer], [licence.listing, licence.offer]);
	same('dividend: price', money.price, price);
	same('dividend: royalty', money.royalty, royalty);
	same('dividend: the royalty pot received', royalty, await sale.change(royaltyPot));
	const claim = await block(paid.claim);
	same('dividend: claimed', money.claimed, royalty);
	same('dividend: the raters\' pot received', royalty, await claim.change(paid.pot));
	const distribution = await block(paid.distribution);
	const given = new Map(distribution.events('feedback', 'DividendPaid').map(({ rater, amount }) => [rater.toString(), amount.toBigInt()]));
	const { listing, payees } = (await final.query.feedback.datasetDividends(campaign)).unwrap();
	same('dividend: dataset', paid.dataset, listing);
	const shares = new Map(payees.map(({ rater, parts }) => [rater.toString(), parts.toBigInt()]));
	same('dividend: shares make a whole', PARTS, sum([...shares.values()]));
	const allPaid = sum(places.map(({ amount }) => amount));
	// What the pot can give is what it has beyond its endowment, which the claim was all of.
	for (const [index, { rater, amount }] of places.entries()) {
		const said = money.raters[index];
		const share = shares.get(rater) ?? 0n;
		const about = `dividend: ${places[index].name}`;
		same(`${about}: account`, said.rater, rater);
		// Shares are rounded so that they make a whole: less than one part off.
		same(`${about}: its share is its part of what was paid`, true, (share * allPaid - amount * PARTS) ** 2n < allPaid ** 2n);
		same(`${about}: got`, said.dividend, (royalty * share) / PARTS);
		same(`${about}: got by the event`, said.dividend, given.get(rater) ?? 0n);
		same(`${about}: received`, said.dividend, await distribution.change(rater));
		const at = async (number) => (await (await api.at(await api.rpc.chain.getBlockHash(number))).query.system.account(rater)).data.free;
		same(`${about}: before`, said.before, await at(paid.distribution - 1));
		same(`${about}: after`, said.after, await at(paid.distribution));
	}
	same('dividend: given', money.given, sum([...given.values()]));
	same('dividend: the raters\' pot paid', -BigInt(money.given), await distribution.change(paid.pot));
}
