"""The tasks of bench_density.py: who runs, and what each result is measured against.

A task is a function that returns (title, contenders, judge); judge(contender, result) gives the cells of its row
between the peak memory and the end of the line, under the names of `columns`.
"""
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import density_chain as chain
import density_problems
import density_reference as reference
from density_contenders import driftwell, scipy


@dataclass
class Task:
    title: str
    contenders: list
    columns: tuple
    judge: object
    notes: tuple = ()


def number(value):
    return "-" if value is None else f"{value:.1e}"


@lru_cache(maxsize=None)
def exact(name):
    return reference.exact_kl(density_problems.load(name))


@lru_cache(maxsize=None)
def semi_discrete(name, cells):
    return reference.semi_discrete_kl(density_problems.load(name).on(cells))


@lru_cache(maxsize=None)
def exact_density(name, cells, times):
    return reference.exact_density(density_problems.load(name).on(cells), times)


def coverage(kl, bar, truth, uncertainty=reference.KL_UNCERTAINTY):
    """Share of the outputs whose error bar reaches the truth (known to `uncertainty`), and the largest error in bars."""
    bars = np.abs(kl - truth) / (bar + uncertainty)
    return f"{100 * np.mean(bars <= 1):.0f}% {bars.max():.2f}"


SEPARABLE = ("KL error", "extrapolated", "covered", "time error", "L1", "mass drift", "least")


def separable_judge(name, outputs_of_l1):
    """Raw KL error, the error of kl_richardson, whether kl_error covers, the integrator's own error, and the largest L1
    error of the density over the last `outputs_of_l1` outputs."""
    def judge(contender, result):
        problem, truth = contender.problem, exact(name)
        cells, extra = problem.cells[0], result.extra
        volume = np.prod([problem.spacing(a) for a in range(problem.dimension)])
        times = tuple(problem.times[-outputs_of_l1:])
        kept = result.probabilities[[np.abs(result.kept_times - t).argmin() for t in times]]
        l1 = max(np.abs(p - rho.ravel() * volume).sum() for p, rho in zip(kept, exact_density(name, cells, times)))
        bars = "kl_error" in extra
        return (number(np.abs(result.kl - truth).max()),
                number(np.abs(extra["kl_richardson"] - truth).max() if bars else None),
                coverage(result.kl, extra["kl_error"], truth) if bars else "-",
                number(np.abs(result.kl - semi_discrete(name, cells)).max()), number(l1),
                number(np.abs(result.mass - 1).max()), number(result.probabilities.min()))
    return judge


def fp_2d(cells):
    problem = density_problems.load("fp_2d").on(cells)
    contenders = [
        driftwell(problem),
        driftwell(problem, "--threads", "1", label="driftwell, 1 thread"),
        scipy(problem, "crank_nicolson", "scipy splu, Crank-Nicolson", dt=0.025, damping=False),
    ]
    notes = ["reference: one-dimensional chains, extrapolated; a spectral solution agrees (bench/README.md)"]
    if cells <= 256:
        contenders.append(scipy(problem, "expm_multiply", "scipy expm_multiply"))
    else:
        notes.append("scipy expm_multiply is left out at 512: minutes a run")
    return Task(f"fp_2d {cells}^2: gradient double well, T = 0.25, t = 10, 101 outputs", contenders, SEPARABLE,
                separable_judge("fp_2d", 1), notes)


def fp_1d():
    problem = density_problems.load("fp_1d")
    contenders = [
        driftwell(problem),
        scipy(problem, "eigh", "scipy eigh_tridiagonal"),
        scipy(problem, "radau", "scipy solve_ivp Radau 1e-6", rtol=1e-6),
    ]
    return Task("fp_1d 2000: quartic double well, T = 0.1, t = 1, 10, 100, 1000", contenders, SEPARABLE,
                separable_judge("fp_1d", 4), ("L1: the largest over the four outputs; eigh: start cut beyond 7 std, where 1 / sqrt(pi) would spoil it",))


def fp_3d(cells):
    problem = density_problems.load("fp_3d").on(cells)
    contenders = [driftwell(problem), driftwell(problem, "--threads", "1", label="driftwell, 1 thread")]
    notes = [f"reference: KL(1) = {reference.KL_FP_3D_AT_1} +- {reference.KL_FP_3D_UNCERTAINTY:g}, the last output only"]
    if cells <= 64:
        contenders.append(scipy(problem, "expm_multiply", "scipy expm_multiply"))
    else:
        notes.append("no SciPy contender at 128^3: minutes and gigabytes a run")

    def judge(contender, result):
        end, truth, extra = result.kl[-1:], reference.KL_FP_3D_AT_1, result.extra
        bars = "kl_error" in extra
        return (number(abs(end[0] - truth)), number(abs(extra["kl_richardson"][-1] - truth) if bars else None),
                coverage(end, extra["kl_error"][-1:], truth, reference.KL_FP_3D_UNCERTAINTY) if bars else "-", number(np.abs(result.mass - 1).max()),
                number(result.probabilities.min()))
    return Task(f"fp_3d {cells}^3: three coupled quartic wells, T = 0.5, t = 1, 11 outputs", contenders,
                ("KL error", "extrapolated", "covered", "mass drift", "least"), judge, notes)


def example_19():
    contenders = []
    for strength in (0.0, 0.5, 1.5):
        for cells in (64, 128, 256):
            problem = density_problems.load("example_19", strength).on(cells)
            group = f"lambda = {strength:g}, {cells}^2"
            contenders.append(driftwell(problem, "--set", f"model.parameters.lambda={strength}", label=f"driftwell, {group}", group=group))
            contenders.append(scipy(problem, "steady_state", f"scipy splu, {group}", group=group, **{"lambda": strength}))
    earlier = {}

    def judge(contender, result):
        p = result.extra["steady_state"] if contender.driftwell else result.probabilities[-1]
        error = np.abs(p - chain.gibbs(contender.problem)).sum()
        key = contender.driftwell, contender.group.split(",")[0], contender.problem.cells[0]
        earlier[key] = error
        coarse = earlier.get((*key[:2], key[2] // 2))
        order = f"{np.log2(coarse / error):.2f}" if coarse and error > 1e-11 else "-"
        return number(error), order, number(abs(p.sum() - 1)), number(p.min())
    return Task("example_19: steady state against exp(-f)/Z, T = 1, [-3, 3]^2", contenders, ("L1", "order", "mass drift", "least"), judge,
                ("driftwell's time holds its coarser grids, eigenvalues and file too; SciPy's the chain and the solve",))


def propagators():
    problem = density_problems.load("fp_2d").on(64)
    contenders = [driftwell(problem, "--set", f"fokker_planck.propagator={name}", label=name)
                  for name in ("krylov", "chebyshev", "odeint_dopri5")]
    contenders.append(driftwell(problem, "--set", "fokker_planck.propagator=implicit_euler", "--set", "fokker_planck.dt=0.025",
                                label="implicit_euler, dt = 0.025"))
    contenders += [driftwell(problem, "--set", f"fokker_planck.propagator={name}", "--set", "fokker_planck.tolerance=1e-12",
                             label=f"{name}, tolerance 1e-12") for name in ("krylov", "chebyshev", "odeint_dopri5")]
    return Task("propagators: fp_2d on 64^2 by each propagator, default tolerance 1e-9", contenders, SEPARABLE,
                separable_judge("fp_2d", 1), ("time error: against the exact solution of the chain on the same grid",))


TASKS = {
    "fp_1d": fp_1d,
    "fp_2d_128": lambda: fp_2d(128), "fp_2d_256": lambda: fp_2d(256), "fp_2d_512": lambda: fp_2d(512),
    "fp_3d_64": lambda: fp_3d(64), "fp_3d_128": lambda: fp_3d(128),
    "example_19": example_19,
    "propagators": propagators,
}
