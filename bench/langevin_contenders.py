"""Running a contender of bench_langevin.py once. All are measured as whole processes, but NumPy, which times itself without its imports."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import h5py

import langevin_xmds
from driver import BUILD, DRIFTWELL, HERE, measured

XMDS_FOLDER = BUILD / "bench" / "xmds"
PROGRAMS = {"gsl": (BUILD / "bench" / "gsl_langevin", "GSL was not found when driftwell was built (Debian package libgsl-dev)"),
            "odeint": (BUILD / "bench" / "odeint_langevin", "not built: cmake -DDRIFTWELL_BENCH=ON")}


@dataclass
class Result:
    seconds: float
    peak_mb: float
    cpu: float                # processor seconds, all threads
    loop: float | None        # seconds of the time loop alone, where the contender says them
    mean: float               # of f at the end
    stderr: float
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Contender:
    label: str
    problem: object           # langevin_problems.Problem
    kind: str = "driftwell"   # driftwell, numpy, gsl, odeint, xmds
    threads: int = 1
    settings: tuple = ()      # driftwell: pairs (key, value)
    group: str = ""
    share: float = 1.0        # of the particles that the task asks for: the others would cost as much each

    @property
    def stepper(self):
        return dict(self.settings).get("langevin.stepper", "euler_maruyama")

    def missing(self):
        """Why it cannot run on this machine, or None."""
        if self.kind == "xmds":
            return langevin_xmds.missing()
        if self.kind in PROGRAMS and not PROGRAMS[self.kind][0].exists():
            return PROGRAMS[self.kind][1]
        return None

    def run(self):
        with tempfile.TemporaryDirectory(prefix="bench_langevin_") as folder:
            return getattr(self, f"_run_{self.kind if self.kind not in PROGRAMS else 'program'}")(pathlib.Path(folder))

    def _run_driftwell(self, folder):
        sets = [word for key, value in self.settings for word in ("--set", f"{key}={value}")]
        whole = measured([DRIFTWELL, "run", self.problem.file, "-q", "--json", "--threads", self.threads, "-o", folder / "out.h5", *sets], folder)
        said = json.loads(whole["stdout"])["langevin"]
        if "estimate" in said:
            mean, error, note = said["estimate"], said["estimate_stderr"], f"{len(said['levels']['dt'])} levels, {said['particle_steps']:.2g} steps"
        else:
            mean, error, note = said["mean_potential"], said["mean_potential_stderr"], f"{said['particles'] * said['steps']:.2g} steps"
        return Result(whole["seconds"], whole["peak_mb"], whole["cpu_seconds"], said["loop_seconds"], mean, error, {"note": f"{said['stepper']}, {note}"})

    def _run_program(self, folder):
        p, program = self.problem, PROGRAMS[self.kind][0]
        os.environ["OMP_NUM_THREADS"] = str(self.threads)
        whole = measured([program, p.name, p.particles, p.steps, p.dt, p.temperature, p.std, *p.start], folder)
        said = json.loads(whole["stdout"])
        return Result(whole["seconds"], whole["peak_mb"], whole["cpu_seconds"], said["loop"], said["mean"], said["stderr"])

    def _run_numpy(self, folder):
        spec = json.dumps({"problem": self.problem.name, "seed": 1})
        os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(self.threads)
        whole = measured([sys.executable, HERE / "langevin_numpy.py", spec], folder)
        said = json.loads(whole["stdout"])
        return Result(said["loop"], whole["peak_mb"], whole["cpu_seconds"], said["loop"], said["mean"], said["stderr"])

    def _run_xmds(self, folder):
        program = langevin_xmds.compiled(self.problem, self.threads, XMDS_FOLDER)
        whole = measured([program], folder, cwd=folder)
        mean, error = langevin_xmds.read(self.problem, folder / f"{program.name}.h5")
        return Result(whole["seconds"], whole["peak_mb"], whole["cpu_seconds"], None, mean, error)


def limits(task, runs):
    """The lines of bench_langevin.cpp for a task: the loop alone beside what bounds it."""
    program = BUILD / "bench" / "bench_langevin"
    if not program.exists():
        return "limits: bench_langevin is not built (cmake -DDRIFTWELL_BENCH=ON)"
    run = subprocess.run([program, str(runs), task], capture_output=True, text=True)
    return "limits of the loop alone (bench_langevin):\n" + "\n".join("    " + line for line in run.stdout.splitlines()) + run.stderr
