# Sourced by the scripts beside it: where things are, and how builds run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# Builds use every processor and no more, and what was compiled before.
: "${CMAKE_BUILD_PARALLEL_LEVEL:=$(nproc 2>/dev/null || echo 2)}"
export CMAKE_BUILD_PARALLEL_LEVEL
if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER:-}" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  # Precompiled headers are known by what they include; nothing is preprocessed only to be looked up.
  export CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
  # The package tests compile the same in another folder. Sources are named by their whole paths, so debuggers find them.
  export CCACHE_NOHASHDIR=1
fi

die() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}
