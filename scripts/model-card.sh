#!/usr/bin/env bash
# Runs the judges and writes MODEL.md from what they say. The twin needs root and three minutes: `make twin` runs it, and its report is taken as it is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
offline
LOGS=$ROOT/target/model-card
mkdir -p "$LOGS"
cargo test --test conformance -- --ignored --nocapture random_configurations >"$LOGS/conformance.log" 2>&1
cargo test --test keepalived -- --ignored --nocapture >"$LOGS/keepalived.log" 2>&1
SEEDS=${SEEDS:-20000} SEED=${SEED:-1} cargo test --test laws -- --ignored --nocapture soak >"$LOGS/soak.log" 2>&1
target/release/foobar-lab bench --runs 5 --format json >"$LOGS/bench.json"
scripts/bench-web.sh >"$LOGS/bench-web.log" || { cat "$LOGS/bench-web.log" >&2; exit 1; }
FUZZ=$(sed -nE 's/.*with_cases\(([0-9]+)\).*/\1/p' tests/haproxy_cfg/nonsense.rs)
target/release/foobar-lab model-card --fuzz-cases "$FUZZ" --traces tests/golden/traces --conformance "$LOGS/conformance.log" \
  --keepalived "$LOGS/keepalived.log" --soak "$LOGS/soak.log" --bench "$LOGS/bench.json" \
  --bench-web "$LOGS/bench-web.log" --twin docs/twin.md >"$LOGS/MODEL.md"
mv "$LOGS/MODEL.md" MODEL.md
