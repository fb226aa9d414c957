#!/usr/bin/env bash
# Everything that can be judged without running the code. All checks run, then the failed ones are named.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
dev/scripts/tools.sh
python=$WEIGHHOUSE_TOOLS/python/bin

format() {
	cargo fmt --all -- --check &&
		cargo fmt --manifest-path dev/bench/Cargo.toml -- --check &&
		cargo fmt --manifest-path dev/fuzz/Cargo.toml -- --check
}
# Nothing else compiles these two on every change, and both are compiled with --locked.
locks() {
	cargo update --workspace --locked --manifest-path dev/bench/Cargo.toml &&
		cargo update --workspace --locked --manifest-path dev/fuzz/Cargo.toml
}
toml_format() { RUST_LOG=error "$python/taplo" fmt --check --diff; }
shell() { git ls-files -co --exclude-standard '*.sh' .ci/run | xargs "$python/shellcheck" -x; }
links() { python3 dev/scripts/links.py; }
features() {
	"$WEIGHHOUSE_TOOLS/zepter-$ZEPTER_VERSION/bin/zepter" lint propagate-feature --workspace --locked \
		--features std,runtime-benchmarks,try-runtime --left-side-feature-missing=ignore --show-path
}
licences() { "$python/python" dev/scripts/licences.py; }
unused() { "$WEIGHHOUSE_TOOLS/cargo-machete-$MACHETE_VERSION/bin/cargo-machete" crates dev/simulate docs node pallets runtime; }
clippy() {
	SKIP_WASM_BUILD=1 RUSTC_WORKSPACE_WRAPPER="$PWD/dev/scripts/clippy-wrapper.sh" CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__" \
		cargo build --release --workspace --all-targets --locked
}

failed=()
check() {
	local what=$1 remedy=$2 started=$SECONDS log=$WEIGHHOUSE_CACHE/check-$1.log
	if "$what" >"$log" 2>&1 </dev/null; then
		say "$(printf '%-12s ok      %3d s' "$what" $((SECONDS - started)))"
	else
		cat "$log" >&2
		say "$(printf '%-12s FAILED  %3d s' "$what" $((SECONDS - started)))  $remedy"
		failed+=("$what")
	fi
}
check format "remedy: make fmt"
check toml_format "remedy: make fmt"
check locks "remedy: cargo update --workspace --manifest-path of dev/bench/Cargo.toml and dev/fuzz/Cargo.toml"
check shell "see the wiki page that each finding names"
check links "a document names a file that is not there"
check features "remedy: zepter's --fix, or add the feature by hand"
check licences "see deny.toml"
check unused "remove the dependency, or name it under [package.metadata.cargo-machete]"
check clippy "warnings are errors"
[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
say "all checks passed"
