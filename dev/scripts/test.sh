#!/usr/bin/env bash
# Runs every layer of tests, also after one has failed, then prints how many ran in each and how long
# it took. Whole output: target/test/LAYER.log. `make test LAYERS="e2e"` runs only those named.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
export FORCE_COLOR=0 CARGO_TERM_COLOR=never

logs=$PWD/target/test
mkdir -p "$logs"
: >"$logs/counts.tsv"
broken=()

layer() {
	local name=$1 what=$2 started=$SECONDS status=0
	shift 2
	case " ${LAYERS:-$name} " in *" $name "*) ;; *) return 0 ;; esac
	say "$what"
	# In a group of its own, which ends with this script: without one, bash has what is in the background ignore Ctrl-C.
	set -m
	"$@" </dev/null >"$logs/$name.log" 2>&1 &
	local pid=$!
	set +m
	trap 'kill -TERM -- "-$pid" 2>/dev/null || true; exit 130' INT TERM HUP
	# A sign of life in logs that nobody scrolls.
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		[ $(((SECONDS - started) % 60)) -ne 59 ] || say "  $((SECONDS - started + 1)) s: $(tail -n 1 "$logs/$name.log" | cut -c1-120)"
	done
	wait "$pid" || status=$?
	trap - INT TERM HUP
	python3 dev/scripts/count.py "$name" "$logs/$name.log" | awk -v layer="$name" -v OFS='\t' '{print layer, $0}' >>"$logs/counts.tsv"
	if [ "$status" -ne 0 ]; then
		broken+=("$name")
		tail -n 80 "$logs/$name.log"
		say "$name FAILED with exit code $status after $((SECONDS - started)) s; whole output: target/test/$name.log"
	else
		say "$name ok in $((SECONDS - started)) s"
	fi
}

started=$SECONDS
layer rust "1/5 the crates of the workspace: cargo test" cargo test --release --workspace --locked --no-fail-fast
layer ipfs "2/5 the IPFS node" npm --prefix dev/ipfs test
layer models "3/5 the models: training scripts, vectors, ONNX" dev/models/train/run.sh test
layer e2e "4/5 end to end: the built node and command line, IPFS, @polkadot/api, polkadot-api" npm --prefix dev/e2e test
layer network "5/5 the network: validators killed under load, and what the harness judges by" node --test dev/network/test/*.test.mjs

passed=0 failed=0
printf '\n%-10s %-36s %8s %8s\n' layer of passed failed
while IFS=$'\t' read -r name of good bad; do
	printf '%-10s %-36s %8d %8d\n' "$name" "$of" "$good" "$bad"
	passed=$((passed + good)) failed=$((failed + bad))
done <"$logs/counts.tsv"
# A layer that broke without a failed test (it did not start, or it crashed) is a failure of its own.
for name in "${broken[@]}"; do
	awk -F'\t' -v l="$name" '$1 == l && $4 > 0 {found = 1} END {exit !found}' "$logs/counts.tsv" || failed=$((failed + 1))
	python3 dev/scripts/count.py --failed "$logs/$name.log" | sed "s/^/$name: /"
done
say "all layers in $(minutes $((SECONDS - started)))"
printf '%d passed, %d failed\n' "$passed" "$failed" | tee "$logs/total"
[ ${#broken[@]} -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
