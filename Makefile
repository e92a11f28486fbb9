# `make` alone tells what there is. The work is done by scripts/; make only knows what depends on what.
include toolchain.env
MAKEFLAGS += --silent --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup serve build test check conformance twin soak model-card bench bench-web perf-ui size docs screenshots looks clean

NATIVE := target/release/foobar-lab
# Directories are listed too: a deleted file changes its directory.
RUST := Cargo.toml Cargo.lock toolchain.env $(shell find src benches)
WEB := $(RUST) index.html MODEL.md Trunk.toml scripts/build.sh scripts/env.sh scripts/prerender.sh scripts/shrink.mjs scripts/sort.mjs scripts/pack.mjs scripts/model.rs scripts/parse.rs scripts/pack.rs scripts/unpack.rs $(shell find style public)

help: ## Show this list
	@awk -F ' *## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what building needs (the other targets do it by themselves)
	@scripts/setup.sh build

serve: build ## Build the release app and serve it at http://127.0.0.1:8080 (PORT=... for another port)
	@scripts/run.sh node scripts/serve.mjs

build: setup ## Build the command line (target/release/foobar-lab) and the app (dist/)
	@$(MAKE) dist/index.html

test: ## Run every check and every test, native and in the browser
	@scripts/setup.sh test
	@scripts/check.sh test

check: ## Format, lints (native and wasm32), documentation, licences; no tests
	@scripts/setup.sh test
	@scripts/check.sh check

conformance: ## Compare the model with the installed HAProxy on 600 random configurations (make test: 66), and with keepalived
	@scripts/setup.sh test
	@FOOBAR_LAB_CONFIGURATIONS=$${FOOBAR_LAB_CONFIGURATIONS:-600} scripts/run.sh cargo test --offline --test conformance -- --ignored --nocapture random_configurations
	@scripts/run.sh cargo test --offline --test keepalived -- --ignored --nocapture

twin: ## Run the exported files on the real programs beside the simulation (docs/twin.md; needs root; QUICK=1 for a minute)
	@scripts/twin.sh $(if $(QUICK),--quick)

model-card: setup ## Run the judges and write MODEL.md from what they say
	@scripts/setup.sh test
	@$(MAKE) $(NATIVE)
	@scripts/model-card.sh

bench: setup ## Run the benchmarks
	@scripts/run.sh cargo bench --offline

bench-web: setup ## Measure the simulation in a browser beside the native one, and seeking
	@scripts/setup.sh test
	@$(MAKE) $(NATIVE)
	@scripts/bench-web.sh

perf-ui: build ## Measure how the app feels in a browser: frames, script, long tasks, input, memory, first load (writes docs/perf-ui.md)
	@scripts/setup.sh test
	@scripts/run.sh node scripts/perf-ui.mjs

soak: setup ## Try the laws on many random cases (SEEDS=1000000 for so many, SEED=... to begin there); stops at the first that fails
	@scripts/run.sh cargo test --offline --release --test laws soak -- --ignored --nocapture

size: build ## Size of the first load per file (raw, gzip, brotli); fails over the budget
	@scripts/size.sh

docs: setup ## Write the documents' picture and sample submission anew
	@$(MAKE) $(NATIVE)
	@scripts/run.sh $(NATIVE) export --out docs --kill app-1@20s --restore app-1@40s

screenshots: ## Make the pictures of the documents in a real browser
	@scripts/setup.sh test
	@$(MAKE) dist/index.html
	@scripts/run.sh node scripts/screenshots.mjs

looks: ## Take the pictures anew that the browser tests compare the lab with
	@scripts/setup.sh test
	@$(MAKE) dist/index.html
	@cd tests/browser && ../../scripts/run.sh playwright test looks.spec.ts --update-snapshots=all

clean: ## Remove what was built; the installed tools stay
	rm -rf dist target tests/browser/results

$(NATIVE): $(RUST)
	@scripts/build.sh native

dist/index.html: $(NATIVE) $(WEB)
	@scripts/build.sh web
