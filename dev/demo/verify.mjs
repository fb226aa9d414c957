// Derives every figure of target/demo/summary.json again, of whole demos and of those that end earlier, from chain state and from the bytes on disk, with
// @polkadot/api alone: no code is shared with the command line, the client crate or the demo.
//
//   node dev/demo/verify.mjs [SUMMARY]
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Keyring } from '@polkadot/keyring';
import { encodeAddress } from '@polkadot/util-crypto';
import { verifyFeedback } from './verify-feedback.mjs';
import { verifySealed } from './verify-sealed.mjs';

const repository = resolve(import.meta.dirname, '../..');
const summary = JSON.parse(readFileSync(process.argv[2] ?? join(repository, 'target/demo/summary.json'), 'utf8'));
const step = Object.fromEntries(summary.map((each) => [each.name, each]));

// docs/money.md: the protocol's part of a price, half of it burned; royalties are of the whole price; all rounded down.
const PARTS = 1_000_000_000n;
const FEE_PARTS = 25_000_000n;

let checked = 0;
const wrong = [];
function same(what, said, found) {
	checked += 1;
	const [a, b] = [said, found].map((value) => (value?.toString ? value.toString() : String(value)));
	if (a !== b) wrong.push(`${what}: the summary says ${a}, the chain says ${b}`);
}

/** Says what was found, and ends. */
async function tell() {
	await api.disconnect();
	if (wrong.length > 0) {
		console.error(wrong.map((line) => `    ${line}`).join('\n'));
		console.error(`    ${wrong.length} of ${checked} figures differ`);
		process.exit(1);
	}
	console.log(`    ${checked} figures derived again from chain state and files, all equal`);
	process.exit(0);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** The root that `sha256sum` over a folder's files gives: one line a file, sorted by path. */
function rootOf(folder, exclude = []) {
	const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => !exclude.includes(relative(folder, path)))
		.map((path) => [relative(folder, path), sha256(readFileSync(path)).toString('hex')])
		.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
		.map(([path, digest]) => `${digest}  ${path}\n`);
	return `0x${sha256(lines.join('')).toString('hex')}`;
}

/** CIDv1 of a raw block in base32, written out so that nothing of the system is trusted here. */
function rawCid(digest) {
	const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
	let bits = '';
	for (const byte of [0x01, 0x55, 0x12, 0x20, ...digest]) bits += byte.toString(2).padStart(8, '0');
	return `b${bits.match(/.{1,5}/g).map((five) => alphabet[parseInt(five.padEnd(5, '0'), 2)]).join('')}`;
}

const modlAccount = (id) => encodeAddress(Buffer.concat([Buffer.from(`modl${id}`), Buffer.alloc(32)]).subarray(0, 32), 42);
const TREASURY = modlAccount('wgh/trsy');
const ROYALTY_POT = modlAccount('wgh/roya');

const api = await ApiPromise.create({
	provider: new WsProvider(step.chain.ids.url),
	noInitWarn: true,
	signedExtensions: { AuthorizeCall: { extrinsic: {}, payload: {} } },
});
const final = await api.at(await api.rpc.chain.getFinalizedHead());

/** The state before and after a block, and its events of one pallet by name. */
async function block(number) {
	const hash = await api.rpc.chain.getBlockHash(number);
	const before = await api.at(await api.rpc.chain.getBlockHash(number - 1));
	const after = await api.at(hash);
	const records = await after.query.system.events();
	const events = (section, method) => records
		.filter(({ event }) => event.section === section && event.method === method)
		.map(({ event }) => event.data);
	const change = async (address, part = 'free') => {
		const [then, now] = await Promise.all([before, after].map((at) => at.query.system.account(address)));
		return now.data[part].toBigInt() - then.data[part].toBigInt();
	};
	const issuance = (await after.query.balances.totalIssuance()).toBigInt() - (await before.query.balances.totalIssuance()).toBigInt();
	const feeOf = (address) => events('transactionPayment', 'TransactionFeePaid')
		.filter(({ who }) => who.toString() === address)
		.reduce((sum, { actualFee, tip }) => sum + actualFee.toBigInt() + tip.toBigInt(), 0n);
	return { hash: hash.toHex(), events, change, issuance, feeOf };
}

/** What a step said of a published folder, against the chain and the folder itself. */
async function published(name, ids, folder, price) {
	const { events } = await block(ids.block);
	const [event] = events('listings', 'VersionPublished').filter(({ listing }) => listing.toNumber() === ids.listing);
	same(`${name}: version in its block`, ids.version, event?.version);
	const stored = (await final.query.listings.versions(ids.listing, ids.version)).unwrap();
	same(`${name}: manifest`, ids.manifest, rawCid(stored.manifest.digest));
	same(`${name}: artifact root on chain`, ids.artifactRoot, stored.artifactRoot.toHex());
	same(`${name}: artifact root of the folder`, ids.artifactRoot, rootOf(join(repository, folder), ['weighhouse.yaml']));
	const offer = (await final.query.licensing.offers(ids.listing, ids.offer)).unwrap();
	same(`${name}: price`, price, offer.price);
	same(`${name}: block of the offer`, ids.offerBlock, offer.opened);
	return { stored, offer, listing: (await final.query.listings.listings(ids.listing)).unwrap() };
}
const publishedBy = (name, model) => published(name, step[name].ids, `dev/models/${model}`, step[name].amounts.price);

same('chain: genesis', step.chain.ids.genesis, api.genesisHash.toHex());
same('chain: name', step.chain.ids.name, await api.rpc.system.chain());

const parent = await publishedBy('publish', 'digits');
const child = await publishedBy('derive', 'digits-small');
const [link] = child.stored.parents;
same('derive: parent', step.derive.ids.parent, link.listing);
same('derive: relation', step.derive.ids.relation, link.relation.type.toLowerCase());
same('derive: royalty', step.derive.amounts.royaltyParts, link.royalty);
// A parent without ancestors of its own takes its royalty whole.
const table = parent.stored.royalties.isEmpty ? [[link.listing.toNumber(), link.royalty.toBigInt()]] : undefined;
same('derive: royalty table', JSON.stringify(table?.map(([listing, parts]) => [listing, Number(parts)])),
	JSON.stringify(child.stored.royalties.map(({ listing, parts }) => [listing.toNumber(), parts.toNumber()])));

// The split, from the price and the table alone.
const price = child.offer.price.toBigInt();
const fee = (price * FEE_PARTS) / PARTS;
const burned = fee / 2n;
const royalties = table.map(([listing, parts]) => ({ listing, amount: (price * parts) / PARTS }));
const royaltySum = royalties.reduce((sum, { amount }) => sum + amount, 0n);
const toOwner = price - fee - royaltySum;
for (const name of ['quote', 'buy']) {
	const { amounts } = step[name];
	same(`${name}: price`, amounts.price, price);
	same(`${name}: burned`, amounts.feeBurned, burned);
	same(`${name}: treasury`, amounts.feeTreasury, fee - burned);
	same(`${name}: owner`, amounts.toOwner, toOwner);
}
same('quote: royalties', step.quote.amounts.royalties.map(({ listing, amount }) => `${listing}:${amount}`),
	royalties.map(({ listing, amount }) => `${listing}:${amount}`));
same('quote: royalty goes to the owner of the parent', step.quote.amounts.royalties[0].owner, parent.listing.owner);
same('buy: royalties', step.buy.amounts.royalties, royaltySum);

// The money moved as the quote said, in the block of the sale.
const { ids: sale } = step.buy;
const bought = await block(sale.block);
same('buy: block', sale.blockHash, bought.hash);
const deposit = await bought.change(sale.buyer, 'reserved');
same('quote: deposit is what the sale held', step.quote.amounts.deposit, deposit);
same('buy: the buyer paid', -(price + deposit + bought.feeOf(sale.buyer)), await bought.change(sale.buyer));
same('buy: the seller received', toOwner, await bought.change(child.listing.owner.toString()));
same('buy: the treasury received', fee - burned, await bought.change(TREASURY));
same('buy: the royalty pot received', royaltySum, await bought.change(ROYALTY_POT));
same('buy: burned', -burned, bought.issuance);
const [sold] = bought.events('licensing', 'Sold');
same('buy: licence in the event', sale.licence, sold?.licence);
same('buy: receipt in the event', sale.receipt, sold?.receipt);
const licence = (await final.query.licensing.licences(sale.licence)).unwrap();
same('buy: holder', sale.buyer, licence.holder);
for (const [name, ids] of Object.entries({ quote: step.quote.ids, buy: sale })) {
	same(`${name}: listing`, ids.listing, licence.listing);
	same(`${name}: offer`, ids.offer, licence.offer);
}
const { ids: files } = step.fetch;
const has = await final.call.licensingApi.hasLicence(sale.buyer, files.listing, files.version, 'Use');
same('buy: has_licence', true, has.toString());

// The bytes that arrived.
same('fetch: listing', files.listing, licence.listing);
same('fetch: manifest', files.manifest, rawCid(child.stored.manifest.digest));
same('fetch: artifact root', files.artifactRoot, child.stored.artifactRoot.toHex());
same('fetch: root of the files', rootOf(join(repository, step.fetch.directory)), child.stored.artifactRoot.toHex());
const arrived = readdirSync(join(repository, step.fetch.directory), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
same('fetch: files', step.fetch.amounts.files, arrived.length);
same('fetch: bytes', step.fetch.amounts.bytes, arrived.reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0));

// The royalty.
const { ids: claim } = step.claim;
const claimed = await block(claim.block);
same('claim: block', claim.blockHash, claimed.hash);
same('claim: listing', claim.listing, link.listing);
same('claim: owner of the parent', claim.owner, parent.listing.owner);
same('claim: amount', step.claim.amounts.claimed, royaltySum);
same('claim: the owner received', royaltySum - claimed.feeOf(claim.owner), await claimed.change(claim.owner));
same('claim: the pot paid', -royaltySum, await claimed.change(ROYALTY_POT));
same('claim: still owed', 0, (await final.query.licensing.royalties(claim.listing)).toString() || 0);

// DEMO_STEPS=market ends here: none of the steps that follow is in the record.
if (step.sealed_buy) await verifySealed({ step, api, final, same, block, published, repository, treasury: TREASURY });

// DEMO_STEPS=sealed ends here.
if (['workers', 'ask', 'receipt', 'liar', 'rate'].every((name) => !step[name])) await tell();

// The workers: bonded, each with a key of its own on a node of its own, which validates nothing.
const keyring = new Keyring({ type: 'sr25519' });
const listed = await publishedBy('workers', 'reranker');
same('workers: term of the offer', 'PerCall', listed.offer.term.type);
const asks = await final.query.inference.asks(step.workers.ids.listing);
const ask = async (url, method, ...params) => {
	const answer = await fetch(url.replace('ws', 'http'), {
		method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
	});
	return (await answer.json()).result;
};
const { workers } = step.workers.ids;
for (const [index, each] of workers.entries()) {
	const about = `workers: ${each.name}`;
	same(`${about}: account`, each.worker, keyring.addFromUri(each.suri).address);
	const [registered] = (await block(each.block)).events('inference', 'WorkerRegistered').filter(({ worker }) => worker.toString() === each.worker);
	same(`${about}: key`, each.key, registered?.key.toHex());
	same(`${about}: bond`, step.workers.amounts.bonds[index], registered?.bond);
	same(`${about}: key on chain`, each.key, (await final.query.inference.workers(each.worker)).unwrap().key.toHex());
	same(`${about}: price`, step.workers.amounts.minReward, asks.find(({ worker }) => worker.toString() === each.worker)?.minReward.now);
	same(`${about}: peer`, each.peer, await ask(each.url, 'system_localPeerId'));
	same(`${about}: role of its node`, 'Full', (await ask(each.url, 'system_nodeRoles'))[0]);
	const gateway = (await ask(each.url, 'offchain_localStorageGet', 'PERSISTENT', `0x${Buffer.from('weighhouse/gateway/').toString('hex')}${each.key.slice(2)}`)) ?? '0x';
	same(`${about}: gateway`, each.gateway, Buffer.from(gateway.slice(2), 'hex'));
	for (const other of workers) same(`${about}: keys on the node of ${other.name}`, other === each, await ask(other.url, 'author_hasKey', each.key, 'infw'));
}
same('workers: separate nodes', workers.length, new Set(workers.map(({ peer }) => peer)).size);
same('workers: separate gateways', workers.length, new Set(workers.map(({ gateway }) => gateway)).size);

/** Every event of a job with its block, from the question to the end. */
async function eventsOf(job, first, last) {
	const found = [];
	for (let number = first; number <= last; number += 1) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		for (const { event } of await at.query.system.events()) {
			if (event.section === 'inference' && event.data.job?.toNumber() === job) found.push({ number, method: event.method, data: event.data });
		}
	}
	return (method) => found.filter((each) => each.method === method);
}

/** The 256 signs of a projection of numbers, written out from docs/models.md. */
function fingerprint(values) {
	const bits = Buffer.alloc(32);
	const chunks = Math.ceil(values.length / 256);
	for (let i = 0; i < 256; i += 1) {
		let sum = 0;
		for (let chunk = 0; chunk < chunks; chunk += 1) {
			const counter = Buffer.alloc(8);
			counter.writeUInt32LE(i, 0);
			counter.writeUInt32LE(chunk, 4);
			const signs = sha256(Buffer.concat([Buffer.from('weighhouse/fingerprint/v1'), counter]));
			for (let j = chunk * 256; j < Math.min(values.length, chunk * 256 + 256); j += 1) {
				const bit = j % 256;
				sum += (signs[bit >> 3] >> (bit & 7)) & 1 ? values[j] : -values[j];
			}
		}
		if (sum >= 0) bits[i >> 3] |= 1 << (i & 7);
	}
	return bits;
}
const distance = (a, b) => [...a].reduce((sum, byte, at) => sum + (byte ^ b[at]).toString(2).replaceAll('0', '').length, 0);

/** The tensors of a canonical output: name, dimensions, and integers of 64 bits, all little-endian. */
function canonical(bytes) {
	let at = Buffer.from('weighhouse/out/v1').length;
	const tensors = {};
	while (at < bytes.length) {
		const length = bytes.readUInt16LE(at);
		const name = bytes.subarray(at + 2, at + 2 + length).toString();
		const rank = bytes[at + 2 + length];
		at += 3 + length;
		const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32LE(at + 4 * axis));
		at += 4 * rank + 8;
		const count = shape.reduce((product, each) => product * each, 1);
		tensors[name] = Array.from({ length: count }, (_, index) => bytes.readBigInt64LE(at + 8 * index));
		at += 8 * count;
	}
	return tensors;
}

// What was asked, answered and paid, and to whom. The liar's question is the same with one worker less.
const reward = step.ask.amounts.reward;
const feeOf = (amount) => (BigInt(amount) * FEE_PARTS) / PARTS;
const numbers = async ({ gateway }) => Number(/weighhouse_work_engine_runs_total\{[^}]*"ok"[^}]*\} (\d+)/.exec(await (await fetch(`${gateway}/metrics`)).text())?.[1] ?? 0);
for (const [name, index, settled] of [['ask', 0, step.receipt], ['liar', 6, step.liar]]) {
	const { ids, amounts } = step[name];
	const end = await block(settled.ids.ended);
	const events = await eventsOf(ids.job, ids.asked, settled.ids.ended);
	const [requested] = events('Requested');
	same(`${name}: block of the question`, ids.asked, requested?.number);
	same(`${name}: identity`, ids.requestHash, requested?.data.requestHash.toHex());
	same(`${name}: mode`, 'QuorumOfThree', requested?.data.mode.type);
	same(`${name}: buyer`, ids.buyer, requested?.data.requester);
	same(`${name}: reward`, amounts.reward, requested?.data.reward);
	same(`${name}: price of the call`, amounts.call, listed.offer.price);
	same(`${name}: held`, amounts.escrow, requested?.data.escrow);
	same(`${name}: held is three rewards and the call`, amounts.escrow, 3n * BigInt(reward) + BigInt(amounts.call));
	same(`${name}: fee in it`, amounts.fee, 3n * feeOf(reward) + feeOf(amounts.call));
	const [drawn] = events('Drawn');
	same(`${name}: drawn`, workers.map(({ worker }) => worker).sort(), drawn?.data.workers.map(String).sort());
	same(`${name}: commitments`, 3, events('Committed').length);
	const shownFirst = Math.min(...events('Revealed').map(({ number }) => number));
	same(`${name}: shown after all had committed`, true, shownFirst > Math.max(...events('Committed').map(({ number }) => number)));

	// The answers that were shown: the honest ones are those of a right engine, the made-up one is not.
	const { outputs } = JSON.parse(readFileSync(join(repository, 'dev/models/reranker/test-vectors.json'), 'utf8')).vectors[index];
	const right = fingerprint(outputs.find((each) => each.name === 'evidence').data);
	const near = events('Revealed').filter(({ data }) => distance(data.reveal.answer.fingerprint, right) <= listed.stored.answers.tau.toNumber());
	same(`${name}: workers whose evidence is that of the model`, ids.agreed.toSorted(), near.map(({ data }) => data.worker.toString()).sort());
	const output = readFileSync(join(repository, step[name].output));
	same(`${name}: output`, ids.outputHash, `0x${sha256(output).toString('hex')}`);
	const tensors = canonical(output);
	same(`${name}: choice`, step[name].answer.choice, tensors.choice?.[0]);
	same(`${name}: choice of the model`, step[name].answer.choice, outputs.find((each) => each.name === 'choice').data[0]);
	// Numbers of 32 bits are printed with as few digits as tell them apart.
	same(`${name}: scores`, step[name].answer.scores.map(Math.fround), tensors.scores?.map((score) => Number(score) / 4096));

	const [answered] = events('Answered');
	same(`${name}: block of the answer`, ids.answered, answered?.number);
	same(`${name}: receipt in the event`, ids.receipt, answered?.data.receipt);
	const { record } = (await final.query.inference.receipts(ids.receipt)).unwrap();
	same(`${name}: job of the receipt`, ids.job, record.job);
	same(`${name}: listing of the receipt`, ids.listing, record.listing);
	same(`${name}: input`, ids.inputHash, record.inputHash.toHex());
	same(`${name}: input that was sent`, ids.inputHash, `0x${sha256(readFileSync(join(repository, `target/demo/question-${index}.json`))).toString('hex')}`);
	same(`${name}: content id of the input`, ids.input, rawCid(record.input.digest));
	same(`${name}: output of the receipt`, ids.outputHash, record.outputHash.toHex());
	same(`${name}: fingerprint`, ids.fingerprint.replace(/^0x/, ''), record.fingerprint.toHex().slice(2));
	same(`${name}: evidence`, ids.evidence, record.evidence.type.toLowerCase());
	same(`${name}: agreed`, ids.agreed.toSorted(), record.agreed.map(String).sort());
	same(`${name}: reserved by the panel`, amounts.panelBond, record.panelBond);
	same(`${name}: reserved is a hundred rewards a seat`, amounts.panelBond, 300n * BigInt(reward));
	same(`${name}: state`, 'Final', record.state.type);

	// The money, in the block in which it moved.
	const honest = BigInt(ids.agreed.length);
	const [over] = events('JobEnded');
	same(`${name}: block of the end`, settled.ids.ended, over?.number);
	same(`${name}: spent`, settled.amounts.spent, over?.data.spent);
	same(`${name}: spent is what agreed and the call`, settled.amounts.spent, honest * BigInt(reward) + BigInt(amounts.call));
	same(`${name}: price in the receipt`, settled.amounts.spent, record.price);
	same(`${name}: given back`, settled.amounts.refunded, BigInt(amounts.escrow) - BigInt(settled.amounts.spent));
	same(`${name}: the buyer's money`, -BigInt(settled.amounts.spent), (await end.change(ids.buyer)) + (await end.change(ids.buyer, 'reserved')));
	same(`${name}: the seller received`, BigInt(amounts.call) - feeOf(amounts.call) - end.feeOf(listed.listing.owner.toString()), await end.change(listed.listing.owner.toString()));
	const slashed = events('Slashed');
	for (const { worker, name: who } of workers) {
		const agreed = ids.agreed.includes(worker);
		same(`${name}: ${who} received`, agreed ? BigInt(reward) - feeOf(reward) : 0n, await end.change(worker));
		same(`${name}: ${who} lost`, agreed ? 0n : -BigInt(reward), await end.change(worker, 'reserved'));
	}
	same(`${name}: slashed`, workers.filter(({ worker }) => !ids.agreed.includes(worker)).map(({ worker }) => worker), slashed.map(({ data }) => data.worker.toString()));
	const half = (amount) => feeOf(amount) / 2n;
	same(`${name}: the treasury received`, honest * (feeOf(reward) - half(reward)) + feeOf(amounts.call) - half(amounts.call), await end.change(TREASURY));
	same(`${name}: burned`, -(honest * half(reward) + half(amounts.call) + (3n - honest) * BigInt(reward)), end.issuance);
}
same('liar: who', step.liar.ids.liar, workers[2].worker);
same('liar: is not among those who agree', false, step.liar.ids.agreed.includes(step.liar.ids.liar));
same('liar: bond left', step.liar.amounts.bondLeft, (await final.query.inference.workers(step.liar.ids.liar)).unwrap().bond);
same('liar: bond left is what it had, less a reward', step.liar.amounts.bondLeft, BigInt(step.workers.amounts.bonds[2]) - BigInt(reward));
// A gateway counts from its start, and the liar's was started again.
for (const { name, gateway } of workers.slice(0, 2)) same(`ask: runs of ${name} since`, step.ask.amounts.runs[name] + 1, await numbers({ gateway }));

// The rating: by the buyer of that receipt, once, and the score is the one that the chain had in that block.
{
	const { ids, amounts } = step.rate;
	const at = await block(ids.block);
	const [rated, ...more] = at.events('reputation', 'Rated');
	same('rate: events', 0, more.length);
	same('rate: receipt', step.ask.ids.receipt, rated.receipt);
	same('rate: buyer', step.ask.ids.buyer, rated.buyer);
	same('rate: percent', amounts.percent, rated.percent);
	const { record } = (await final.call.inferenceApi.receipt(ids.receipt)).unwrap();
	same('rate: fee', amounts.fee, record.fee);
	same('rate: seller', ids.seller, record.seller);
	same('rate: taken is a fifth of the fee, faded', true, BigInt(amounts.taken) <= BigInt(amounts.fee) / 5n && BigInt(amounts.taken) * 1000n > BigInt(amounts.fee) / 5n * 999n);
	same('rate: score of the listing', amounts.listingScore, rated.listingScore);
	const there = await api.at(ids.blockHash);
	same('rate: score by the runtime', amounts.listingScore, (await there.call.reputationApi.ofListing(ids.listing)).score);
	same('rate: kept', true, (await final.query.reputation.ratings(ids.receipt)).isSome);
}

// DEMO_STEPS=work ends here.
if (['campaign', 'raters', 'settle', 'export', 'train', 'dividend'].some((name) => step[name])) {
	await verifyFeedback({ step, api, final, same, block, published, rawCid, repository, royaltyPot: ROYALTY_POT });
}

await tell();
