#!/usr/bin/env bash
# Runs the demo with the programs that were built. See dev/demo/demo.mjs.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
dev/scripts/npm.sh dev/ipfs dev/demo
exec node dev/demo/demo.mjs
