# shellcheck shell=bash
# Sourced by what runs models in Python. Finds one that their packages run on: the machine's python3 if
# it is new enough, else one that goes by its number.
new_python() {
	local name
	for name in python3 python3.11 python3.12 python3.13 python3.14; do
		"$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
		printf '%s\n' "$name"
		return
	done
	return 1
}
