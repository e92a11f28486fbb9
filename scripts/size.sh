#!/usr/bin/env bash
# What a first load fetches, per file and in all; fails over the budget.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
exec node scripts/size.mjs
