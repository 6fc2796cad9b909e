#!/bin/sh
# Shows that the shipped rule scripts load and that their examples hold.
set -u
cd "$(dirname "$0")/../e2e" || exit 2
# shellcheck source=tests/e2e/lib.sh
. ./lib.sh

ok 'an instance with the shipped rules' instance
ok 'all scripts load' z rules check
ok 'their examples hold' z rules test
is 'there are some' "$(z rules test | sed -n 's/^\([0-9]*\) passed.*/\1/p' |
    grep -c '^[1-9]')" 1
done_testing
