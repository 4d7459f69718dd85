#!/bin/sh
# readme_example.sh WORD SOURCE WORK PROGRAM...: runs the line of a console block in README.md that holds WORD, and
# expects what the README shows: line by line, where `...` stands for any number of lines.
set -u
word=$1 source=$2 work=$3/readme$1
shift 3

rm -rf "$work"
mkdir -p "$work/.bin" || exit 1
ln -s "$@" "$work/.bin/"
ln -s "$source/samples" "$source/pcaps" "$source/tests" "$work/"
cd "$work" || exit 1
PATH=$work/.bin:$PATH TZ=UTC LC_ALL=C
export PATH TZ LC_ALL

awk -v word="$word" '
  /^```console$/ { block = 1; next }
  /^```$/ { block = shown = 0 }
  block && /^\$ / { shown = index($0, word) != 0 }
  shown { print }' "$source/README.md" >.shown
if ! [ -s .shown ]; then
  echo "README.md shows nothing with $word"
  exit 1
fi
sed -n '1s/^\$ //p' .shown >.line
sh .line >.printed 2>&1
tail -n +2 .shown | awk '
  NR == FNR { printed[++count] = $0; next }
  /^\.\.\.$/ { skips = 1; next }
  {
    do { ++at } while (skips && at <= count && printed[at] != $0)
    if (at > count || printed[at] != $0) {
      print "README.md shows, and nobody prints: " $0
      failed = 1
      exit
    }
    skips = 0
  }
  END { exit failed }' .printed -
