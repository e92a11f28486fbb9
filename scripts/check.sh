#!/usr/bin/env bash
# check.sh check: format, lints, documentation, dependencies.   check.sh test: that, and every test, and the size.
# Each step prints a heading and its time; the first that fails ends it, by name.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

WHAT=${1:-}
[[ $WHAT == check || $WHAT == test ]] || { echo "usage: scripts/check.sh check|test" >&2; exit 2; }
RESULTS=$ROOT/target/check # read by .ci/run
rm -rf "$RESULTS" tests/browser/results
mkdir -p "$RESULTS"

# step NAME COMMAND...
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if (set -euo pipefail; offline; "$@"); then
    echo "-- $name: ok, $((SECONDS - start)) s"
  else
    echo "-- $name: FAILED after $((SECONDS - start)) s"
    echo "$name" >"$RESULTS/failed"
    exit 1
  fi
}

clippy_wasm() {
  use_wasm_toolchain
  cargo clippy --quiet --target wasm32-unknown-unknown --lib --bins --features desk --example in_browser -- -D warnings
}
tests_native() { cargo test --no-fail-fast 2>&1 | tee "$RESULTS/cargo-test.log"; }
# Ignored by a plain run because they take a minute; added to the log that .ci/run sums up.
tests_live() { cargo test --no-fail-fast --test conformance --test nginx --test limits -- --ignored --nocapture --test-threads=1 2>&1 | tee -a "$RESULTS/cargo-test.log"; }
docs() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps; }
# Vulnerability reports change daily, so they can only be checked where their database can be fetched.
advisories() {
  if CARGO_NET_OFFLINE=false timeout 60 cargo deny fetch db >/dev/null 2>&1; then
    cargo deny check --disable-fetch advisories
  else
    echo "skipped: the advisory database can't be fetched from here"
  fi
}
browser() { (cd tests/browser && playwright test); }

step "pinned versions" scripts/check-versions.sh
step "rustfmt" cargo fmt --all --check
step "rustfmt, what packs and unpacks the app" rustfmt --edition 2024 --check scripts/model.rs scripts/parse.rs scripts/pack.rs scripts/unpack.rs
step "clippy, native" cargo clippy --quiet --all-targets -- -D warnings
step "clippy, wasm32" clippy_wasm
step "documentation" docs
step "licences, bans, sources" cargo deny --offline check --hide-inclusion-graph licenses bans sources
step "advisories" advisories
if [[ $WHAT == test ]]; then
  step "tests, native" tests_native
  step "tests, the installed HAProxy, Nginx and MariaDB" tests_live
  step "release build for the browser" make dist/index.html
  step "size of the first load" node scripts/size.mjs
  step "tests, browser" browser
fi
printf '\nall steps passed in %d s\n' "$SECONDS"
