// The votes of one validator as its own log tells them, of all its lives (`--log grandpa=debug`). Others refuse a vote
// in a round that they have left, so they do not see that one who comes back has signed another vote there.

export class Votes {
	/** What was voted for first, by set, round and kind; and the kinds of votes that are about to leave. */
	#first = new Map();
	#leaving = [];
	/** How many votes it gave. */
	given = 0;
	/** How often it gave a vote that it had given before, as whoever comes back into its round must. */
	repeated = 0;

	/** It was started again: what had not left by then has not left. */
	restarted() {
		this.#leaving = [];
	}

	/** Whether its log has told of these votes, each `{ kind, round, set }`. */
	told(votes) {
		return votes.every(({ kind, round, set }) => this.#first.has(`${kind} of round ${round} in set ${set}`));
	}

	/** Reads a line; answers what is wrong if it is another vote than the one that it gave before. */
	read(line) {
		const [, kind, of] = /(?:Casting|Sending) (prevote|precommit|primary block hint) for round (\d+)/.exec(line) ?? [];
		if (kind) this.#leaving.push({ kind, of });
		const [, hash, round, set] = /Announcing block (\S+) to peers which we voted on in round (\d+) in set (\d+)/.exec(line) ?? [];
		const at = this.#leaving.findIndex((each) => each.of === round);
		if (at < 0) return undefined;
		const vote = `${this.#leaving.splice(at, 1)[0].kind} of round ${round} in set ${set}`;
		this.given += 1;
		const before = this.#first.get(vote);
		if (before === hash) this.repeated += 1;
		else if (before) return `equivocation in its own log: ${vote} for ${before}, then for ${hash}`;
		else this.#first.set(vote, hash);
		return undefined;
	}
}
