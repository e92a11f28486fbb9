#!/usr/bin/env bash
# Runs one command with the project's tools on PATH; `--wasm` with the toolchain that has wasm32-unknown-unknown.
# Example: scripts/run.sh --wasm cargo clippy --target wasm32-unknown-unknown --lib --bins
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [[ ${1:-} == --wasm ]]; then
  use_wasm_toolchain
  shift
fi
exec "$@"
