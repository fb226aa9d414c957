#!/usr/bin/env bash
# Installs what building and running Weighhouse needs. Idempotent: says what is missing, why it is
# needed, and installs only that. Three ways to a Rust that can build WebAssembly, tried in order:
#   1. the one that is there, when it has the target wasm32v1-none;
#   2. rustup, when it can add that target;
#   3. the Debian or Ubuntu packages of Rust, with core and alloc built once for that target.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=dev/scripts/lib.sh
. dev/scripts/lib.sh
# shellcheck source=dev/scripts/python.sh
. dev/scripts/python.sh

OLDEST_RUST=$(sed -n 's/^rust-version = "1\.\([0-9]*\)"/\1/p' Cargo.toml)

# need PACKAGE "why" TEST...: notes PACKAGE as missing unless TEST succeeds.
missing=()
need() {
	local package=$1 why=$2
	shift 2
	"$@" >/dev/null 2>&1 && return
	say "missing: $package ($why)"
	missing+=("$package")
}
has_libclang() { compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' || ldconfig -p | grep libclang || [ "$(uname -s)" = Darwin ]; }
has_openssl() { [ -e /usr/include/openssl/ssl.h ] || pkg-config --exists openssl; }
has_roots() { compgen -G '/etc/ssl/certs/*' || compgen -G '/etc/pki/tls/certs/*' || [ -e /etc/ssl/cert.pem ]; }

native_tools() {
	need build-essential "a C compiler and linker" has cc
	need make "runs the targets of the Makefile" has make
	need protobuf-compiler "the network's message formats" has protoc
	need cmake "C parts of the TLS library" has cmake
	need clang "C parts that are compiled to WebAssembly" has clang
	need libclang-dev "bindings to C code" has_libclang
	need pkg-config "finds system libraries" has pkg-config
	need libssl-dev "saves compiling OpenSSL" has_openssl
	need ca-certificates "a node's off-chain workers do not start without root certificates" has_roots
	need git "the node's version names the commit" has git
	need jq "reads the command line's JSON in the scripts" has jq
	need curl "the tests replay the guides, which use it" has curl
	need iproute2 "zombienet's networks have a loopback device of their own" has ip
	need util-linux "puts zombienet's networks apart from this machine's" has unshare
	need python3 "checks, and the training scripts of the models" has python3
	need python3-venv "keeps the Python tools out of the system's folders" python3 -c 'import venv, ensurepip'
	[ ${#missing[@]} -eq 0 ] || { say "installing ${#missing[@]} packages (about a minute)" && apt_install "${missing[@]}"; }
}

# Opens sealed files in the demo and the tests, which have a port of it to do without.
stock_age() {
	has age && return
	if { [ "$(id -u)" = 0 ] || has sudo; } && apt-cache show age >/dev/null 2>&1; then
		say "missing: age (opens sealed files without anything of ours)"
		(apt_install age) && return
	fi
	say "note: there is no age, so the demo and the tests open sealed files with its port to JavaScript alone"
}

# The models' training scripts and MLServer need Python 3.11; nothing else here does.
models_python() {
	local found problem
	found=$(new_python) || found=''
	[ -n "$found" ] && "$found" -c 'import venv, ensurepip' 2>/dev/null && return
	if [ -z "$found" ] && has apt-cache; then
		apt_update
		found=$(apt-cache search --names-only '^python3\.1[1-4]$' | sed -n 's/^\(python3\.[0-9]*\) .*/\1/p' | sort -V | head -n 1)
		if [ -n "$found" ]; then
			say "missing: $found (the models' scripts and MLServer need 3.11 or newer; python3 here is $(python3 --version 2>&1))"
			apt_install "$found" "$found-venv"
			return
		fi
	fi
	problem="the models' scripts and MLServer need Python 3.11 or newer with its venv module, and python3 here is $(python3 --version 2>&1): install one, as python3 or beside it as python3.11 or newer"
	[ -z "${WEIGHHOUSE_WANTS_PYTHON:-}" ] || fail "$problem"
	say "note: $problem"
}

# True when rustc is there, new enough and able to build for wasm32v1-none as it stands.
wasm_ready() {
	local version
	version=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p')
	[ -n "$version" ] && [ "$version" -ge "$OLDEST_RUST" ] && has cargo \
		&& compgen -G "$(rustc --print sysroot)/lib/rustlib/wasm32v1-none/lib/libcore-*.rlib" >/dev/null
}

# Prints the distribution's Rust packages that are new enough, a bar, and the folder of their programs.
distribution_packages() {
	local newest
	if apt-cache show rustc-web >/dev/null 2>&1; then
		echo "rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web|/usr/bin"
		return
	fi
	newest=$(apt-cache search --names-only '^rustc-1\.[0-9]+$' | sed -n 's/^rustc-1\.\([0-9]*\) .*/\1/p' | sort -n | tail -n 1)
	if [ -n "$newest" ] && [ "$newest" -ge "$OLDEST_RUST" ]; then
		echo "rustc-1.$newest cargo-1.$newest rust-1.$newest-src rust-1.$newest-clippy rustfmt-1.$newest|/usr/lib/rust-1.$newest/bin"
		return
	fi
	return 1
}

distribution_rust() {
	local choice packages bin lld sysroot host lib work
	has apt-get || fail "no Rust here can build for wasm32v1-none: install rustup, then \`rustup target add wasm32v1-none\`"
	apt_update
	choice=$(distribution_packages) || fail "the distribution has no Rust of 1.$OLDEST_RUST or newer: install rustup, then \`rustup target add wasm32v1-none\`"
	packages=${choice%|*} bin=${choice#*|}
	lld=$(apt-cache search --names-only '^lld-(1[89]|[2-9][0-9])$' | sed 's/ .*//' | sort -V | head -n 1)
	say "installing the distribution's Rust (about two minutes): $packages ${lld:-lld}"
	# shellcheck disable=SC2086 # a list of package names
	apt_install $packages "${lld:-lld}"
	sysroot=$("$bin/rustc" --print sysroot)
	host=$("$bin/rustc" -vV | sed -n 's/^host: //p')
	lib=$sysroot/lib/rustlib/wasm32v1-none/lib
	if ! compgen -G "$lib/libcore-*.rlib" >/dev/null; then
		say "building Rust's core and alloc for wasm32v1-none (about 40 s)"
		work=$(mktemp -d)
		mkdir -p "$work/src"
		printf '[package]\nname = "wasm-sysroot"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"
		printf '#![no_std]\n' >"$work/src/lib.rs"
		# Without the bitcode the link-time optimisation of the runtime fails: "Can't find section .llvmbc".
		(cd "$work" && env -u RUSTUP_TOOLCHAIN RUSTC="$bin/rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes" \
			CARGO_TARGET_DIR="$work/target" "$bin/cargo" build --release -Zbuild-std=core,alloc --target wasm32v1-none --quiet)
		as_root mkdir -p "$lib"
		as_root cp "$work"/target/wasm32v1-none/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$lib/"
		rm -rf "$work"
	fi
	as_root mkdir -p "$sysroot/lib/rustlib/$host/bin"
	[ -e "$sysroot/lib/rustlib/$host/bin/rust-lld" ] \
		|| as_root ln -s "$(command -v "${lld:-lld}" || command -v ld.lld)" "$sysroot/lib/rustlib/$host/bin/rust-lld"
	if has rustup; then
		rustup toolchain list | grep -q '^weighhouse' || rustup toolchain link weighhouse "$sysroot"
	elif [ "$(command -v rustc || true)" != "$bin/rustc" ]; then
		printf '%s\n' "$bin" >"$WEIGHHOUSE_CACHE/rust-bin"
	fi
}

rust() {
	if [ -z "${WEIGHHOUSE_DISTRIBUTION_RUST:-}" ]; then
		wasm_ready && return
		if has rustup; then
			say "adding wasm32v1-none to rustup's toolchain (the runtime is compiled to WebAssembly)"
			if timeout 300 rustup target add wasm32v1-none >"$WEIGHHOUSE_CACHE/rustup.log" 2>&1; then
				rustup component add rust-src clippy rustfmt >>"$WEIGHHOUSE_CACHE/rustup.log" 2>&1 || true
				wasm_ready && return
			fi
			say "installing rustup's stable toolchain (this one is older than 1.$OLDEST_RUST or cannot take the target)"
			if timeout 900 rustup toolchain install stable --profile minimal --no-self-update \
				--target wasm32v1-none --component rust-src,clippy,rustfmt >>"$WEIGHHOUSE_CACHE/rustup.log" 2>&1; then
				rustup toolchain link weighhouse "$(rustup run stable rustc --print sysroot)"
				. dev/scripts/env.sh
				wasm_ready && return
			fi
			say "rustup could not (see $WEIGHHOUSE_CACHE/rustup.log); trying the distribution's packages"
		fi
	fi
	distribution_rust
	. dev/scripts/env.sh
	wasm_ready || fail "Rust still cannot build for wasm32v1-none; see docs/troubleshooting.md"
}

native_tools
stock_age
models_python
rust
dev/scripts/node.sh
. dev/scripts/env.sh
say "ready: $(rustc --version | cut -d' ' -f1-2), node $(node --version), build cache in $WEIGHHOUSE_CACHE"
