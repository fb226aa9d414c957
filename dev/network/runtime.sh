#!/usr/bin/env bash
# runtime.sh FEATURES: compiles the runtime's WebAssembly with these features, comma separated (runtime/Cargo.toml
# says what they are), and prints the file on the last line. It is compressed as the build does it, or a transaction
# could not carry it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

features=${1:?which features? for example fast-runtime}
folder=$WEIGHHOUSE_CACHE/target-variants
file=$WEIGHHOUSE_CACHE/variants/${features//,/-}.wasm

say "compiling the runtime with $features (5 minutes the first time)" >&2
# The flags that substrate-wasm-builder gives a runtime.
RUSTFLAGS="-C target-cpu=mvp -C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
	CARGO_TARGET_DIR=$folder cargo rustc --release --locked -p weighhouse-runtime --lib --crate-type cdylib \
	--target wasm32v1-none --no-default-features --features "$features" >&2

mkdir -p "$(dirname "$file")"
# What marks code as compressed, and the code.
node --no-warnings -e '
const { readFileSync, writeFileSync } = require("node:fs");
const code = require("node:zlib").zstdCompressSync(readFileSync(process.argv[1]));
writeFileSync(process.argv[2], Buffer.concat([Buffer.from("52bc537646db8e05", "hex"), code]));
' "$folder/wasm32v1-none/release/weighhouse_runtime.wasm" "$file.new"
mv "$file.new" "$file"
echo "$file"
