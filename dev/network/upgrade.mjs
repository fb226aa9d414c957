// Does a network go on through an upgrade of its runtime, and what it knows with it?
//   make upgrade              some four minutes, never more than fifteen
//   RATE=100 make upgrade     so many transfers a second
// Four validators of the preset `local4`, under a steady rate of signed transfers, with a market on it. Three of the
// four, who are sudo together, authorise by its hash the code that RUNTIME names (runtime.sh rehearsal): the next
// version, whose migration counts the listings of each owner. An account that has nothing to do with it hands the
// code in. Models are published and sold before, meanwhile and afterwards, through one connection that stays open,
// and by the command line, which knows only the version before.
// Each line says what held. The first thing that does not hold ends the run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Refused, UNIT, account, connect, dave, eve, event, ferdie, send } from '../e2e/lib/chain.mjs';
import { commandLine } from '../e2e/lib/cli.mjs';
import { asRoot } from '../e2e/lib/council.mjs';
import { machine, round, tally } from '../e2e/lib/figures.mjs';
import { openOffer, publishAll, register } from '../e2e/lib/market.mjs';
import { repository } from '../e2e/lib/paths.mjs';
import { scratch, setting, sleep, until } from '../e2e/lib/process.mjs';
import { Load } from './lib/load.mjs';
import { chainSpec, endAll, equivocations, offences, validators } from './lib/peer.mjs';
import { hold, program, say, step } from './lib/steps.mjs';
import { Witness } from './lib/witness.mjs';

const MINUTES = 15;
const RATE = setting('RATE', 80);
const [SELLER, BUYER] = [eve, ferdie];
/** How many listings each of them has before. */
const PUBLISHED = [[dave, 3], [eve, 11], [ferdie, 6]];
/** Hands the code in. */
const ANYBODY = account('//Bob//stash');
/** Signs for the old version what comes when the new one runs. */
const LATE = account('//Alice//stash');
/** A transaction that is not final by then was overtaken by the upgrade. */
const OVERTAKEN = 60_000;

const folder = scratch('weighhouse-upgrade-');
const out = join(repository, 'target/network');
const logs = join(out, 'upgrade');
const sales = [];
const figures = {};

let peers = [];
let api;
let load;
let witness;

const final = (peer) => peer.rpc('chain_getFinalizedHead');
const versionAt = async (peer, hash) => (await peer.rpc('state_getRuntimeVersion', hash)).specVersion;
const hashAt = (peer, number) => peer.rpc('chain_getBlockHash', number);
/** Throws what `promise` throws, and when it takes too long. */
const within = (ms, promise) => Promise.race([promise, sleep(ms).then(() => {
	throw new Error(`not within ${ms} ms`);
})]);

/** Sends what `call` makes until it is final. A signature that an upgrade overtakes counts no more: a client signs again. */
async function persist(call, signer) {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await within(OVERTAKEN, send(api, call(), signer, { final: true }));
		} catch (error) {
			if (error instanceof Refused || attempt === 3) throw error;
			figures.signedAgain = (figures.signedAgain ?? 0) + 1;
			await sleep(2_000);
		}
	}
}

/** Somebody publishes a model and offers it, somebody else buys a licence. */
async function trade() {
	const { listing } = event(await persist(() => register(api), SELLER), 'listings', 'Registered');
	const { offer } = event(await persist(() => openOffer(api, listing), SELLER), 'licensing', 'OfferOpened');
	const { licence, receipt } = event(await persist(() => api.tx.licensing.buy(listing, offer), BUYER), 'licensing', 'Sold');
	sales.push({ licence, receipt });
	return { listing, offer, said: `listing ${listing}, licence ${licence}` };
}

async function start() {
	const spec = await chainSpec(folder.path);
	peers = await validators({ folder: folder.path, logs, spec });
	await Promise.all(peers.map((peer) => peer.start(peers).ready()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(1, 90_000)));
	api = await connect(peers[0].url);
	load = await Load.prepare(api, peers, { rate: RATE, seen: (hex, hash) => witness.ledger.see(hex, hash) });
	witness = new Witness(peers, (extrinsics) => load.take(extrinsics));
	witness.start();
	load.start();
	await until(() => witness.ledger.counts.seen > RATE, 60_000, 'transfers in final blocks');
}

/** Two transfers to accounts that do not exist yet, signed for the version of now. */
async function signLate() {
	const nonce = (await api.rpc.system.accountNextIndex(LATE.address)).toNumber();
	return Promise.all([0, 1].map(async (place) => {
		const { address } = account(`//Late//${place}`);
		const signed = await api.tx.balances.transferKeepAlive(address, UNIT).signAsync(LATE, { nonce: nonce + place, era: 0 });
		return { address, nonce: nonce + place, hex: signed.toHex() };
	}));
}

/** Has the code handed in, and answers the block that it is in from then on. */
async function handIn(code, next) {
	const signed = await api.tx.system.applyAuthorizedUpgrade(code).signAsync(ANYBODY, { nonce: -1 });
	await peers[0].rpc('author_submitExtrinsic', signed.toHex());
	await until(async () => (await versionAt(peers[0], await final(peers[0]))) === next, 120_000, `version ${next} in a final block`, 500);
	let { number } = await peers[0].final();
	while ((await versionAt(peers[0], await hashAt(peers[0], number - 1))) === next) number -= 1;
	return number;
}

/** That every node has `versions` before and after the same block, and how long the first block afterwards took. */
async function together(block, [before, after]) {
	const hashes = await Promise.all(peers.map(async (peer) => {
		await peer.finalBeyond(block + 1, 120_000);
		const hash = await hashAt(peer, block);
		const seen = [await versionAt(peer, await hashAt(peer, block - 1)), await versionAt(peer, hash)];
		hold(isDeepStrictEqual(seen, [before, after]), `${peer.name} has versions ${seen.join(' and ')} before and after block ${block}`);
		return hash;
	}));
	hold(new Set(hashes).size === 1, `the nodes disagree about block ${block}: ${hashes.join(', ')}`);
	const times = await Promise.all([block, block + 1].map(async (number) => (await api.at(await hashAt(peers[0], number))).query.timestamp.now()));
	figures.pause = (times[1].toNumber() - times[0].toNumber()) / 1000;
	return `all ${peers.length} from version ${before} to ${after} in block ${block}; the next one ${figures.pause} s later`;
}

/** That the index is what the listings say that it was made from. */
async function counted(block) {
	const [before, after] = await Promise.all([block, block + 1].map(async (number) => api.at(await hashAt(peers[0], number))));
	const listings = await before.query.listings.listings.entries();
	const owners = tally(listings.map(([, listing]) => listing.unwrap().owner.toString()));
	const index = Object.fromEntries((await after.query.listings.owned.entries()).map(([key, count]) => [key.args[0].toString(), count.toNumber()]));
	hold(listings.length >= PUBLISHED.reduce((total, [, count]) => total + count, 0), `there are only ${listings.length} listings`);
	hold(isDeepStrictEqual(index, owners), `the index says ${JSON.stringify(index)}, the listings ${JSON.stringify(owners)}`);
	const layouts = (await Promise.all([before, after].map((at) => at.query.listings.palletVersion()))).map((layout) => layout.toNumber());
	hold(layouts[1] === layouts[0] + 1, `the storage has layout ${layouts[0]} before and ${layouts[1]} after`);
	figures.migrated = { listings: listings.length, owners: Object.keys(index).length };
	return `${listings.length} listings of ${figures.migrated.owners} owners, layout ${layouts.join(' to ')}`;
}

/** That no node takes what was signed for the old version, and no block has it. */
async function refused([first, second]) {
	const said = new Set(await Promise.all(peers.map(async (peer) => {
		const error = await peer.rpc('author_submitExtrinsic', first.hex).then(() => undefined, (thrown) => thrown);
		hold(error, `${peer.name} takes a transaction that was signed for the old version`);
		hold(error.code === 1010, `${peer.name} refuses it by ${error.code}: ${error.message}`);
		return `${error.message}: ${error.data}`;
	})));
	// Its place is taken by one for the new version, so nothing but its signature stands in the way of the second.
	const { number } = await persist(() => api.tx.balances.transferKeepAlive(account('//InTime').address, UNIT), LATE);
	await peers[0].finalBeyond(number + 3, 60_000);
	const at = await api.at(await final(peers[0]));
	for (const { address } of [first, second]) hold((await at.query.system.account(address)).providers.isZero(), `${address} was paid`);
	const nonce = (await at.query.system.account(LATE.address)).nonce.toNumber();
	hold(nonce === second.nonce, `the account has sent ${nonce} transactions, not ${second.nonce}`);
	return `every node says "${[...said].join('", "')}"; one that waited in the pool is in no block either`;
}

/** That who was connected learns of the new version, and transfers that are signed for it are final everywhere. */
async function loadGoesOn(block, next) {
	await until(() => api.runtimeVersion.specVersion.toNumber() === next && api.query.listings.owned, 30_000, 'the metadata of the new version');
	await until(() => witness.ledger.read >= block, 60_000, `block ${block} read`);
	load.renew();
	const before = witness.ledger.counts.seen;
	await until(() => witness.ledger.counts.seen > before + 5 * RATE, 120_000, 'transfers for the new version in final blocks');
	const heights = await Promise.all(peers.map((peer) => peer.best()));
	await Promise.all(peers.map((peer) => peer.finalBeyond(Math.max(...heights), 60_000)));
	return `${witness.ledger.counts.seen - before} transfers seen final, block ${Math.max(...heights)} and later final on all nodes`;
}

/** That all that anybody saw final is on every node. */
async function nothingLost() {
	await load.stop();
	// What clients were told in the last seconds has been read by then.
	await sleep(5_000);
	witness.ledger.settle(4_000);
	const { lost, contradictions, counts } = witness.ledger;
	hold(lost.length === 0, `${lost.length} transactions that a client saw final are in no final block`);
	hold(contradictions.length === 0, `final blocks were replaced: ${JSON.stringify(contradictions[0])}`);
	for (const peer of peers) {
		const missing = await witness.audit(peer);
		hold(missing.length === 0, `${peer.name} lacks blocks ${missing.slice(0, 10).join(', ')}`);
		const head = await final(peer);
		for (const { licence, receipt } of sales) {
			for (const key of [api.query.licensing.licences.key(licence), api.query.licensing.receipts.key(receipt)]) {
				hold(await peer.rpc('state_getStorage', key, head), `${peer.name} does not know licence ${licence} and receipt ${receipt}`);
			}
		}
	}
	hold(equivocations(peers).length + (await offences(api, peers[0])) === 0, `a validator contradicted itself: ${equivocations(peers)[0]}`);
	figures.transfers = { offered: load.offered, ...counts };
	return `${counts.seen} transfers and ${sales.length} sales that clients saw final are on all ${peers.length} nodes`;
}

async function run() {
	const runtime = process.env.RUNTIME;
	hold(runtime, 'RUNTIME names no file: dev/network/runtime.sh rehearsal makes it');
	mkdirSync(logs, { recursive: true });
	const bytes = readFileSync(runtime);
	const code = `0x${bytes.toString('hex')}`;
	await start();
	const old = api.runtimeVersion.specVersion.toNumber();
	const next = old + 1;
	const weighhouse = commandLine({ url: peers[0].url, ipfs: 'http://127.0.0.1:1', wait: 'finalized' });
	say(`four validators, version ${old}, ${RATE} transfers a second; ${MINUTES} minutes at most`);

	await step('before', async () => {
		for (const [owner, count] of PUBLISHED) await publishAll(api, owner, Array.from({ length: count }, () => ({})));
		return (await trade()).said;
	});
	const late = await signLate();
	await peers[0].rpc('author_submitExtrinsic', late[1].hex);
	await step('three of four authorise the code', async () => {
		const hash = api.registry.hash(bytes).toHex();
		const [{ number }, { said }] = await Promise.all([asRoot(api, api.tx.system.authorizeUpgrade(hash)), trade()]);
		const authorised = (await api.query.system.authorizedUpgrade()).unwrap().codeHash.toHex();
		hold(authorised === hash, `${authorised} is authorised, not ${hash}`);
		return `${hash} in block ${number}; meanwhile ${said}`;
	});
	let block;
	await step('anybody hands it in', async () => {
		const [number, { said }] = await Promise.all([handIn(code, next), trade()]);
		block = number;
		return `${bytes.length} bytes, in block ${block}; meanwhile ${said}, ${figures.signedAgain ?? 0} of its transactions signed again`;
	});
	await step('nodes', () => together(block, [old, next]));
	await step('load and finality', () => loadGoesOn(block, next));
	await step('migration', () => counted(block));
	await step('a client that was connected all the time', async () => `publishes and buys: ${(await trade()).said}`);
	await step('the command line', async () => {
		const { listing, offer } = await trade();
		const { receipt } = await weighhouse.ok('//Charlie', 'buy', listing.toNumber(), offer.toNumber(), '--yes');
		await weighhouse.ok(undefined, 'receipt', 'show', receipt, { url: peers.at(-1).url });
		return `knows version ${old} only, buys and reads receipt ${receipt}`;
	});
	await step('signed for the old version', () => refused(late));
	await step('nothing is lost', nothingLost);
	const file = join(out, 'upgrade.json');
	writeFileSync(file, `${JSON.stringify({ block, versions: [old, next], rate: RATE, bytes: bytes.length, ...figures, machine: machine() }, (_, value) => round(value, 3), '\t')}\n`);
	say(`figures: ${relative(repository, file)}`);
}

async function stop() {
	await load?.stop();
	await witness?.stop();
	await api?.disconnect();
	await endAll(peers);
	folder.remove();
	say(`logs: ${relative(repository, logs)}`);
}

await program(MINUTES, run, stop);
