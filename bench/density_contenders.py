"""Running a contender once: driftwell as the whole process a user would start, SciPy and CVODE as processes that time
themselves, XMDS2 as the whole compiled program."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import h5py
import numpy as np

import density_chain as chain
import density_xmds
from driver import BUILD, DRIFTWELL, HERE, measured

CVODE = BUILD / "bench" / "cvode_density"
XMDS_FOLDER = BUILD / "bench" / "xmds"


@dataclass
class Result:
    seconds: float
    peak_mb: float
    kl: np.ndarray                     # one value an output
    mass: np.ndarray
    kept_times: np.ndarray             # of the densities kept: every output's if there are few, else the last one's
    probabilities: np.ndarray | None   # kept times x cells; None where the unknowns are not cells
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Contender:
    label: str
    problem: object                    # density_problems.Problem with its cells
    settings: tuple = ()               # driftwell: further command line; others: empty
    method: dict | None = None         # others: method and its options
    group: str = ""                    # times are compared within a group, with its first contender
    kind: str = "driftwell"            # driftwell, scipy, cvode, xmds
    cells: bool = True                 # the unknowns are the cells of the chain (else points of a spectral method)

    @property
    def driftwell(self):
        return self.kind == "driftwell"

    def missing(self):
        """Why it cannot run on this machine, or None."""
        if self.kind == "cvode" and not CVODE.exists():
            return "SUNDIALS was not found when driftwell was built (Debian package libsundials-dev)"
        if self.kind == "xmds":
            return density_xmds.missing()
        if self.driftwell and not self.cells:
            listed = subprocess.run([DRIFTWELL, "list", "propagators"], capture_output=True, text=True).stdout
            return None if "spectral" in listed else "not available: this driftwell has no propagator \"spectral\""
        return None

    def run(self):
        with tempfile.TemporaryDirectory(prefix="bench_density_") as folder:
            return getattr(self, f"_run_{self.kind}")(pathlib.Path(folder))

    def _run_driftwell(self, folder):
        problem, out = self.problem, folder / "out.h5"
        cells = list(problem.cells) if problem.dimension > 1 else problem.cells[0]
        whole = measured([DRIFTWELL, "run", str(problem.file), "-q", "-o", str(out), "--set", f"fokker_planck.cells={cells}",
                                   *self.settings], folder)
        with h5py.File(out) as file:
            group = file["fokker_planck"]
            # driftwell adds the start to a list of times that lacks it
            if not np.allclose(group["time"][:], problem.times, rtol=1e-12, atol=1e-12):
                raise RuntimeError(f"{problem.file}: output times differ from those of density_problems.py")
            extra = {name: group[name][:] for name in ("kl_error", "kl_richardson") if name in group}
            extra |= {"propagator": group.attrs["propagator"].decode(), "cpu_seconds": whole["cpu_seconds"]}
            density = None
            if self.cells:
                volume = group.attrs["cell_volume"]
                density = group["density"][:].reshape(group["density"].shape[0], -1) * volume
                extra["steady_state"] = group["steady_state"][:].ravel() * volume
            return Result(whole["seconds"], whole["peak_mb"], group["kl"][:], group["mass"][:],
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

    def _run_cvode(self, folder):
        problem, out, method = self.problem, folder / "out.bin", dict(self.method)
        spec = {"times": problem.times, "out": out, "solver": method["solver"], "rtol": method["rtol"], "atol": method["atol"],
                "threads": method["threads"]}
        if problem.noise is None:
            spec |= {"problem": problem.name, "cells": problem.cells[0], "temperature": problem.temperature, "std": problem.std,
                     "lambda": problem.strength, "lower": problem.lower, "upper": problem.upper, "mean": problem.mean}
        else:
            spec["matrix"] = folder / "matrix.bin"
            q = chain.generator(problem)
            with open(spec["matrix"], "wb") as file:
                np.array([q.shape[0], q.nnz, *q.indptr, *q.indices], np.int64).tofile(file)
                np.concatenate([q.data, chain.start(problem), chain.gibbs(problem)]).tofile(file)
        words = [f"{key}={','.join(repr(float(v)) for v in value) if isinstance(value, (tuple, np.ndarray)) else value}" for key, value in spec.items()]
        run = subprocess.run([str(CVODE), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{self.label}: {run.stderr[-2000:]}")
        values = np.fromfile(out)
        outputs, size = int(values[2]), int(values[3])
        kl, mass, kept = np.split(values[4:], [outputs, 2 * outputs])
        kept = kept.reshape(-1, size)
        return Result(values[0], values[1], kl, mass, problem.times[-len(kept):], kept, {"propagator": run.stdout.strip()})

    def _run_xmds(self, folder):
        program = density_xmds.compiled(self.problem, folder=XMDS_FOLDER, **self.method)
        whole = measured([str(program)], folder, cwd=folder)
        kl, mass = density_xmds.read(self.problem, folder / f"{program.name}.h5")
        return Result(whole["seconds"], whole["peak_mb"], kl, mass, self.problem.times[-1:], None, {"propagator": self.method["algorithm"]})


def driftwell(problem, *settings, label="driftwell", group=""):
    return Contender(label, problem, tuple(settings), group=group)


def driftwell_spectral(problem, points=64, group=""):
    """Points instead of cells; the command line sets them."""
    return Contender(f"driftwell, spectral, {points}^{problem.dimension} points", problem.on(points),
                     ("--set", "fokker_planck.propagator=spectral"), group=group, cells=False)


def scipy(problem, method, label, group="", **options):
    return Contender(label, problem, method={"method": method, **options}, group=group, kind="scipy")


def cvode(problem, solver, rtol, atol, group="", threads=None):
    """atol: of a cell probability, in units of 1 / cells. The direct solvers have one thread."""
    threads = threads or (os.cpu_count() if solver == "lines" else 1)
    return Contender(f"SUNDIALS CVODE, {solver}", problem, group=group, kind="cvode",
                     method={"solver": solver, "rtol": rtol, "atol": atol, "threads": threads})


def xmds(problem, points, tolerance, algorithm="ARK45", group=""):
    return Contender(f"XMDS2, Fourier {points[0]} x {points[1]}", problem, group=group, kind="xmds", cells=False,
                     method={"points": points, "tolerance": tolerance, "algorithm": algorithm})
