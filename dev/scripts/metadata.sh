#!/usr/bin/env bash
# Renews the copy of the chain's metadata that the client is generated from. Only the runtime is built,
# since the client may not compile until its metadata is right.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
writer=$WEIGHHOUSE_BIN/examples/metadata
rm -f "$writer"
cargo build --release --workspace --all-targets --locked --keep-going || true
[ -x "$writer" ] || fail "the runtime does not compile: see above"
"$writer" >crates/client/metadata.scale
say "crates/client/metadata.scale: $(wc -c <crates/client/metadata.scale) bytes"
