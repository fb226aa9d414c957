#!/usr/bin/env bash
# Trains the models of dev/models and writes the folders that are published.
#   run.sh                train, and rewrite the folders
#   run.sh check          train twice elsewhere; fail unless both give the committed bytes
#   run.sh test           run dev/models/test_models.py
#   run.sh fingerprints   measure fingerprints, print the tables of docs/models.md
#   run.sh prefer ...     train the reranker further on preferences, see prefer.py
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=dev/scripts/env.sh
. ../../scripts/env.sh
# shellcheck source=dev/scripts/python.sh
. ../../scripts/python.sh

venv=$WEIGHHOUSE_CACHE/venv-models
say() { printf '\033[1m[models]\033[0m %s\n' "$*"; }
fail() { printf '\033[31m[models]\033[0m %s\n' "$*" >&2; exit 1; }

prepare() {
	local wanted python
	wanted=$(sha256sum <requirements.txt)
	[ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ] || return 0
	python=$(new_python) || fail "Python 3.11 or newer is needed, as python3 or under its number (found $(python3 --version 2>&1))"
	"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing; on Debian and Ubuntu: apt-get install $python-venv"
	say "installing the pinned Python packages into $venv (once, about 250 MB)"
	"$python" -m venv --clear "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
	printf '%s\n' "$wanted" >"$venv/requirements.sha256"
}

python() { env PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$venv/bin/python" "$@"; }

models=(digits digits-small reranker reranker-2)

# Trains all models into the folder $1.
build() {
	local weights status=0
	weights=$(mktemp -d)
	python train.py "$weights" && python distil.py "$weights" && python export.py "$weights" "$1" &&
		python train_rerank.py "$weights" && python export_rerank.py "$weights" "$1" || status=$?
	rm -rf "$weights"
	return "$status"
}

prepare
case "${1:-train}" in
train)
	build ..
	;;
check)
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	for round in first second; do
		build "$scratch/$round"
		for model in "${models[@]}"; do
			diff -r "$scratch/$round/$model" "../$model" || fail "the $round training of $model does not give the committed bytes"
		done
	done
	say "both trainings give the committed bytes"
	;;
test)
	python -m pytest -q -p no:cacheprovider ../test_models.py
	;;
fingerprints)
	python ../fingerprints.py
	;;
prefer)
	shift
	paths=()
	# The script runs in this folder, the user elsewhere.
	for argument; do
		case "$argument" in */* | *.*) paths+=("$(cd "$OLDPWD" && realpath -m "$argument")") ;; *) paths+=("$argument") ;; esac
	done
	python prefer.py "${paths[@]}"
	;;
*)
	fail "usage: run.sh [train|check|test|fingerprints|prefer MODEL.onnx PREFERENCES.jsonl OUT.onnx [SEED]]"
	;;
esac
