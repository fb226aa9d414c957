// Does an account hold a licence? Asks any node, needs no key:
//   npm install @polkadot/api@16.5.6
//   node has_licence.mjs ws://127.0.0.1:9944 5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y 2 1 Use
// Exits 0 for yes, 1 for no, 2 if it could not ask.
import { ApiPromise, WsProvider } from '@polkadot/api';

const [url, account, listing, version = 1, right = 'Use'] = process.argv.slice(2);
try {
	const api = await ApiPromise.create({ provider: new WsProvider(url), throwOnConnect: true, noInitWarn: true });
	const { isTrue } = await api.call.licensingApi.hasLicence(account, listing, version, right);
	console.log(isTrue ? 'holds a licence' : 'holds none');
	process.exitCode = isTrue ? 0 : 1;
	await api.disconnect();
} catch (error) {
	console.error(`cannot ask ${url}: ${error.message}`);
	process.exit(2);
}
