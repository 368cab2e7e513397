#!/usr/bin/env bash
# scripts/run.sh [FILE] [driftwell run's options]      or      scripts/run.sh verify [FILE...]
# From a bare Debian 12 to a result: installs, builds, runs the experiment (default: the double well with
# circulation) and writes results/<name>.h5.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
build_release -DBUILD_TESTING=OFF -DDRIFTWELL_BENCH=OFF >&2
if [ "${1:-}" = verify ]; then # the certificates of all shipped experiments, or of those named
  shift
  [ $# -gt 0 ] || set -- "$root"/models/*.toml "$root"/models/theorems/*.toml
  exec "$build/driftwell" verify "$@"
fi
experiment="$root/models/double_well_circulation.toml"
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then experiment=$1; shift; fi
mkdir -p "$root/results"
out="$root/results/$(basename "${experiment%.toml}").h5"
# A second run of the same experiment replaces the first, but only once it is complete.
"$build/driftwell" run "$experiment" -o "$out" --overwrite "$@"
"$build/driftwell" info "$out" >&2
cat >&2 <<HELP

Look at it from Python:   import xarray; print(xarray.open_dataset("$out", group="fokker_planck"))
Change something:         $build/driftwell run $experiment --set model.temperature=0.5 -o other.h5
HELP
