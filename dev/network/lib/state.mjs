// What a node has in its state after a block. Who asks for the header of a hash learns nothing of that: its state root
// is the same on every node, whatever the node has.
import { keyPages } from '../../e2e/lib/growth.mjs';

/** All keys that a node has after a block, with their values. */
export async function stateOf(peer, hash) {
	const state = new Map();
	for await (const page of keyPages(peer, hash)) {
		const [{ changes }] = await peer.rpc('state_queryStorageAt', page, hash);
		for (const [key, value] of changes) state.set(key, value);
	}
	return state;
}

/** The first key that only one of two states has, or that they have another value of. */
export function difference(one, other) {
	return [...one.keys(), ...other.keys()].find((key) => !one.has(key) || one.get(key) !== other.get(key));
}
