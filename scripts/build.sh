#!/usr/bin/env bash
# build.sh native: the command line, in target/release.   build.sh web: the app, in dist/ (needs the native program).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
offline

# A result gets the date of its build's start: what was edited meanwhile counts as newer, and what cargo found unchanged as built.
started=$(mktemp)
trap 'rm -f "$started"' EXIT

case ${1:-} in
native)
  cargo build --release
  touch -r "$started" target/release/foobar-lab
  ;;
web)
  (
    export FOOBAR_LAB=$ROOT/target/release/foobar-lab
    use_wasm_toolchain
    use_size_flags
    mkdir -p "$CARGO_TARGET_DIR"
    # Two trunks at once would clear each other's staging directory.
    flock "$CARGO_TARGET_DIR/trunk.lock" trunk build
  )
  touch -r "$started" dist/index.html
  ;;
*)
  echo "usage: scripts/build.sh native|web" >&2
  exit 2
  ;;
esac
