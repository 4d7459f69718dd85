#!/bin/sh
# every_finding.sh SOURCE: each finding that the library has is explained in docs/advice.md, and no other.
set -u
have=$(grep -hoE '^ *"[a-z0-9]+\.[a-z0-9-]+", Severity::' "$1"/lib/src/statistics/advice/*.cpp | cut -d'"' -f2 | sort)
told=$(sed -n 's/^### `\(.*\)`$/\1/p' "$1/docs/advice.md" | sort)
[ -n "$have" ] || { echo "no findings in lib/src/statistics/advice"; exit 1; }
[ "$have" = "$told" ] && exit 0
echo "in the library:"
echo "$have"
echo "in docs/advice.md:"
echo "$told"
exit 1
