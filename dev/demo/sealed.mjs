// The demo's steps with sealed models: the key comes with the payment and opens the files, also without anything of ours; a
// wrong key is proved, and the money comes back.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Decrypter } from 'age-encryption';
import { repository } from '../e2e/lib/paths.mjs';
import { until } from '../e2e/lib/process.mjs';
import { wgh } from './show.mjs';

export const SEALED_STEPS = 4;

const SELLER = '//Bob';
const CHEAT = '//Eve';
const BUYER = '//Dave';
const MODEL = 'reranker-2';
const PRICE = '5';
const BOND = '10';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Debian's program, with nothing in its environment but where to find it; `undefined` if it is not installed. */
function stockAge(...args) {
	const run = spawnSync('age', args, { env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, encoding: 'utf8' });
	return run.error ? undefined : run;
}

/** Runs the steps from `sealed_buy` on. */
export async function sealed({ step, show, services, weighhouse, attempt, publish, expect, folder }) {
	const place = (...names) => relative(repository, join(folder, ...names));
	// Made for this demo alone; a passphrase of your own is asked for on the terminal.
	writeFileSync(join(folder, 'passphrase.txt'), 'demo\n', { mode: 0o600 });
	const withVault = (name) => ['--vault', place(`${name}.vault`), '--passphrase-file', place('passphrase.txt')];

	/** A bond and a sealed model of somebody. */
	async function sell(record, suri, name) {
		await weighhouse(undefined, 'vault', 'create', place(`${name}.vault`), '--passphrase-file', place('passphrase.txt'));
		const { bond } = await weighhouse(suri, 'seller', 'bond', BOND);
		const { files, recipient } = await publish(record, suri, `dev/models/${MODEL}`, PRICE, '--sealed', ...withVault(name));
		const [{ path, cid, sha256: digest }] = files.filter((file) => file.sealed && file.path.endsWith('.onnx'));
		const lies = await services.onIpfs(cid);
		expect(sha256(lies) !== digest, `${path} lies on IPFS for all to read`);
		show.fact('sealed', `for ${recipient}; ${path} begins with "${lies.subarray(0, 21)}" on IPFS`);
		Object.assign(record.ids, { recipient, sealed: { path, cid, sha256: digest } });
		record.amounts = { bond, price: (BigInt(PRICE) * 10n ** 12n).toString() };
		return record.ids;
	}

	const bought = await step('sealed_buy', 'Bob sells a model whose files are sealed; Dave pays, and the money waits on Dave\'s account', async (record) => {
		const { listing, offer } = await sell(record, SELLER, 'bob');
		const asked = await weighhouse(BUYER, 'buy', String(listing), String(offer), '--yes', '--no-wait');
		const { licence, buyer, price, delivery } = asked;
		expect(delivery.state === 'awaiting', `the delivery is ${delivery.state}`);
		Object.assign(record.ids, { licence, buyer, seller: delivery.seller, key: delivery.key, until: delivery.until, asked: asked.tx.block });
		Object.assign(record.amounts, { held: delivery.amount, cover: delivery.cover });
		show.fact('held', `${wgh(price)}, until the key is here or block ${delivery.until} is over; Bob's bond covers it with ${wgh(delivery.cover)}`);
	});
	const { licence } = bought.ids;

	await step('deliver', 'Bob\'s daemon delivers the key, sealed for Dave alone; it opens the files, and now Bob is paid', async (record) => {
		const told = [];
		const args = withVault('bob');
		show.command(['weighhouse', 'deliver', ...args, '--suri', SELLER]);
		await services.startDeliver(SELLER, args, (event) => {
			told.push(event);
			if (event.event === 'delivered') show.fact('daemon', `delivered the key for licence ${event.licence}${event.in ? `, in block ${event.in}` : ''}`);
		});
		const opened = await weighhouse(BUYER, 'delivery', String(licence), '--watch');
		expect(opened.opens, 'the key does not open the files');
		await until(() => told.find(({ event, licence: of }) => event === 'delivered' && of === licence), 30_000, 'the daemon\'s word');
		const out = join(folder, 'opened');
		const fetched = await weighhouse(BUYER, 'fetch', `${bought.ids.listing}@${bought.ids.version}`, '--require-licence', '--out', relative(repository, out));
		expect(fetched.verified, 'the files were not verified');
		record.ids = { licence, receipt: opened.receipt, finalized: opened.finalizeTx.block, point: opened.sealed.point, ciphertext: opened.sealed.ciphertext, artifactRoot: fetched.artifactRoot };
		record.amounts = { files: fetched.files.length, sealed: fetched.files.filter((file) => file.sealed).length };
		record.directory = relative(repository, out);
		show.fact('paid', `in block ${opened.finalizeTx.block}, receipt ${opened.receipt}`);
		show.fact('files', `${fetched.files.length} in ${record.directory}, ${record.amounts.sealed} of them were sealed`);
	});

	await step('stock_age', 'The file that lies on IPFS opens with stock age, without anything of ours', async (record) => {
		const { path, cid, sha256: digest } = bought.ids.sealed;
		const [key, age, out] = ['sealed.key', 'sealed.age', 'by-age.onnx'].map((name) => join(folder, name));
		await weighhouse(BUYER, 'delivery', String(licence), '--identity-out', relative(repository, key));
		writeFileSync(age, await services.onIpfs(cid));
		const version = stockAge('--version');
		if (version) {
			show.command(['env', '-i', 'age', '--decrypt', '--identity', relative(repository, key), '--output', relative(repository, out), relative(repository, age)]);
			const { status, stderr } = stockAge('--decrypt', '--identity', key, '--output', out, age);
			expect(status === 0, `age: ${stderr}`);
		} else {
			show.note('there is no `age` here, which Debian has as a package; typage, its port to JavaScript, opens the file');
			const decrypter = new Decrypter();
			decrypter.addIdentity(readFileSync(key, 'utf8').trim().split('\n').at(-1));
			writeFileSync(out, await decrypter.decrypt(readFileSync(age)));
		}
		expect(existsSync(out) && sha256(readFileSync(out)) === digest, 'other bytes than those of the manifest');
		record.ids = { licence, cid, sha256: digest };
		record.tool = version ? `age ${version.stdout.trim()}` : 'typage 0.3.1';
		record.file = relative(repository, out);
		record.sealedFile = relative(repository, age);
		// Whoever has the key reads all that is sealed in this version.
		rmSync(key);
		show.fact('opened', `${path} by ${record.tool}, SHA-256 ${digest}`);
	});

	await step('wrong_key', 'Eve\'s daemon is altered and delivers a wrong key; Dave proves it, and has the money back', async (record) => {
		const { listing, offer } = await sell(record, CHEAT, 'eve');
		const altered = await services.startAlteredDeliver(CHEAT);
		const args = ['buy', String(listing), String(offer), '--yes'];
		show.command(['weighhouse', ...args, '--suri', BUYER]);
		const { code, error } = await attempt(BUYER, ...args);
		expect(code === 10 && error.refund?.reason === 'wrong-key', `the purchase ended with exit code ${code}: ${error?.message ?? 'it was paid for'}`);
		await services.stopAltered(altered);
		show.fact('proved', error.message);
		const { licence: cancelled, refunded, compensation, burned } = error.refund;
		const { bond } = await weighhouse(undefined, 'seller', 'show', CHEAT);
		Object.assign(record.ids, { licence: cancelled, buyer: bought.ids.buyer });
		Object.assign(record.amounts, { refunded, compensation, burned, bondLeft: bond });
		show.fact('back', `${wgh(refunded)}, and ${wgh(compensation)} of Eve's bond`);
		show.fact('bond', `of Eve: ${wgh(bond)} left of ${wgh(record.amounts.bond)}; ${wgh(burned)} were burned`);
	});
}
