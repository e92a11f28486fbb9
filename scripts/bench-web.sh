#!/usr/bin/env bash
# Builds examples/in_browser.rs as trunk builds the app (profile, wasm-opt), and measures it in a browser.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
offline
out=$ROOT/target/bench-web
(
  use_wasm_toolchain
  use_size_flags
  cargo build --quiet --profile web --target wasm32-unknown-unknown --example in_browser
  wasm-bindgen --target web --out-dir "$out" "$CARGO_TARGET_DIR/wasm32-unknown-unknown/web/examples/in_browser.wasm"
)
wasm-opt -Oz "$out/in_browser_bg.wasm" -o "$out/in_browser_bg.wasm"
node scripts/bench-web.mjs "$out"
