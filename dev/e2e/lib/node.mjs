import { nodeBinary } from './paths.mjs';
import { Service, freePort, run, scratch } from './process.mjs';

/** One JSON-RPC request over HTTP; throws the node's own error. */
export async function rpc(port, method, params = []) {
	const answer = await fetch(`http://127.0.0.1:${port}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
		signal: AbortSignal.timeout(30_000),
	}).then((response) => response.json());
	if (answer.error) throw Object.assign(new Error(`${method}: ${answer.error.message}`), answer.error);
	return answer.result;
}

/**
 * Starts a development chain on free loopback ports. With `base` the chain is kept there,
 * otherwise it lives in a folder that `stop()` removes. With `of` it is no validator but a full node
 * of that other node's chain. With `metrics` it shows Prometheus its metrics on that port.
 */
export async function startNode({ base, port: wanted, p2p: wantedP2p, extra = [], of, metrics } = {}) {
	const own = base ? undefined : scratch('weighhouse-node-');
	const [port, p2p] = [wanted ?? (await freePort()), wantedP2p ?? (await freePort())];
	const role = of
		? ['--chain', 'dev', '--reserved-nodes', `/ip4/127.0.0.1/tcp/${of.p2p}/p2p/${await rpc(of.port, 'system_localPeerId')}`]
		: ['--dev'];
	const service = new Service('weighhouse-node', nodeBinary(), [
		...role, '--base-path', base ?? own.path,
		'--rpc-port', String(port), '--listen-addr', `/ip4/127.0.0.1/tcp/${p2p}`,
		...(metrics ? ['--prometheus-port', String(metrics)] : ['--no-prometheus']), '--no-telemetry', '--no-mdns', '--rpc-methods', 'unsafe', ...extra,
	]);
	const node = {
		service,
		port,
		p2p,
		metrics,
		url: `ws://127.0.0.1:${port}`,
		rpc: (method, ...params) => rpc(port, method, params),
		async stop(signal) {
			const end = await service.stop(signal);
			own?.remove();
			return end;
		},
	};
	try {
		await service.ready(() => rpc(port, 'system_health'), 60_000);
	} catch (error) {
		await node.stop('SIGKILL');
		throw error;
	}
	return node;
}

/** Runs a subcommand of the node to its end. */
export const subcommand = (args, options) => run(nodeBinary(), args, { timeout: 120_000, ...options });
