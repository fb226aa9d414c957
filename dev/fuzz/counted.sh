#!/usr/bin/env bash
# Stands between cargo and the compiler when dev/scripts/fuzz.sh builds: the crates under test get the
# counters and comparisons that libFuzzer reads, and no others do, so that it looks for new ways through
# them and its figures count them alone. The flags are those of cargo-fuzz, of which stable Rust takes
# all but the sanitizer.
compiler=$1
shift
case "$(sed -n 's/.* --crate-name \([^ ]*\) .*/\1/p' <<<" $* ")" in
weighhouse_primitives | weighhouse_runtime | pallet_delivery | pallet_feedback | pallet_inference | pallet_licensing | pallet_listings | pallet_reputation | pallet_validators)
	set -- "$@" -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
		-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
		-Cllvm-args=-sanitizer-coverage-trace-compares
	;;
esac
exec "$compiler" "$@"
