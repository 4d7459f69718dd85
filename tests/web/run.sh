#!/bin/sh
# run.sh SCRIPT ARGUMENT...: runs a script of this folder with node. 77, skipped, where there is no node.
set -u
script=$1
shift
if ! command -v node >/dev/null; then
  echo "skipped: there is no node; scripts/setup test installs it"
  exit 77
fi
exec node "$(dirname "$0")/$script" "$@"
