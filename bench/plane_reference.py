"""Reference for two-dimensional problems that do not separate: a circulation, a full noise matrix. Not timed, not driftwell.

rho = s u, s = exp(-f / 2T); in an orthonormal basis e_i, products of the eigenfunctions of the axes (density_reference.Spectral),
    d/dt <e_i, u> = -T int G e_i . D G u + int (G e_i . j) u,    G = grad + grad f / (2T)      (no flux through walls)
with the energies bounded by the number of functions an axis. Symmetric without j and then diagonalised, otherwise stepped
by one dense exponential: exact in time either way. The step of the basis from `functions` - 6 is the error: see accuracy().
"""
from functools import lru_cache

import numpy as np
import scipy.linalg

import density_chain as chain
from density_reference import Spectral


class Plane:
    def __init__(self, problem, functions, nodes=180):
        self.problem, T = problem, problem.temperature
        self.axes = [self._axis(problem, a, functions[a], nodes) for a in range(2)]
        (x, wx, ex, dx), (y, wy, ey, dy) = self.axes
        size = ex.shape[1] * ey.shape[1]
        form = np.zeros((size, size))
        slopes = [problem.separate[a][1](self.axes[a][0]) / (2 * T) for a in range(2)]
        gx, gy = dx + slopes[0][:, None] * ex, dy + slopes[1][:, None] * ey
        for i in range(x.size):  # one column of nodes after the other: memory
            w = (wx[i] * wy)[:, None]
            Gx = (gx[i][None, :, None] * ey[:, None, :]).reshape(y.size, size)
            Gy = (ex[i][None, :, None] * gy[:, None, :]).reshape(y.size, size)
            dxx, dxy, dyy = (1.0, 0.0, 1.0) if problem.noise is None else (d[:, None] for d in problem.noise(x[i], y))
            flux_x, flux_y = -T * (dxx * Gx + dxy * Gy), -T * (dxy * Gx + dyy * Gy)
            if problem.force is not None:
                e = (ex[i][None, :, None] * ey[:, None, :]).reshape(y.size, size)
                flux_x += problem.force(0, x[i], y)[:, None] * e
                flux_y += problem.force(1, x[i], y)[:, None] * e
            form += Gx.T @ (w * flux_x) + Gy.T @ (w * flux_y)
        self.form, self.shape = form, (ex.shape[1], ey.shape[1])
        self.weights = np.multiply.outer(wx, wy)
        f = problem.potential(x[:, None], y[None, :])
        self.log_s = -(f - f.min()) / (2 * T)
        log_norm = np.log(np.sum(self.weights * np.exp(2 * self.log_s)))
        self.steady = self.weights * np.exp(2 * self.log_s - log_norm)

    @staticmethod
    def _axis(problem, axis, functions, nodes):
        """Nodes, weights, values and derivatives of the lowest eigenfunctions of one axis."""
        spectral = Spectral(problem, axis)
        inside, w = np.polynomial.legendre.leggauss(nodes)
        half = (spectral.upper - spectral.lower) / 2
        n = spectral.polynomials
        modes = spectral._scale()[:, None] * spectral.modes[:, :functions]
        values = np.polynomial.legendre.legvander(inside, n - 1) @ modes
        slope = np.polynomial.legendre.legvander(inside, n - 2) @ np.polynomial.legendre.legder(modes, axis=0) / half
        return spectral.lower + half * (inside + 1), half * w, values, slope

    def _start(self):
        rho = np.ones(())
        for a in range(2):
            x = self.axes[a][0]
            z = (x - self.problem.mean[a]) / self.problem.std
            rho = np.multiply.outer(rho, np.exp(-z * z / 2) * chain.cut(x, self.problem.mean[a], self.problem.std))
        return rho / np.sum(self.weights * rho)

    def _coefficients(self, u):
        return (self.axes[0][2].T @ (self.weights * u) @ self.axes[1][2]).ravel()

    def kl(self):
        """At every (evenly spaced) output time."""
        times = self.problem.times
        c = self._coefficients(self._start() * np.exp(-self.log_s))
        if self.problem.force is None:
            rates, modes = scipy.linalg.eigh(self.form)
            states = ((modes @ (np.exp(rates * t) * (modes.T @ c))) for t in times)
        else:
            step = scipy.linalg.expm(self.form * (times[1] - times[0]))
            states = self._powers(step, c, times.size)
        result = []
        for t, state in zip(times, states):
            u = self.axes[0][2] @ state.reshape(self.shape) @ self.axes[1][2].T
            p = self.weights * (self._start() if t == 0 else u * np.exp(self.log_s))
            result.append(chain.kl(p / p.sum(), self.steady))
        return np.array(result)

    @staticmethod
    def _powers(step, c, count):
        for _ in range(count):
            yield c
            c = step @ c


FUNCTIONS = {"fp_lc": (36, 36), "fp_d": (44, 44)}
UNCERTAINTY = {"fp_lc": 1e-8, "fp_d": 1e-6}  # of KL at every output: at least what accuracy() finds


@lru_cache(maxsize=None)
def _kl(problem, functions):
    return Plane(problem, functions).kl()


def kl(problem, fewer=0, functions=None):
    functions = functions or FUNCTIONS[problem.name]
    return _kl(problem, tuple(n - fewer for n in functions))


def accuracy(problem, functions=None):
    return abs(kl(problem, functions=functions) - kl(problem, 6, functions)).max()
