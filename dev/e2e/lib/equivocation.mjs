// Two votes of one validator that contradict each other, signed by hand, with the proof of whose key it was. All in
// SCALE, as the runtime reads it.
import { Keyring } from '@polkadot/keyring';
import { bnToU8a, hexToU8a, u8aConcat, u8aToHex } from '@polkadot/util';

const PREVOTE = Uint8Array.of(0);
const u32 = (number) => bnToU8a(number, { bitLength: 32 });
const u64 = (number) => bnToU8a(number, { bitLength: 64 });
const keyring = new Keyring({ type: 'ed25519' });

/** The GRANDPA key of a development account that is a validator of genesis. */
export const grandpaKey = (suri) => keyring.addFromUri(suri);

/** Two prevotes in one round for two blocks `{ hash, number }`. */
export function twoVotes(key, { setId, round, targets }) {
	const votes = targets.map(({ hash, number }) => {
		const vote = u8aConcat(hexToU8a(hash), u32(number));
		return u8aConcat(vote, key.sign(u8aConcat(PREVOTE, vote, u64(round), u64(setId))));
	});
	return u8aConcat(u64(setId), PREVOTE, u64(round), key.publicKey, ...votes);
}

/** The runtime's proof that a GRANDPA key was a validator's in the session of the block `at`. */
export async function ownership(api, key, setId, at) {
	const answer = await api.rpc.state.call('GrandpaApi_generate_key_ownership_proof', u8aToHex(u8aConcat(u64(setId), key.publicKey)), at);
	const proof = api.createType('Option<Bytes>', answer.toU8a(true));
	if (proof.isNone) throw new Error('no such key in that session');
	return proof.unwrap().toU8a(true);
}

/** Who made a block: the place in the list of validators that its BABE digest names. */
export function authorOf({ digest }) {
	const log = digest.logs.find((each) => each.isPreRuntime && each.asPreRuntime[0].toUtf8() === 'BABE');
	return Buffer.from(log.asPreRuntime[1].toU8a(true)).readUInt32LE(1);
}
