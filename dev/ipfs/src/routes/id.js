import { createRequire } from 'node:module';
import { readOptions } from '../options.js';
import { answer } from './answer.js';

export const { version: VERSION } = createRequire(import.meta.url)('../../package.json');

export async function id({ node, res, query }) {
	readOptions(query, {});
	const { id, publicKey, addresses, protocols, helia } = node.identity;
	answer(res, { ID: id, PublicKey: publicKey, Addresses: addresses, AgentVersion: `weighhouse-ipfs/${VERSION} helia/${helia}`, Protocols: protocols });
}

export async function version({ res, query }) {
	readOptions(query, {});
	answer(res, { Version: VERSION, Commit: '', Repo: '', System: `${process.arch}/${process.platform}`, Golang: '' });
}
