# Weighhouse. `make` alone lists what there is.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
ENV := . dev/scripts/env.sh;

.PHONY: help setup build path node ipfs demo test check fmt e2e kills delivery-kills flood latency zombienet-two zombienet-four zombienet-market network soak crash spam equivocate upgrade try-upgrade sync container monitoring units simulate metadata fuzz coverage mutants weights docs clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^## / { printf "\n%s\n", substr($$0, 4) } /^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@printf '\nThe first build takes 35 to 50 minutes on two cores; everything after it, minutes.\n'

## Start here
# Both run models in Python, so setup looks for one that is new enough before anything is compiled.
demo: export WEIGHHOUSE_WANTS_PYTHON = $(if $(filter market sealed,$(DEMO_STEPS)),,yes)
demo: build ## See it: models sold, sealed, asked, rated, improved (DEMO_ONCE=1: check and exit; DEMO_STEPS=market, sealed or work: only so far)
	@dev/scripts/demo.sh
test: export WEIGHHOUSE_WANTS_PYTHON = $(if $(filter models,$(or $(LAYERS),models)),yes,)
test: build ## Every test: crates, IPFS node, models, end to end, network (LAYERS="rust e2e": only these)
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
zombienet-market: build ## The network of `make network` by zombienet: blocks, finality, a sale, a job
	@dev/scripts/npm.sh zombienet dev/e2e dev/ipfs
	@zombienet/run.sh market
network: build ## Four validators, two nodes with workers and gateways, a plain one, to look at (CHECK=1: check and exit)
	@dev/scripts/npm.sh dev/ipfs dev/e2e
	@dev/network/run.sh network.mjs
soak: build ## The same network kept busy for two hours: does the memory of any program grow? (MINUTES=10; RATE; CACHE=1024)
	@dev/scripts/npm.sh dev/ipfs dev/e2e
	@dev/network/run.sh network.mjs soak
crash: build ## Kill, cut off, stop and fill four validators under load: is anything lost or contradicted? (KILLS=500 TIME=150; FAULTS)
	@dev/scripts/npm.sh dev/e2e
	@dev/network/run.sh crash.mjs

spam: build ## Fill pools, forge, and ask too much of four validators: do honest users get in? (RATE, SECONDS, POOL)
	@dev/scripts/npm.sh dev/ipfs dev/e2e
	@dev/network/run.sh spam.mjs
equivocate: build ## Validators that contradict themselves on purpose: reported, disabled, removed (CONTROL=none: must fail)
	@dev/scripts/npm.sh dev/e2e
	@RUNTIME=$$(dev/network/runtime.sh fast-runtime) && export RUNTIME && dev/network/run.sh equivocate.mjs
upgrade: build ## Upgrade the runtime of four validators under load, by the multisig, with a migration (RATE)
	@dev/scripts/npm.sh dev/e2e
	@RUNTIME=$$(dev/network/runtime.sh rehearsal) && export RUNTIME && dev/network/run.sh upgrade.mjs
try-upgrade: build ## The migration of `make upgrade` in a test, with try_state of all pallets before and after
	@$(ENV) SKIP_WASM_BUILD=1 cargo test --release --locked -p weighhouse-runtime --features rehearsal,try-runtime --test runtime upgrade
sync: build ## How long a new node takes to join 10,000 blocks, by full sync and by warp sync (45 minutes; BLOCKS)
	@dev/scripts/npm.sh dev/e2e
	@RUNTIME=$$(dev/network/runtime.sh fast-runtime) && export RUNTIME && dev/network/run.sh sync.mjs
container: build ## The steps of the container file without an engine, and the node in it (root, Debian; 25 s)
	@dev/container/check.sh
monitoring: build ## Prometheus reads rules and panels, alerts fire when they should (METRICS="url ...": ask programs; CONTROL=1: are spoilt ones noticed?)
	@dev/monitoring/check.sh
units: build ## systemd can read the units, and their flags are those of the programs
	@dev/systemd/check.sh

## Work on it
setup: ## Install what building needs, saying what and why; does nothing when all is there
	@dev/scripts/setup.sh
build: ## Compile programs, tests and examples (one shape, so nothing is compiled twice)
	@dev/scripts/build.sh
check: build ## Format, clippy, TOML, shell, links, features, licences and unused dependencies
	@dev/scripts/check.sh
fmt: setup ## Format Rust and TOML
	@dev/scripts/tools.sh
	@$(ENV) cargo fmt --all; cargo fmt --manifest-path dev/bench/Cargo.toml; cargo fmt --manifest-path dev/fuzz/Cargo.toml; RUST_LOG=error "$$WEIGHHOUSE_TOOLS/python/bin/taplo" fmt
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
fuzz: setup ## Hostile input for decoders, calls and the runtime, a minute each (TIME=600; MODE=replay, keep, control; TARGETS)
	@MODE=$(MODE) TIME=$(TIME) TARGETS="$(TARGETS)" dev/scripts/fuzz.sh
coverage: build ## Which lines of the pallets and the runtime the tests run
	@dev/scripts/coverage.sh
mutants: setup ## Change the pallets one place at a time: do their tests notice? Goes on where it stopped (TIME=60 minutes; PALLETS; SHARD=0/10)
	@TIME=$(TIME) PALLETS="$(PALLETS)" SHARD=$(SHARD) FRESH=$(FRESH) dev/scripts/mutants.sh
weights: setup ## Benchmark the runtime and write runtime/src/weights (an hour)
	@dev/scripts/weights.sh
docs: build ## The documentation of every crate, as HTML
	@$(ENV) RUSTDOCFLAGS="-D warnings" SKIP_WASM_BUILD=1 cargo doc --release --workspace --no-deps --locked; \
		printf 'open %s\n' "$$CARGO_TARGET_DIR/doc/weighhouse_primitives/index.html"
clean: ## Remove what running made here; the build cache stays
	@rm -rf target dev/*/node_modules docs/examples/*/node_modules
	@$(ENV) printf 'The build cache stays: %s. Remove it by hand to build from nothing.\n' "$$WEIGHHOUSE_CACHE"
