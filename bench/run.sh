#!/usr/bin/env bash
# bench/run.sh [task...] [-n RUNS]: the density benchmarks of bench_density.py (all tasks by default).
# bench/run.sh --langevin [task...] [-n RUNS]: those of particles, bench_langevin.py.
# bench/run.sh --stationary [cells...]: modes and passages by iteration, bench_stationary.py.
# bench/run.sh --programs: the C++ benchmarks (bench_*.cpp) of the release build. bench/README.md says how to read both.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-$here/../build/release}
if [ "${1:-}" = --programs ]; then
  shift
  found=0
  for program in "$build"/bench/bench_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    found=1
    echo "== $(basename "$program")"
    "$program" "$@"
  done
  [ $found = 1 ] || { echo "no benchmark programs in $build/bench: build with -DDRIFTWELL_BENCH=ON" >&2; exit 2; }
  exit 0
fi
# Debian's python with its numpy, scipy and h5py; another one on PATH may lack them.
export PYTHONDONTWRITEBYTECODE=1
driver=bench_density.py
if [ "${1:-}" = --stationary ]; then
  shift
  driver=bench_stationary.py
fi
if [ "${1:-}" = --langevin ]; then
  shift
  driver=bench_langevin.py
fi
exec "${PYTHON:-/usr/bin/python3}" "$here/$driver" "$@"
