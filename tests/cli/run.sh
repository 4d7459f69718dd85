#!/bin/sh
# run.sh NAME SOURCE WORK PROGRAM...: runs the line in tests/cli/NAME.args and compares what it prints on standard
# output and standard error, and its exit code, with NAME.out. The line is for sh; the programs are called by their file
# names, `encapsulate`, `dissect`, `mixed_capture`, `edit_capture` and `peak_memory`; `samples`, `pcaps` and `input` are the
# checkout's. With ENCAP_UPDATE_GOLDEN=1 it writes NAME.out instead.
set -u
name=$1 source=$2 work=$3
shift 3

scratch=$work/$name
rm -rf "$scratch"
mkdir -p "$scratch/.bin" || exit 1
ln -s "$@" "$scratch/.bin/"
ln -s "$source/samples" "$source/pcaps" "$source/tests/cli/input" "$scratch/"
cd "$scratch" || exit 1

TZ=UTC LC_ALL=C PATH=$scratch/.bin:$PATH
export TZ LC_ALL PATH
unset NO_COLOR
sh -c "$(cat "$source/tests/cli/$name.args")" >.printed 2>&1 </dev/null
code=$?
# How long it took is another figure each time.
{
  sed -E 's/[0-9]+\.[0-9]{3} s, [0-9,]+ packets\/s/T s, N packets\/s/' .printed
  echo "exit $code"
} >".$name.out"

golden=$source/tests/cli/$name.out
if [ "${ENCAP_UPDATE_GOLDEN:-0}" = 1 ]; then
  cp ".$name.out" "$golden"
  echo "wrote $golden"
  exit 0
fi
if ! diff -u "$golden" ".$name.out"; then
  echo
  echo "If the new text is right: ENCAP_UPDATE_GOLDEN=1 ctest --test-dir <build> -R '^cli.$name\$'"
  exit 1
fi
