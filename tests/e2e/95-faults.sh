#!/bin/sh
# Shows that what is no crash has its defined outcome too: a base that an
# administrator holds, files that inotify does not tell of, roles that stand
# still, calls that fail, a clock that is set back. All of it: make crash.
set -u
cd "$(dirname "$0")" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

TMPDIR=$T
export TMPDIR
ok 'faults' ../crash/faults.py -q
comment <"$T/.out"
done_testing
