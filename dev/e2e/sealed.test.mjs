// Sealed models from the seller's folder to the buyer's: keys that come, wrong ones, none, and once more; by the command
// line, and as people do it in Apps.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { complain, deliveryOf, hex, keyOf, open, secretOf } from '../../docs/examples/sealed-apps/sealed.mjs';
import { FEE_PARTS, PARTS, UNIT, account, alice, bob, charlie, connect, dave, eve, event, ferdie, send, submit, waitForFinal } from './lib/chain.mjs';
import { EXIT, commandLine } from './lib/cli.mjs';
import { replay } from './lib/guide.mjs';
import { startIpfs } from './lib/ipfs.mjs';
import { buy, openOffers, publishAll } from './lib/market.mjs';
import { startNode } from './lib/node.mjs';
import { repository } from './lib/paths.mjs';
import { freePort, run, scratch, until } from './lib/process.mjs';
import { Deliverer, changes, createVault, decrypt, deliverGarbage, deliveryAt, shorten, shownBy } from './lib/sealed.mjs';
import { Worker, fund, patient } from './lib/workers.mjs';

const DIGITS = join(repository, 'dev/models/digits');
const PRICE = 5n * UNIT;
const FEE = UNIT / 100n;
const clerk = account('//Clerk');
const worker = account('//Server');
/** What the guide shows in places where every chain has something else. */
const EXAMPLE = {
	genesis: '0x8a2ab426baa2071ed2a8efd26b201ab9ac21e4df70aad66ddb656d37f40db712',
	recipient: 'age194ja3gc4zye49d7q4lr9uj2kp393crd8gcytgjxqf4ach537uacqm9wpqp',
	key: '0xf853044033eda22d6d468b025d6bae8a40915da2c91291efdae989fa44bdff63',
	point: '0x8ceb5f0772f4a7311669fb89c02e8442f84608a8b4636c20694e977fde60ba0a',
	ciphertext: '0x6e7c943409bcc322816844ac990e416636d74045ec7f9edbe794856024aef2cb',
	shared: '0x1851718790627bc25bed6a94f8c27ee4e737436c6a96153755d61bd6e79a1311',
	challenge: '0xa524b98e66cda021c3f49d611c3bfc64cdd91297b85f9adee013ba853b15ae0f',
	response: '0x6694fe7edf2fb03ca0176c1d1c13181df24ad28a0a563db24e8e20175ff88400',
};
const folder = scratch('weighhouse-sealed-');
const at = (...names) => join(folder.path, ...names);

let node;
let ipfs;
let api;
let weighhouse;
let vault;
let daemon;
let listing;
let offer;
let files;
/** A listing of a seller whose keys are wrong, and of one who delivers none. */
const bad = {};

/** Every file below a folder with its bytes. */
const contents = (path) => Object.fromEntries(readdirSync(path, { recursive: true }).filter((name) => statSync(join(path, name)).isFile()).sort().map((name) => [name, readFileSync(join(path, name))]));
/** A copy of the model with one file more, so that it is another one. */
function copied(name) {
	const path = patient(DIGITS, at(name));
	writeFileSync(join(path, 'NOTES.md'), `Copied as ${name}.\n`);
	return path;
}
const onIpfs = async (cid) => Buffer.from(await (await fetch(`${ipfs.gateway}/ipfs/${cid}`)).arrayBuffer());

/** Asks for a key with a secret that is in the test's own hands, as a buyer in Apps does. */
async function buyByHand(buyer, from, seed) {
	const secret = secretOf(seed);
	const result = await send(api, api.tx.delivery.buy(from.listing, from.offer, hex(keyOf(secret)), 1_000_000), buyer);
	const { licence, until: last } = event(result, 'delivery', 'KeyRequested');
	return { secret, licence: licence.toNumber(), until: last.toNumber(), block: result.number };
}

/** Waits for the key of a licence. */
const delivered = (licence, ms = 60_000) => until(async () => {
	const delivery = await deliveryAt(api, licence);
	return delivery && !delivery.state.isAwaiting && delivery;
}, ms, `the key of licence ${licence}`, 300);

const complaintOf = (secret, delivery) => Object.values(complain(secret, deliveryOf(shownBy(api, delivery)))).map(hex);
const sealedFile = () => files.find((file) => file.sealed && file.path === 'model.onnx');

/** A sealed listing with an offer, and a bond for it. */
async function sell(suri, name, ...more) {
	const own = await createVault(weighhouse, folder.path, name);
	await weighhouse.ok(suri, 'seller', 'bond', '10');
	const published = await weighhouse.ok(suri, 'publish', DIGITS, '--sealed', ...own.args, '--price', '5', ...more);
	return { vault: own, listing: published.listing, offer: published.offer, files: published.files };
}

before(async () => {
	[node, ipfs] = await Promise.all([startNode(), startIpfs()]);
	api = await connect(node.url);
	weighhouse = commandLine({ url: node.url, ipfs: ipfs.url });
	await fund(api, [clerk.address, worker.address]);
	// The numbers that the guide has: two models that are not sealed, and two licences for them.
	const open = await publishAll(api, dave, [{}, {}]);
	for (const each of open) await buy(api, eve, each, (await openOffers(api, dave, each, [{ price: UNIT }]))[0]);
	({ vault, listing, offer, files } = await sell('//Bob', 'bob', '--transferable'));
	await send(api, api.tx.proxy.addProxy(clerk.address, 'Deliver', 0), bob);
	daemon = new Deliverer({ suri: '//Clerk', seller: bob.address, vault, data: at('daemon') }).start(node.url);
	await daemon.ready();
}, { timeout: 180_000 });
after(async () => {
	await api?.disconnect();
	await daemon?.stop();
	await node?.stop();
	await ipfs?.stop();
	folder.remove();
});

describe('what a seller puts away and puts on IPFS', () => {
	test('a vault is an age file that any age opens with its key file', async () => {
		const text = Buffer.from(await decrypt(readFileSync(vault.vault), vault.identity)).toString();
		assert.match(text, /^WEIGHHOUSE-VAULT-1 [0-9a-f]{64}\n?$/);
		assert.equal(statSync(vault.vault).mode & 0o077, 0);
	});

	test('card and licence are open, and all else is not the plaintext', async () => {
		assert.deepEqual(files.filter(({ sealed }) => !sealed).map(({ path }) => path).filter((path) => !/^(README\.md|LICENSE)$/.test(path)), []);
		for (const { path, sealed, cid, size } of files) {
			const [lies, plain] = [await onIpfs(cid), readFileSync(join(DIGITS, path))];
			assert.equal(size, plain.length, path);
			assert.equal(lies.equals(plain), !sealed, path);
			if (!sealed) continue;
			assert.equal(lies.subarray(0, 22).toString(), 'age-encryption.org/v1\n', path);
			if (plain.length >= 32) assert.equal(lies.includes(plain.subarray(0, 32)), false, `${path}: its first bytes can be read`);
		}
	});

	test('the chain names whom the files are sealed for', async () => {
		const identityFile = at('seller.txt');
		await weighhouse.ok(undefined, 'vault', 'identity', vault.vault, `${listing}@1`, '--vault-key', vault.key, '--out', identityFile);
		assert.equal(statSync(identityFile).mode & 0o777, 0o600);
		const identity = readFileSync(identityFile, 'utf8').trim().split('\n').at(-1);
		const { path, cid } = sealedFile();
		assert.deepEqual(Buffer.from(await decrypt(await onIpfs(cid), identity)), readFileSync(join(DIGITS, path)));
	});

	test('nothing opens for an account that bought nothing', async () => {
		const refused = await weighhouse('//Ferdie', 'fetch', listing, '--out', at('nothing'));
		assert.equal(refused.code, 1, refused.stderr);
		assert.equal(refused.error.code, 'no-licence');
	});
});

describe('the guide for Apps', () => {
	const files = { 'digits.key': at('apps.key'), 'digits.txt': at('apps.txt') };
	const cwd = { now: join(repository, 'docs/examples/sealed-apps'), file: at('.cwd') };
	const guide = join(repository, 'docs/guides/buyers-apps.md');
	let shown = {};

	/** What the guide shows as an example becomes what this chain has. */
	const replace = { ...files };
	for (const [name, example] of Object.entries(EXAMPLE)) {
		Object.defineProperty(replace, example, { enumerable: true, get: () => shown[name] ?? example });
	}

	test('a sealed model is bought, opened and paid for as the guide says', async () => {
		shown = {
			genesis: api.genesisHash.toHex(),
			recipient: (await api.call.licensingApi.quote(listing, offer)).asOk.sealed.unwrap().toString(),
			get key() {
				const file = files['digits.key'];
				return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).key : undefined;
			},
		};
		const count = await replay(guide, {
			api, cwd, replace,
			only: (section) => /^7\./.test(section),
			after: async (call, { events }) => {
				if (call !== 'delivery.buy') return;
				const { licence } = events.find(({ method }) => method === 'KeyRequested').data;
				const { point, ciphertext } = shownBy(api, await delivered(licence.toNumber()));
				Object.assign(shown, { point, ciphertext });
			},
		});
		assert.ok(count > 8, `${count} blocks`);
		const identity = readFileSync(files['digits.txt'], 'utf8').trim().split('\n').at(-1);
		const { path, cid } = sealedFile();
		assert.deepEqual(Buffer.from(await decrypt(await onIpfs(cid), identity)), readFileSync(join(DIGITS, path)));
		assert.equal((await api.call.licensingApi.hasLicence(charlie.address, listing, 1, 'Use')).isTrue, true);
	});

	test('a wrong key is proved as the guide says', async () => {
		await daemon.stop();
		const { secret, licence } = await buyByHand(charlie, { listing, offer }, new Uint8Array(32).fill(9));
		writeFileSync(at('wrong.key'), JSON.stringify({ seed: hex(new Uint8Array(32).fill(9)), key: hex(keyOf(secret)) }), { mode: 0o600 });
		await deliverGarbage(api, licence, bob);
		const delivery = await deliveryAt(api, licence);
		const [shared, challenge, response] = complaintOf(secret, delivery);
		replace['digits.key'] = at('wrong.key');
		shown = { ...shownBy(api, delivery), shared, challenge, response };
		assert.ok((await replay(guide, { api, cwd, replace, only: (section) => /^8\./.test(section) })) >= 3);
		assert.equal(await deliveryAt(api, licence), undefined);
		daemon.start(node.url);
		await daemon.ready();
	});
});

describe('a sale by the command line', () => {
	let bought;
	/** Final blocks, each with the best one when it was seen to be final. */
	const finals = [];

	test('`buy` waits for the key, finds it right and pays: each unit arrives where it should', async () => {
		const stop = await api.rpc.chain.subscribeFinalizedHeads(async ({ number }) => {
			finals.push({ final: number.toNumber(), best: (await api.rpc.chain.getHeader()).number.toNumber() });
		});
		bought = await weighhouse.ok('//Dave', 'buy', listing, offer, '--yes');
		stop();
		assert.equal(bought.delivery.state, 'settled');
		assert.ok(bought.finalizeTx.block > bought.tx.block);
		const fee = (PRICE * FEE_PARTS) / PARTS;
		const changed = await changes(api, bought.tx.block, bought.finalizeTx.block, { dave, bob, clerk });
		assert.equal(changed.dave, -PRICE);
		assert.equal(changed.bob, PRICE - fee);
		assert.equal(changed.clerk, 0n);
		assert.equal(changed.issuance, -fee / 2n);
		const told = await until(() => daemon.told.find((each) => each.event === 'delivered' && each.licence === bought.licence), 30_000, 'the daemon\'s word');
		assert.equal(told.amount, String(PRICE));
	});

	test('the key is in a block at most five after its request was final', async () => {
		const [{ in: block }] = daemon.told.filter((each) => each.event === 'delivered' && each.licence === bought.licence);
		assert.ok(block, 'the daemon does not say in which block');
		// Two are enough on a machine that is idle; a daemon that heard nothing would look for another node after thirty blocks.
		const seen = finals.find(({ final }) => final >= bought.tx.block);
		assert.ok(seen, 'the request was not seen to be final');
		const { best } = seen;
		assert.ok(block - best <= 5, `final when ${best} was the best block, delivered in ${block}`);
	});

	test('`fetch` opens the files, and their bytes are the seller\'s', async () => {
		const out = at('fetched');
		const fetched = await weighhouse.ok('//Dave', 'fetch', listing, '--out', out, '--require-licence');
		assert.equal(fetched.verified, true);
		const [got, sent] = [contents(out), contents(DIGITS)];
		assert.deepEqual(Object.keys(got), fetched.files.map(({ path }) => path).sort());
		for (const [name, bytes] of Object.entries(got)) assert.ok(bytes.equals(sent[name]), name);
		// A second run has nothing to do.
		const again = await weighhouse.ok('//Dave', 'fetch', listing, '--out', out);
		assert.deepEqual([...new Set(again.files.map(({ state }) => state))], ['present']);
	});

	test('the file opens with an age that is not ours', async () => {
		const out = at('dave.txt');
		await weighhouse.ok('//Dave', 'delivery', bought.licence, '--identity-out', out);
		const identity = readFileSync(out, 'utf8').trim().split('\n').at(-1);
		const { path, cid } = sealedFile();
		assert.deepEqual(Buffer.from(await decrypt(await onIpfs(cid), identity)), readFileSync(join(DIGITS, path)));
	});

	test('the file opens with stock age', { skip: spawnSync('age', ['--version']).error && 'no `age` on the PATH: the test before has opened the file with typage' }, async () => {
		const { path, cid } = sealedFile();
		writeFileSync(at('model.age'), await onIpfs(cid));
		const opened = await run('age', ['--decrypt', '--identity', at('dave.txt'), at('model.age')]);
		assert.equal(opened.code, 0, opened.stderr);
		assert.ok(opened.bytes.equals(readFileSync(join(DIGITS, path))));
	});

	test('a daemon that starts again delivers nothing twice', async () => {
		await daemon.kill();
		daemon.start(node.url);
		await daemon.ready();
		const once = await weighhouse.ok('//Dave', 'buy', listing, offer, '--yes');
		assert.notEqual(once.licence, bought.licence);
		assert.deepEqual(daemon.events.filter((each) => each.event === 'delivered' && each.licence === bought.licence), []);
	});

	test('a second daemon of the same seller is refused', async () => {
		const second = await weighhouse('//Clerk', 'deliver', ...daemon.args);
		assert.equal(second.code, EXIT.input, second.stderr);
		assert.match(second.error.message, /another `weighhouse deliver`/);
	});

	test('`deliver --once` delivers what is due and ends', async () => {
		await daemon.stop();
		const waiting = await weighhouse.ok('//Dave', 'buy', listing, offer, '--yes', '--no-wait');
		assert.equal(waiting.delivery.state, 'awaiting');
		// It looks at one final block.
		await waitForFinal(api, waiting.tx.block);
		const ended = await weighhouse('//Clerk', 'deliver', ...daemon.args, '--once');
		assert.equal(ended.code, EXIT.ok, ended.stderr);
		await delivered(waiting.licence, 5_000);
		const watched = await weighhouse.ok('//Dave', 'delivery', waiting.licence, '--watch');
		assert.equal(watched.opens, true);
		daemon.start(node.url);
		await daemon.ready();
	});
});

describe('a right key', () => {
	let asked;
	let delivery;

	before(async () => {
		asked = await buyByHand(dave, { listing, offer }, new Uint8Array(32).fill(21));
		delivery = await delivered(asked.licence);
	});

	test('opens with the program for Apps', () => {
		assert.ok(open(asked.secret, deliveryOf(shownBy(api, delivery))));
	});

	test('cannot be disputed: the chain refuses a proof that is right in itself', async () => {
		const refused = await submit(api, api.tx.delivery.complain(asked.licence, ...complaintOf(asked.secret, delivery)), dave);
		assert.equal(refused.error.error, 'KeyIsRight');
		assert.equal((await deliveryAt(api, asked.licence)).state.isDelivered, true);
	});

	test('forged and malformed proofs are refused, each with its error', async () => {
		const [shared, challenge, response] = complaintOf(asked.secret, delivery);
		const [zero, full] = [`0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`];
		for (const [error, ...proof] of [
			['SharedIsIdentity', zero, challenge, response], ['SharedNotAPoint', full, challenge, response],
			['ScalarTooLarge', shared, full, response], ['ScalarTooLarge', shared, challenge, full],
			['BadProof', delivery.key.toHex(), challenge, response], ['BadProof', shared, response, challenge], ['BadProof', shared, challenge, zero],
		]) {
			const refused = await submit(api, api.tx.delivery.complain(asked.licence, ...proof), dave);
			assert.equal(refused.error?.error, error, JSON.stringify(proof));
		}
		const other = await submit(api, api.tx.delivery.complain(asked.licence, shared, challenge, response), charlie);
		assert.equal(other.error.error, 'NotBuyer');
		await send(api, api.tx.delivery.finalize(asked.licence), dave);
		const late = await submit(api, api.tx.delivery.complain(asked.licence, shared, challenge, response), dave);
		assert.equal(late.error.error, 'AlreadySettled');
	});

	test('the command line sends no complaint of it', async () => {
		const bought = await weighhouse.ok('//Dave', 'buy', listing, offer, '--yes', '--keep-open');
		assert.equal(bought.delivery.state, 'delivered');
		// It looks at final blocks.
		const refused = await until(async () => {
			const { code, error } = await weighhouse('//Dave', 'complain', bought.licence);
			return code === EXIT.declined && error;
		}, 30_000, 'the refusal to complain', 1000);
		assert.equal(refused.licence, bought.licence);
		assert.equal((await deliveryAt(api, bought.licence)).state.isDelivered, true);
		await weighhouse.ok('//Dave', 'delivery', bought.licence, '--watch');
	});
});

describe('a wrong key', () => {
	before(async () => {
		bad.wrong = await sell('//Ferdie', 'ferdie');
	});

	/** Delivers garbage to the next one who asks the bad seller. */
	async function deliverNext(known) {
		const asked = await until(async () => {
			const all = await api.call.deliveryApi.deliveries(0, 100);
			return all.find((each) => each.seller.toString() === ferdie.address && each.state.isAwaiting && !known.includes(each.licence.toNumber()));
		}, 60_000, 'a request', 300);
		await deliverGarbage(api, asked.licence.toNumber(), ferdie);
		return asked.licence.toNumber();
	}

	test('`buy` proves it, and has the price and a tenth of the bond; a tenth is burned', async () => {
		const first = (await api.rpc.chain.getHeader()).number.toNumber() + 1;
		const [failed, licence] = await Promise.all([weighhouse('//Charlie', 'buy', bad.wrong.listing, bad.wrong.offer, '--yes'), deliverNext([])]);
		assert.equal(failed.code, EXIT.refunded, failed.stderr);
		assert.deepEqual(failed.error.refund, { licence, reason: 'wrong-key', refunded: String(PRICE), compensation: String(PRICE / 10n), burned: String(PRICE / 10n) });
		const last = (await api.rpc.chain.getHeader()).number.toNumber();
		const changed = await changes(api, first, last, { charlie, ferdie });
		assert.deepEqual(changed, { charlie: PRICE / 10n, ferdie: -PRICE / 5n, issuance: -PRICE / 10n });
		assert.equal((await api.query.licensing.licences(licence)).isNone, true);
		assert.equal(await deliveryAt(api, licence), undefined);
	});

	test('`complain` has the money back of a sale that nobody waited for', async () => {
		const waiting = await weighhouse.ok('//Charlie', 'buy', bad.wrong.listing, bad.wrong.offer, '--yes', '--no-wait');
		await deliverGarbage(api, waiting.licence, ferdie);
		const upheld = await until(async () => {
			const result = await weighhouse('//Charlie', 'complain', waiting.licence);
			return result.code === EXIT.ok && result.json;
		}, 30_000, 'the complaint', 1000);
		assert.deepEqual([upheld.refunded, upheld.compensation, upheld.burned], [PRICE, PRICE / 10n, PRICE / 10n].map(String));
		const changed = await changes(api, upheld.tx.block, upheld.tx.block, { charlie, ferdie });
		assert.deepEqual(changed, { charlie: PRICE / 10n, ferdie: -PRICE / 5n, issuance: -PRICE / 10n });
	});

	test('a proof of one licence is none of another, nor of another key', async () => {
		const [one, two] = [await buyByHand(dave, bad.wrong, new Uint8Array(32).fill(31)), await buyByHand(dave, bad.wrong, new Uint8Array(32).fill(31))];
		for (const { licence } of [one, two]) await deliverGarbage(api, licence, ferdie);
		const proofs = [];
		for (const { secret, licence } of [one, two]) proofs.push(complaintOf(secret, await deliveryAt(api, licence)));
		// Same buyer, key, point and shared point: only the licence differs.
		assert.equal(proofs[0][0], proofs[1][0]);
		const replayed = await submit(api, api.tx.delivery.complain(two.licence, ...proofs[0]), dave);
		assert.equal(replayed.error.error, 'BadProof');
		for (const [index, { licence }] of [one, two].entries()) {
			const upheld = event(await send(api, api.tx.delivery.complain(licence, ...proofs[index]), dave), 'delivery', 'ComplaintUpheld');
			assert.equal(upheld.refunded.toBigInt(), PRICE);
		}
		const again = await submit(api, api.tx.delivery.complain(one.licence, ...proofs[0]), dave);
		assert.equal(again.error.error, 'UnknownDelivery');
	});

	test('a proof of another chain is refused', async () => {
		const { secret, licence } = await buyByHand(dave, bad.wrong, new Uint8Array(32).fill(32));
		await deliverGarbage(api, licence, ferdie);
		const delivery = await deliveryAt(api, licence);
		const there = Object.values(complain(secret, deliveryOf({ ...shownBy(api, delivery), genesis: `0x${'12'.repeat(32)}` }))).map(hex);
		const refused = await submit(api, api.tx.delivery.complain(licence, ...there), dave);
		assert.equal(refused.error.error, 'BadProof');
		await send(api, api.tx.delivery.complain(licence, ...complaintOf(secret, delivery)), dave);
	});

	test('a daemon whose vault does not fit sends no key, and says so', async () => {
		const other = new Deliverer({ suri: '//Ferdie', vault, data: at('misfit') }).start(node.url);
		try {
			assert.deepEqual((await other.ready()).misfits, [`${bad.wrong.listing}@1`]);
			const { secret, licence } = await buyByHand(dave, bad.wrong, new Uint8Array(32).fill(33));
			await until(() => other.events.find((each) => each.event === 'trouble' && each.licence === licence), 40_000, 'the daemon\'s trouble');
			assert.equal((await deliveryAt(api, licence)).state.isAwaiting, true);
			await deliverGarbage(api, licence, ferdie);
			await send(api, api.tx.delivery.complain(licence, ...complaintOf(secret, await deliveryAt(api, licence))), dave);
		} finally {
			await other.stop();
		}
	});
});

describe('a seller who delivers nothing', () => {
	before(async () => {
		bad.late = await sell('//Eve', 'eve');
		await shorten(api, eve.address, 10);
	});

	test('loses a hundredth to the buyer, who has the price back', async () => {
		const first = (await api.rpc.chain.getHeader()).number.toNumber() + 1;
		const failed = await weighhouse('//Charlie', 'buy', bad.late.listing, bad.late.offer, '--yes');
		assert.equal(failed.code, EXIT.refunded, failed.stderr);
		const { licence, ...refund } = failed.error.refund;
		assert.deepEqual(refund, { reason: 'late', refunded: String(PRICE), compensation: String(PRICE / 100n), burned: '0' });
		assert.equal(await deliveryAt(api, licence), undefined);
		const last = (await api.rpc.chain.getHeader()).number.toNumber();
		assert.deepEqual(await changes(api, first, last, { charlie, eve }), { charlie: PRICE / 100n, eve: -PRICE / 100n, issuance: 0n });
	});

	test('is not expired earlier, and is too late with a key afterwards', async () => {
		const { licence, until: last } = await buyByHand(charlie, bad.late, new Uint8Array(32).fill(41));
		const early = await submit(api, api.tx.delivery.expire(licence), dave);
		assert.equal(early.error.error, 'NotOverdue');
		await until(async () => !(await deliveryAt(api, licence)), 60_000, 'the end of the delivery', 300);
		const late = await deliverGarbage(api, licence, eve);
		assert.equal(late.error.error, 'UnknownDelivery');
		assert.ok(late.number > last);
	});

	test('is not bought from by who would not wait that long', async () => {
		const refused = await weighhouse('//Charlie', 'buy', bad.late.listing, bad.late.offer, '--yes', '--within', '9');
		assert.equal(refused.code, EXIT.chain);
		assert.equal(refused.error.chain.name, 'DeliveryTooSlow');
	});
});

describe('a licence that is handed on', () => {
	let bought;

	before(async () => {
		bought = await weighhouse.ok('//Charlie', 'buy', listing, offer, '--yes');
		await weighhouse.ok('//Charlie', 'transfer', bought.licence, '//Alice');
	});

	test('opens for its new holder only when the key came again', async () => {
		const early = await weighhouse('//Alice', 'fetch', listing, '--out', at('early'));
		assert.equal(early.code, 1);
		assert.equal(early.error.code, 'no-key');
		const again = await weighhouse.ok('//Alice', 'redeliver', bought.licence, '--yes');
		assert.equal(again.opens, true);
		const changed = await changes(api, again.tx.block, again.finalizeTx.block, { bob });
		assert.equal(changed.bob, FEE);
		const out = at('handed-on');
		await weighhouse.ok('//Alice', 'fetch', listing, '--out', out, '--require-licence');
		assert.ok(contents(out)['model.onnx'].equals(readFileSync(join(DIGITS, 'model.onnx'))));
	});

	test('gives the one before no key', async () => {
		const refused = await weighhouse('//Charlie', 'redeliver', bought.licence, '--yes');
		assert.equal(refused.code, EXIT.chain);
		assert.equal(refused.error.chain.name, 'NotHolder');
	});

	test('gives the deposit back with the record of the delivery', async () => {
		const removed = await weighhouse.ok('//Alice', 'delivery', bought.licence, '--remove', '--yes');
		assert.equal(removed.deposit, (await api.call.deliveryApi.deliveryDeposit()).toString());
		assert.equal(await deliveryAt(api, bought.licence), undefined);
	});
});

describe('a model that is published again', () => {
	test('in the open, by who bought it: the chain names the first to publish it', async () => {
		const copied = await weighhouse.ok('//Dave', 'publish', at('fetched'));
		assert.deepEqual([copied.sameBytesAs.listing, copied.sameBytesAs.version], [listing, 1]);
		const [first, version] = (await api.call.listingsApi.byArtifactRoot(copied.artifactRoot)).unwrap();
		assert.deepEqual([first.toNumber(), version.toNumber()], [listing, 1]);
	});

	test('in another version, by the same vault: under a key of its own', async () => {
		const published = await weighhouse.ok('//Bob', 'publish', copied('next'), '--listing', listing, '--sealed', ...vault.args);
		assert.equal(published.version, 2);
		const [one, two] = await Promise.all([1, 2].map(async (version) => (await weighhouse.ok(undefined, 'vault', 'show', vault.vault, `${listing}@${version}`, '--vault-key', vault.key)).recipient));
		assert.notEqual(one, two);
		const { cid } = published.files.find(({ path }) => path === 'model.onnx');
		const identity = readFileSync(at('dave.txt'), 'utf8').trim().split('\n').at(-1);
		await assert.rejects(onIpfs(cid).then((bytes) => decrypt(bytes, identity)));
	});
});

describe('a licence with the right to serve', () => {
	test('lets a worker answer with a sealed model', { timeout: 300_000 }, async () => {
		const served = await weighhouse.ok('//Bob', 'publish', copied('served'), '--sealed', ...vault.args, '--price', '5', '--rights', 'use-and-serve', '--serving', 'licensed');
		const calls = await weighhouse.ok('//Bob', 'offer', served.listing, '--price', '0.5', '--term', 'per-call');
		await send(api, api.tx.sudo.sudo(api.tx.parameters.setParameter({ Market: { AuditChance: [null, 10_000_000] } })), alice);
		const bought = await weighhouse.ok('//Server', 'buy', served.listing, served.offer, '--yes');
		const identity = at('served.txt');
		await weighhouse.ok('//Server', 'delivery', bought.licence, '--identity-out', identity);

		const without = await weighhouse('//Server', 'work', '--gateway-listen', `127.0.0.1:${await freePort()}`, '--data', at('without'), '--courier', 'rpc', '--serve', `${served.listing}:0.05`);
		assert.notEqual(without.code, EXIT.ok, 'a worker began to serve what it cannot open');
		assert.match(without.error.message + (without.error.hint ?? ''), /--identity/);

		const server = await Worker.of('//Server', at('server'));
		server.start({ url: node.url, ipfs: ipfs.url, serve: [[served.listing, '0.05']], courier: 'rpc', extra: ['--identity', identity] });
		try {
			await server.ready(120_000);
			const [{ inputs, outputs }] = JSON.parse(readFileSync(join(DIGITS, 'test-vectors.json'), 'utf8')).vectors;
			const asked = await weighhouse.ok('//Dave', 'ask', served.listing, '--input', JSON.stringify({ inputs }), '--mode', 'solo', '--reward', '0.05', '--offer', calls.offer, '--yes', { timeout: 200_000 });
			assert.deepEqual(asked.receipt.agreed, [worker.address]);
			const labels = (all) => all.find(({ name }) => name === 'labels').data;
			assert.deepEqual(labels(asked.outputs), labels(outputs));
		} finally {
			await server.stop();
		}
	});
});
