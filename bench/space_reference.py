"""Reference for fp_3d: separable wells and the coupling g xyz. Not timed, not driftwell.

rho = s u with s of the wells alone; in products of the eigenfunctions e_i of the axes the coupling is a force made of products, too:
    dC/dt = -(l_i + l_j + l_k) C - g (A X X + X A X + X X A) C,    A_ij = int G e_i e_j,  X_ij = int e_i x e_j,  G = d/dx + f'/(2T)
integrated by an explicit method of order 8 to 1e-12. The step of the basis from `functions` - 6 is the error: accuracy().
"""
from functools import lru_cache

import numpy as np
from scipy.integrate import solve_ivp

import density_chain as chain
from density_reference import Spectral
from plane_reference import Plane

FUNCTIONS = 36
UNCERTAINTY = 1e-9  # of KL at every output: at least what accuracy() finds


def _contract(matrices, c):
    for axis, matrix in enumerate(matrices):
        c = np.moveaxis(np.tensordot(matrix, c, axes=(1, axis)), 0, axis)
    return c


@lru_cache(maxsize=None)
def kl(problem, functions=FUNCTIONS, nodes=72):
    """At every output time; the coupling is what the potential holds besides the wells of the axes."""
    T = problem.temperature
    axes = [Plane._axis(problem, a, functions, nodes) for a in range(3)]
    energies = [Spectral(problem, a).energies[:functions] for a in range(3)]
    slopes = [problem.separate[a][1](axes[a][0]) / (2 * T) for a in range(3)]
    X = [e.T @ ((w * x)[:, None] * e) for x, w, e, _ in axes]
    A = [(d + s[:, None] * e).T @ (w[:, None] * e) for (x, w, e, d), s in zip(axes, slopes)]
    rates = sum(np.meshgrid(*energies, indexing="ij"))
    points = np.meshgrid(*(axis[0] for axis in axes), indexing="ij", sparse=True)
    weights = np.multiply.outer(np.multiply.outer(axes[0][1], axes[1][1]), axes[2][1])
    wells = sum(problem.separate[a][0](points[a]) for a in range(3))
    f = problem.potential(*points)
    strength = (f - wells)[-1, -1, -1] / (points[0][-1, 0, 0] * points[1][0, -1, 0] * points[2][0, 0, -1])
    assert np.abs(f - wells - strength * points[0] * points[1] * points[2]).max() < 1e-10
    turns = [[A[b] if b == a else X[b] for b in range(3)] for a in range(3)]

    def change(_, c):
        c = c.reshape(rates.shape)
        return (-rates * c - strength * sum(_contract(turn, c) for turn in turns)).ravel()

    log_s = -(wells - wells.min()) / (2 * T)
    steady = weights * np.exp(-(f - f.min()) / T)
    start = np.ones(())
    for a in range(3):
        z = (axes[a][0] - problem.mean[a]) / problem.std
        start = np.multiply.outer(start, np.exp(-z * z / 2) * chain.cut(axes[a][0], problem.mean[a], problem.std))
    start /= np.sum(weights * start)
    c = _contract([axis[2].T for axis in axes], weights * start * np.exp(-log_s))
    states = solve_ivp(change, (0, problem.times[-1]), c.ravel(), "DOP853", problem.times, rtol=1e-12, atol=1e-14).y.T
    densities = [start] + [_contract([axis[2] for axis in axes], state.reshape(rates.shape)) * np.exp(log_s) for state in states[1:]]
    return np.array([chain.kl((weights * rho / np.sum(weights * rho)).ravel(), (steady / steady.sum()).ravel()) for rho in densities])


def accuracy(problem):
    return abs(kl(problem) - kl(problem, FUNCTIONS - 6))[1:].max()
