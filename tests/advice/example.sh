#!/bin/sh
# example.sh FINDING SOURCE WORK PROGRAM...: runs the lines that docs/advice.md gives for a finding, which make
# example.pcap, and expects `dissect -z advice` to find exactly that in it. The programs are called by their file names.
set -u
finding=$1 source=$2 work=$3/$1
shift 3

rm -rf "$work"
mkdir -p "$work/.bin" || exit 1
ln -s "$@" "$work/.bin/"
ln -s "$source/samples" "$source/pcaps" "$work/"
cd "$work" || exit 1
PATH=$work/.bin:$PATH TZ=UTC LC_ALL=C
export PATH TZ LC_ALL

awk -v heading="### \`$finding\`" '
  !code && /^#/ { here = $0 == heading }
  here && /^```$/ { code = 0 }
  code { print }
  here && /^```sh$/ { code = 1 }' "$source/docs/advice.md" >.lines
if ! [ -s .lines ]; then
  echo "docs/advice.md has no lines for $finding"
  exit 1
fi
if ! sh -e .lines; then
  echo "these lines of docs/advice.md fail:"
  cat .lines
  exit 1
fi
dissect -q -z advice --format csv example.pcap >.found || exit 1
found=$(tail -n +2 .found | cut -d, -f1 | sort -u)
if [ "$found" != "$finding" ]; then
  echo "expected $finding alone, found: ${found:-nothing}"
  dissect -q -z advice example.pcap
  exit 1
fi
