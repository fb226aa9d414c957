#!/usr/bin/env bash
# Serves the model.onnx of a folder over the Open Inference Protocol, on this machine only.
#   run.sh MODEL_DIR PORT    for example: run.sh dev/models/digits 8080
# The model is called after its folder. Runs until it is stopped.
set -euo pipefail
usage="usage: run.sh MODEL_DIR PORT"
fail() { printf '\033[31m[mlserver]\033[0m %s\n' "$*" >&2; exit 1; }
[ $# -eq 2 ] || fail "$usage"
[ -f "$1/model.onnx" ] || fail "$1/model.onnx is missing; $usage"
case $2 in '' | *[!0-9]*) fail "\`$2\` is no port; $usage" ;; esac
model=$(cd "$1" && pwd)
port=$2
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=dev/scripts/env.sh
. ../../scripts/env.sh
# shellcheck source=dev/scripts/python.sh
. ../../scripts/python.sh

venv=$WEIGHHOUSE_CACHE/venv-mlserver
say() { printf '\033[1m[mlserver]\033[0m %s\n' "$*"; }

prepare() {
	local wanted python
	wanted=$(sha256sum <requirements.txt)
	[ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ] || return 0
	python=$(new_python) || fail "Python 3.11 or newer is needed, as python3 or under its number (found $(python3 --version 2>&1))"
	"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing; on Debian and Ubuntu: apt-get install $python-venv"
	say "installing the pinned Python packages into $venv (once, about 630 MB)"
	"$python" -m venv --clear "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
	printf '%s\n' "$wanted" >"$venv/requirements.sha256"
}

prepare
name=$(basename "$model")
say "serving $name on http://127.0.0.1:$port/v2/models/$name"
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
export MLSERVER_HTTP_PORT=$port MLSERVER_MODEL_NAME=$name MLSERVER_MODEL_URI=$model
exec "$venv/bin/mlserver" start .
