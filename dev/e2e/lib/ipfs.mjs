import { join } from 'node:path';
import { repository } from './paths.mjs';
import { Service, freePort, scratch } from './process.mjs';

/** Starts the repository's IPFS node on free loopback ports, with a store that `stop()` removes. */
export async function startIpfs({ repo, rpc: wanted } = {}) {
	const own = repo ? undefined : scratch('weighhouse-ipfs-');
	const [rpc, gateway] = [wanted ?? (await freePort()), await freePort()];
	const url = `http://127.0.0.1:${rpc}`;
	const service = new Service('weighhouse-ipfs', process.execPath, [
		join(repository, 'dev/ipfs/src/main.js'),
		'--rpc', url, '--gateway', `http://127.0.0.1:${gateway}`, '--repo', repo ?? own.path,
	]);
	const ipfs = {
		service,
		url,
		port: rpc,
		gateway: `http://127.0.0.1:${gateway}`,
		async stop() {
			const end = await service.stop();
			own?.remove();
			return end;
		},
	};
	try {
		await service.ready(() => fetch(`${url}/api/v0/id`, { method: 'POST', signal: AbortSignal.timeout(2000) }).then(({ ok }) => ok), 60_000);
	} catch (error) {
		await ipfs.stop();
		throw error;
	}
	return ipfs;
}

/** Adds bytes as one file and answers its content id. */
export async function add(url, name, bytes) {
	const body = new FormData();
	body.append('file', new Blob([bytes]), name);
	const answer = await fetch(`${url}/api/v0/add?cid-version=1&raw-leaves=true`, { method: 'POST', body });
	if (!answer.ok) throw new Error(`add: ${answer.status} ${await answer.text()}`);
	return JSON.parse((await answer.text()).trim().split('\n').at(-1)).Hash;
}
