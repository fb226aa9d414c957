// Starting and ending programs. Everything is ended by the pid that was started here, never by name.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** What an environment variable says, a number above 0, or what is usual; anything else ends the program. */
export function setting(name, usual) {
	const text = process.env[name] || undefined;
	const value = Number(text ?? usual);
	if (value > 0 && Number.isFinite(value)) return value;
	process.stderr.write(`${name} is a number above 0, not ${text}\n`);
	process.exit(2);
}

/** A loopback port that is free now. */
export function freePort() {
	return new Promise((done, failed) => {
		const server = createServer();
		server.once('error', failed);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}

/** A folder that `remove()` takes away again. */
export function scratch(prefix = 'weighhouse-') {
	const path = mkdtempSync(join(tmpdir(), prefix));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Asks `probe` until it answers something true; throws what it last saw after `ms`. */
export async function until(probe, ms, what, every = 100) {
	const end = Date.now() + ms;
	let last;
	for (;;) {
		try {
			const value = await probe();
			if (value) return value;
		} catch (error) {
			last = error;
		}
		if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`, { cause: last });
		await sleep(every);
	}
}

/** Runs a program to its end. Never throws for a non-zero exit: the code is the answer. */
export function run(command, args, { cwd, env, input, timeout = 60_000 } = {}) {
	return new Promise((done, failed) => {
		const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
		const out = [];
		const err = [];
		child.stdout.on('data', (chunk) => out.push(chunk));
		child.stderr.on('data', (chunk) => err.push(chunk));
		const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
		child.once('error', (error) => {
			clearTimeout(timer);
			failed(error);
		});
		child.stdin.on('error', () => {});
		child.stdin.end(input);
		child.once('close', (code, signal) => {
			clearTimeout(timer);
			const bytes = Buffer.concat(out);
			done({ code, signal, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() });
		});
	});
}

/**
 * Where util-linux has it: a process that is killed cannot end its services, so the kernel does. It execs, so the pid
 * is that of the program, and what only execs in turn (`nsenter`, `unshare` without a fork) hands the wish on.
 */
const BOUND = ['setpriv', '--pdeathsig', 'TERM', '--'];
const bound = spawnSync(BOUND[0], [...BOUND.slice(1), 'true']).status === 0 ? BOUND : [];

/** A program that keeps running: its log, its end and a way to end it. */
export class Service {
	constructor(name, command, args, { cwd, env } = {}) {
		this.name = name;
		this.log = '';
		const [program, ...rest] = [...bound, command, ...args];
		this.child = spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
		const keep = (chunk) => {
			this.log = (this.log + chunk).slice(-400_000);
		};
		this.child.stdout.on('data', keep);
		this.child.stderr.on('data', keep);
		this.ended = new Promise((done) => {
			this.child.once('error', (error) => {
				this.log += `\n${error}`;
				done({ code: null, signal: null, error });
			});
			this.child.once('close', (code, signal) => done({ code, signal }));
		});
		// A test process that dies must not leave its services behind.
		this.last = () => this.child.kill('SIGKILL');
		process.once('exit', this.last);
		this.ended.then((end) => {
			this.end = end;
			process.removeListener('exit', this.last);
		});
	}

	get pid() {
		return this.child.pid;
	}

	/** Waits until `probe` answers; fails at once, with the log, when the program ends first. */
	async ready(probe, ms) {
		return until(() => {
			if (this.end) return { dead: this.end };
			return probe();
		}, ms, `${this.name} ready`).then((value) => {
			if (value?.dead) throw new Error(`${this.name} ended (${JSON.stringify(value.dead)}):\n${this.log.slice(-4000)}`);
			return value;
		}, (error) => {
			throw new Error(`${error.message}\n${this.log.slice(-4000)}`, { cause: error });
		});
	}

	signal(name) {
		this.child.kill(name);
	}

	/** Asks it to end, insists after `ms`, and answers how it ended. */
	async stop(signal = 'SIGTERM', ms = 20_000) {
		if (this.end) return this.end;
		this.child.kill(signal);
		const timer = setTimeout(() => this.child.kill('SIGKILL'), ms);
		const end = await this.ended;
		clearTimeout(timer);
		return end;
	}
}
