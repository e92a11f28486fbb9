#!/usr/bin/env bash
# Runs the exported files on the real programs beside the simulation and writes docs/twin.md; `--quick` only tells, about two faults.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# Before anything is installed for it.
[[ $(id -u) == 0 ]] || { echo "twin: skipped: it makes network namespaces, and you are not root; run it as root"; exit 0; }
scripts/setup.sh build
scripts/setup.sh test
make target/release/foobar-lab
WHAT=(--out docs/twin.md)
[[ ${1:-} != --quick ]] || WHAT=(--quick)
exec python3 -B scripts/twin/main.py target/release/foobar-lab "${WHAT[@]}" --keep-logs target/twin
