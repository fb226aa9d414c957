// A development chain with workers at work, as measuring programs need it: nodes, IPFS, a model, gateways.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, ferdie, send } from './chain.mjs';
import { commandLine } from './cli.mjs';
import { startIpfs } from './ipfs.mjs';
import { startNode } from './node.mjs';
import { repository } from './paths.mjs';
import { scratch, until } from './process.mjs';
import { Worker, carrying, fund } from './workers.mjs';

export const DIGITS = join(repository, 'dev/models/digits');

/** Puts each question of the model's test vectors where workers find it. */
async function putInputs(ipfs) {
	const { vectors } = JSON.parse(readFileSync(join(DIGITS, 'test-vectors.json'), 'utf8'));
	return Promise.all(vectors.slice(0, 10).map(async ({ inputs }) => {
		const bytes = JSON.stringify({ inputs });
		const body = new FormData();
		body.append('file', new Blob([bytes]), 'input.json');
		const put = await fetch(`${ipfs.url}/api/v0/block/put?cid-codec=raw&mhtype=sha2-256`, { method: 'POST', body });
		return { cid: (await put.json()).Key, hash: createHash('sha256').update(bytes).digest() };
	}));
}

/** Until a full node has caught up: its pool takes transactions from the first block on that came after that. */
async function caughtUp(node) {
	let synced;
	await until(async () => {
		const { peers, isSyncing } = await node.rpc('system_health');
		const best = Number((await node.rpc('chain_getHeader')).number);
		if (peers > 0 && !isSyncing && best > 0) synced ??= best;
		return best > synced;
	}, 60_000, 'a full node that has caught up');
}

export class House {
	/** Nodes, the one that makes blocks first. */
	nodes = [];
	workers = [];
	folder = scratch('weighhouse-house-');

	/**
	 * Starts a node that makes blocks and full nodes of its chain: node i carries for `carries[i]` workers. Nobody
	 * works yet. `log` are the nodes' log levels.
	 */
	async start(carries, log = 'info') {
		const count = carries.reduce((all, one) => all + one, 0);
		this.workers = await Promise.all(Array.from({ length: count }, (_, index) => Worker.of(`//Worker${index + 1}`, join(this.folder.path, `worker-${index + 1}`))));
		// Each program that runs listens for the end of this one.
		process.setMaxListeners(count + 20);
		// Who ends this one ends them, too, and leaves nothing behind.
		for (const name of ['SIGINT', 'SIGTERM']) {
			process.once(name, () => {
				process.once('exit', () => this.folder.remove());
				process.exit(1);
			});
		}
		const ipfs = startIpfs({ repo: join(this.folder.path, 'ipfs') });
		ipfs.then((started) => { this.ipfs = started; }, () => {});
		let next = 0;
		const shares = carries.map((own) => this.workers.slice(next, next += own));
		const startOne = async (index) => {
			this.nodes[index] = await startNode({
				base: join(this.folder.path, `node-${index}`), of: this.nodes[0],
				extra: [`-l${log}`, ...carrying(shares[index].map((worker) => [worker.suri, worker.gateway]))],
			});
			for (const worker of shares[index]) worker.node = this.nodes[index];
		};
		for (const index of shares.keys()) await startOne(index);
		await ipfs;
		this.inputs = await putInputs(this.ipfs);
		this.api = await connect(this.nodes[0].url);
		await Promise.all(this.nodes.slice(1).map(caughtUp));
		this.weighhouse = commandLine({ url: this.nodes[0].url, ipfs: this.ipfs.url });
		await fund(this.api, this.workers.map(({ address }) => address));
		this.nonces = new Map();
		return this;
	}

	/** Publishes digits in somebody's name, and answers the listing. */
	async publish(suri) {
		return (await this.weighhouse.ok(suri, 'publish', DIGITS)).listing;
	}

	/** Starts the workers, each for the listings that `serves` names for it, and waits until they wait for work. */
	async work(serves) {
		for (const worker of this.workers) worker.start({ url: worker.node.url, ipfs: this.ipfs.url, serve: serves(worker).map((listing) => [listing, '0.05']) });
		await Promise.all(this.workers.map((worker) => worker.ready()));
	}

	/** Sends a call without waiting for its block; calls of one signer enter in this order. */
	async submit(tx, signer) {
		const nonce = this.nonces.get(signer.address) ?? (await this.api.rpc.system.accountNextIndex(signer.address)).toNumber();
		this.nonces.set(signer.address, nonce + 1);
		return this.api.rpc.author.submitExtrinsic(await tx.signAsync(signer, { nonce, era: 0 }));
	}

	/** Asks a listing about one digit after the other. */
	request(listing, mode, access, reward, signer = ferdie) {
		this.asked = (this.asked ?? 0) + 1;
		const input = this.inputs[this.asked % this.inputs.length];
		return this.submit(this.api.tx.inference.request(listing, 1, mode, access, reward, input.cid, input.hash), signer);
	}

	/** Sends a call in order with `submit`'s and waits for its block. */
	async send(tx, signer) {
		this.nonces.delete(signer.address);
		return send(this.api, tx, signer);
	}

	/** Figures of all gateways: counters and the sums of histograms, by name and label. */
	async counters() {
		return Promise.all(this.workers.map(async ({ suri, gateway }) => {
			const text = await (await fetch(`${gateway}/metrics`)).text();
			const counts = {};
			for (const [, name, label, value] of text.matchAll(/^weighhouse_work_(\w+)(?:\{(?:\w+="([^"]*)")\})? (\S+)$/gm)) {
				if (!name.endsWith('_bucket')) counts[label ? `${name} ${label}` : name] = Number(value);
			}
			return { suri, counts };
		}));
	}

	async stop() {
		await this.api?.disconnect();
		await Promise.all(this.workers.map((worker) => worker.stop()));
		for (const node of this.nodes.toReversed()) await node?.stop();
		await this.ipfs?.stop();
		this.folder.remove();
	}
}
