#!/usr/bin/env bash
# Checks the units of this folder: systemd can read them, they start the programs that were built with
# flags that these know, and they give a program little that it does not need.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

# Of 10, by `systemd-analyze security`.
MOST_EXPOSED=2.0
has systemd-analyze || fail "systemd-analyze is not there: install systemd"

# Units name programs by where they are installed, so the check sees those that were built there.
if [ "${1:-}" != inside ]; then
	if [ "$(id -u)" = 0 ]; then own=(unshare --mount); else own=(unshare --mount --map-root-user); fi
	exec "${own[@]}" "$PWD/dev/systemd/check.sh" inside
fi
mount --bind "$WEIGHHOUSE_BIN" /usr/local/bin

# The long options of a unit's ExecStart, each of which the program's help must name.
flags() {
	local command program help words word
	command=$(sed -e ':join' -e '/\\$/{N;s/\\\n//;b join}' "$1" | sed -n 's/^ExecStart=//p')
	read -ra words <<<"$command"
	program=${words[0]}
	# A subcommand has options of its own.
	case "${words[1]:-}" in [a-z]*) program+=" ${words[1]}" ;; esac
	help=$($program --help)
	for word in "${words[@]}"; do
		case "$word" in
			--*) grep -qE -- "(^|[ ,])$word( |\$)" <<<"$help" || fail "$1: \`$program\` knows no $word" ;;
		esac
	done
}

for unit in "$PWD"/dev/systemd/*.service; do
	# What it does not know it only warns of.
	found=$(systemd-analyze verify --man=no "$unit" 2>&1) && [ -z "$found" ] || fail "$unit: $found"
	systemd-analyze security --no-pager --offline=true --threshold="${MOST_EXPOSED/./}" "$unit" | tail -n 1 ||
		fail "$unit: exposed more than $MOST_EXPOSED"
	flags "$unit"
	say "$(basename "$unit") ok"
done
