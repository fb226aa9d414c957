import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
export const MIB = 1024 * 1024;

/** A folder that is removed after the test. */
export async function temporary(t) {
	const folder = await mkdtemp(path.join(tmpdir(), 'weighhouse-ipfs-'));
	t.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/** Starts the command on ports of its own and waits until it says that it is ready. Ended after the test. */
export async function start(t, { repo, flags = [], env = {} } = {}) {
	repo ??= path.join(await temporary(t), 'repo');
	const child = spawn(process.execPath, [MAIN, '--rpc', '127.0.0.1:0', '--gateway', '127.0.0.1:0', '--repo', repo, ...flags], {
		env: { PATH: process.env.PATH, HOME: repo, ...env },
		stdio: ['ignore', 'pipe', 'pipe']
	});
	const exited = once(child, 'exit');
	const daemon = {
		child,
		repo,
		log: '',
		stop: async (signal = 'SIGTERM') => {
			child.kill(signal);
			return (await exited)[0];
		}
	};
	t.after(() => daemon.stop('SIGKILL'));
	child.stderr.on('data', (data) => { daemon.log += data; });
	const lines = createInterface({ input: child.stdout });
	const ready = (async () => {
		for await (const line of lines) {
			const [, name, value] = /^ {2}(\w+) +(\S+)/.exec(line) ?? [];
			if (name === 'RPC') daemon.rpc = value;
			if (name === 'gateway') daemon.gateway = value.replace('/ipfs/CID', '');
			if (name === 'peers') return;
		}
	})();
	await Promise.race([ready, exited]);
	if (daemon.rpc === undefined) throw new Error(`the node did not start: ${daemon.log}`);
	// A line may arrive after the answer that it is about.
	daemon.logged = (pattern) => until(() => pattern.test(daemon.log));
	daemon.call = (route, options = {}) => fetch(`${daemon.rpc}/api/v0/${route}`, { method: 'POST', ...options });
	daemon.get = (cid, options) => fetch(`${daemon.gateway}/ipfs/${cid}`, options);
	daemon.add = async (content, query = '') => {
		const response = await daemon.call(`add?${query}`, { body: form(content) });
		if (response.status !== 200) throw new Error(`add: ${response.status} ${await response.text()}`);
		return (await ndjson(response)).at(-1);
	};
	daemon.cat = async (cid, query = '') => {
		const response = await daemon.call(`cat?arg=${cid}${query}`);
		if (response.status !== 200) throw new Error(`cat: ${response.status} ${await response.text()}`);
		return Buffer.from(await response.arrayBuffer());
	};
	return daemon;
}

/** Waits for a condition; answers whether it came. */
export async function until(condition, patience = 10_000) {
	for (let waited = 0; waited < patience && !condition(); waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
	return condition();
}

/** A node that all tests of a file share. */
export async function startForFile(options) {
	const cleanups = [];
	after(async () => { for (const cleanup of cleanups) await cleanup(); });
	return start({ after: (cleanup) => cleanups.unshift(cleanup) }, options);
}

/** Runs the command to its end. */
export async function runCommand(args, env = {}) {
	const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, HOME: tmpdir(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	let [stdout, stderr] = ['', ''];
	child.stdout.on('data', (data) => { stdout += data; });
	child.stderr.on('data', (data) => { stderr += data; });
	const [code] = await once(child, 'close');
	return { code, stdout, stderr };
}

export function form(...contents) {
	const body = new FormData();
	for (const [i, content] of contents.entries()) body.append('file', new Blob([content]), `file-${i}`);
	return body;
}

export async function ndjson(response) {
	return (await response.text()).trim().split('\n').map((line) => JSON.parse(line));
}

/** Bytes that look random and are the same for the same seed. */
export function noise(length, seed = 1) {
	const bytes = Buffer.alloc(length);
	let state = seed >>> 0;
	for (let i = 0; i < length; i += 4) {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		if (i + 4 <= length) bytes.writeInt32LE(state | 0, i);
		else for (let j = i; j < length; j++) bytes[j] = state >>> (8 * (j - i));
	}
	return bytes;
}

/** Peak resident memory of a process so far, in bytes. */
export async function peakMemory(pid) {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** Starts a peak of its own for `peakMemory`. */
export async function resetPeakMemory(pid) {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
}
