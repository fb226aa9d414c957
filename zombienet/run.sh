#!/usr/bin/env bash
# Starts a network of this folder, asks it what it is there to show, and ends it:
#   zombienet/run.sh two              finality is reached, stalls without Bob, returns with him
#   zombienet/run.sh four [MINUTES]   slots that four validators miss (default: 3 minutes)
#   zombienet/run.sh market           blocks, finality, a sale and a job across seven nodes, as market.zndsl asserts
# Runs in a network namespace that has loopback and nothing else, so no port of this machine is taken or opened.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=dev/scripts/env.sh
. dev/scripts/env.sh

network=${1:-}
case "$network" in
	two) program=(node --test --test-reporter=spec dev/e2e/finality.mjs) ;;
	four) program=(node dev/e2e/slots.mjs "${2:-3}") ;;
	market) program=(node zombienet/node_modules/@zombienet/cli/dist/cli.js --provider native --dir "$PWD/target/zombienet" --force test zombienet/market.zndsl) ;;
	*)
		sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
esac
[ -x "$CARGO_TARGET_DIR/release/weighhouse-node" ] || {
	echo "the node is not built: make build" >&2
	exit 1
}
for folder in zombienet dev/e2e dev/ipfs; do
	[ -d "$folder/node_modules" ] || npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
done
PATH="$CARGO_TARGET_DIR/release:$PATH"
if [ "$(id -u)" = 0 ]; then own=(unshare --net); else own=(unshare --net --map-root-user); fi
"${own[@]}" true || {
	echo "this user may make no network namespace: run it as root" >&2
	exit 1
}
exec "${own[@]}" sh -c 'ip link set lo up && exec "$@"' network "${program[@]}"
