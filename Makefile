# Weighhouse. `make` alone lists what there is.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
ENV := . dev/scripts/env.sh;

.PHONY: help setup build path node ipfs demo test check fmt e2e kills delivery-kills flood latency zombienet-two zombienet-four simulate metadata weights docs clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^## / { printf "\n%s\n", substr($$0, 4) } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@printf '\nThe first build takes 35 to 45 minutes on two cores; everything after it, minutes.\n'

## Start here
# Both run models in Python, so setup looks for one that is new enough before anything is compiled.
demo: export WEIGHHOUSE_WANTS_PYTHON = $(if $(filter market sealed,$(DEMO_STEPS)),,yes)
demo: build ## See it: models sold, sealed, asked, rated, improved (DEMO_ONCE=1: check and exit; DEMO_STEPS=market, sealed or work: only so far)
	@dev/scripts/demo.sh
test: export WEIGHHOUSE_WANTS_PYTHON = $(if $(filter models,$(or $(LAYERS),models)),yes,)
test: build ## Every test: crates, IPFS node, models, end to end (LAYERS="rust e2e": only these)
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@dev/scripts/test.sh

## Run the parts
path: ## How to get the programs that were built on the PATH: eval "$(make -s path)"
	@$(ENV) printf 'export PATH="%s:$$PATH"\n' "$$WEIGHHOUSE_BIN"
node: build ## A development chain on ws://127.0.0.1:9944 (flags: ARGS="--rpc-port 9954")
	@$(ENV) exec "$$WEIGHHOUSE_BIN/weighhouse-node" --dev $(ARGS)
ipfs: setup ## A local IPFS node with Kubo's RPC on http://127.0.0.1:5001 (flags: ARGS="--help")
	@dev/scripts/ipfs.sh $(ARGS)
zombienet-two: build ## Two validators: finality is reached, stalls when one stops, returns
	@dev/scripts/npm.sh zombienet dev/e2e
	@zombienet/run.sh two
zombienet-four: build ## Four validators: how many slots they miss in three minutes (MINUTES=30: in thirty)
	@dev/scripts/npm.sh zombienet dev/e2e
	@zombienet/run.sh four $(or $(MINUTES),3)

## Work on it
setup: ## Install what building needs, saying what and why; does nothing when all is there
	@dev/scripts/setup.sh
build: ## Compile programs, tests and examples (one shape, so nothing is compiled twice)
	@dev/scripts/build.sh
check: build ## Format, clippy, TOML, shell, links, features, licences and unused dependencies
	@dev/scripts/check.sh
fmt: setup ## Format Rust and TOML
	@dev/scripts/tools.sh
	@$(ENV) cargo fmt --all; cargo fmt --manifest-path dev/bench/Cargo.toml; RUST_LOG=error "$$WEIGHHOUSE_TOOLS/python/bin/taplo" fmt
e2e: build ## Only the end to end tests
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@LAYERS=e2e dev/scripts/test.sh
kills: build ## Kill nodes and gateways at each state of a job (2 times; KILLS=20: the long form)
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@$(ENV) node dev/e2e/kills.mjs
delivery-kills: build ## Kill a seller's daemon and its nodes at each step: is every sale delivered once or refunded? (KILLS=2; KINDS)
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@$(ENV) node dev/e2e/delivery-kills.mjs
flood: build ## Forge 1,000 messages of workers a second: are honest jobs slower? (5 minutes; RATE, JOBS, ROUNDS)
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@$(ENV) node dev/e2e/flood.mjs
latency: build ## How long answers take, how many a node gives, what a gateway needs (6 minutes; RUNS, WORKERS)
	@dev/scripts/npm.sh dev/ipfs dev/e2e docs/examples/sealed-apps
	@$(ENV) node dev/e2e/latency.mjs
simulate: build ## What raters of many kinds are paid, and the best attack found; writes docs/simulation.* (2 minutes; ARGS="--runs 20")
	@$(ENV) "$$WEIGHHOUSE_BIN/weighhouse-simulate" --write docs $(ARGS)
metadata: setup ## Renew the chain metadata that the client crate is generated from
	@dev/scripts/metadata.sh
weights: setup ## Benchmark the runtime and write runtime/src/weights (an hour)
	@dev/scripts/weights.sh
docs: build ## The documentation of every crate, as HTML
	@$(ENV) RUSTDOCFLAGS="-D warnings" SKIP_WASM_BUILD=1 cargo doc --release --workspace --no-deps --locked; \
		printf 'open %s\n' "$$CARGO_TARGET_DIR/doc/weighhouse_primitives/index.html"
clean: ## Remove what running made here; the build cache stays
	@rm -rf target dev/*/node_modules docs/examples/*/node_modules
	@$(ENV) printf 'The build cache stays: %s. Remove it by hand to build from nothing.\n' "$$WEIGHHOUSE_CACHE"
