#!/usr/bin/env bash
# Runs the tests of the primitives, the pallets and the runtime with counters, and prints which share of
# the lines of each they run. Tests, mocks, benchmarks and generated weights do not count as lines. The
# lines that no test runs: target/coverage/missed.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

out=$PWD/target/coverage
rm -rf "$out"
mkdir -p "$out/raw"
build_log=$out/build.jsonl

# The tools have to be of the compiler's own LLVM, whose formats change with it.
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
tools=
find_tools() {
	local place
	for place in "$(rustc --print target-libdir)/../bin" "/usr/lib/llvm-$llvm/bin"; do
		[ -x "$place/llvm-profdata" ] && [ -x "$place/llvm-cov" ] && tools=$place && return
	done
	return 1
}
if ! find_tools; then
	say "missing: llvm-profdata and llvm-cov of LLVM $llvm (they read the counters)"
	if has rustup; then
		quietly rustup.log "rustup component add llvm-tools" rustup component add llvm-tools
	else
		apt_install "llvm-$llvm"
	fi
	find_tools || fail "no llvm-profdata and llvm-cov of LLVM $llvm, which this Rust uses"
fi

say "1/3 compiling the crates of the workspace with counters (about ten minutes on two cores)"
# All of the workspace, so that the dependencies have the features that they were built with.
SKIP_WASM_BUILD=1 RUSTC_WORKSPACE_WRAPPER="$PWD/dev/scripts/coverage-wrapper.sh" CARGO_TERM_COLOR=never \
	cargo test --release --workspace --locked --lib --test runtime --no-run \
	--message-format=json-render-diagnostics >"$build_log" 2>"$out/build.log" || {
	tail -n 40 "$out/build.log" >&2
	fail "the build failed (whole output: target/coverage/build.log)"
}

say "2/3 running the tests"
objects=()
while IFS=$'\t' read -r program folder; do
	(cd "$folder" && LLVM_PROFILE_FILE="$out/raw/%m-%p.profraw" "$program") >>"$out/tests.log" 2>&1 </dev/null || {
		tail -n 40 "$out/tests.log" >&2
		fail "tests failed (whole output: target/coverage/tests.log)"
	}
	objects+=(--object "$program")
done < <(jq -r 'select(.reason == "compiler-artifact" and .executable != null and .profile.test)
	| select(.manifest_path | test("/(crates/primitives|pallets/[a-z]+|runtime)/Cargo.toml$"))
	| [.executable, (.manifest_path | sub("/Cargo.toml$"; ""))] | @tsv' "$build_log")
[ ${#objects[@]} -gt 0 ] || fail "cargo names no programs of tests"

say "3/3 counting"
"$tools/llvm-profdata" merge --sparse "$out"/raw/*.profraw -o "$out/all.profdata"
# llvm-cov takes the first program by itself.
read_counters() { "$tools/llvm-cov" "$1" --instr-profile "$out/all.profdata" "${@:2}" "${objects[@]:1}" 2>"$out/llvm-cov.log"; }
read_counters export --format=lcov >"$out/lines.lcov"
python3 - "$out" <<'PYTHON'
"""Sums the lines of lines.lcov up by crate, and lists those that no test runs."""

import re
import sys
from pathlib import Path

out, root = Path(sys.argv[1]), Path.cwd()
OURS = re.compile(r"^(crates/primitives|pallets/\w+|runtime)/src/(?!.*\btests(?:/|\.rs)|mock\.rs|benchmark\w+\.rs|weights)")

# A file may appear once for each program that it is compiled into.
lines, file = {}, None
for record in (out / "lines.lcov").read_text().splitlines():
    kind, _, rest = record.partition(":")
    if kind == "SF":
        path = Path(rest)
        file = str(path.relative_to(root)) if path.is_relative_to(root) else rest
    elif kind == "DA" and OURS.match(file):
        number, count = rest.split(",")[:2]
        counts = lines.setdefault(file, {})
        counts[int(number)] = max(counts.get(int(number), 0), int(count))

crates = {}
for file, counts in lines.items():
    total, run = crates.get(name := OURS.match(file)[1], (0, 0))
    crates[name] = (total + len(counts), run + sum(count > 0 for count in counts.values()))
if not crates:
    sys.exit("no lines of ours were counted")
crates["all"] = tuple(map(sum, zip(*crates.values())))

print(f"{'crate':<24}{'lines':>8}{'run':>8}{'share':>9}")
for name, (total, run) in crates.items():
    print(f"{name:<24}{total:>8}{run:>8}{100 * run / total:>8.1f}%")

with open(out / "missed.txt", "w") as missed:
    for file, counts in sorted(lines.items()):
        source = (root / file).read_text().splitlines()
        for number in sorted(number for number, count in counts.items() if count == 0):
            print(f"{file}:{number}: {source[number - 1].strip()}", file=missed)
PYTHON
say "the lines that no test runs: target/coverage/missed.txt"
