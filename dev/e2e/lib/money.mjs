// What the events of blocks say that balances do, and whether the balances did so.
import { encodeAddress } from '@polkadot/util-crypto';
import { jobAt } from './workers.mjs';

const modlAccount = (id) => encodeAddress(Buffer.concat([Buffer.from(`modl${id}`), Buffer.alloc(32)]).subarray(0, 32), 42);
export const TREASURY = modlAccount('wgh/trsy');
export const ROYALTY_POT = modlAccount('wgh/roya');

const total = ({ data }) => data.free.toBigInt() + data.reserved.toBigInt();
const issuanceAt = async (at) => (await at.query.balances.totalIssuance()).toBigInt();
const hashOf = (api, number) => api.rpc.chain.getBlockHash(number);
export const stateAt = async (api, number) => api.at(await hashOf(api, number));

/** What the events of block `number` say that each account gained or lost. Money held counts as its owner's. */
export async function moves(api, number) {
	const [before, at] = [await hashOf(api, number - 1), await stateAt(api, number)];
	// Transaction fees go to the author, of whom a development chain has one.
	const [author] = (await at.query.session.validators()).map(String);
	const moved = new Map();
	const give = (address, amount) => moved.set(String(address), (moved.get(String(address)) ?? 0n) + amount);
	for (const { event: { section, method, data } } of await at.query.system.events()) {
		const name = `${section}.${method}`;
		if (name === 'inference.WorkerPaid') {
			const fee = data.fee.toBigInt();
			give(data.worker, data.amount.toBigInt());
			give(TREASURY, fee - fee / 2n);
		} else if (name === 'inference.Slashed') {
			give(data.worker, -data.amount.toBigInt());
		} else if (name === 'inference.JobEnded') {
			give((await jobAt(api, data.job, before)).requester, -data.spent.toBigInt());
		} else if (name === 'inference.ChallengeSettled') {
			const { bond } = (await jobAt(api, data.job, before)).challenge.unwrap();
			give(data.challenger, data.gained.toBigInt() + data.returned.toBigInt() - bond.toBigInt());
		} else if (name === 'licensing.CallPaid') {
			give(data.owner, data.toOwner.toBigInt());
			give(ROYALTY_POT, data.royalties.toBigInt());
			give(TREASURY, data.feeTreasury.toBigInt());
		} else if (name === 'transactionPayment.TransactionFeePaid') {
			give(data.who, -data.actualFee.toBigInt());
			give(author, data.actualFee.toBigInt());
		}
	}
	return moved;
}

/**
 * Holds every account of the chain against what the events of the blocks after `first` up to `last` say, and
 * the issuance against all accounts together. Answers what does not fit, a line each.
 */
export async function reconcile(api, first, last) {
	const expected = new Map();
	for (let number = first + 1; number <= last; number += 1) {
		for (const [address, amount] of await moves(api, number)) expected.set(address, (expected.get(address) ?? 0n) + amount);
	}
	const [was, now] = await Promise.all([first, last].map((number) => stateAt(api, number)));
	const accounts = async (at) => new Map((await at.query.system.account.entries()).map(([key, each]) => [key.args[0].toString(), total(each)]));
	const [had, have] = [await accounts(was), await accounts(now)];
	const wrong = [];
	for (const address of new Set([...had.keys(), ...have.keys(), ...expected.keys()])) {
		const change = (have.get(address) ?? 0n) - (had.get(address) ?? 0n);
		const said = expected.get(address) ?? 0n;
		if (change !== said) wrong.push(`${address} changed by ${change}, the events say ${said}`);
	}
	for (const [at, all, number] of [[was, had, first], [now, have, last]]) {
		const [issued, held] = [await issuanceAt(at), [...all.values()].reduce((sum, each) => sum + each, 0n)];
		if (issued !== held) wrong.push(`${issued} are issued in block ${number}, all accounts together have ${held}`);
	}
	return wrong;
}

/** The same for one block and some accounts, in a chain where other things happen as well: what was burned counts too. */
export async function inBlock(api, number, addresses) {
	const expected = await moves(api, number);
	const [was, now] = await Promise.all([number - 1, number].map((each) => stateAt(api, each)));
	const wrong = [];
	for (const address of addresses) {
		const [had, has] = [total(await was.query.system.account(address)), total(await now.query.system.account(address))];
		const said = expected.get(address) ?? 0n;
		if (has - had !== said) wrong.push(`${address} changed by ${has - had} in block ${number}, the events say ${said}`);
	}
	const burned = (await issuanceAt(was)) - (await issuanceAt(now));
	const said = -[...expected.values()].reduce((sum, each) => sum + each, 0n);
	if (burned !== said) wrong.push(`${burned} were burned in block ${number}, the events say ${said}`);
	return wrong;
}
