#!/usr/bin/env bash
# scripts/test.sh [quick|slow|all] [ctest's options]
# Installs, builds and runs the tests: all by default, `quick` in under 3 minutes.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
which=${1:-all}
[ $# -gt 0 ] && shift
build_release -DBUILD_TESTING=ON -DDRIFTWELL_BENCH=ON
label=()
case "$which" in
quick | slow) label=(-L "$which") ;;
all) ;;
*) echo "usage: scripts/test.sh [quick|slow|all] [ctest's options]" >&2; exit 2 ;;
esac
cd "$build"
exec ctest --output-on-failure --no-tests=error --parallel "$(nproc)" "${label[@]}" "$@"
