#!/usr/bin/env bash
# Starts the local IPFS node in the foreground, after installing what it needs. All flags go to it: try --help.
#   --install   installs only
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
dev/scripts/node.sh >&2
. dev/scripts/env.sh
dev/scripts/npm.sh dev/ipfs >&2
[ "${1-}" = --install ] && exit 0
exec node dev/ipfs/src/main.js "$@"
