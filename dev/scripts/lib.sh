# shellcheck shell=bash
# Shared by the scripts here: the versions and folders of env.sh, and a few words on how to speak and install.
# shellcheck source=dev/scripts/env.sh
. dev/scripts/env.sh
mkdir -p "$WEIGHHOUSE_CACHE"

SCRIPT=$(basename "$0" .sh)
bold=$'\033[1m' red=$'\033[31m' plain=$'\033[0m'
[ -t 1 ] || bold='' red='' plain=''

say() { printf '%s[%s]%s %s\n' "$bold" "$SCRIPT" "$plain" "$*"; }
fail() {
	printf '%s[%s]%s %s\n' "$red" "$SCRIPT" "$plain" "$*" >&2
	exit 1
}
has() { command -v "$1" >/dev/null; }

# quietly LOG WHAT COMMAND...: the command's output goes to a log; its end is shown only if it fails.
quietly() {
	local log=$WEIGHHOUSE_CACHE/$1 what=$2
	shift 2
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		fail "$what failed (full log: $log)"
	}
}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif has sudo; then sudo "$@"; else fail "need root (or sudo) to run: $*"; fi
}

apt_updated=
apt_update() {
	[ -z "$apt_updated" ] || return 0
	apt_updated=1
	as_root apt-get update -qq >/dev/null 2>&1 || true
}

apt_install() {
	has apt-get || fail "please install these with your package manager (Debian's names): $*"
	apt_update
	quietly apt.log "apt-get install" \
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# cargo_tool NAME VERSION: installs it in a folder of its own; a version that is there costs nothing.
cargo_tool() {
	local name=$1 version=$2
	[ -x "$WEIGHHOUSE_TOOLS/$name-$version/bin/$name" ] && return
	say "installing $name $version (a minute or two, once)"
	quietly "tools-$name.log" "cargo install $name" env CARGO_TARGET_DIR="$WEIGHHOUSE_TOOLS/target" \
		cargo install --locked --root "$WEIGHHOUSE_TOOLS/$name-$version" "$name@$version"
	rm -rf "$WEIGHHOUSE_TOOLS/target"
}

minutes() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }
