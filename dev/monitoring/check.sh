#!/usr/bin/env bash
# Checks what Prometheus and Grafana are given: Prometheus can read it, alerts fire when they should and only then
# (alerts.test.yml), and every metric that a rule or a panel asks for exists in the sources, as a plain string.
#   METRICS="http://127.0.0.1:9615/metrics http://127.0.0.1:8791/metrics" dev/monitoring/check.sh
#       asks running programs for the metrics instead: validators, nodes and gateways of `NAMESPACE=no make network`,
#       which prints where they are, and a `weighhouse deliver --metrics` that has delivered a key
#   CONTROL=1 dev/monitoring/check.sh
#       then spoils each alert in several ways, which the tests must notice (4 minutes)
set -euo pipefail
shopt -s extglob
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

folder=dev/monitoring
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Debian's package starts services when it is installed, so the tool is only taken out of it.
if has promtool; then
	promtool=promtool
else
	promtool=$WEIGHHOUSE_TOOLS/promtool
	if [ ! -x "$promtool" ]; then
		has apt-get || fail "promtool is not there: install Prometheus"
		say "taking promtool out of Debian's package of Prometheus (20 MB)"
		apt_update
		quietly promtool.log "apt-get download" env --chdir="$scratch" apt-get download prometheus
		dpkg -x "$scratch"/prometheus_*.deb "$scratch/package"
		mkdir -p "$WEIGHHOUSE_TOOLS"
		mv "$scratch/package/usr/bin/promtool" "$promtool"
	fi
fi

# The panels' expressions as rules, since promtool reads no dashboards.
panels() {
	python3 - "$1" <<'PYTHON'
import json, sys

def expressions(part):
    if isinstance(part, dict):
        yield from ([part["expr"]] if "expr" in part else [])
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from expressions(each)

with open(sys.argv[1], encoding="utf-8") as file:
    rules = [{"record": f"panel_{number}", "expr": each} for number, each in enumerate(expressions(json.load(file)))]
print(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
PYTHON
}

# All names of metrics: what the programs show, or what the sources of ours and of the locked SDK register.
names() {
	local url crate found
	if [ -n "${METRICS:-}" ]; then
		for url in $METRICS; do
			curl -sSf --max-time 10 "$url" | grep -oE '^[a-z]\w+' || fail "$url shows no metrics"
		done
		return
	fi
	local sources=(node/src crates/*/src)
	while read -r crate; do
		found=("${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$crate"/src)
		[ -d "${found[0]}" ] || fail "$crate is not here: make build fetches it"
		sources+=("${found[0]}")
	done < <(awk -F '"' '/^name = "sc-/ { name = $2; getline; print name "-" $2 }' Cargo.lock)
	grep -rhoE --include='*.rs' '"(substrate|weighhouse)_[a-z0-9_]+"' "${sources[@]}" | tr -d '"'
}

# Which metrics of a file have no such name. A histogram's series end in what they are.
missing() {
	local name
	while read -r name; do
		grep -qxE "$name|${name%_@(bucket|sum|count)}" "$scratch/names" || echo "$name"
	done < <(grep -oE '\b(substrate|weighhouse)_[a-z0-9_]+' "$1" | sort -u)
}

# The tests must fail on rules of which one never fires (deaf), always does (crying), or does not wait (hasty).
spoilt() {
	local alert=$1 how=$2 own=$scratch/$1-$2
	mkdir "$own"
	cp "$folder/alerts.test.yml" "$own"
	awk -v alert="$alert" -v how="$how" '
		/^ +- alert: / { here = $3 == alert }
		/^        [a-z]+: / { skip = 0 }
		here && how == "hasty" && /^        for: / { skip = 1 }
		here && how != "hasty" && /^        expr: / { print "        expr: vector(1) " (how == "deaf" ? "< 0" : "> 0"); skip = 1 }
		!skip
	' "$folder/alerts.yml" >"$own/alerts.yml"
	# Not every alert has something to wait for.
	! cmp -s "$folder/alerts.yml" "$own/alerts.yml" || return 0
	"$promtool" check rules "$own/alerts.yml" >/dev/null || fail "$alert cannot be spoilt ($how)"
	! "$promtool" test rules "$own/alerts.test.yml" >/dev/null 2>&1 || fail "the tests do not notice that $alert is $how"
	count=$((count + 1))
}

quietly promtool.log "promtool check config" "$promtool" check config "$folder/prometheus.yml"
panels "$folder/dashboard.json" >"$scratch/panels.yml"
quietly promtool.log "promtool check rules (panels of the dashboard)" "$promtool" check rules "$scratch/panels.yml"
say "Prometheus reads the rules and the panels"
while read -r job; do
	grep -q "job_name: $job\$" "$folder/prometheus.yml" || fail "prometheus.yml has no job $job"
done < <(grep -ohE 'job=\\*"[a-z-]+' "$folder/alerts.yml" "$folder/dashboard.json" | sed 's/.*"//' | sort -u)
names | sort -u >"$scratch/names"
for file in alerts.yml dashboard.json; do
	unknown=$(missing "$folder/$file")
	[ -z "$unknown" ] || fail "$file asks for metrics that do not exist: ${unknown//$'\n'/ }"
done
say "every metric exists (${METRICS:-by the sources})"
quietly promtool.log "promtool test rules" "$promtool" test rules "$folder/alerts.test.yml"
say "alerts fire when they should, and only then"

[ -n "${CONTROL:-}" ] || exit 0
sed 's/substrate_block_height/substrate_block_hight/' "$folder/alerts.yml" >"$scratch/alerts.yml"
[ "$(missing "$scratch/alerts.yml")" = substrate_block_hight ] || fail "a name that does not exist is not noticed"
count=0
while read -r alert; do
	for how in deaf crying hasty; do spoilt "$alert" "$how"; done
done < <(sed -n 's/^ *- alert: //p' "$folder/alerts.yml")
say "each of $count planted faults was noticed"
