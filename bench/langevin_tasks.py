"""The tasks of bench_langevin.py: who runs, and what each result is measured against."""
import os
from dataclasses import replace

import langevin_problems
import langevin_reference as reference
from driver import Task
from langevin_contenders import Contender, limits

CORES = os.cpu_count()
COLUMNS = ("cpu s", "cpu ns", "loop s", "E f", "stderr", "off", "off scheme")


def judge(contender, result):
    """Errors in units of the standard error: against E f of the equation, and of the scheme with this step."""
    p = contender.problem
    exact, unsure = reference.exact(p.name)
    scheme = reference.scheme(p.name, contender.stepper)
    in_errors = lambda value, other=0.0: f"{(result.mean - value) / (result.stderr**2 + other**2) ** 0.5:+.1f}"
    return (f"{result.cpu:.2f}", f"{1e9 * result.cpu / p.work:.2f}", f"{result.loop:.2f}" if result.loop is not None else "-", f"{result.mean:.6f}", f"{result.stderr:.1e}",
            in_errors(exact, unsure), in_errors(scheme) if scheme is not None else "-")


def notes(problem, line, steppers=("euler_maruyama",)):
    exact, unsure = reference.exact(problem.name)
    words = [f"E f = {exact:.8g}" + (f" +- {unsure:.1g}" if unsure > 1e-8 else "") + f"; {problem.particles} particles x {problem.steps} steps"]
    for stepper in steppers:
        scheme = reference.scheme(problem.name, stepper)
        if scheme is not None:
            words.append(f"weak bias of {stepper} at dt = {problem.dt:g}: {scheme - exact:+.2e}, by quadrature")
    return (lambda: "; ".join(words), lambda: limits(line, 5))


def contenders(problem, *settings, peers=True, xmds=True):
    ours = (("langevin.snapshots", 0), *settings)
    all_of_it = [Contender("driftwell", problem, threads=CORES, settings=ours), Contender("driftwell, 1 thread", problem, settings=ours)]
    if peers:
        all_of_it += [Contender("GSL, ziggurat", problem, "gsl", CORES), Contender("Boost.Odeint, ziggurat", problem, "odeint", CORES)]
        if xmds:
            all_of_it.append(Contender("XMDS2", problem, "xmds", 1))
        all_of_it.append(Contender("NumPy", problem, "numpy", CORES if problem.dimension > 10 else 1))
    return all_of_it


def sde_task(name, words, line, xmds=True):
    problem = langevin_problems.load(name)
    return Task(f"{name}: {words}", contenders(problem, xmds=xmds), COLUMNS, judge, notes(problem, line), "note")


def sde_1d():
    return sde_task("sde_1d", "Ornstein-Uhlenbeck", "SDE-1D")


def sde_2d():
    return sde_task("sde_2d", "gradient double well, T = 0.25", "SDE-2D")


def two_point():
    """The same with two-point noise. The peers draw normal variates in the first task; nothing of theirs would change but the bits."""
    problem = langevin_problems.load("sde_2d")
    return Task("two_point: sde_2d with weak_euler, two-point noise", contenders(problem, ("langevin.stepper", "weak_euler"), peers=False), COLUMNS, judge,
                notes(problem, "two-point", ("weak_euler",)), "note")


def sde_10d():
    return sde_task("sde_10d", "ten double wells, neighbours coupled", "SDE-10D")


def sde_100d():
    return sde_task("sde_100d", "dense quadratic form", "SDE-100D", xmds=False)


def mueller_brown():
    return sde_task("mueller_brown", "Mueller-Brown, T = 10", "Mueller-Brown")


SPREAD = 0.215   # standard deviation of f at t = 10 of sde_2d
MOST_WORK = 1e10  # particle-steps of a plain run: beyond, a share of the particles


def error_task(target):
    """E f at t = 10 of sde_2d. Plain: as many particles as the standard error asks for, and a step whose bias (0.152 dt for Euler-Maruyama, by quadrature) is
    a third of it. The others choose both themselves."""
    problem = replace(langevin_problems.load("sde_2d"), end=10.0)
    exact, _ = reference.exact("sde_2d", 10.0)

    def judged(contender, result):
        return (f"{result.cpu / contender.share:.2f}", f"{result.mean:.6f}", f"{result.stderr:.1e}", f"{result.mean - exact:+.1e}",
                f"{(result.mean - exact) / (target / contender.share**0.5):+.2f}")

    def one(label, *settings, share=1.0):
        return Contender(label, problem, threads=CORES, settings=(("time.at", "[10.0]"), *settings), share=share)

    def plain(label, stepper, dt):
        particles = (SPREAD / target) ** 2
        share = min(1.0, MOST_WORK / (particles * 10 / dt))
        label += f" (a share of {share:.2g})" if share < 1 else ""
        return one(label, ("langevin.stepper", stepper), ("langevin.particles", int(particles * share)), ("langevin.dt", dt), ("langevin.snapshots", 0), share=share)

    runs = [plain("plain, euler_maruyama", "euler_maruyama", 2 * target), plain("plain, weak_euler", "weak_euler", 2 * target)]
    for method in ("extrapolation", "multilevel"):
        for stepper in ("euler_maruyama", "stochastic_heun", "leimkuhler_matthews") + (("srk_weak_2",) if method == "extrapolation" else ()):
            runs.append(one(f"{method}, {stepper}", ("langevin.method", method), ("langevin.stepper", stepper), ("langevin.standard_error", target), ("langevin.particles", 10_000), ("langevin.dt", 0.2)))
    return Task(f"error_{target:g}: sde_2d, E f at t = 10 to a standard error of {target:g}", runs, ("cpu s", "E f", "stderr", "error", "of the target"), judged,
                (f"E f = {exact:.9f} by quadrature; cpu s of a share: divided by it, error in units of the target that belongs to it",), "note")


TASKS = {f.__name__: f for f in (sde_1d, sde_2d, two_point, sde_10d, sde_100d, mueller_brown)}
TASKS |= {"error_1e-3": lambda: error_task(1e-3), "error_1e-4": lambda: error_task(1e-4)}
