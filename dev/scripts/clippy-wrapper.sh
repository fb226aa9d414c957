#!/usr/bin/env bash
# Stands between cargo and the compiler for this workspace's crates when dev/scripts/check.sh runs
# clippy inside `cargo build`. The dependencies are then the ones that the build made, where
# `cargo clippy` would compile the metadata of about 1,000 crates a second time.
# Programs and tests are only checked: nothing is generated, linked or put over the built programs.
args=("$@")
case " $* " in
*" --crate-name build_script_"* | *" -vV "* | *" --print="*) ;;
*" --crate-type bin "* | *" --test "*)
	for i in "${!args[@]}"; do
		[[ ${args[i]} == --emit=* ]] && args[i]=--emit=dep-info,metadata
	done
	;;
*) args+=(-Copt-level=0) ;;
esac
exec clippy-driver "${args[@]}"
