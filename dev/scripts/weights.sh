#!/usr/bin/env bash
# Measures what the market's calls weigh on the real runtime, and writes runtime/src/weights. Run it
# on an idle machine: whatever else runs makes the chain charge more.
# `dev/scripts/weights.sh pallet_listings` measures one pallet; STEPS and REPEAT are the fineness.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

pallets=("$@")
[ ${#pallets[@]} -gt 0 ] || pallets=(pallet_delivery pallet_feedback pallet_inference pallet_licensing pallet_listings pallet_reputation pallet_validators)
folder=$WEIGHHOUSE_CACHE/target-bench

say "1/3 compiling the benchmarking tool (20 minutes the first time)"
# A library of the tool would build a test runtime of its own, which nothing here runs.
SKIP_WASM_BUILD=1 CARGO_TARGET_DIR=$folder cargo build --release --locked --manifest-path dev/bench/Cargo.toml

say "2/3 compiling the runtime with its benchmarks (5 minutes)"
# The flags that substrate-wasm-builder gives a runtime.
RUSTFLAGS="-C target-cpu=mvp -C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
	CARGO_TARGET_DIR=$folder cargo rustc --release --locked -p weighhouse-runtime --lib --crate-type cdylib \
	--target wasm32v1-none --no-default-features --features runtime-benchmarks

say "3/3 measuring"
for pallet in "${pallets[@]}"; do
	"$folder/release/weighhouse-bench" --runtime "$folder/wasm32v1-none/release/weighhouse_runtime.wasm" \
		--genesis-builder runtime --genesis-builder-preset development \
		--pallet "$pallet" --extrinsic '*' --steps "${STEPS:-20}" --repeat "${REPEAT:-10}" \
		--output "runtime/src/weights/$pallet.rs"
	# What was run and where is this script and some machine: neither belongs in the file.
	sed -i '/^\/\/ Executed Command:/,/^$/d; /^\/\/! HOSTNAME/d' "runtime/src/weights/$pallet.rs"
done
cargo fmt -p weighhouse-runtime
say "written: runtime/src/weights; review the differences before committing"
