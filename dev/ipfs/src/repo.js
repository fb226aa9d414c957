import fs from 'node:fs/promises';
import path from 'node:path';
import { LevelDatastore } from 'datastore-level';
import { Level } from 'level';
import { BlockFiles } from './blocks.js';
import { StartError } from './errors.js';

/**
 * Opens the folder that holds everything: `blocks/` (content), `datastore/` (pins, the node's key) and `staging/`
 * (blocks being written). One process at a time: the database's lock is the kernel's, so it dies with its holder.
 */
export async function openRepo(folder, log) {
	const at = (name) => path.join(folder, name);
	try {
		await fs.mkdir(folder, { recursive: true, mode: 0o700 });
		if (await exists(at('datastore_spec'))) {
			throw new StartError(`${folder} is a Kubo repository; choose another folder with --repo, or run Kubo and give its address to Weighhouse`);
		}
		const database = new Level(at('datastore'), { keyEncoding: 'utf8', valueEncoding: 'view' });
		await database.open();
		// Behind the lock: what lies there was being written by a process that is gone.
		await fs.rm(at('staging'), { recursive: true, force: true });
		await fs.mkdir(at('staging'));
		const blocks = new BlockFiles(at('blocks'), at('staging'), log);
		await blocks.open();
		return { datastore: new LevelDatastore(database), blocks, close: () => database.close() };
	} catch (error) {
		if (error instanceof StartError) throw error;
		if (error.cause?.code === 'LEVEL_LOCKED') {
			throw new StartError(`${folder} is in use by another weighhouse-ipfs; stop that one, or choose another folder with --repo`);
		}
		throw new StartError(`cannot open the repository ${folder}: ${error.cause?.message ?? error.message}`, { cause: error });
	}
}

const exists = (file) => fs.access(file).then(() => true, () => false);
