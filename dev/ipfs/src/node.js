import { loadOrCreateSelfKey } from '@libp2p/config';
import { publicKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { createHelia, createHeliaLight } from 'helia';
import * as dagPb from '@ipld/dag-pb';
import * as raw from 'multiformats/codecs/raw';
import { ContentError, RequestError, badRequest } from './errors.js';
import { openRepo } from './repo.js';

/**
 * A running Helia node on a repository. Offline it has no network code at all; public it is Helia as it comes.
 * `network` replaces parts of the public node's configuration (`libp2p`, `http`).
 */
export async function startNode({ repo: folder, public: isPublic, lookupTimeout, network }, log) {
	const repo = await openRepo(folder, log);
	try {
		const stores = { blockstore: repo.blocks, datastore: repo.datastore };
		const helia = isPublic ? createHelia({ ...stores, ...network }) : createHeliaLight(stores);
		await helia.start();
		return new Node({ helia, repo, key: await loadOrCreateSelfKey(repo.datastore), isPublic, lookupTimeout, log });
	} catch (error) {
		await repo.close();
		throw error;
	}
}

class Node {
	#helia;
	#repo;
	#key;
	#isPublic;
	#lookupTimeout;
	#log;
	#pinning = Promise.resolve();
	#stopping = new AbortController();

	constructor({ helia, repo, key, isPublic, lookupTimeout, log }) {
		this.#helia = helia;
		this.#repo = repo;
		this.#key = key;
		this.#isPublic = isPublic;
		this.#lookupTimeout = lookupTimeout;
		this.#log = log;
	}

	get identity() {
		const addresses = this.#isPublic ? this.#helia.libp2p.getMultiaddrs().map(String) : [];
		return {
			id: peerIdFromPrivateKey(this.#key).toString(),
			publicKey: Buffer.from(publicKeyToProtobuf(this.#key.publicKey)).toString('base64'),
			addresses,
			protocols: this.#isPublic ? this.#helia.libp2p.getProtocols() : [],
			helia: this.#helia.info.version
		};
	}

	/** Where new blocks go: what an importer takes for its blockstore. */
	get blockstore() {
		return this.#helia.blockstore;
	}

	/** The bytes of one block, from here or, when public, from the network. Throws ContentError. */
	async block(cid, { signal } = {}) {
		const here = await this.#local(cid);
		if (here !== undefined) return here;
		if (!this.#isPublic) throw new ContentError(`block was not found locally (offline): ipld: could not find ${cid}`);
		const timeout = AbortSignal.timeout(this.#lookupTimeout);
		try {
			return await whole(this.#helia.blockstore.get(cid, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout }));
		} catch (error) {
			signal?.throwIfAborted();
			if (timeout.aborted) {
				throw new ContentError(`block ${cid} was not found on the network within ${this.#lookupTimeout / 1000} s`, { gatewayStatus: 504, cause: error });
			}
			throw new ContentError(`block ${cid} could not be had from the network: ${error.message}`, { gatewayStatus: 502, cause: error });
		}
	}

	/** Keeps a DAG: fetches what is missing, records every block, and tells the network. Pinning twice is no error. */
	async pin(root, { signal } = {}) {
		// One at a time: Helia counts the pins of a block by reading and writing back.
		const turn = this.#pinning.then(() => this.#pin(root, signal));
		this.#pinning = turn.catch(() => {});
		await turn;
		if (this.#isPublic) this.#announce(root);
	}

	/** Dials another node, as `ipfs swarm connect` does. */
	async connect(address, { signal } = {}) {
		if (!this.#isPublic) throw new RequestError(500, 'this action must be run in online mode: start the node with --public');
		let target;
		try {
			target = multiaddr(address);
		} catch (error) {
			throw badRequest(`invalid peer address "${address}": ${error.message}`);
		}
		try {
			const connection = await this.#helia.libp2p.dial(target, { signal });
			return connection.remotePeer.toString();
		} catch (error) {
			throw new RequestError(500, `connect ${address} failure: ${error.message}`, { cause: error });
		}
	}

	async stop() {
		this.#stopping.abort();
		await this.#pinning;
		await this.#helia.stop();
		await this.#repo.close();
	}

	// Takes minutes on the public network, so nobody waits for it.
	#announce(cid) {
		this.#helia.routing.provide(cid, { signal: this.#stopping.signal }).then(
			() => this.#log.debug('announced', { cid }),
			(error) => this.#stopping.signal.aborted || this.#log.warn('could not be announced: peers will not find it by themselves', { cid, error: error.message })
		);
	}

	async #local(cid) {
		try {
			return await whole(this.#helia.blockstore.get(cid, { offline: true }));
		} catch (error) {
			if (['BlockNotFoundWhileOfflineError', 'NotFoundError'].includes(error.name)) return undefined;
			throw error;
		}
	}

	async #pin(root, signal) {
		try {
			for await (const _ of this.#helia.pins.add(root, { walker: () => ({ walk: (cid) => this.#walk(cid, signal) }) })) signal?.throwIfAborted();
		} catch (error) {
			if (error.name !== 'AlreadyPinnedError') throw error;
		}
	}

	// Helia's own walkers read every leaf; a raw block has no links, so it is enough that it is here.
	async *#walk(root, signal) {
		const waiting = [root];
		const seen = new Set();
		while (waiting.length > 0) {
			const cid = waiting.pop();
			if (seen.has(cid.toString())) continue;
			seen.add(cid.toString());
			if (cid.code !== raw.code || !(await this.#helia.blockstore.has(cid))) {
				const bytes = await this.block(cid, { signal });
				if (cid.code === dagPb.code) waiting.push(...decodeNode(cid, bytes).Links.map((link) => link.Hash).reverse());
			}
			yield { block: { cid } };
		}
	}
}

/** Decodes a dag-pb block, or throws ContentError. */
export function decodeNode(cid, bytes) {
	try {
		return dagPb.decode(bytes);
	} catch (error) {
		throw new ContentError(`block ${cid} is not valid dag-pb: ${error.message}`, { gatewayStatus: 422, cause: error });
	}
}

async function whole(chunks) {
	const parts = [];
	for await (const part of chunks) parts.push(part);
	return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}
