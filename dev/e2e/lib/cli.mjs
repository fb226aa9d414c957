import { cliBinary } from './paths.mjs';
import { run } from './process.mjs';

/** Exit codes as `weighhouse help exit-codes` and the guides give them. */
export const EXIT = { ok: 0, usage: 2, node: 3, ipfs: 4, chain: 5, verification: 6, notFound: 7, input: 8, declined: 9, refunded: 10 };

/** A command line for one chain and one IPFS node. */
export function commandLine({ url, ipfs, wait = 'best' }) {
	/** Runs it with --json; answers the exit code and what was printed, decoded. */
	async function weighhouse(suri, ...args) {
		const options = typeof args.at(-1) === 'object' ? args.pop() : {};
		const env = { WEIGHHOUSE_URL: options.url ?? url, WEIGHHOUSE_IPFS: options.ipfs ?? ipfs, WEIGHHOUSE_SURI: suri ?? '' };
		if (!suri) delete env.WEIGHHOUSE_SURI;
		const result = await run(cliBinary(), ['--json', '--wait', options.wait ?? wait, ...args.map(String)], { env, cwd: options.cwd, timeout: options.timeout ?? 90_000 });
		const decode = (text) => {
			try {
				return JSON.parse(text);
			} catch {
				return undefined;
			}
		};
		return { ...result, json: decode(result.stdout), error: decode(result.stderr.trim().split('\n').at(-1))?.error };
	}

	/** The same, for what must succeed. */
	weighhouse.ok = async (...args) => {
		const result = await weighhouse(...args);
		if (result.code !== 0 || !result.json) throw new Error(`weighhouse ${args.slice(1).filter((each) => typeof each !== 'object').join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
		return result.json;
	};
	return weighhouse;
}
