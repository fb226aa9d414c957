# shellcheck shell=bash
# Sourced by every script: one place for tool versions and folders.
export WEIGHHOUSE_CACHE="${WEIGHHOUSE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weighhouse}"
# One target folder outside the clone, so that a second clone does not pay for the first build again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$WEIGHHOUSE_CACHE/target}"
export WEIGHHOUSE_BIN="$CARGO_TARGET_DIR/release"
export OPENSSL_NO_VENDOR=1
# One set of flags keeps one set of artefacts.
export CARGO_INCREMENTAL=0
# The target folder lies outside the clone, so the build of the WebAssembly is told where the lock file is.
WASM_BUILD_WORKSPACE_HINT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export WASM_BUILD_WORKSPACE_HINT
[ -d "$HOME/.cargo/bin" ] && case ":$PATH:" in *":$HOME/.cargo/bin:"*) ;; *) PATH="$HOME/.cargo/bin:$PATH" ;; esac
# A versioned distribution Rust (Ubuntu's rustc-1.NN) that setup.sh chose lives outside the PATH.
[ -r "$WEIGHHOUSE_CACHE/rust-bin" ] && PATH="$(cat "$WEIGHHOUSE_CACHE/rust-bin"):$PATH"
# The toolchain that setup.sh linked, where the machine's own cannot build WebAssembly.
if command -v rustup >/dev/null && rustup toolchain list 2>/dev/null | grep -q '^weighhouse'; then export RUSTUP_TOOLCHAIN=weighhouse; fi

# JavaScript: used where the machine's own Node is missing or older than 22.
NODE_VERSION=22.23.3
export WEIGHHOUSE_NODE_DIR="$WEIGHHOUSE_CACHE/node-$NODE_VERSION"
[ -x "$WEIGHHOUSE_NODE_DIR/bin/node" ] && case ":$PATH:" in *":$WEIGHHOUSE_NODE_DIR/bin:"*) ;; *) PATH="$WEIGHHOUSE_NODE_DIR/bin:$PATH" ;; esac
export PATH NODE_VERSION

# Tools of `make check`; dev/scripts/tools.sh installs exactly these.
export WEIGHHOUSE_TOOLS="$WEIGHHOUSE_CACHE/tools"
export TAPLO_VERSION=0.9.3
export SHELLCHECK_VERSION=0.11.0.1
export LICENSE_EXPRESSION_VERSION=30.4.4
export TOMLI_VERSION=2.2.1
export ZEPTER_VERSION=1.88.2
export MACHETE_VERSION=0.9.2

# The tool of `make mutants`.
export MUTANTS_VERSION=27.1.0
