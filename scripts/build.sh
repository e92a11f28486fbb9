#!/usr/bin/env bash
# build.sh native: the command line, in target/release.   build.sh web: the app, in dist/ (needs the native program).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
offline

case ${1:-} in
native)
  cargo build --release
  touch target/release/foobar-lab # cargo leaves an unchanged program its old date; make would call again each time
  ;;
web)
  mkdir -p target/web
  touch target/web/started
  (
    export FOOBAR_LAB=$ROOT/target/release/foobar-lab
    use_wasm_toolchain
    trunk build
  )
  # As old as the build's start: what was edited meanwhile counts as newer.
  touch -r target/web/started dist/index.html
  ;;
*)
  echo "usage: scripts/build.sh native|web" >&2
  exit 2
  ;;
esac
