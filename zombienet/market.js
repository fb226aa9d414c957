// What market.zndsl asks of the market: a sale and a question across the nodes of market.toml, with real gateways.
// The checks are those of `make network`, but nobody reads the nodes' logs for contradictions here: of these it looks at
// the chain alone.
const { spawn } = require('node:child_process');
const { resolve } = require('node:path');

exports.run = (_, { nodesByName }) => new Promise((done, failed) => {
	const nodes = Object.values(nodesByName).map(({ name, wsUri }) => `${name}=${wsUri}`);
	const checks = spawn(process.execPath, [resolve(__dirname, '../dev/network/network.mjs'), ...nodes], { stdio: 'inherit' });
	checks.once('error', failed);
	checks.once('close', (code) => (code === 0 ? done(code) : failed(new Error(`the checks ended with ${code}`))));
});
