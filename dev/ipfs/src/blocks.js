import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { FsBlockstore } from 'blockstore-fs';
import { NotFoundError } from 'interface-store';
import { sha256 } from 'multiformats/hashes/sha2';

/**
 * Blocks as files, one a block. A block is on the disk before it has its name, so a killed process or a lost machine
 * never leaves half of one; what rots later is noticed when it is read, and removed so that it can be added again.
 */
export class BlockFiles extends FsBlockstore {
	#staging;
	#log;

	constructor(folder, staging, log) {
		super(folder);
		this.#staging = staging;
		this.#log = log;
	}

	async put(cid, bytes) {
		const file = this.#file(cid);
		const staged = path.join(this.#staging, randomUUID());
		try {
			const handle = await fs.open(staged, 'wx');
			try {
				await handle.writeFile(bytes);
				await handle.datasync();
			} finally {
				await handle.close();
			}
			await fs.mkdir(path.dirname(file), { recursive: true });
			await fs.rename(staged, file);
		} catch (error) {
			await fs.rm(staged, { force: true });
			throw error;
		}
		return cid;
	}

	async *get(cid) {
		const file = this.#file(cid);
		let bytes;
		try {
			bytes = await fs.readFile(file);
		} catch (error) {
			if (error.code === 'ENOENT') throw new NotFoundError(`no block ${cid}`);
			throw error;
		}
		if (!matches(cid, bytes)) {
			this.#log.warn('damaged block removed', { cid, file });
			await fs.rm(file, { force: true });
			throw new NotFoundError(`block ${cid} was damaged on the disk`);
		}
		yield bytes;
	}

	#file(cid) {
		const { dir, file } = this.shardingStrategy.encode(cid);
		return path.join(this.path, dir, file);
	}
}

// Blocks under another hash function come from the public network alone, where Helia checks them on arrival.
function matches(cid, bytes) {
	return cid.multihash.code !== sha256.code || createHash('sha256').update(bytes).digest().equals(cid.multihash.digest);
}
