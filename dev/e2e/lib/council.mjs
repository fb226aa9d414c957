// The root of the preset `local4`: any three of its four validators together.
import { alice, bob, charlie, dave, event, send } from './chain.mjs';

const MEMBERS = [alice, bob, charlie, dave];
const THRESHOLD = 3;

/** Has three of the council call something as root, and answers the final block in which it was done. */
export async function asRoot(api, call) {
	const sudo = api.tx.sudo.sudo(call);
	const { weight } = await sudo.paymentInfo(alice);
	const council = (await api.query.sudo.key()).unwrap();
	let result;
	for (const [index, member] of MEMBERS.slice(0, THRESHOLD).entries()) {
		const others = MEMBERS.filter((other) => other !== member)
			.toSorted((one, other) => Buffer.compare(one.publicKey, other.publicKey))
			.map(({ address }) => address);
		// Who comes later names the block in which the first one asked.
		const asked = index && (await api.query.multisig.multisigs(council, sudo.method.hash)).unwrap().when;
		result = await send(api, api.tx.multisig.asMulti(THRESHOLD, others, asked || null, sudo, weight), member, { final: true });
	}
	const executed = event(result, 'multisig', 'MultisigExecuted').result;
	const done = executed.isOk && event(result, 'sudo', 'Sudid').sudoResult;
	if (!done || done.isErr) throw new Error(`root's call ${call.method.section}.${call.method.method} failed: ${done || executed}`);
	return result;
}
