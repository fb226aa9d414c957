import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../../..');

const cache = process.env.WEIGHHOUSE_CACHE
	?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weighhouse');
const release = join(process.env.CARGO_TARGET_DIR ?? join(cache, 'target'), 'release');

function built(name, command) {
	const path = join(release, name);
	if (!existsSync(path)) throw new Error(`${path} is missing: build it with \`${command}\``);
	return path;
}

/** The node that `cargo build` left; the tests run what a person runs. */
export const nodeBinary = () => built('weighhouse-node', 'make build');

/** An example that `cargo build` left. */
export const exampleBinary = (name) => built(join('examples', name), 'make build');

/** The command line that `cargo build` left. */
export const cliBinary = () => built('weighhouse', 'make build');
