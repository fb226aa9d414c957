#!/usr/bin/env bash
# Does what the Containerfile says without a container engine: its steps run, as root, in a root folder made of
# this machine's own files, none of which they can change. Then the node runs in there as the user that the file
# names, on a network of its own, and is asked how it is. Needs root and Debian; under a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh

# A namespace of mounts and processes: all that is made or started here ends with this program.
if [ "${1:-}" != inside ]; then
	[ "$(id -u)" = 0 ] || fail "this needs root: it mounts a root folder and changes into it"
	has apt-get || fail "this needs Debian, or one of its kind: the steps install its packages"
	exec unshare --mount --pid --fork --mount-proc --kill-child "$PWD/dev/container/check.sh" inside
fi
file=$PWD/dev/container/Containerfile context=$WEIGHHOUSE_BIN

# The root folder: what is written lands in memory. Of the machine it has what a Debian image has, not its homes
# and not what was installed by hand.
top=/mnt
mount -t tmpfs tmpfs "$top"
mkdir "$top/written" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/written,workdir=$top/work" "$top/root"
root=$top/root
for folder in "$root"/* "$root/usr/local"; do
	case "${folder#"$root"}" in
		/bin | /boot | /etc | /lib* | /sbin | /usr | /var) ;;
		/dev) mount --rbind /dev "$folder" ;;
		/proc) mount -t proc proc "$folder" ;;
		*) [ -L "$folder" ] || [ ! -d "$folder" ] || mount -t tmpfs -o mode=0755 tmpfs "$folder" ;;
	esac
done
chmod 1777 "$root/tmp"
# It may be a link into a folder that is empty now; engines give a file, too.
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
# A machine on which a validator was installed has these, which an image has not.
rm -rf "$root/etc/weighhouse" "$root/var/lib/weighhouse"
chroot "$root" userdel weighhouse 2>/dev/null || true

user=root folder=/ variables=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
entry=() command=() health=() volumes=() packages=''
# As in an engine, a step sees nothing of this shell's environment but the proxies.
proxies=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
	[ -z "${!name:-}" ] || proxies+=("$name=${!name}")
done
within() { chroot --userspec="$user" "$root" env -i "${variables[@]}" "$@"; }

# One instruction of the file.
step() {
	local word=$1 rest=$2 words source
	case "$word" in
		FROM) say "on this machine's files instead of $rest" ;;
		RUN)
			packages+=" $rest"
			quietly container.log "RUN $rest" within "${proxies[@]}" DEBIAN_FRONTEND=noninteractive sh -c "cd $folder && $rest"
			;;
		COPY)
			read -ra words <<<"$rest"
			[[ ${words[0]} == --chmod=* ]] || fail "this check does not know: COPY $rest"
			for source in "${words[@]:1:${#words[@]}-2}"; do
				install -D --mode="${words[0]#--chmod=}" "$context/$source" "$root${words[-1]}$source"
			done
			;;
		USER) user=$rest:$rest ;;
		WORKDIR) folder=$rest ;;
		ENV) variables+=("$rest") ;;
		VOLUME) volumes+=("$rest") ;;
		EXPOSE) ;;
		HEALTHCHECK) mapfile -t health < <(jq -r '.[]' <<<"${rest#*CMD }") ;;
		ENTRYPOINT) mapfile -t entry < <(jq -r '.[]' <<<"$rest") ;;
		CMD) mapfile -t command < <(jq -r '.[]' <<<"$rest") ;;
		*) fail "this check does not know: $word $rest" ;;
	esac
}
while read -r word rest; do
	case "$word" in '' | '#'*) continue ;; esac
	step "$word" "$rest"
done < <(sed -e ':join' -e '/\\$/{N;s/\\\n[[:space:]]*//;b join}' "$file")
say "all steps are done"

# The machine has more libraries than an image, so that one that the steps do not install would not be missed.
for program in "$context/weighhouse-node" "$context/weighhouse"; do
	for library in $(ldd "$program" | awk '$2 == "=>" { print $3 }'); do
		package=$(dpkg-query --search "*/${library##*/}" | sed -n '1s/:.*//p')
		case "$package" in libc6 | libgcc-s1) continue ;; esac
		[[ " $packages " == *" $package "* ]] || fail "$program needs $library of $package, which no step installs"
	done
done

[ "$user" != root ] || fail "the node would run as root"
for volume in "${volumes[@]}"; do
	within test -w "$volume" || fail "$user cannot write to $volume"
done

# Starts the node with these arguments, asks it, and ends it as an engine does.
serve() {
	local pid answer status=0 started=$SECONDS
	unshare --net sh -c 'ip link set lo up && exec "$@"' network \
		chroot --userspec="$user" "$root" env -i "${variables[@]}" sh -c "cd $folder && exec \"\$@\"" entry "${entry[@]}" "$@" \
		>"$WEIGHHOUSE_CACHE/container-node.log" 2>&1 &
	pid=$!
	until nsenter --target "$pid" --net chroot --userspec="$user" "$root" env -i "${variables[@]}" "${health[@]}" >/dev/null 2>&1; do
		kill -0 "$pid" 2>/dev/null && [ $((SECONDS - started)) -lt 30 ] || {
			tail -n 20 "$WEIGHHOUSE_CACHE/container-node.log" >&2
			fail "${entry[*]} $* is not healthy after $((SECONDS - started)) s"
		}
		sleep 0.2
	done
	answer=$(nsenter --target "$pid" --net curl --silent --fail --header 'content-type: application/json' \
		--data '{"jsonrpc":"2.0","id":1,"method":"system_health","params":[]}' http://127.0.0.1:9944)
	jq -e '.result.isSyncing == false' <<<"$answer" >/dev/null || fail "system_health says $answer"
	case "$*" in
		*"--rpc-methods safe"*)
			nsenter --target "$pid" --net curl --silent --header 'content-type: application/json' \
				--data '{"jsonrpc":"2.0","id":1,"method":"author_rotateKeys","params":[]}' http://127.0.0.1:9944 |
				jq -e '.error.message | contains("unsafe")' >/dev/null || fail "the node makes keys for whoever asks"
			;;
	esac
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" != 0 ] || fail "the node runs as root"
	# In these tables 26D8 is 9944, 258F 9615, 0A a port that listens, and 0100007F 127.0.0.1.
	! awk '$4 == "0A" && $2 ~ /:(26D8|258F)$/' "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" |
		grep -vE '^ *[0-9]+: (0100007F|0{24}01000000):' || fail "RPC or metrics can be reached from outside"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 0 ] || fail "asked to end, the node ended with $status"
	say "${entry[*]} $*: $(jq -c .result <<<"$answer"), ended well"
}
within weighhouse --version >/dev/null || fail "weighhouse does not start"
serve --dev --tmp
within "${entry[@]}" export-chain-spec --chain local --raw >"$root/etc/weighhouse/chain.json" 2>/dev/null
# A validator does not start without a network key, and makes none by itself.
within "${entry[@]}" key generate-node-key --chain /etc/weighhouse/chain.json --default-base-path 2>/dev/null
serve "${command[@]}" --validator --name house-1
serve "${command[@]}"
for volume in "${volumes[@]}"; do
	[ -n "$(ls -A "$root$volume")" ] || fail "the node left nothing in $volume"
done
