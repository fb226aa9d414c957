#!/usr/bin/env bash
# Builds everything once: programs, tests and examples with one profile and one set of features, so
# that whatever is run afterwards finds its artefacts. On a terminal cargo's own bar is shown;
# elsewhere a line a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

started=$SECONDS
dev/scripts/setup.sh

if [ -x "$WEIGHHOUSE_BIN/weighhouse-node" ]; then
	say "compiling what changed (a few minutes at most when only this repository's code did)"
else
	say "compiling about 1,000 crates: 35 to 50 minutes on two cores the first time, about 8 on sixteen"
	say "(later builds, also of other clones, reuse them: $CARGO_TARGET_DIR)"
fi
# To cargo, what another clone built last is this one's own, whatever its sources and its path.
builder=$CARGO_TARGET_DIR/built-for
if [ "$(cat "$builder" 2>/dev/null)" != "$PWD" ]; then
	if [ -d "$CARGO_TARGET_DIR/release" ]; then
		say "another clone was built last: this repository's own crates are compiled again (a quarter of an hour on two cores)"
		cargo clean --workspace --release --locked --quiet
	fi
	mkdir -p "$CARGO_TARGET_DIR"
	echo "$PWD" >"$builder"
fi
if [ -t 2 ]; then
	cargo build --release --workspace --all-targets --locked
else
	CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=200 CARGO_TERM_COLOR=never \
		cargo build --release --workspace --all-targets --locked 2>&1 | python3 dev/scripts/progress.py
fi
say "built in $(minutes $((SECONDS - started))); to have the programs on the PATH:"
# shellcheck disable=SC2016 # the shell that reads the line expands it
printf 'export PATH="%s:$PATH"\n' "$WEIGHHOUSE_BIN"
