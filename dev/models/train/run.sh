#!/usr/bin/env bash
# Trains the models of dev/models and writes the folders that are published.
#   run.sh                train, and rewrite the folders
#   run.sh check          train twice elsewhere; fail unless both give the committed bytes
#   run.sh test           run dev/models/test_models.py
#   run.sh fingerprints   measure fingerprints, print the tables of docs/models.md
#   run.sh campaign ...   write the items and raters of a campaign over answers of the reranker, see campaign.py
#   run.sh prefer ...     train the reranker further on preferences, see prefer.py
#   run.sh load FILE      load preferences with the library `datasets`, see load_preferences.py
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
# shellcheck source=dev/scripts/env.sh
. ../../scripts/env.sh
# shellcheck source=dev/scripts/python.sh
. ../../scripts/python.sh

say() { printf '\033[1m[models]\033[0m %s\n' "$*"; }
fail() { printf '\033[31m[models]\033[0m %s\n' "$*" >&2; exit 1; }

# Makes the virtual environment $1 of the pinned packages in $2, which take the space $3.
prepare() {
	local wanted python venv=$WEIGHHOUSE_CACHE/$1
	wanted=$(sha256sum <"$2")
	[ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ] || return 0
	python=$(new_python) || fail "Python 3.11 or newer is needed, as python3 or under its number (found $(python3 --version 2>&1))"
	"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing; on Debian and Ubuntu: apt-get install $python-venv"
	say "installing the pinned Python packages into $venv (once, about $3)"
	"$python" -m venv --clear "$venv" &&
		"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" &&
		printf '%s\n' "$wanted" >"$venv/requirements.sha256"
}

prepare_datasets() { prepare venv-datasets requirements-datasets.txt "400 MB"; }

export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
python() { "$WEIGHHOUSE_CACHE/venv-models/bin/python" "$@"; }
# The scripts are here, and what is named on the command line is where the user is.
there() { (cd "$OLDPWD" && python "$here/$1" "${@:2}"); }

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

prepare venv-models requirements.txt "250 MB"
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
	# A library of others that is too heavy for this machine is no reason not to test the rest.
	if (prepare_datasets); then
		export WEIGHHOUSE_DATASETS_PYTHON=$WEIGHHOUSE_CACHE/venv-datasets/bin/python
	else
		say "the library \`datasets\` does not install here: whether it loads preferences is not tested"
	fi
	python -m pytest -q -p no:cacheprovider ../test_models.py
	;;
fingerprints)
	python ../fingerprints.py
	;;
campaign | prefer)
	there "$1.py" "${@:2}"
	;;
load)
	prepare_datasets
	(cd "$OLDPWD" && "$WEIGHHOUSE_CACHE/venv-datasets/bin/python" "$here/load_preferences.py" "${@:2}")
	;;
*)
	fail "usage: run.sh [train|check|test|fingerprints|campaign ...|prefer ...|load PREFERENCES.jsonl]"
	;;
esac
