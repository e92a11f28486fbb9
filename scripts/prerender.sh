#!/usr/bin/env bash
# Trunk's post-build hook: makes the staged page readable without JavaScript and writes its service worker, both by the library's own code.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

stage=${TRUNK_STAGING_DIR:?run by trunk as its post-build hook}

# The desk is a program of its own, fetched when somebody first needs it: built as trunk builds the app.
(
  use_wasm_toolchain
  use_size_flags
  cargo build --quiet --profile web --target wasm32-unknown-unknown --bin desk --features desk
  wasm-bindgen --target web --no-typescript --out-dir "$stage" "$CARGO_TARGET_DIR/wasm32-unknown-unknown/web/desk.wasm"
)
wasm-opt --low-memory-unused --flatten --rereloop -Oz -Oz "$stage/desk_bg.wasm" -o "$stage/desk_bg.wasm"
node scripts/shrink.mjs "$stage"
node scripts/sort.mjs "$stage"
(use_wasm_toolchain; node scripts/pack.mjs "$stage")

# Not for the host: the flags of the app's build.
unset RUSTC_BOOTSTRAP CARGO_UNSTABLE_BUILD_STD CARGO_UNSTABLE_BUILD_STD_FEATURES

# The Makefile names the release program it has just built.
lab=(cargo run --quiet --release --)
[[ -z ${FOOBAR_LAB:-} ]] || lab=("$FOOBAR_LAB")

"${lab[@]}" prerender --html "$stage/index.html" --model MODEL.md --sw "$stage/sw.js"
if grep -q '<!-- static:' "$stage/index.html" || [[ ! -s $stage/sw.js ]]; then
  echo "prerender: a static: marker is left in index.html, or sw.js is missing" >&2
  exit 1
fi
