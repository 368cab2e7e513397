"""The tasks of bench_density.py: who runs, and what each result is measured against."""
from dataclasses import replace
from functools import lru_cache

import numpy as np

import density_chain as chain
import density_problems
import density_reference as reference
import plane_reference
import space_reference
from density_contenders import cvode, driftwell, driftwell_spectral, scipy, xmds
from driver import Task


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
        bars = "kl_error" in extra
        accuracy = (number(np.abs(result.kl - truth).max()), number(np.abs(extra["kl_richardson"] - truth).max() if "kl_richardson" in extra else None),
                    coverage(result.kl, extra["kl_error"], truth) if bars else "-")
        if not contender.cells:
            return (*accuracy, "-", "-", number(np.abs(result.mass - 1).max()), "-")
        volume = np.prod([problem.spacing(a) for a in range(problem.dimension)])
        times = tuple(problem.times[-outputs_of_l1:])
        kept = result.probabilities[[np.abs(result.kept_times - t).argmin() for t in times]]
        l1 = max(np.abs(p - rho.ravel() * volume).sum() for p, rho in zip(kept, exact_density(name, cells, times)))
        return (*accuracy,
                number(np.abs(result.kl - semi_discrete(name, cells)).max()), number(l1),
                number(np.abs(result.mass - 1).max()), number(result.probabilities.min()))
    return judge


# CVODE's tolerances, so that its error in time stays below what the grid does wrong (columns `time error`, `KL error`).
CVODE_2D = {128: (1e-4, 1e-2), 256: (1e-4, 1e-2), 512: (1e-5, 1e-3), 1024: (1e-5, 1e-3)}


def plane_peers(problem):
    """Who else can do two dimensions with axis neighbours: the direct solver and Crank-Nicolson to 512^2, then one peer."""
    cells, tolerances = problem.cells[0], CVODE_2D.get(problem.cells[0], (1e-5, 1e-3))
    peers = [cvode(problem, "lines", *tolerances)]
    if cells <= 512:
        peers.append(scipy(problem, "crank_nicolson", "scipy splu, Crank-Nicolson", dt=0.025, damping=False))
    if cells <= 256:
        peers.append(cvode(problem, "klu", *tolerances))
    return peers


def fp_2d(cells):
    problem = density_problems.load("fp_2d").on(cells)
    contenders = [driftwell(problem), driftwell(problem, "--threads", "1", label="driftwell, 1 thread"), *plane_peers(problem)]
    notes = ["reference: one-dimensional chains, extrapolated; a spectral solution agrees (bench/README.md)"]
    if cells <= 256:
        contenders += [scipy(problem, "expm_multiply", "scipy expm_multiply"), xmds(problem, (64, 64), "1e-6"), driftwell_spectral(problem), driftwell_spectral(problem, 56), driftwell_spectral(problem, 44)]
    else:
        notes.append("left out: scipy expm_multiply and CVODE with KLU, minutes a run" + ("; Crank-Nicolson too, gigabytes" if cells > 512 else ""))
    return Task(f"fp_2d {cells}^2: gradient double well, T = 0.25, t = 10, 101 outputs", contenders, SEPARABLE,
                separable_judge("fp_2d", 1), notes)


PLANE = ("KL error", "extrapolated", "covered", "steady L1", "mass drift", "least")
WIDE = {"lower": (-3.4, -6.0), "upper": (3.4, 6.0)}  # of FP-LC: where a periodic box does no harm


def plane_judge(uncertainty):
    """As separable_judge, beside plane_reference; of another box than the task's if the contender has one."""
    def judge(contender, result):
        problem, extra = contender.problem, result.extra
        truth = plane_truth(problem.name, problem.lower == WIDE["lower"])
        bars = "kl_error" in extra
        steady = np.abs(extra["steady_state"] - chain.gibbs(problem)).sum() if "steady_state" in extra else None
        return (number(np.abs(result.kl - truth).max()), number(np.abs(extra["kl_richardson"] - truth).max() if "kl_richardson" in extra else None),
                coverage(result.kl, extra["kl_error"], truth, uncertainty) if bars else "-", number(steady),
                number(np.abs(result.mass - 1).max()), number(result.probabilities.min()) if result.probabilities is not None else "-")
    return judge


@lru_cache(maxsize=None)
def plane_truth(name, wide):
    problem = density_problems.load(name)
    return plane_reference.kl(replace(problem, **WIDE), functions=(36, 44)) if wide else plane_reference.kl(problem)


def fp_lc(cells):
    problem = density_problems.load("fp_lc").on(cells)
    contenders = [driftwell(problem), driftwell(problem, "--threads", "1", label="driftwell, 1 thread"), *plane_peers(problem)]
    if cells <= 256:
        contenders += [xmds(replace(problem, **WIDE), (48, 80), "1e-5"), driftwell_spectral(problem), driftwell_spectral(problem, 40)]
    return Task(f"fp_lc {cells}^2: Example 19, lambda = 1.5, T = 1, t = 10, 101 outputs", contenders, PLANE, plane_judge(plane_reference.UNCERTAINTY["fp_lc"]),
                ("reference: eigenfunctions of the axes; XMDS2 has a periodic box [-3.4, 3.4] x [-6, 6] and a reference of its own",
                 "steady L1: of driftwell's steady state against exp(-f)/Z, in the same run"))


def fp_d(cells):
    problem = density_problems.load("fp_d").on(cells)
    contenders = [driftwell(problem), driftwell(problem, "--threads", "1", label="driftwell, 1 thread"),
                  scipy(problem, "crank_nicolson", "scipy splu, Crank-Nicolson, bilinear elements", dt=0.025, damping=False)]
    if cells <= 256:
        contenders += [cvode(problem, "klu", 1e-4, 1e-3), driftwell_spectral(problem)]
    return Task(f"fp_d {cells}^2: noise 100 : 1 in turning directions, T = 0.5, t = 10, 101 outputs", contenders, PLANE,
                plane_judge(plane_reference.UNCERTAINTY["fp_d"]),
                ("reference: eigenfunctions of the axes; the peers solve bilinear finite elements, whose rates may be negative (`least`)",))


def scaling():
    """Seconds of one problem on finer and finer grids, over the number of cells."""
    cells = (256, 512, 1024)
    contenders = [driftwell(density_problems.load("fp_2d").on(n), label=f"driftwell, {n}^2", group=f"{n}^2") for n in cells]
    first = {}

    def judge(contender, result):
        each = result.seconds / np.prod(contender.problem.cells) * 1e6
        return f"{each:.3f}", f"{each / first.setdefault('each', each):.2f}", number(np.abs(result.kl - exact("fp_2d")).max())
    return Task("scaling: fp_2d, whole program, microseconds a cell", contenders, ("us a cell", "growth", "KL error"), judge,
                ("the factorisation and the coarser grids are in it; bench_scaling (--programs) takes the factorisation apart",))


def fp_1d():
    problem = density_problems.load("fp_1d")
    contenders = [
        driftwell(problem),
        scipy(problem, "eigh", "scipy eigh_tridiagonal"),
        cvode(problem, "band", 1e-5, 1e-5),
        scipy(problem, "radau", "scipy solve_ivp Radau 1e-6", rtol=1e-6),
    ]
    return Task("fp_1d 2000: quartic double well, T = 0.1, t = 1, 10, 100, 1000", contenders, SEPARABLE,
                separable_judge("fp_1d", 4), ("L1: the largest over the four outputs; eigh: start cut beyond 7 std, where 1 / sqrt(pi) would spoil it",))


def fp_3d(cells):
    problem = density_problems.load("fp_3d").on(cells)
    contenders = [driftwell(problem), driftwell(problem, "--threads", "1", label="driftwell, 1 thread"),
                  cvode(problem, "lines", 1e-4, 1e-2)]
    notes = ["reference: eigenfunctions of the axes"]
    if cells <= 64:
        contenders += [scipy(problem, "expm_multiply", "scipy expm_multiply"), driftwell_spectral(problem, 40)]
    else:
        notes.append("no SciPy contender beyond 64^3: minutes and gigabytes a run")

    def judge(contender, result):
        truth, extra = space_reference.kl(density_problems.load("fp_3d")), result.extra
        bars = "kl_error" in extra
        return (number(np.abs(result.kl - truth).max()), number(np.abs(extra["kl_richardson"] - truth).max() if "kl_richardson" in extra else None),
                coverage(result.kl, extra["kl_error"], truth, space_reference.UNCERTAINTY) if bars else "-", number(np.abs(result.mass - 1).max()),
                number(result.probabilities.min()) if result.probabilities is not None else "-")
    return Task(f"fp_3d {cells}^3: three coupled quartic wells, T = 0.5, t = 1, 11 outputs", contenders,
                ("KL error", "extrapolated", "covered", "mass drift", "least"), judge, notes)


def example_19():
    contenders = []
    for strength in (0.0, 0.5, 1.5):
        for cells in (64, 128, 256, 512)[: 4 if strength == 1.5 else 3]:
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
    "fp_2d_1024": lambda: fp_2d(1024),
    "fp_lc_256": lambda: fp_lc(256), "fp_lc_512": lambda: fp_lc(512),
    "fp_d_128": lambda: fp_d(128), "fp_d_256": lambda: fp_d(256),
    "fp_3d_64": lambda: fp_3d(64), "fp_3d_128": lambda: fp_3d(128), "fp_3d_192": lambda: fp_3d(192),
    "example_19": example_19,
    "propagators": propagators,
    "scaling": scaling,
}
