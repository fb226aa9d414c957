import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Votes } from '../lib/votes.mjs';

const casting = (kind, round) => `2026-11-27 12:00:00.123 DEBUG tokio-runtime-worker grandpa: Casting ${kind} for round ${round}    `;
const leaving = (hash, round, set = 0) => `2026-11-27 12:00:00.124 DEBUG tokio-runtime-worker grandpa: Announcing block ${hash} to peers which we voted on in round ${round} in set ${set}    `;
const hint = (round) => `2026-11-27 12:00:00.120 DEBUG tokio-runtime-worker grandpa: Sending primary block hint for round ${round}    `;
const noHint = (round) => `2026-11-27 12:00:00.120 DEBUG tokio-runtime-worker grandpa: Last round estimate has been finalized, not sending primary block hint for round ${round}    `;

/** What is wrong with these lines, and how often a vote was repeated. */
function read(...lines) {
	const votes = new Votes();
	const wrong = lines.flatMap((line) => (line === 'restart' ? votes.restarted() : votes.read(line)) ?? []);
	return [wrong, votes.repeated];
}

test('one vote of each kind, round and set contradicts nothing', () => {
	assert.deepEqual(read(
		hint(4), leaving('0xa', 4), casting('prevote', 4), leaving('0xc', 4), casting('precommit', 4), leaving('0xb', 4),
		noHint(5), casting('prevote', 5), leaving('0xd', 5), casting('prevote', 4), leaving('0xe', 4, 1),
	), [[], 0]);
});

test('the same vote after a restart is a repetition', () => {
	assert.deepEqual(read(casting('prevote', 4), leaving('0xa', 4), 'restart', casting('prevote', 4), leaving('0xa', 4)), [[], 1]);
});

test('another vote after a restart is an equivocation, whatever lies between', () => {
	assert.deepEqual(read(
		casting('prevote', 4), leaving('0xa', 4), casting('precommit', 4), 'restart', casting('prevote', 4), leaving('0xb', 4), casting('precommit', 4), leaving('0xb', 4),
	), [['equivocation in its own log: prevote of round 4 in set 0 for 0xa, then for 0xb'], 0]);
});

test('a vote that had not left when the node was killed is none', () => {
	assert.deepEqual(read(casting('prevote', 4), 'restart', casting('precommit', 4), leaving('0xa', 4), casting('prevote', 4), leaving('0xb', 4)), [[], 0]);
});

test('a vote is told once the log says that it has left, of its kind, round and set', () => {
	const votes = new Votes();
	const prevote = { kind: 'prevote', round: 4, set: 0 };
	votes.read(casting('prevote', 4));
	assert.equal(votes.told([prevote]), false);
	votes.read(leaving('0xa', 4));
	assert.equal(votes.told([prevote]), true);
	for (const other of [{ kind: 'precommit' }, { round: 5 }, { set: 1 }]) assert.equal(votes.told([prevote, { ...prevote, ...other }]), false);
});
