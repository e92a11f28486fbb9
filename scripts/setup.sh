#!/usr/bin/env bash
# Installs what is missing to build the app (`build`) or also to test it (`test`). Run it as often as you like, also after an interruption:
# every step looks first whether its result is there, and a result only takes its place when it is complete.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

WHAT=${1:-}
[[ $WHAT == build || $WHAT == test ]] || { echo "usage: scripts/setup.sh build|test" >&2; exit 2; }
WORK=$ROOT/target/setup
LOG=$WORK/log
TARGET=wasm32-unknown-unknown
mkdir -p "$WORK" .tools/bin
DID=0

# Two set-ups at once would install over each other: the second waits.
if command -v flock >/dev/null; then
  exec 9>"$WORK/lock"
  flock -n 9 || { echo "setup: waiting for another set-up of this checkout"; flock 9; }
fi

# --- telling what happens -----------------------------------------------------------------------------------------------------------

fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }

# step TEXT COMMAND...: one line to the terminal, everything else to the log; the log's end if it fails.
step() {
  local text=$1 start=$SECONDS from
  shift
  DID=1
  printf 'setup: %s ... ' "$text"
  printf '\n=== %s: %s\n' "$(date)" "$text" >>"$LOG"
  from=$(wc -l <"$LOG")
  if "$@" >>"$LOG" 2>&1 9>&-; then
    echo "$((SECONDS - start)) s"
  else
    echo "FAILED"
    tail -n +"$((from + 1))" "$LOG" | tail -n 20 | sed 's/^/    /' >&2
    fail "could not do: $text. All of it: $LOG"
  fi
}

# --- Debian packages ----------------------------------------------------------------------------------------------------------------

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  as_root dpkg --configure -a # finishes what an interruption left half done
  as_root apt-get -o DPkg::Lock::Timeout=300 update
  as_root apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# Packages still to be installed, and the same in words for a system that has no apt.
PACKAGES=()
WISHES=()
want() { # want "WORDS" PACKAGE...
  WISHES+=("$1")
  PACKAGES+=("${@:2}")
}
have() { command -v "$1" >/dev/null; }

install_wanted() {
  ((${#PACKAGES[@]})) || return 0
  local why=
  [[ $(id -u) == 0 ]] || have sudo || why="you are not root and there is no sudo"
  have apt-get || why="this system has no apt-get"
  [[ -z $why ]] || fail "$why. Please install, then run this again:" "${WISHES[@]/#/  - }" "On Debian 12: apt-get install ${PACKAGES[*]}"
  step "installing Debian packages: ${PACKAGES[*]}" apt_install "${PACKAGES[@]}"
  # The tests start these programs themselves; as services of the machine they are not wanted.
  for service in haproxy nginx keepalived; do
    if [[ " ${PACKAGES[*]} " == *" $service "* && -d /run/systemd/system ]]; then as_root systemctl disable --now --quiet "$service" || true; fi
  done
  PACKAGES=()
  WISHES=()
}

# --- Rust ---------------------------------------------------------------------------------------------------------------------------

DEBIAN_RUST=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 rust-web-clippy rustfmt-web)
RUST_WORDS="Rust $RUST_MIN or newer with clippy and rustfmt, its target $TARGET (rustup target add $TARGET) and the source of std (rustup component add rust-src)"

# "the cargo on this PATH is new enough"
cargo_ok() {
  local version
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
  [[ -n $version ]] && printf '%s\n' "$RUST_MIN" "$version" | sort -CV
}

# "the toolchain for wasm32 makes wasm32": tried rather than looked up, so that a std left over from another rustc doesn't count.
wasm_ok() (
  use_wasm_toolchain
  echo 'pub fn f() -> String { String::new() }' | rustc --target $TARGET --crate-type cdylib -o "$WORK/probe.wasm" - 2>/dev/null || return
  # The app's own build (use_size_flags) makes std anew, and wants a rustc that knows this kind of panic.
  [[ -f $(rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml ]] || return
  use_size_flags
  rustc --print cfg -Zunstable-options -Cpanic=immediate-abort >/dev/null 2>&1
)

# What std itself depends on is fetched, too.
fetch_crates() (
  cargo fetch --locked "$@"
  use_wasm_toolchain
  use_size_flags
  cargo fetch --locked --target $TARGET "$@"
)

# Debian's Rust is taken by links instead of `rustup toolchain link`: the user's rustup stays as it is.
link_debian_rust() {
  local dir=$ROOT/.tools/$1 program
  rm -rf "$dir.new"
  mkdir -p "$dir.new"
  for program in cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do ln -s "/usr/bin/$program" "$dir.new/"; done
  rm -rf "$dir"
  mv "$dir.new" "$dir"
}

# Debian packages the source of std but not std for wasm32. Built from an empty crate; bitcode, because LTO needs it.
build_wasm_std() {
  local crate=$WORK/wasm-std dir=/usr/lib/rustlib/$TARGET
  mkdir -p "$crate/src"
  printf '[package]\nname = "empty"\nedition = "2021"\n[workspace]\n' >"$crate/Cargo.toml"
  echo '#![no_std]' >"$crate/src/lib.rs"
  (
    cd "$crate"
    use_wasm_toolchain
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR=$crate/target \
      cargo build --release -Zbuild-std=std,panic_abort,panic_unwind,test --target $TARGET
  )
  rm -f "$crate/target/$TARGET/release/deps/"libempty-*.rlib
  as_root rm -rf "$dir/lib.new"
  as_root mkdir -p "$dir/lib.new"
  as_root cp "$crate/target/$TARGET/release/deps/"lib*.rlib "$dir/lib.new/"
  as_root rm -rf "$dir/lib"
  as_root mv "$dir/lib.new" "$dir/lib"
  rm -rf "$crate"
}

setup_native_rust() {
  cargo_ok && return
  want "$RUST_WORDS" "${DEBIAN_RUST[@]}"
  install_wanted
  link_debian_rust native-rust
  hash -r
  cargo_ok || fail "no cargo $RUST_MIN or newer here. Please install: $RUST_WORDS"
}

setup_wasm_rust() {
  wasm_ok && return
  if have rustup && [[ ! -d .tools/native-rust ]]; then
    printf 'setup: adding the target %s and the source of std with rustup ... ' $TARGET
    DID=1
    if timeout 300 rustup target add $TARGET >>"$LOG" 2>&1 && timeout 300 rustup component add rust-src >>"$LOG" 2>&1 && wasm_ok; then echo "done"; return; fi
    echo "not possible here; taking Debian's Rust"
  fi
  dpkg -s "${DEBIAN_RUST[@]}" >/dev/null 2>&1 || want "$RUST_WORDS" "${DEBIAN_RUST[@]}"
  install_wanted
  link_debian_rust wasm-rust
  wasm_ok || step "building std for $TARGET (about a minute)" build_wasm_std
  wasm_ok || fail "$TARGET does not work here. Please install: $RUST_WORDS"
}

# --- programs built by cargo --------------------------------------------------------------------------------------------------------

# cargo_tool PROGRAM VERSION CRATE OPT_LEVEL [FLAG...]: the program answers --version with VERSION, or is built into .tools/.
# Built quickly rather than optimised (trunk only calls the others), in a directory that an interrupted build continues in;
# `cargo install` itself puts the finished program in place in one move.
cargo_tool() {
  local program=$1 version=$2 crate=$3 level=$4
  shift 4
  [[ $("$program" --version 2>/dev/null | cut -d' ' -f2) == "$version" ]] && return
  step "building $crate $version (about 2 minutes)" env CARGO_TARGET_DIR="$WORK/build-$crate" \
    CARGO_PROFILE_RELEASE_{OPT_LEVEL="$level",LTO=off,CODEGEN_UNITS=16,DEBUG=0} \
    cargo install "$crate" --version "$version" --root .tools --force "$@"
  rm -rf "$WORK/build-$crate"
}

# --- node packages ------------------------------------------------------------------------------------------------------------------

setup_node_packages() {
  local lock
  lock=$(cksum <tests/browser/package-lock.json)
  [[ $(cat tests/browser/node_modules/.complete 2>/dev/null) == "$lock" ]] && return
  # With the machine's own node: the one in node_modules is about to be replaced. No package needs to run anything to be installed, and
  # the Nu checker's would fetch a Java from elsewhere where there is none yet.
  step "installing the node packages of tests/browser" env PATH="$CALLER_PATH" npm --prefix tests/browser ci --ignore-scripts --no-audit --no-fund --loglevel=error
  hash -r
  # Other processors than the two of package.json bring their own.
  printf '%s\n' v22.12.0 "$(node --version)" | sort -CV || fail "the node packages need node 22.12 or newer, and this is $(node --version). Please install it."
  echo "$lock" >tests/browser/node_modules/.complete
}

# --- all of it ----------------------------------------------------------------------------------------------------------------------

scripts/check-versions.sh
have cc || want "a C compiler (cc) with the C library's headers" gcc libc6-dev
have npm || want "node 18 or newer with npm" nodejs npm
[[ -e /etc/ssl/certs/ca-certificates.crt ]] || ! have apt-get || want "CA certificates" ca-certificates
if [[ $WHAT == test ]]; then
  have "${CHROMIUM:-chromium}" || want "Chromium" chromium
  have chromedriver || want "ChromeDriver" chromium-driver
  have rsvg-convert || want "rsvg-convert (librsvg)" librsvg2-bin
  have inkscape || want "Inkscape" inkscape
  have soffice || want "LibreOffice Draw" libreoffice-draw
  have java || want "a Java runtime, 11 or newer" default-jre-headless
  [[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf || $(fc-list 2>/dev/null) == *DejaVuSans.ttf* ]] || want "the font DejaVu Sans" fonts-dejavu-core
  [[ -x /usr/sbin/haproxy ]] || have haproxy || want "HAProxy 2.6" haproxy
  [[ -x /usr/sbin/nginx ]] || have nginx || want "Nginx" nginx
  [[ -x /usr/sbin/nft ]] || have nft || want "nftables" nftables
  [[ -x /usr/sbin/mariadbd ]] || have mariadbd || want "MariaDB" mariadb-server-core
  have python3 || want "Python 3" python3
  have gunicorn || want "gunicorn" gunicorn
  { [[ -x /usr/sbin/keepalived ]] || have keepalived; } && have ip && { [[ -x /usr/bin/tcpdump ]] || have tcpdump; } || want "keepalived, iproute2 and tcpdump" keepalived iproute2 tcpdump
  /usr/bin/python3 -c 'import pymysql' 2>/dev/null || python3 -c 'import pymysql' 2>/dev/null || want "PyMySQL, for gunicorn's Python" python3-pymysql
  have openssl || want "openssl" openssl
  have pgrep || want "pgrep (procps)" procps
  [[ -d /usr/share/xml/w3c-sgml-lib ]] || want "the DTD of SVG 1.1 (w3c-sgml-lib)" w3c-sgml-lib
  have xmllint || want "xmllint (libxml2)" libxml2-utils
  have pdfinfo || want "pdfinfo, pdftotext and pdffonts (poppler)" poppler-utils
fi
cargo_ok || want "$RUST_WORDS" "${DEBIAN_RUST[@]}"
install_wanted

setup_native_rust
setup_wasm_rust
setup_node_packages
cargo_tool wasm-bindgen "$WASM_BINDGEN_VERSION" wasm-bindgen-cli 1 # not --locked: its lock names a crate that can't be had
cargo_tool trunk "$TRUNK_VERSION" trunk 0 --locked --no-default-features # without its own downloads and update check
[[ $WHAT == build ]] || cargo_tool cargo-deny "$CARGO_DENY_VERSION" cargo-deny 1 --locked
fetch_crates --offline >/dev/null 2>&1 || step "fetching the crates" fetch_crates

((DID)) && echo "setup: done" || echo "setup: everything is in place"
