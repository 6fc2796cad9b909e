#!/bin/sh
# Linking: memory and time of an index of 80,000 and of 800,000 enterprises,
# and, where a folder of samples with their truth is at hand ($SAMPLES), how
# many of its rows find their enterprise and none but theirs.
set -eu
cd "$(dirname "$0")/../.."
SAMPLES=${SAMPLES:-../shared/samples}
LINK=${B:-build}/bench/link
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT

for n in 80000 800000; do
	"$LINK" rules/link.lua -n $n
done
if [ ! -f "$SAMPLES/score.py" ]; then
	echo "no samples in $SAMPLES: precision and recall not measured"
	exit 0
fi
python3 tests/bench/link_rows.py "$SAMPLES" >"$W/rows"
"$LINK" rules/link.lua "$W/rows" "$W/links"
python3 "$SAMPLES/score.py" "$SAMPLES" --links "$W/links" >"$W/score"
grep -E '^(all|linkable|has a code|name only)' "$W/score"

# What was missed or mistaken, by kind; a branch with its parent is the worst.
python3 - "$SAMPLES" "$W/links" <<'END'
import collections, csv, os, sys
def table(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))
truth = {(r["file"], r["row"]): r
         for r in table(os.path.join(sys.argv[1], "truth/links.csv"))}
got = {(r["file"], r["row"]): r for r in table(sys.argv[2])}
votes = collections.defaultdict(collections.Counter)
for k, t in truth.items():
    if "/qydj." in k[0] and got[k]["entity"]:
        votes[got[k]["entity"]][t["eid"]] += 1
true = {e: c.most_common(1)[0][0] for e, c in votes.items()}
mixed = sum(len(c) > 1 for c in votes.values())
missed, wrong = collections.Counter(), []
for k, t in truth.items():
    g = true.get(got[k]["entity"], "")
    if "/qydj." in k[0] or g == t["eid"]:
        continue
    if not g:
        missed[t["name_kind"]] += 1
        continue
    wrong.append((k[0], k[1], t["written_name"], got[k]["why"]))
print("enterprises of the register merged into one: %d" % mixed)
print("missed by kind of name: " + ", ".join(
    "%s %d" % x for x in missed.most_common()))
print("linked to another enterprise: %d" % len(wrong))
for w in wrong:
    print("  ", *w)
END
