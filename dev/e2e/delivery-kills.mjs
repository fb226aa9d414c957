// Kills the daemon that delivers keys, and nodes under it, and looks whether any sale is lost or delivered twice.
//
//   node dev/e2e/delivery-kills.mjs          2 kills of each kind; KILLS=20 for the long form, KINDS="node switch" for some
//
// Each kill is a SIGKILL to a real process while sales wait for their keys; it is started again on its folder at once, as a
// supervisor does. The kinds:
//   random    the daemon, at a random moment after the payment
//   started   the daemon, when it says that it looks at final blocks
//   sent      the daemon, when the transaction with the key is in the node's pool
//   inblock   the daemon, when the key is in a block that is not final
//   told      the daemon, when it says that the key is delivered
//   node      the node that the daemon uses; buyers and blocks are on another one
//   chain     the only validator, so that blocks stop and what is not final may be gone
//   switch    the node that the daemon uses, for good until the sales are over: it must go on with the other one (--also)
//   late      the daemon, which stays away until the time is over
// Afterwards, of every sale that was paid:
//   once      exactly one key came and it opens the files, by the program for Apps, or
//   refunded  none came in time, and price, deposit and compensation are there
//   lost      neither: must be 0
// The table is written to target/e2e/delivery-kills.json as well.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deliveryOf, hex, keyOf, open, secretOf } from '../../docs/examples/sealed-apps/sealed.mjs';
import { UNIT, account, bob, connect, event, send, submitAll, waitForFinal } from './lib/chain.mjs';
import { commandLine } from './lib/cli.mjs';
import { save, table } from './lib/figures.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { startNode } from './lib/node.mjs';
import { scratch, setting, sleep, until } from './lib/process.mjs';
import { Deliverer, createVault, shorten, shownBy } from './lib/sealed.mjs';
import { fund } from './lib/workers.mjs';

const KILLS = setting('KILLS', 2);
const ALL = ['random', 'started', 'sent', 'inblock', 'told', 'node', 'chain', 'switch', 'late'];
const KINDS = process.env.KINDS?.split(' ') ?? ALL;
/** Sales that wait at each kill. */
const SALES = 3;
const PRICE = 5n * UNIT;
/** Blocks that the seller has. Long enough for every restart here, and short enough to wait for the end of the late ones. */
const WINDOW = 60;
const LATE_WINDOW = 6;
const buyers = Array.from({ length: SALES }, (_, index) => account(`//Buyer${index + 1}`));
const clerk = account('//Clerk');
const folder = scratch('weighhouse-delivery-kills-');
const say = (text) => process.stdout.write(`${text}\n`);
const began = Date.now();

let chain;
let other;
let ipfs;
let api;
let daemon;
let listing;
let offer;

async function startChain() {
	chain = await startNode({ base: join(folder.path, 'chain'), port: chain?.port, p2p: chain?.p2p });
	api = await connect(chain.url);
}

/** A node that validates nothing, for the daemon. */
async function startOther() {
	other = await startNode({ base: join(folder.path, 'other'), port: other?.port, p2p: other?.p2p, of: chain });
	await until(async () => {
		const { peers, isSyncing } = await other.rpc('system_health');
		const [own, best] = [Number((await other.rpc('chain_getHeader')).number), Number((await chain.rpc('chain_getHeader')).number)];
		return peers > 0 && !isSyncing && best - own < 3;
	}, 60_000, 'the other node to catch up', 300);
}

/** Every buyer pays at once; answers what each has to know. */
async function pay() {
	const secrets = buyers.map(() => secretOf(randomBytes(32)));
	const results = await submitAll(api, buyers.map((buyer, index) => [api.tx.delivery.buy(listing, offer, hex(keyOf(secrets[index])), 1_000_000), buyer]));
	return Promise.all(results.map(async (result, index) => {
		if (result.error) throw result.error;
		const { licence, key, until: last } = event(result, 'delivery', 'KeyRequested');
		return { licence: licence.toNumber(), key: key.toHex(), secret: secrets[index], buyer: buyers[index], block: result.number, until: last.toNumber() };
	}));
}

/** Whether a transaction of the daemon is in a node's pool. */
async function isPooled(node) {
	const pending = await node.rpc('author_pendingExtrinsics');
	return pending.some((raw) => {
		const { method, signer } = api.createType('Extrinsic', raw);
		return method.section === 'proxy' && signer.toString() === clerk.address;
	});
}

/** The delivery of a sale as of a block, by its key: after a fork the licence may have another number. */
const deliveryOfSale = async (at, { key }) => (await at.call.deliveryApi.deliveries(0, 100)).find((each) => each.key.toHex() === key);

/** Whether the key of a sale is in a block. */
async function isDelivered(sale) {
	const delivery = await deliveryOfSale(api, sale);
	return Boolean(delivery) && !delivery.state.isAwaiting;
}

/** Whether the payment of a sale waits for a block once more, since the one that it was in is gone. */
async function isPending({ buyer }) {
	const pools = await Promise.all([chain, other].map((node) => node.rpc('author_pendingExtrinsics').catch(() => [])));
	return pools.flat().some((raw) => api.createType('Extrinsic', raw).signer.toString() === buyer.address);
}

/** When the daemon is killed. */
const moments = {
	random: () => sleep(Math.random() * 8_000),
	// A block that comes at once takes it out of the pool again.
	sent: (sales) => until(async () => (await isPooled(other)) || isDelivered(sales[0]), 30_000, 'the key in the pool', 20),
	inblock: (sales) => until(() => isDelivered(sales[0]), 30_000, 'the key in a block', 50),
	told: (sales) => until(() => daemon.told.some(({ event: name, licence }) => name === 'delivered' && licence === sales[0].licence), 60_000, 'the daemon\'s word', 20),
};

const kinds = {
	...Object.fromEntries(['random', 'sent', 'inblock', 'told'].map((name) => [name, async () => {
		const sales = await pay();
		await moments[name](sales);
		await daemon.kill();
		daemon.start(other.url);
		return sales;
	}])),
	async started() {
		await daemon.kill();
		const sales = await pay();
		daemon.start(other.url);
		await daemon.ready();
		await daemon.kill();
		daemon.start(other.url);
		return sales;
	},
	async node() {
		const sales = await pay();
		await sleep(Math.random() * 6_000);
		await other.service.stop('SIGKILL');
		await startOther();
		return sales;
	},
	async chain() {
		const sales = await pay();
		await sleep(Math.random() * 6_000);
		await api.disconnect();
		await chain.service.stop('SIGKILL');
		await startChain();
		return sales;
	},
	async switch() {
		const sales = await pay();
		await sleep(Math.random() * 3_000);
		await other.service.stop('SIGKILL');
		await settled(sales);
		await startOther();
		return sales;
	},
	async late() {
		await shorten(api, bob.address, LATE_WINDOW);
		await daemon.kill();
		const sales = await pay();
		await waitForFinal(api, Math.max(...sales.map((each) => each.until)) + 1, 120_000);
		await shorten(api, bob.address, WINDOW);
		daemon.start(other.url);
		return sales;
	},
};

/** Waits until each sale has a key in a final block, or is over. */
async function settled(sales) {
	await until(async () => {
		const final = await api.at(await api.rpc.chain.getFinalizedHead());
		const number = (await final.query.system.number()).toNumber();
		for (const sale of sales) {
			if (number < sale.block || await isPending(sale)) return false;
			if ((await deliveryOfSale(final, sale))?.state.isAwaiting) return false;
		}
		return true;
	}, (WINDOW + 60) * 2_000, 'the end of the sales', 500);
}

/** What became of a sale, from the events of the final blocks since. */
async function outcome(sale, first) {
	const last = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
	const found = { licence: undefined, delivered: 0, expired: 0 };
	let change = 0n;
	for (let number = first; number <= last; number += 1) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		for (const { event: { section, method, data } } of await at.query.system.events()) {
			if (section !== 'delivery') continue;
			if (method === 'KeyRequested' && data.key.toHex() === sale.key) found.licence = data.licence.toNumber();
			if (found.licence === undefined || data.licence?.toNumber() !== found.licence) continue;
			if (method === 'KeyDelivered') found.delivered += 1;
			if (method === 'DeliveryExpired') {
				found.expired += 1;
				change += data.refunded.toBigInt() + data.compensation.toBigInt();
			}
		}
	}
	if (found.licence === undefined) return 'unpaid';
	const delivery = await deliveryOfSale(api, sale);
	if (found.delivered === 1 && found.expired === 0) {
		return delivery && open(sale.secret, deliveryOf(shownBy(api, delivery))) ? 'once' : 'lost';
	}
	const isRefunded = found.delivered === 0 && found.expired === 1 && change === PRICE + PRICE / 100n && !delivery;
	return isRefunded ? 'refunded' : 'lost';
}

async function campaign(kind) {
	const line = { kind, kills: 0, sales: 0, once: 0, refunded: 0, unpaid: 0, lost: 0, seconds: 0 };
	const start = Date.now();
	for (let kill = 0; kill < KILLS; kill += 1) {
		// The one before may have left it with the other node.
		await daemon.stop();
		await daemon.start(other.url).ready();
		const first = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber() + 1;
		const sales = await kinds[kind]();
		line.kills += 1;
		await settled(sales);
		// What a daemon that was started again sends twice is in the blocks after.
		await waitForFinal(api, (await api.rpc.chain.getHeader()).number.toNumber() + 4, 120_000);
		for (const sale of sales) {
			const end = await outcome(sale, first);
			line.sales += 1;
			line[end] += 1;
			if (end === 'lost') say(`${kind}: licence ${sale.licence} (key ${sale.key}) of blocks ${first} on is lost`);
		}
		// Done with, so that bond and licences are free for the next ones.
		const rest = [];
		for (const sale of sales) {
			const delivery = await deliveryOfSale(api, sale);
			if (delivery && !delivery.state.isAwaiting) rest.push({ licence: delivery.licence, buyer: sale.buyer });
		}
		for (const call of [api.tx.delivery.finalize, api.tx.delivery.removeDelivery, api.tx.licensing.removeLicence]) {
			for (const { error } of await submitAll(api, rest.map(({ licence, buyer }) => [call(licence), buyer]))) if (error) throw error;
		}
	}
	line.seconds = Math.round((Date.now() - start) / 1000);
	say(`${kind}: ${line.kills} kills, ${line.sales} sales, delivered once ${line.once}, refunded ${line.refunded}, lost ${line.lost}`);
	return line;
}

let code = 1;
try {
	const unknown = KINDS.filter((kind) => !ALL.includes(kind));
	if (unknown.length) throw new Error(`KINDS are ${ALL.join(', ')}: ${unknown.join(', ')} is none of these`);
	mkdirSync(join(folder.path, 'model'));
	writeFileSync(join(folder.path, 'model/README.md'), '---\nlicense: mit\npipeline_tag: text-generation\n---\nA model for tests.\n');
	writeFileSync(join(folder.path, 'model/weights.bin'), randomBytes(100_000));
	[, ipfs] = await Promise.all([startChain(), startIpfs()]);
	await startOther();
	const weighhouse = commandLine({ url: chain.url, ipfs: ipfs.url });
	// Prices, and about as much for deposits and fees.
	await fund(api, [clerk, ...buyers].map(({ address }) => address), 2n * PRICE * BigInt(KILLS * KINDS.length) + 100n * UNIT);
	const vault = await createVault(weighhouse, folder.path, 'bob');
	await weighhouse.ok('//Bob', 'seller', 'bond', '100');
	const published = await weighhouse.ok('//Bob', 'publish', join(folder.path, 'model'), '--sealed', ...vault.args, '--price', '5');
	({ listing, offer } = published);
	await shorten(api, bob.address, WINDOW);
	await send(api, api.tx.proxy.addProxy(clerk.address, 'Deliver', 0), bob);
	daemon = new Deliverer({ suri: '//Clerk', seller: bob.address, vault, data: join(folder.path, 'daemon'), extra: ['--also', chain.url] });

	say(`${KILLS} kills of each kind, ${SALES} sales at each`);
	const lines = [];
	for (const kind of KINDS) lines.push(await campaign(kind));
	say(table(['killed at', 'kills', 'sales', 'delivered once', 'refunded', 'never paid', 'lost', 'seconds'], lines.map((line) => [line.kind, line.kills, line.sales, line.once, line.refunded, line.unpaid, line.lost, line.seconds])));
	const sum = (name) => lines.reduce((all, line) => all + line[name], 0);
	const [kills, sales, once, refunded, unpaid, lost] = ['kills', 'sales', 'once', 'refunded', 'unpaid', 'lost'].map(sum);
	// Of those whose daemon was away until the end, every one; of the others, none, or the daemon is too slow to be of use.
	const asMeant = lines.every((line) => (line.kind === 'late' ? line.refunded : line.once) + line.unpaid === line.sales);
	const passed = lost === 0 && once + refunded + unpaid === sales && asMeant;
	say(lost === 0 ? `${kills} kills: of ${sales - unpaid} sales that were paid, ${once} were delivered once and ${refunded} refunded; none was lost` : 'A SALE WAS LOST: see the table');
	if (!asMeant) say('A DAEMON THAT WAS BACK IN TIME DELIVERED TOO LATE: see the table');
	say(`figures: ${save('delivery-kills', { passed, killsPerKind: KILLS, salesPerKill: SALES, seconds: Math.round((Date.now() - began) / 1000), kills, sales, once, refunded, unpaid, lost, lines })}`);
	code = passed ? 0 : 1;
} catch (error) {
	say(error.stack);
	if (error.cause) say(String(error.cause));
	if (daemon?.service) say(daemon.service.log.slice(-2000));
} finally {
	await api?.disconnect();
	await daemon?.stop();
	await other?.stop();
	await chain?.stop();
	await ipfs?.stop();
	folder.remove();
}
process.exit(code);
