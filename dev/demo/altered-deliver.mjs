// A seller's daemon that cheats: it takes a buyer's money with a key that opens nothing. The chain cannot see that when the
// key comes; the buyer proves it.
//
//   node dev/demo/altered-deliver.mjs URL SURI
import { randomBytes } from 'node:crypto';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

// The generator of ristretto255: a right form, so that the chain takes the delivery.
const POINT = '0xe2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76';

const [url, suri] = process.argv.slice(2);
if (!suri) {
	console.error('usage: altered-deliver.mjs URL SURI');
	process.exit(2);
}
const seller = new Keyring({ type: 'sr25519' }).addFromUri(suri);
const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true, signedExtensions: { AuthorizeCall: { extrinsic: {}, payload: {} } } });
const sent = new Set();
await api.rpc.chain.subscribeNewHeads(async () => {
	for (const [key, delivery] of await api.query.delivery.deliveries.entries()) {
		const licence = key.args[0].toString();
		const { seller: whose, key: asked, state } = delivery.unwrap();
		if (whose.toString() !== seller.address || !state.isAwaiting || sent.has(licence)) continue;
		sent.add(licence);
		await api.tx.delivery.deliver(licence, asked, POINT, `0x${randomBytes(32).toString('hex')}`).signAndSend(seller, { nonce: -1 });
		console.log(`licence ${licence}: 32 random bytes`);
	}
});
console.log(`delivering wrong keys for ${seller.address}`);
