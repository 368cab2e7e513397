#!/bin/sh
# Whole-program time beside the error, for the spectral propagator: bench/bench_spectral.sh [driftwell]
# KL errors are the largest over all outputs after 0, against the same run with twice the points (where more points change
# nothing but the last digits). The finite volumes of the same task stand beside them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../build/release/driftwell}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec /usr/bin/python3 - "$program" "$here" "$work" <<'PYTHON'
import subprocess, sys, time
program, here, work = sys.argv[1:]
def run(file, cells, *more):
    out, start = f"{work}/out.h5", time.time()
    subprocess.run([program, "run", file, "-q", "--overwrite", "-o", out, "--set", f"fokker_planck.cells={cells}", *more], check=True, stdout=subprocess.DEVNULL)
    return time.time() - start, series(out)
def series(file):
    text = subprocess.run(["h5dump", "-d", "/fokker_planck/kl", "-y", "-m", "%.17g", "-w", "1", file], capture_output=True, text=True, check=True).stdout
    return [float(line.strip(" ,\n")) for line in text.split("DATA {")[1].split("}")[0].split("\n") if line.strip()]
def task(name, file, sizes, reference, volumes):
    spectral = ("--set", "fokker_planck.propagator=spectral")
    exact = run(file, reference, *spectral)[1]
    for cells, more in [(size, spectral) for size in sizes] + [(size, ("--set", "fokker_planck.propagator=auto")) for size in volumes]:
        best, kl = min((run(file, cells, *more) for _ in range(3)), key=lambda r: r[0])
        error = max(abs(a - b) for a, b in zip(kl[1:], exact[1:]))
        print(f"{name:<12} {'spectral' if more is spectral else 'volumes':<9} {cells:<18} {best:8.3f} s   KL error {error:.1e}", flush=True)
task("FP-2D", f"{here}/experiments/fp_2d.toml", ["[48, 48]", "[56, 56]", "[64, 64]"], "[112, 112]", ["[256, 256]"])
task("Example 19", f"{here}/../models/example_19_spectral.toml", ["[44, 52]", "[52, 60]", "[64, 64]"], "[100, 112]", ["[256, 256]"])
task("4-D wells", f"{here}/../models/four_wells_4d.toml", ["24", "28"], "36", [])
PYTHON
