#!/usr/bin/env bash
# run.sh PROGRAM [ARGUMENTS]: runs a program of this folder in namespaces of its own: a network that has loopback
# and nothing else, and mounts that nobody else sees. So no port of this machine is taken or opened, and nothing
# is left behind. Where that is not allowed, or with NAMESPACE=no, it runs plainly on loopback and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/env.sh
. dev/scripts/env.sh

own=(unshare --net --mount)
enter='--net'
if [ "$(id -u)" != 0 ]; then
	own+=(--map-root-user)
	enter='--user --preserve-credentials --net'
fi
if [ "${NAMESPACE:-yes}" != no ]; then
	if "${own[@]}" true 2>/dev/null; then
		export WEIGHHOUSE_NAMESPACE=yes WEIGHHOUSE_ENTER=$enter
		exec "${own[@]}" sh -c 'ip link set lo up && exec node "$@"' network "dev/network/$1" "${@:2}"
	fi
	echo "namespaces are not allowed here: everything runs on this machine's own loopback" >&2
fi
exec node "dev/network/$1" "${@:2}"
