"""Running a contender once: driftwell as the whole process a user would start, SciPy as a process that times itself."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DRIFTWELL = os.environ.get("DRIFTWELL", str(HERE.parent / "build" / "release" / "driftwell"))


@dataclass
class Result:
    seconds: float
    peak_mb: float
    kl: np.ndarray                     # one value an output
    mass: np.ndarray
    kept_times: np.ndarray             # of the densities kept: every output's if there are few, else the last one's
    probabilities: np.ndarray          # kept times x cells
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Contender:
    label: str
    problem: object                    # density_problems.Problem with its cells
    settings: tuple = ()               # driftwell: further command line; SciPy: empty
    method: dict | None = None         # SciPy: method and its options
    group: str = ""                    # times are compared within a group, with its first contender

    @property
    def driftwell(self):
        return self.method is None

    def run(self):
        with tempfile.TemporaryDirectory(prefix="bench_density_") as folder:
            folder = pathlib.Path(folder)
            return self._run_driftwell(folder) if self.driftwell else self._run_scipy(folder)

    def _run_driftwell(self, folder):
        problem, out, report = self.problem, folder / "out.h5", folder / "report.json"
        cells = list(problem.cells) if problem.dimension > 1 else problem.cells[0]
        command = [DRIFTWELL, "run", str(problem.file), "-q", "-o", str(out), "--set", f"fokker_planck.cells={cells}", *self.settings]
        run = subprocess.run([sys.executable, "-I", "-S", str(HERE / "measure.py"), str(report), *command],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not report.exists():
            raise RuntimeError(run.stderr)
        measured = json.loads(report.read_text())
        if measured["exit_code"] != 0:
            raise RuntimeError(f"{' '.join(command)}\nexit code {measured['exit_code']}: {run.stderr}")
        with h5py.File(out) as file:
            group = file["fokker_planck"]
            # driftwell adds the start to a list of times that lacks it
            if not np.allclose(group["time"][:], problem.times, rtol=1e-12, atol=1e-12):
                raise RuntimeError(f"{problem.file}: output times differ from those of density_problems.py")
            volume = group.attrs["cell_volume"]
            density = group["density"][:].reshape(group["density"].shape[0], -1) * volume
            extra = {name: group[name][:] for name in ("kl_error", "kl_richardson") if name in group}
            extra |= {"steady_state": group["steady_state"][:].ravel() * volume, "propagator": group.attrs["propagator"].decode(),
                      "cpu_seconds": measured["cpu_seconds"]}
            return Result(measured["seconds"], measured["peak_mb"], group["kl"][:], group["mass"][:],
                          group["snapshot_time"][:], density, extra)

    def _run_scipy(self, folder):
        out = folder / "out.npz"
        spec = {"problem": self.problem.name, "cells": self.problem.cells[0], **self.method}
        # One thread, as SciPy's sparse routines have: BLAS threads would only spin.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        run = subprocess.run([sys.executable, str(HERE / "density_scipy.py"), json.dumps(spec), str(out)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        if run.returncode != 0:
            raise RuntimeError(f"{self.label}: {run.stderr[-2000:]}")
        with np.load(out) as file:
            return Result(float(file["seconds"]), float(file["peak_mb"]), file["kl"], file["mass"],
                          self.problem.times[-len(file["kept"]):], file["kept"])


def driftwell(problem, *settings, label="driftwell", group=""):
    return Contender(label, problem, tuple(settings), group=group)


def scipy(problem, method, label, group="", **options):
    return Contender(label, problem, method={"method": method, **options}, group=group)
