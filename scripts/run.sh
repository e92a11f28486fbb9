#!/usr/bin/env bash
# Runs one command, where you are, with the project's tools on PATH; `--wasm` with the toolchain that has wasm32-unknown-unknown.
# Example: scripts/run.sh --wasm cargo clippy --target wasm32-unknown-unknown --lib --bins
set -euo pipefail
here=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$here"

if [[ ${1:-} == --wasm ]]; then
  use_wasm_toolchain
  shift
fi
exec "$@"
