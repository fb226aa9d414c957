#!/usr/bin/env bash
# Stands between cargo and the compiler for this workspace's crates when dev/scripts/coverage.sh builds:
# those of the runtime count which of their lines run. The dependencies are the ones that the build made.
compiler=$1
shift
case "$(sed -n 's/.* --crate-name \([^ ]*\) .*/\1/p' <<<" $* ")" in
weighhouse_primitives | weighhouse_runtime | pallet_* | runtime) set -- "$@" -Cinstrument-coverage ;;
esac
exec "$compiler" "$@"
