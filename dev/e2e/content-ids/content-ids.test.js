import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { makeCase, random } from './cases.js';
import { judge } from './reference.js';

const CASES = Number(process.env.CONTENT_ID_CASES ?? 100_000);
const SEED = Number(process.env.CONTENT_ID_SEED ?? 20_261_121);

// As dev/scripts/env.sh sets it.
const cache = process.env.WEIGHHOUSE_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'weighhouse');
const reader = path.join(process.env.CARGO_TARGET_DIR ?? path.join(cache, 'target'), 'release', 'examples', 'parse_content_ids');

/** The chain's answers to a list of pasted bytes. */
function ask(pasted) {
	assert.ok(existsSync(reader), `${reader} is missing; build it: cargo build --release -p weighhouse-primitives --example parse_content_ids`);
	const { status, stdout, stderr } = spawnSync(reader, { input: pasted.map((bytes) => Buffer.from(bytes).toString('hex') + '\n').join(''), encoding: 'utf8', maxBuffer: 2 ** 28 });
	assert.equal(status, 0, stderr);
	return stdout.trimEnd().split('\n').map((line) => {
		const [verdict, value] = line.split(' ');
		return verdict === 'ok' ? { bytes: value } : { reason: value };
	});
}

test(`the chain and JS multiformats agree on ${CASES} generated and mutated content ids (seed ${SEED})`, (t) => {
	const rng = random(SEED);
	const pasted = Array.from({ length: CASES }, () => makeCase(rng));
	const answers = ask(pasted);
	assert.equal(answers.length, CASES);
	const differences = [];
	const counts = {};
	for (const [i, answer] of answers.entries()) {
		const expected = judge(pasted[i]);
		const kind = answer.reason ?? 'ok';
		counts[kind] = (counts[kind] ?? 0) + 1;
		if (answer.bytes !== expected.bytes || (expected.reason !== undefined && answer.reason !== expected.reason)) {
			differences.push({ pasted: JSON.stringify(Buffer.from(pasted[i]).toString('latin1')), chain: answer, multiformats: expected });
		}
	}
	t.diagnostic(Object.entries(counts).map(([kind, count]) => `${kind} ${count}`).join(', '));
	assert.deepEqual(differences.slice(0, 10), [], `${differences.length} differences`);
	// Agreement says little unless every verdict was reached often.
	for (const kind of ['ok', 'Empty', 'TooLong', 'Malformed', 'UnsupportedBase', 'UnsupportedVersion', 'UnsupportedCodec', 'UnsupportedHash', 'WrongDigestLength', 'TrailingBytes']) {
		assert.ok(counts[kind] >= CASES / 1000, `${kind}: only ${counts[kind] ?? 0}`);
	}
	assert.ok(counts.ok > CASES / 4);
});

test('bytes that are not text are no content ids', () => {
	const texts = ['bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'];
	const pasted = texts.flatMap((text) => [0x80, 0xc3, 0xff].flatMap((byte) => [0, 1, 5, text.length].map((at) => Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([byte]), Buffer.from(text.slice(at))]))));
	for (const answer of ask(pasted)) assert.deepEqual(answer, { reason: 'Malformed' });
	const letters = texts.map((text) => Buffer.from(text.slice(0, 8) + 'é' + text.slice(9)));
	for (const answer of ask(letters)) assert.deepEqual(answer, { reason: 'Malformed' });
});
