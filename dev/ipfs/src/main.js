#!/usr/bin/env node
// Only built-in modules are imported here, so that an old Node.js gets a sentence instead of a stack trace.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
	console.error(`weighhouse-ipfs needs Node.js 22.15 or newer, this is ${process.version}; dev/scripts/node.sh installs one`);
	process.exit(1);
}
const { run } = await import('./daemon.js');
process.exitCode = await run(process.argv.slice(2), process.env);
