// The node as an operator meets it: a chain that goes on by itself, the JSON-RPC that tools expect, the
// subcommands, a clean end, and proxies that may do no more than their type says.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { UNIT, account, alice, bob, charlie, connect, dave, eve, event, ferdie, send, submit, submitAll, waitForFinal } from './lib/chain.mjs';
import { openOffer, openOffers, publish, register } from './lib/market.mjs';
import { startNode, subcommand } from './lib/node.mjs';
import { scratch, until } from './lib/process.mjs';

describe('a development chain', () => {
	let node;
	let api;
	before(async () => {
		node = await startNode();
		api = await connect(node.url);
	});
	after(async () => {
		await api?.disconnect();
		await node?.stop();
	});

	test('produces and finalises blocks by itself', async () => {
		await waitForFinal(api, 1);
	});

	test('has the chain, the token and the accounts that Apps shows', async () => {
		assert.equal(await node.rpc('system_chain'), 'Weighhouse Development');
		assert.deepEqual(await node.rpc('system_properties').then(({ tokenSymbol, tokenDecimals }) => [tokenSymbol, tokenDecimals].flat()), ['WGH', 12]);
		assert.ok((await api.query.system.account(alice.address)).data.free.toBigInt() > 1000n * UNIT);
		assert.equal(api.consts.babe.expectedBlockTime.toNumber(), 2000);
		assert.equal(api.consts.balances.existentialDeposit.toBigInt(), UNIT / 1000n);
	});

	test('answers every method that Polkadot.js and its successors call', async () => {
		const { methods } = await node.rpc('rpc_methods');
		const expected = [
			...['hasKey', 'hasSessionKeys', 'insertKey', 'pendingExtrinsics', 'removeExtrinsic', 'rotateKeys', 'rotateKeysWithOwner', 'submitAndWatchExtrinsic', 'submitExtrinsic', 'unwatchExtrinsic'].map((name) => `author_${name}`),
			...['getBlock', 'getBlockHash', 'getFinalizedHead', 'getHeader', 'subscribeAllHeads', 'subscribeFinalizedHeads', 'subscribeNewHeads'].map((name) => `chain_${name}`),
			...['call', 'getKeys', 'getKeysPaged', 'getMetadata', 'getPairs', 'getReadProof', 'getRuntimeVersion', 'getStorage', 'getStorageAt', 'getStorageHash', 'getStorageSize', 'queryStorage', 'queryStorageAt', 'subscribeRuntimeVersion', 'subscribeStorage', 'traceBlock'].map((name) => `state_${name}`),
			...['accountNextIndex', 'chain', 'chainType', 'dryRun', 'health', 'localListenAddresses', 'localPeerId', 'name', 'nodeRoles', 'peers', 'properties', 'syncState', 'version'].map((name) => `system_${name}`),
			...['getStorage', 'getKeysPaged', 'getStorageHash', 'getStorageSize'].map((name) => `childstate_${name}`),
			'offchain_localStorageGet', 'offchain_localStorageSet',
			'payment_queryInfo', 'payment_queryFeeDetails',
			'babe_epochAuthorship', 'grandpa_roundState', 'grandpa_proveFinality', 'grandpa_subscribeJustifications',
			...['body', 'call', 'continue', 'follow', 'header', 'stopOperation', 'storage', 'unfollow', 'unpin'].map((name) => `chainHead_v1_${name}`),
			...['body', 'call', 'finalizedHeight', 'genesisHash', 'hashByHeight', 'header', 'storage'].map((name) => `archive_v1_${name}`),
			'transaction_v1_broadcast', 'transaction_v1_stop', 'transactionWatch_v1_submitAndWatch', 'transactionWatch_v1_unwatch',
			'chainSpec_v1_chainName', 'chainSpec_v1_genesisHash', 'chainSpec_v1_properties',
		];
		assert.deepEqual(expected.filter((name) => !methods.includes(name)), []);
	});

	test('tells fees before and after, and who authors when', async () => {
		const tx = await api.tx.balances.transferKeepAlive(bob.address, UNIT).signAsync(alice);
		// Fees follow how full blocks are, so all three are asked of one.
		let at;
		let told;
		do {
			at = await node.rpc('chain_getBlockHash');
			told = await Promise.all([node.rpc('payment_queryInfo', tx.toHex()), node.rpc('payment_queryFeeDetails', tx.toHex()), tx.paymentInfo(alice)]);
		} while (await node.rpc('chain_getBlockHash') !== at);
		const [info, details, shown] = told;
		const sum = Object.values(details.inclusionFee).reduce((all, each) => all + BigInt(each), 0n);
		assert.equal(sum, BigInt(info.partialFee));
		assert.equal(shown.partialFee.toBigInt(), sum);
		assert.ok(sum > 0n);
		// The chain takes what it told, or less where a call weighed less than it might have.
		const { fee } = await send(api, api.tx.balances.transferKeepAlive(bob.address, UNIT), ferdie);
		assert.ok(fee > 0n && fee <= sum + sum / 100n, `told ${sum}, took ${fee}`);
		const authorship = Object.values(await node.rpc('babe_epochAuthorship'))[0];
		assert.ok(authorship.primary.length + authorship.secondary.length + authorship.secondary_vrf.length > 0);
		const round = await node.rpc('grandpa_roundState');
		assert.equal(round.best.totalWeight, 1);
	});

	test('archive and chainHead agree with the legacy methods', async () => {
		const height = await node.rpc('archive_v1_finalizedHeight');
		const [hash] = await node.rpc('archive_v1_hashByHeight', height);
		assert.equal(hash, await node.rpc('chain_getBlockHash', height));
		assert.equal(await node.rpc('archive_v1_genesisHash'), await node.rpc('chainSpec_v1_genesisHash'));
		const body = await node.rpc('archive_v1_body', hash);
		assert.deepEqual(body, (await node.rpc('chain_getBlock', hash)).block.extrinsics);

		const socket = new WebSocket(node.url);
		const events = [];
		socket.addEventListener('message', ({ data }) => events.push(JSON.parse(data)));
		await new Promise((open) => socket.addEventListener('open', open));
		socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chainHead_v1_follow', params: [false] }));
		const initialized = await until(() => events.find(({ params }) => params?.result.event === 'initialized'), 60_000, 'chainHead initialized');
		assert.ok(initialized.params.result.finalizedBlockHashes.length > 0);
		await until(() => events.find(({ params }) => params?.result.event === 'finalized'), 60_000, 'chainHead finalized');
		socket.close();
	});

	test('a broadcast transaction lands in a block', async () => {
		const to = account('//Broadcast').address;
		const tx = await api.tx.balances.transferKeepAlive(to, UNIT).signAsync(ferdie);
		// A node broadcasts for as long as who asked is connected.
		const socket = new WebSocket(node.url);
		const answers = [];
		socket.addEventListener('message', ({ data }) => answers.push(JSON.parse(data)));
		await new Promise((open) => socket.addEventListener('open', open));
		const ask = (id, method, ...params) => {
			socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
			return until(() => answers.find((answer) => answer.id === id), 60_000, method);
		};
		try {
			const { result: operation, error } = await ask(1, 'transaction_v1_broadcast', tx.toHex());
			assert.ok(typeof operation === 'string' && operation.length > 0, JSON.stringify(error ?? operation));
			await until(async () => (await api.query.system.account(to)).data.free.toBigInt() === UNIT, 60_000, 'the transfer');
		} finally {
			socket.close();
		}
	});

	test('proxies do what their type says and nothing else', async () => {
		const listing = await publish(api, dave);
		const [offer] = await openOffers(api, dave, listing, [{ price: 0 }]);
		const calls = {
			transfer: () => api.tx.balances.transferKeepAlive(charlie.address, UNIT),
			transferAll: () => api.tx.balances.transferAll(charlie.address, false),
			register: () => register(api),
			buy: () => api.tx.licensing.buy(listing, offer),
			handOver: () => api.tx.listings.proposeOwner(listing, charlie.address),
			moreProxies: () => api.tx.proxy.addProxy(charlie.address, 'Any', 0),
			transferInBatch: () => api.tx.utility.batchAll([api.tx.balances.transferKeepAlive(charlie.address, UNIT)]),
			sudo: () => api.tx.sudo.sudo(api.tx.system.remark('')),
		};
		const allowed = {
			NonTransfer: ['register'],
			Agent: ['buy'],
			Deliver: [],
			Work: [],
		};
		for (const [type, may] of Object.entries(allowed)) {
			const proxy = account(`//Proxy//${type}`);
			await submitAll(api, [
				[api.tx.balances.transferKeepAlive(proxy.address, 100n * UNIT), alice],
				[api.tx.proxy.addProxy(proxy.address, type, 0), eve],
			]);
			const results = await submitAll(api, Object.values(calls).map((call) => [api.tx.proxy.proxy(eve.address, null, call()), proxy]));
			Object.keys(calls).forEach((name, index) => {
				assert.equal(results[index].error, undefined);
				const { result } = event(results[index], 'proxy', 'ProxyExecuted');
				const why = result.isErr && result.asErr.isModule ? api.registry.findMetaError(result.asErr.asModule).name : 'ok';
				assert.equal(why, may.includes(name) ? 'ok' : 'CallFiltered', `${type} and ${name}`);
			});
		}
		const any = account('//Proxy//Any');
		await submitAll(api, [[api.tx.balances.transferKeepAlive(any.address, 10n * UNIT), alice], [api.tx.proxy.addProxy(any.address, 'Any', 0), eve]]);
		const moved = await send(api, api.tx.proxy.proxy(eve.address, null, calls.transfer()), any);
		assert.ok(event(moved, 'proxy', 'ProxyExecuted').result.isOk);
		// A type is no stranger's: who is no proxy at all is refused before the call is looked at.
		const { error } = await submit(api, api.tx.proxy.proxy(eve.address, null, openOffer(api, listing)), ferdie);
		assert.equal(error.error, 'NotProxy');
	});
});

describe('subcommands', () => {
	const folder = scratch('weighhouse-commands-');
	const base = join(folder.path, 'base');
	const dev = ['--dev', '--base-path', base];
	const blocks = join(folder.path, 'blocks.bin');
	let best;
	after(() => folder.remove());

	const ok = async (args, options) => {
		const result = await subcommand(args, options);
		assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr.slice(-2000)}`);
		return result;
	};

	test('the node ends cleanly and soon when asked, and goes on from where it was', async () => {
		const first = await startNode({ base });
		const api = await connect(first.url);
		await send(api, api.tx.system.remarkWithEvent('kept'), bob);
		const reached = (await api.rpc.chain.getHeader()).number.toNumber();
		await waitForFinal(api, reached);
		await api.disconnect();
		const asked = Date.now();
		assert.deepEqual(await first.stop('SIGTERM'), { code: 0, signal: null });
		assert.ok(Date.now() - asked < 15_000, 'it took more than 15 s to end');
		assert.doesNotMatch(first.service.log, /panicked/);

		const second = await startNode({ base });
		const header = await second.rpc('chain_getHeader');
		assert.ok(Number(header.number) >= reached, `went back from ${reached} to ${Number(header.number)}`);
		// It goes on, far enough for what the subcommands below export.
		const wanted = Math.max(12, reached + 2);
		best = await until(async () => {
			const number = Number((await second.rpc('chain_getHeader')).number);
			return number >= wanted && number;
		}, 60_000, `block ${wanted}`);
		assert.deepEqual(await second.stop('SIGINT'), { code: 0, signal: null });
	});

	test('what is kept of the compiled runtime may be spoilt: the node goes on without it', async () => {
		const kept = readdirSync(join(base, 'chains/dev/compiled'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
		assert.ok(kept.some((file) => statSync(file).size > 100_000), kept.join(', '));
		const used = kept.filter((file) => file.endsWith('.stats')).map((file) => Number(/usages = (\d+)/.exec(readFileSync(file, 'utf8'))[1]));
		assert.ok(Math.max(...used) > 1, `it was read ${used} times`);
		for (const file of kept) writeFileSync(file, readFileSync(file).subarray(0, 1_000));
		const node = await startNode({ base });
		await until(async () => Number((await node.rpc('chain_getHeader')).number) > best, 60_000, 'a block more');
		best += 1;
		assert.deepEqual(await node.stop('SIGTERM'), { code: 0, signal: null });
	});

	test('key generate and inspect', async () => {
		const { stdout } = await ok(['key', 'generate', '--output-type', 'json']);
		const key = JSON.parse(stdout);
		const inspected = JSON.parse((await ok(['key', 'inspect', '--output-type', 'json', key.secretPhrase])).stdout);
		assert.equal(inspected.ss58Address, key.ss58Address);
		const alices = JSON.parse((await ok(['key', 'inspect', '--output-type', 'json', '//Alice'])).stdout);
		assert.equal(alices.ss58Address, alice.address);
	});

	for (const [chain, validators] of [['dev', 1], ['local', 2], ['local4', 4]]) {
		test(`export-chain-spec of ${chain}, plain and raw`, async () => {
			const plain = JSON.parse((await ok(['export-chain-spec', '--chain', chain])).stdout);
			assert.ok(plain.name && plain.id && plain.genesis.runtimeGenesis);
			assert.equal(plain.properties.tokenSymbol, 'WGH');
			const { session } = plain.genesis.runtimeGenesis.patch ?? plain.genesis.runtimeGenesis.config;
			assert.equal(session.keys.length, validators);
			const raw = JSON.parse((await ok(['export-chain-spec', '--chain', chain, '--raw'])).stdout);
			assert.ok(Object.keys(raw.genesis.raw.top).length > 20);
			// A node starts from the file as from the name.
			const file = join(folder.path, `${chain}.json`);
			writeFileSync(file, JSON.stringify(raw));
			const again = JSON.parse((await ok(['export-chain-spec', '--chain', file, '--raw'])).stdout);
			assert.deepEqual(again.genesis, raw.genesis);
		});
	}

	test('a chain has the same genesis by its name and by its exported file', async () => {
		const genesis = async (chain) => {
			const node = await startNode({ extra: ['--chain', chain] });
			try {
				return await node.rpc('chain_getBlockHash', 0);
			} finally {
				await node.stop();
			}
		};
		for (const chain of ['dev', 'local', 'local4']) {
			assert.equal(await genesis(chain), await genesis(join(folder.path, `${chain}.json`)), chain);
		}
	});

	test('chain-info', async () => {
		const { stdout, stderr } = await ok(['chain-info', ...dev]);
		const text = stdout + stderr;
		assert.match(text, /best_number/);
		assert.ok(Number(/best_number["\s:]+(\d+)/.exec(text)[1]) >= best - 1);
	});

	test('check-block, export-state', async () => {
		await ok(['check-block', ...dev, '1']);
		const { stdout } = await ok(['export-state', ...dev, '1']);
		assert.ok(Object.keys(JSON.parse(stdout).genesis.raw.top).length > 20);
	});

	test('export-blocks and import-blocks bring the chain to another folder', async () => {
		await ok(['export-blocks', ...dev, '--binary', '--to', String(best - 1), blocks]);
		assert.ok(statSync(blocks).size > 1000);
		const other = join(folder.path, 'other');
		mkdirSync(other);
		const import_ = await ok(['import-blocks', '--dev', '--base-path', other, '--binary', blocks]);
		assert.match(import_.stderr, /[Ii]mported/);
		const info = await ok(['chain-info', '--dev', '--base-path', other]);
		assert.equal(Number(/best_number["\s:]+(\d+)/.exec(info.stdout + info.stderr)[1]), best - 1);
		const before = readFileSync(blocks);
		const copy = join(folder.path, 'copy.bin');
		await ok(['export-blocks', '--dev', '--base-path', other, '--binary', '--to', String(best - 1), copy]);
		assert.ok(before.equals(readFileSync(copy)), 'the imported chain exports other blocks');
	});

	test('import-blocks refuses a block that was altered', async () => {
		const bytes = readFileSync(blocks);
		bytes[bytes.length - 40] ^= 1;
		const altered = join(folder.path, 'altered.bin');
		writeFileSync(altered, bytes);
		const other = join(folder.path, 'refusing');
		mkdirSync(other);
		await subcommand(['import-blocks', '--dev', '--base-path', other, '--binary', altered]);
		const info = await ok(['chain-info', '--dev', '--base-path', other]);
		assert.ok(Number(/best_number["\s:]+(\d+)/.exec(info.stdout + info.stderr)[1]) < best - 1);
	});

	test('revert takes back what is not final and nothing else', async () => {
		const info = async () => {
			const { stdout, stderr } = await ok(['chain-info', ...dev]);
			const read = (name) => Number(new RegExp(`${name}["\\s:]+(\\d+)`).exec(stdout + stderr)[1]);
			return [read('best_number'), read('finalized_number')];
		};
		const [, final] = await info();
		await ok(['revert', ...dev, '100']);
		assert.deepEqual(await info(), [final, final]);
	});

	test('purge-chain empties the chain and asks no questions with -y', async () => {
		await ok(['purge-chain', ...dev, '-y']);
		const left = ['paritydb', 'db'].map((name) => join(base, 'chains/dev', name)).filter((path) => existsSync(path) && existsSync(join(path, 'full')));
		assert.deepEqual(left, []);
	});

	test('an unknown chain or flag is refused with a sentence', async () => {
		const chain = await subcommand(['export-chain-spec', '--chain', 'nowhere']);
		assert.notEqual(chain.code, 0);
		assert.match(chain.stderr, /nowhere|No such file/i);
		const flag = await subcommand(['--no-such-flag']);
		assert.equal(flag.code, 2);
		assert.match(flag.stderr, /no-such-flag/);
	});
});
