#!/usr/bin/env bash
# Fuzzes the targets of dev/fuzz one after another, TIME seconds each, and fails when one breaks.
# MODE=replay only repeats the inputs in the repository; MODE=keep adds to them what fuzzing found on
# this machine; MODE=control plants faults and fails when one is not noticed. TARGETS="sealing calls"
# takes only those.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

mode=${MODE:-fuzz} time=${TIME:-60}
read -ra targets <<<"${TARGETS:-sealing calls runtime}"
folder=$WEIGHHOUSE_CACHE/target-fuzz
found=$WEIGHHOUSE_CACHE/fuzz
logs=$PWD/target/fuzz
mkdir -p "$logs"
case $mode in fuzz | replay | keep | control) ;; *) fail "MODE is fuzz, replay, keep or control, not $mode" ;; esac
[[ $time =~ ^[1-9][0-9]*$ ]] || fail "TIME is a number of seconds, not $time"

build() {
	say "compiling the targets (about twenty minutes on two cores the first time)"
	SKIP_WASM_BUILD=1 RUSTC_WRAPPER="$PWD/dev/fuzz/counted.sh" CARGO_TARGET_DIR="$folder" CARGO_TERM_COLOR=never \
		CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=200 \
		cargo build --release --locked --manifest-path dev/fuzz/Cargo.toml 2>&1 | python3 dev/scripts/progress.py
}

# The last line of figures in a log: "#12345 NEW cov: 678 ft: ...".
figures() { grep -a '^#[0-9]' "$1" | tail -n 1 | tr '\t' ' ' || true; }

# run TARGET ARGUMENTS...: runs a target, with a sign of life every ten seconds.
run() {
	local target=$1 log=$logs/$1.log started=$SECONDS status=0
	shift
	# A sequence on the runtime takes milliseconds, or a second when hours pass in it.
	"$folder/release/$target" -timeout=60 -rss_limit_mb=4096 -artifact_prefix="$logs/$target-" \
		-print_final_stats=1 "$@" </dev/null >"$log" 2>&1 &
	local pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		[ $(((SECONDS - started) % 10)) -ne 9 ] || say "  $target $((SECONDS - started + 1)) s: $(figures "$log" | cut -c1-100)"
	done
	wait "$pid" || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 60 "$log" >&2
		broken+=("$target")
		say "$target FAILED with exit code $status; whole output: target/fuzz/$target.log"
		local input
		input=$(grep -ao 'Test unit written to .*' "$log" | tail -n 1 | cut -d' ' -f5-) || true
		[ -z "$input" ] || say "again: $folder/release/$target $input"
		return
	fi
	passed=$((passed + 1))
}

# tell TARGET: executions and coverage of a run that ended well.
tell() {
	local log=$logs/$1.log runs covered all slowest
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	all=$(sed -n 's/^INFO: Loaded 1 modules *(\([0-9]*\) .*/\1/p' "$log")
	covered=$(figures "$log" | sed -n 's/.* cov: \([0-9]*\) .*/\1/p')
	slowest=$(sed -n 's/^slowest block/, slowest block/p' "$log" | tail -n 1)
	[ "${all:-0}" -gt 0 ] || fail "$1 has no counters: dev/fuzz/counted.sh was not used"
	say "$(printf '%-8s ok: %9d executions, %6d of %6d edges covered (%d %%)' "$1" "$runs" "${covered:-0}" "$all" $((100 * ${covered:-0} / all)))$slowest"
}

# control FAULT MESSAGE: plants a fault before an input that breaks nothing by itself.
control() {
	local fault=$1 message=$2 log=$logs/control-$1.log status=0
	WEIGHHOUSE_FUZZ_PLANT=$fault "$folder/release/runtime" dev/fuzz/corpus/runtime/key-right </dev/null >"$log" 2>&1 || status=$?
	if [ "$status" -ne 0 ] && grep -qF "$message" "$log"; then
		say "$(printf '%-8s was planted and noticed: %s' "$fault" "$message")"
		passed=$((passed + 1))
	else
		tail -n 20 "$log" >&2
		say "$fault was planted and NOT noticed (exit code $status); whole output: target/fuzz/control-$fault.log"
		broken+=("$fault")
	fi
}

build
broken=() passed=0
if [ "$mode" = control ]; then
	"$folder/release/runtime" dev/fuzz/corpus/runtime/key-right </dev/null >"$logs/control.log" 2>&1 \
		|| fail "the input of the control breaks something by itself: target/fuzz/control.log"
	control issuance "money was made"
	control hold "SUM-2"
	control weight "a block weighs"
	control panic "a planted panic"
	targets=()
fi
for target in "${targets[@]}"; do
	mkdir -p "$found/$target"
	before=${#broken[@]}
	case $mode in
	# New inputs go to the first folder.
	fuzz) run "$target" -max_len=4096 -max_total_time="$time" "$found/$target" "dev/fuzz/corpus/$target" ;;
	replay) run "$target" -runs=0 "dev/fuzz/corpus/$target" ;;
	keep) run "$target" -merge=1 "dev/fuzz/corpus/$target" "$found/$target" ;;
	esac
	if [ "${#broken[@]}" -eq "$before" ] && [ "$mode" != keep ]; then tell "$target"; fi
done
# As the counter of `make test` reads it.
printf '# pass %d\n# fail %d\n' "$passed" "${#broken[@]}"
[ ${#broken[@]} -eq 0 ] || fail "failed: ${broken[*]}"
