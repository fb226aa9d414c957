// Where a node runs: on loopback, or in a network namespace of its own that a bridge joins to the others, so that
// it can be cut off. Needs the namespaces of run.sh; all of it is gone when that process ends.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readlinkSync } from 'node:fs';
import { Service, freePort } from '../../e2e/lib/process.mjs';

/** Whether run.sh made namespaces for this program. */
export const inNamespace = process.env.WEIGHHOUSE_NAMESPACE === 'yes';

const SUBNET = '10.77.0';
/** Each transfer that is watched is one. */
const SUBSCRIPTIONS = 16_384;
const BRIDGE = 'weighhouse0';
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** This machine's loopback, which every node shares. */
export class Loopback {
	host = '127.0.0.1';
	enter = [];
	subscriptions = SUBSCRIPTIONS;

	/** Takes these ports, or free ones. */
	static async of({ rpc, p2p, metrics } = {}) {
		return Object.assign(new Loopback(), { rpc: rpc ?? (await freePort()), p2p: p2p ?? (await freePort()), metrics: metrics ?? (await freePort()) });
	}

	get rpcFlags() {
		return ['--rpc-port', String(this.rpc), '--rpc-methods', 'unsafe', '--rpc-max-subscriptions-per-connection', String(this.subscriptions)];
	}

	stop() {}
}

/** A namespace with one address, which only the bridge's other ends reach. */
export class Island {
	rpc = 9944;
	p2p = 30333;
	metrics = 9615;
	subscriptions = SUBSCRIPTIONS;
	#dropped = new Set();

	static #bridged = false;

	static async of(number) {
		if (!Island.#bridged) {
			ip('link', 'add', BRIDGE, 'type', 'bridge');
			ip('addr', 'add', `${SUBNET}.254/24`, 'dev', BRIDGE);
			ip('link', 'set', BRIDGE, 'up');
			Island.#bridged = true;
		}
		const island = new Island();
		island.host = `${SUBNET}.${number}`;
		// A namespace lives as long as a process in it; nodes come and go.
		island.keeper = new Service(`namespace ${number}`, 'unshare', ['--net', 'sleep', 'infinity']);
		const { pid } = island.keeper;
		island.enter = ['nsenter', '-t', String(pid), '-n', '--'];
		// Its first moments are spent in this namespace still.
		await island.keeper.ready(() => readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'), 5_000);
		ip('link', 'add', `weighhouse${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
		ip('link', 'set', `weighhouse${number}`, 'master', BRIDGE, 'up');
		island.#inside('link', 'set', 'lo', 'up');
		island.#inside('addr', 'add', `${island.host}/24`, 'dev', 'eth0');
		island.#inside('link', 'set', 'eth0', 'up');
		return island;
	}

	#inside(...args) {
		execFileSync(this.enter[0], [...this.enter.slice(1), 'ip', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	}

	/** One address that only this sealed network reaches. Without `cors` any name of the host is let in. */
	get rpcFlags() {
		return ['--experimental-rpc-endpoint', `listen-addr=${this.host}:${this.rpc},methods=unsafe,max-subscriptions-per-connection=${this.subscriptions}`];
	}

	/** Nothing passes between it and these others any more, either way; who asks by RPC still reaches it. */
	cut(others) {
		for (const other of others) {
			this.#drop(other.host);
			other.#drop(this.host);
		}
	}

	heal(others) {
		for (const other of others) {
			this.#pass(other.host);
			other.#pass(this.host);
		}
	}

	#drop(host) {
		if (this.#dropped.has(host)) return;
		this.#inside('route', 'add', 'blackhole', `${host}/32`);
		this.#dropped.add(host);
	}

	#pass(host) {
		if (this.#dropped.delete(host)) this.#inside('route', 'del', 'blackhole', `${host}/32`);
	}

	stop() {
		return this.keeper.stop('SIGKILL');
	}
}

/** A namespace of its own if there are any, else loopback. */
export const placeOf = (number) => (inNamespace ? Island.of(number) : Loopback.of());

/** A small disk at `path`. It is memory, and ends with the namespace. */
export function mountSmallDisk(path, mebibytes) {
	mkdirSync(path, { recursive: true });
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'weighhouse', path]);
	return () => execFileSync('umount', ['--lazy', path]);
}
