"""E f at the end: exactly, and of the schemes with their step, by quadrature. Nothing here is timed.

Separable problems (sde_1d, sde_2d) go axis by axis. The double well: the Fokker-Planck equation in Legendre polynomials for dt = 0
(density_reference.Spectral, from a point), and for Euler-Maruyama the law after each step on an equally spaced grid, where sums over Gaussian
transition densities are integrals to rounding; with two-point noise E f(x_n) as a function of the start, interpolated on Chebyshev points (both
images of a point lie inside). Linear ones have closed forms. Two problems have references of driftwell's own: of the density engine (mueller_brown, start and
model as in the file), and of another scheme, extrapolated, with other noise (sde_10d).
"""
import json
import subprocess
import sys
import tempfile
from functools import lru_cache
from types import SimpleNamespace

import h5py
import numpy as np

import density_problems
import density_reference
import langevin_problems
from driver import DRIFTWELL

HALF = 3.0  # the box [-3, 3] of the double well: exp(-f/T) = 1e-28 at its walls


def quartic_exact(T, x0, times):
    """E f(x_t) of the double well from x0."""
    axis = SimpleNamespace(separate=((density_problems.quartic, density_problems.quartic_slope),), temperature=T, lower=(-HALF,), upper=(HALF,), std=0.2, mean=(x0,))
    s = density_reference.Spectral(axis, 0)
    log_root = -(s.phi(np.array([x0])) - s.phi(s.x).min()) / (2 * T)
    at_start = s.modes.T @ (s._basis(np.array([x0]))[0] * np.exp(-log_root[0]))
    weighted = s.modes.T @ (s.values.T @ (s.weights * density_problems.quartic(s.x) * np.exp(s.log_root)))
    return np.array([np.sum(np.exp(-s.energies * t) * at_start * weighted) for t in times])


def quartic_euler(T, x0, dt, steps):
    """The same for Euler-Maruyama: the law after each step. A grid of a third of the noise's width."""
    width = np.sqrt(2 * T * dt)
    x = np.arange(-HALF, HALF, width / 3)
    h = x[1] - x[0]
    density = lambda centre: np.exp(-((x[:, None] - centre) / width) ** 2 / 2) / (width * np.sqrt(2 * np.pi))
    p = density(np.array([x0 - density_problems.quartic_slope(x0) * dt]))[:, 0]
    step = h * density(x - density_problems.quartic_slope(x) * dt)
    for _ in range(steps - 1):
        p = step @ p
    return h * np.sum(p * density_problems.quartic(x))


def quartic_two_point(T, x0, dt, steps, points=160):
    """The same for the two-point noise of weak_euler, backwards in time."""
    angle = (np.arange(points) + 0.5) * np.pi / points
    x = HALF * np.cos(angle)
    to_series = np.cos(np.outer(np.arange(points), angle)) * 2 / points
    to_series[0] /= 2
    at = lambda y: np.polynomial.chebyshev.chebvander(y / HALF, points - 1) @ to_series
    moved, width = x - density_problems.quartic_slope(x) * dt, np.sqrt(2 * T * dt)
    step = (at(moved + width) + at(moved - width)) / 2
    u = density_problems.quartic(x)
    for _ in range(steps):
        u = step @ u
    return (at(np.array([x0])) @ u)[0]


def quadratic(A, T, x0, t=None, dt=None, steps=0):
    """E x A x / 2 of dx = -A x dt + sqrt(2T) dW from x0: at time t, or of Euler's steps (Gaussian or two-point noise: second moments are the same)."""
    a, V = np.linalg.eigh(np.atleast_2d(A))
    m = V.T @ np.atleast_1d(x0)
    if t is not None:
        decay, variance = np.exp(-a * t), T * -np.expm1(-2 * a * t) / a
    else:
        q = 1 - a * dt
        decay, variance = q**steps, 2 * T * dt * (1 - q ** (2 * steps)) / (1 - q * q)
    return float(np.sum(a * ((m * decay) ** 2 + variance)) / 2)


def driftwell_run(file, settings, look):
    """look(what a run says as JSON, its result file)."""
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    with tempfile.TemporaryDirectory(prefix="bench_langevin_") as folder:
        run = subprocess.run([DRIFTWELL, "run", str(file), "-q", "--json", "-o", f"{folder}/out.h5", *sets], capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"reference of {file}: {run.stderr}")
        with h5py.File(f"{folder}/out.h5") as result:
            return look(json.loads(run.stdout), result)


def density_mean(problem):
    """E f by the density engine from the same start, extrapolated; its error bar."""
    settings = {"langevin.particles": 2, "fokker_planck.lower": "[-1.8, -0.6]", "fokker_planck.upper": "[1.3, 2.4]", "fokker_planck.cells": "[384, 384]",
                "fokker_planck.snapshots": 0}
    return driftwell_run(problem.file, settings, lambda _, file: tuple(float(file["fokker_planck"]["mean_potential" + end][-1]) for end in ("_richardson", "_error")))


@lru_cache(maxsize=None)
def exact(name, end=None):
    """E f(x(end)) and how far it is sure."""
    p = langevin_problems.load(name)
    T, t = p.temperature, end or p.end
    if name == "sde_1d":
        return quadratic(1.0, T, p.start, t), 0.0
    if name == "sde_2d":
        return quartic_exact(T, p.start[0], [t])[0] + quadratic(1.0, T, p.start[1], t), 1e-9
    if name == "sde_100d":
        return quadratic(langevin_problems.DENSE, T, p.start, t), 0.0
    if name == "sde_10d":
        settings = {"langevin.method": "extrapolation", "langevin.stepper": "stochastic_heun", "langevin.dt": 0.1, "langevin.standard_error": 5e-4, "langevin.seed": 99}
        said = driftwell_run(p.file, settings, lambda said, _: said["langevin"])
        return said["estimate"], float(np.hypot(said["estimate_stderr"], said["estimate_bias"]))
    return density_mean(p)


@lru_cache(maxsize=None)
def scheme(name, stepper):
    """E f of Euler-Maruyama or weak_euler with the problem's step; None where nobody knows."""
    p = langevin_problems.load(name)
    if name == "sde_1d":
        return quadratic(1.0, p.temperature, p.start, dt=p.dt, steps=p.steps)
    if name == "sde_2d":
        well = quartic_two_point if stepper == "weak_euler" else quartic_euler
        return well(p.temperature, p.start[0], p.dt, p.steps) + quadratic(1.0, p.temperature, p.start[1], dt=p.dt, steps=p.steps)
    if name == "sde_100d":
        return quadratic(langevin_problems.DENSE, p.temperature, p.start, dt=p.dt, steps=p.steps)
    return None


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, exact(name), [scheme(name, s) for s in ("euler_maruyama", "weak_euler")])
