#!/usr/bin/env bash
# npm.sh DIR...: installs the packages that each folder's lock file names, unless they are there already.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
for dir in "$@"; do
	stamp=$dir/node_modules/.installed
	now="$(node --version) $(sha256sum <"$dir/package-lock.json")"
	[ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && continue
	say "installing the packages of $dir (under a minute)"
	quietly "npm-$(basename "$dir").log" "npm ci in $dir" npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error
	printf '%s' "$now" >"$stamp"
done
