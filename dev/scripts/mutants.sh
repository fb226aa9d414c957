#!/usr/bin/env bash
# Changes the pallets one place at a time and runs their tests, which must notice (`cargo mutants`). All of it
# takes a day on two cores, so it goes on where it stopped: what a test has failed on once is not tried again. TIME
# is for how many minutes; PALLETS="listings delivery" takes only those; SHARD=0/10 takes every tenth of the changes
# that are left; FRESH=1 forgets what was found before. So FRESH=1 SHARD=0/15 TIME=600 is the same sample each time, if
# the time is enough for it; without FRESH it would be one of what is left. Changes that may stay unnoticed are in
# dev/scripts/mutants.tsv, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

time=${TIME:-60}
[[ $time =~ ^[1-9][0-9]*$ ]] || fail "TIME is a number of minutes, not $time"
read -ra pallets <<<"${PALLETS:-$(cd pallets && echo *)}"
chosen=(--colors never)
for pallet in "${pallets[@]}"; do
	[ -d "pallets/$pallet" ] || fail "there is no pallets/$pallet"
	chosen+=(--package "pallet-$pallet")
done
found=$WEIGHHOUSE_CACHE/mutants
[ -z "${FRESH:-}" ] || rm -rf "$found"
mkdir -p "$found"

cargo_tool cargo-mutants "$MUTANTS_VERSION"
export PATH="$WEIGHHOUSE_TOOLS/cargo-mutants-$MUTANTS_VERSION/bin:$PATH"
# A folder of its own, since what is compiled there is wrong on purpose.
export CARGO_TARGET_DIR=$WEIGHHOUSE_CACHE/target-mutants CARGO_INCREMENTAL=1 SKIP_WASM_BUILD=1
# More cases of a property take their time and notice little more.
export PROPTEST_CASES=${PROPTEST_CASES:-16}

cargo mutants --list "${chosen[@]}" >"$found/wanted.txt"
say "$(wc -l <"$found/wanted.txt") changes, $time minutes at most; the first time it compiles the libraries, too"
[ -z "${SHARD:-}" ] || chosen+=(--shard "$SHARD" --sharding round-robin)
status=0 score=0
# In the foreground, or Ctrl-C would not reach it. It ends its own children.
timeout --foreground --signal=INT --kill-after=60 "${time}m" \
	cargo mutants --iterate --output "$found" --caught "${chosen[@]}" </dev/null || status=$?
# However it ended: the next run does not try again what this one found, and forgets its lists.
python3 dev/scripts/mutants.py "$found" dev/scripts/mutants.tsv || score=$?
# What hung is not tried again either. A run that could not begin has no lists.
lists=$found/mutants.out
[ ! -e "$lists/timeout.txt" ] || cat "$lists/timeout.txt" >>"$lists/caught.txt"
# 2: some were not noticed; 3: some took too long; 124: the time was up.
case $status in 0 | 2 | 3 | 124) exit "$score" ;; *) fail "cargo mutants ended with exit code $status" ;; esac
