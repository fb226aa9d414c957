// What verify.mjs derives again of the steps with sealed models: where the money was held and where it went, that the key which the chain has is the one
// that came, and that what lies on IPFS is not what was bought.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PARTS = 1_000_000_000n;
const FEE_PARTS = 25_000_000n;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

export async function verifySealed({ step, api, final, same, block, published, repository, treasury }) {
	const price = BigInt(step.sealed_buy.amounts.price);

	/** The one event of the pallet in the blocks from `first` on that is about a licence, with its block. */
	async function eventOf(method, licence, first) {
		const last = (await final.query.system.number()).toNumber();
		for (let number = first; number <= last; number += 1) {
			const at = await block(number);
			const [found] = at.events('delivery', method).filter((each) => each.licence.toNumber() === licence);
			if (found) return { number, at, data: found };
		}
		throw new Error(`no delivery.${method} of licence ${licence} from block ${first} on`);
	}

	/** What a step said of a sealed model. */
	async function sealedModel(name) {
		const { ids, amounts } = step[name];
		const { stored, offer } = await published(name, ids, 'dev/models/reranker-2', amounts.price);
		const { sealed } = (await final.call.listingsApi.version(ids.listing, ids.version)).unwrap();
		same(`${name}: recipient`, ids.recipient, sealed.unwrapOr(''));
		same(`${name}: the offer is of a sealed version`, true, offer.sealed.isSome);
		return stored;
	}

	// The purchase: the price is held, and nobody has it.
	const { ids, amounts } = step.sealed_buy;
	const stored = await sealedModel('sealed_buy');
	const asked = await block(ids.asked);
	const [requested] = asked.events('delivery', 'KeyRequested').filter(({ licence }) => licence.toNumber() === ids.licence);
	same('sealed_buy: buyer', ids.buyer, requested?.buyer);
	same('sealed_buy: seller', ids.seller, requested?.seller);
	same('sealed_buy: delivery key', ids.key, requested?.key.toHex());
	same('sealed_buy: deadline', ids.until, requested?.until);
	same('sealed_buy: deadline is an hour after the block', ids.until, ids.asked + 1800);
	same('sealed_buy: held', amounts.held, price);
	same('sealed_buy: held by the event', amounts.held, requested?.payment.amount);
	same('sealed_buy: covered by a tenth', amounts.cover, (price + 9n) / 10n);
	same('sealed_buy: nothing but the network fee left the buyer', -asked.feeOf(ids.buyer), (await asked.change(ids.buyer)) + (await asked.change(ids.buyer, 'reserved')));
	same('sealed_buy: the seller received', -asked.feeOf(ids.seller), await asked.change(ids.seller));

	// The key came before the payment, and is the one that the record still has.
	const { ids: done } = step.deliver;
	const came = await eventOf('KeyDelivered', ids.licence, ids.asked + 1);
	same('deliver: point', done.point, came.data.sealed.point.toHex());
	same('deliver: sealed key', done.ciphertext, came.data.sealed.ciphertext.toHex());
	same('deliver: before it was paid for', true, came.number < done.finalized);
	const { state } = (await final.query.delivery.deliveries(ids.licence)).unwrap();
	same('deliver: settled', true, state.isSettled);
	same('deliver: key on chain', done.ciphertext, state.asSettled.sealed.ciphertext.toHex());
	const paid = await block(done.finalized);
	const [sold] = paid.events('licensing', 'Sold');
	const fee = (price * FEE_PARTS) / PARTS;
	same('deliver: receipt', done.receipt, sold?.receipt);
	same('deliver: licence', ids.licence, sold?.licence);
	same('deliver: the buyer paid', -price - paid.feeOf(ids.buyer), (await paid.change(ids.buyer)) + (await paid.change(ids.buyer, 'reserved')));
	same('deliver: the seller received', price - fee - paid.feeOf(ids.seller), await paid.change(ids.seller));
	same('deliver: the treasury received', fee - fee / 2n, await paid.change(treasury));
	same('deliver: burned', -(fee / 2n), paid.issuance);
	same('deliver: has_licence', true, (await final.call.licensingApi.hasLicence(ids.buyer, ids.listing, ids.version, 'Use')).toString());
	same('deliver: artifact root', done.artifactRoot, stored.artifactRoot.toHex());
	const opened = readdirSync(join(repository, step.deliver.directory), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
	same('deliver: files', step.deliver.amounts.files, opened.length);
	for (const path of opened) {
		const name = path.slice(join(repository, step.deliver.directory).length + 1);
		same(`deliver: ${name}`, sha256(readFileSync(path)), sha256(readFileSync(join(repository, 'dev/models/reranker-2', name))));
	}

	// The file that lies on IPFS, and what another age made of it.
	const { ids: file } = step.stock_age;
	const [lies, plain] = [step.stock_age.sealedFile, step.stock_age.file].map((path) => readFileSync(join(repository, path)));
	same('stock_age: an age file', 'age-encryption.org/v1', lies.subarray(0, 21).toString());
	same('stock_age: opened', file.sha256, sha256(plain));
	same('stock_age: opened is the seller\'s', file.sha256, sha256(readFileSync(join(repository, 'dev/models/reranker-2', ids.sealed.path))));
	same('stock_age: the sealed file has none of it', false, lies.includes(plain.subarray(0, 32)));

	// The wrong key: everything is as before, but for a fifth of the price out of the bond.
	const { ids: wrong, amounts: back } = step.wrong_key;
	await sealedModel('wrong_key');
	const upheld = await eventOf('ComplaintUpheld', wrong.licence, wrong.offerBlock);
	const cheat = upheld.data.seller.toString();
	const tenth = BigInt(back.price) / 10n;
	same('wrong_key: buyer', wrong.buyer, upheld.data.buyer);
	same('wrong_key: refunded', back.refunded, back.price);
	same('wrong_key: refunded by the event', back.refunded, upheld.data.refunded);
	same('wrong_key: compensation', back.compensation, tenth);
	same('wrong_key: burned', back.burned, tenth);
	same('wrong_key: burned of all money', -tenth, upheld.at.issuance);
	same('wrong_key: the buyer received', tenth - upheld.at.feeOf(wrong.buyer), (await upheld.at.change(wrong.buyer)) + (await upheld.at.change(wrong.buyer, 'reserved')));
	same('wrong_key: the seller lost', -2n * tenth - upheld.at.feeOf(cheat), (await upheld.at.change(cheat)) + (await upheld.at.change(cheat, 'reserved')));
	same('wrong_key: bond left', back.bondLeft, BigInt(back.bond) - 2n * tenth);
	same('wrong_key: bond on chain', back.bondLeft, (await final.query.delivery.sellers(cheat)).unwrap().bond);
	same('wrong_key: no licence', true, (await final.query.licensing.licences(wrong.licence)).isNone);
	same('wrong_key: no delivery', true, (await final.query.delivery.deliveries(wrong.licence)).isNone);
	same('wrong_key: no right', false, (await api.call.licensingApi.hasLicence(wrong.buyer, wrong.listing, wrong.version, 'Use')).toString());
}
