// One node of a network: started, killed and asked many times over on the same database.
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { account } from '../../e2e/lib/chain.mjs';
import { subcommand } from '../../e2e/lib/node.mjs';
import { nodeBinary } from '../../e2e/lib/paths.mjs';
import { Service, sleep, until } from '../../e2e/lib/process.mjs';
import { placeOf } from './place.mjs';
import { Votes } from './votes.mjs';

/** The validators of the preset `local4`, in its order. */
export const VALIDATORS = ['alice', 'bob', 'charlie', 'dave'];

const PATIENCE = 10_000;
/** Where a chain keeps its runtime: `:code`. */
const CODE = '0x3a636f6465';

/** The name that `--alice` and its like give in accounts: `//Alice`. */
export const suriOf = (name) => `//${name[0].toUpperCase()}${name.slice(1)}`;

/**
 * Writes the specification that all nodes start from, and answers its file. With `runtime`, the file of another one
 * than the node's (runtime.sh), the chain begins with that.
 */
export async function chainSpec(folder, chain = 'local4', runtime = undefined) {
	const { code, stdout, stderr } = await subcommand(['export-chain-spec', '--chain', chain, '--raw']);
	if (code !== 0) throw new Error(`export-chain-spec: ${stderr}`);
	const file = join(folder, 'chain.json');
	if (runtime) {
		const spec = JSON.parse(stdout);
		spec.id += '_variant';
		spec.genesis.raw.top[CODE] = `0x${readFileSync(runtime).toString('hex')}`;
		writeFileSync(file, JSON.stringify(spec));
	} else {
		writeFileSync(file, stdout);
	}
	return file;
}

/** The GRANDPA keys that the chain has of its validators, by their names, as `grandpa_roundState` writes them. */
export async function grandpaKeys(api) {
	const queued = new Map((await api.query.session.queuedKeys()).map(([who, keys]) => [who.toString(), keys.grandpa.toHex()]));
	return Object.fromEntries(VALIDATORS.map((name) => [name, api.createType('AccountId32', queued.get(account(suriOf(name)).address)).toString()]));
}

/** The four validators of `local4`, each in its place, all with these flags. They have not been started. */
export function validators({ folder, logs, spec, flags = [] }) {
	return Promise.all(VALIDATORS.map(async (name, index) => {
		const number = index + 1;
		return Peer.of({ name, number, place: await placeOf(number), folder, logs, spec, flags: [`--${name}`, ...flags] });
	}));
}

/** Ends these nodes, and then the places that they ran in. */
export async function endAll(peers) {
	await Promise.all(peers.map((peer) => peer.stop()));
	await Promise.all(peers.map(({ place }) => place.stop()));
}

/** What the logs of these nodes say about validators that signed two things at once. */
export const equivocations = (peers) => peers.flatMap((peer) => peer.equivocations.map((line) => `${peer.name}: ${line}`));

/** How many offences the chain keeps, as a node's last final block has them. */
export async function offences(api, peer) {
	const prefix = api.query.offences.reports.keyPrefix();
	const keys = await peer.rpc('state_getKeysPaged', prefix, 100, prefix, await peer.rpc('chain_getFinalizedHead'));
	return keys.length;
}

export class Peer {
	/** How often it was started. */
	starts = 0;
	/** Lines of its log that say that somebody contradicted itself, or that the node broke. */
	equivocations = [];
	panics = [];
	/** Its votes, if its log tells them. */
	votesGiven = new Votes();

	/** `flags` are its own, such as `--alice`; `base` is where its database lies, `logs` where its log goes. */
	static async of({ name, number, place, folder, logs = folder, spec, flags, base }) {
		const peer = Object.assign(new Peer(), { name, place, spec, flags, base: base ?? join(folder, name) });
		mkdirSync(folder, { recursive: true });
		const key = join(folder, `${name}.node-key`);
		// Not a secret: it only makes the name of the node on the network known before it runs.
		writeFileSync(key, String(number).padStart(64, '0'));
		const { code, stdout, stderr } = await subcommand(['key', 'inspect-node-key', '--file', key]);
		if (code !== 0) throw new Error(`inspect-node-key: ${stderr}`);
		peer.key = key;
		peer.address = `/ip4/${place.host}/tcp/${place.p2p}/p2p/${stdout.trim()}`;
		peer.logFile = createWriteStream(join(logs, `${name}.log`));
		return peer;
	}

	/** A node that somebody else runs. */
	static at(name, url) {
		const { hostname, port } = new URL(url);
		return Object.assign(new Peer(), { name, place: { host: hostname, rpc: Number(port) } });
	}

	get url() {
		return `ws://${this.place.host}:${this.place.rpc}`;
	}

	get up() {
		return Boolean(this.service && !this.service.end);
	}

	/** Starts it with the others as its reserved peers. It need not answer yet. */
	start(others = this.others) {
		this.others = others;
		this.starts += 1;
		this.began = Date.now();
		this.answered = false;
		const { host, p2p, metrics, enter } = this.place;
		const [command, ...args] = [
			...enter, nodeBinary(), '--chain', this.spec, '--base-path', this.base, '--name', this.name, ...this.flags,
			'--node-key-file', this.key, '--listen-addr', `/ip4/${host}/tcp/${p2p}`,
			...this.place.rpcFlags,
			'--prometheus-port', String(metrics), '--no-telemetry', '--no-mdns',
			...others.filter((other) => other !== this).flatMap(({ address }) => ['--reserved-nodes', address]),
		];
		this.service = new Service(this.name, command, args);
		this.votesGiven.restarted();
		let rest = '';
		const read = (chunk) => {
			this.logFile.write(chunk);
			const lines = (rest + chunk).split('\n');
			rest = lines.pop();
			for (const line of lines) {
				const wrong = this.votesGiven.read(line);
				if (wrong) this.equivocations.push(wrong);
				if (/equivocat/i.test(line)) this.equivocations.push(line);
				if (/panicked at|Essential task .* failed/.test(line)) this.panics.push(line);
			}
		};
		this.service.child.stdout.on('data', read);
		this.service.child.stderr.on('data', read);
		return this;
	}

	/** Waits until it answers. */
	async ready(ms = 60_000) {
		await this.service.ready(() => this.rpc('system_health'), ms);
		this.answered = true;
		return this;
	}

	/** Ends it as a power cut would end its process. */
	kill() {
		return this.service.stop('SIGKILL');
	}

	stop() {
		return this.service?.stop();
	}

	signal(name) {
		this.service.signal(name);
	}

	/** Holds it up for a while. */
	async hold(ms) {
		this.signal('SIGSTOP');
		await sleep(ms);
		this.signal('SIGCONT');
	}

	/** One request over HTTP; throws the node's own error. */
	async rpc(method, ...params) {
		const answer = await fetch(`http://${this.place.host}:${this.place.rpc}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
			signal: AbortSignal.timeout(PATIENCE),
		}).then((response) => response.json());
		if (answer.error) throw Object.assign(new Error(`${this.name} ${method}: ${answer.error.message}`), answer.error);
		return answer.result;
	}

	async best() {
		return Number((await this.rpc('chain_getHeader')).number);
	}

	/** The last final block that it knows: `{ number, hash, parent }`. */
	async final() {
		const hash = await this.rpc('chain_getFinalizedHead');
		const header = await this.rpc('chain_getHeader', hash);
		return { number: Number(header.number), hash, parent: header.parentHash };
	}

	/** Waits until it says final a block above this height. */
	async finalBeyond(height, ms, what = `${this.name} final beyond ${height}`) {
		return until(async () => (await this.final()).number > height, ms, what, 250);
	}

	/**
	 * Which of its GRANDPA votes in the round at hand have been cast: `{ round, prevoted, precommitted }`. `id` is
	 * its key.
	 */
	async votes(id) {
		const { setId, best } = await this.rpc('grandpa_roundState');
		return { setId, round: best.round, prevoted: !best.prevotes.missing.includes(id), precommitted: !best.precommits.missing.includes(id) };
	}
}
