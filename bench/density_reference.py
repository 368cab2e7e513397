"""References: what the contenders are measured against. Nothing here is timed, and nothing comes from driftwell.

Two independent ones for separable potentials with a product start, where densities multiply and KL adds up over axes:

Spectral: the Fokker-Planck equation of one axis, rho = sqrt(pi) u, du/dt = -H u with the symmetric form
    <w, H u> = T int (w' + phi'/(2T) w) (u' + phi'/(2T) u) dx        (walls without flux are its natural condition)
in orthonormal Legendre polynomials, diagonalised: exact in time. With 100 polynomials both its error in space and its
rounding (which grows like the fourth power of their number) are below 1e-9.

SemiDiscrete: the Scharfetter-Gummel chain of one axis, diagonalised: exact in time on a given grid. Of the same grid,
KL - KL(semi-discrete) is the error of the time integrator alone; extrapolated from three fine grids, it is the reference.

Both cut the start smoothly beyond seven of its standard deviations (3e-13 of its mass): what lies there is divided by
sqrt(pi), which would blow rounding up.
"""
from dataclasses import replace

import numpy as np
import scipy.linalg

import density_chain as chain

KL_UNCERTAINTY = 5e-10  # of exact_kl: what the two references differ by, 1e-10 to 3e-10 with the threads of the BLAS (rounding)


class Spectral:
    """One axis of a separable problem."""

    def __init__(self, problem, axis, polynomials=100):
        phi, slope = problem.separate[axis]
        self.T, self.phi, self.polynomials = problem.temperature, phi, polynomials
        self.lower, self.upper = problem.lower[axis], problem.upper[axis]
        self.nodes, self.weights = np.polynomial.legendre.leggauss(8 * polynomials)
        half = (self.upper - self.lower) / 2
        x = self.lower + half * (self.nodes + 1)
        self.x, self.weights = x, half * self.weights
        self.values = self._basis(x)
        form = self._derivatives() / half + (slope(x) / (2 * self.T))[:, None] * self.values
        energies, modes = scipy.linalg.eigh(self.T * form.T @ (self.weights[:, None] * form))
        energies[0] = 0.0
        # Shifted by the least phi: sqrt(pi) times a constant, which cancels.
        self.log_root = -(phi(x) - phi(x).min()) / (2 * self.T)
        self.log_norm = np.log(np.sum(self.weights * np.exp(2 * self.log_root)))
        self.std, self.mean = problem.std, problem.mean[axis]
        self.energies, self.modes = energies, modes
        self.coefficients = modes.T @ (self.values.T @ (self.weights * self._start(x) * np.exp(-self.log_root)))
        root = self.values.T @ (self.weights * np.exp(self.log_root))
        self.coefficients[0] = (1.0 / np.linalg.norm(root)) * np.sign(modes[:, 0] @ root)  # mass one

    def _scale(self):
        return np.sqrt((2 * np.arange(self.polynomials) + 1) / (self.upper - self.lower))

    def _basis(self, x):
        inside = 2 * (x - self.lower) / (self.upper - self.lower) - 1
        return np.polynomial.legendre.legvander(inside, self.polynomials - 1) * self._scale()

    def _derivatives(self):
        """P'_{j+1} = P'_{j-1} + (2j + 1) P_j at the quadrature nodes."""
        plain = self.values / self._scale()
        result = np.zeros_like(plain)
        for j in range(self.polynomials - 1):
            result[:, j + 1] = (result[:, j - 1] if j else 0) + (2 * j + 1) * plain[:, j]
        return result * self._scale()

    def _start(self, x):
        z = (x - self.mean) / self.std
        return np.exp(-z * z / 2) * chain.cut(x, self.mean, self.std) / (self.std * np.sqrt(2 * np.pi))

    def _u(self, basis, time):
        return basis @ (self.modes @ (np.exp(-self.energies * time) * self.coefficients))

    def density(self, time, x):
        """rho at the points x."""
        if time == 0:
            return self._start(x)
        log_root = -(self.phi(x) - self.phi(self.x).min()) / (2 * self.T)
        return np.exp(log_root) * self._u(self._basis(x), time)

    def kl(self, time):
        """int rho log(rho / pi), with pi exactly normalised."""
        rho = self._start(self.x) if time == 0 else np.exp(self.log_root) * self._u(self.values, time)
        return chain.kl(self.weights * rho, self.weights * np.exp(2 * self.log_root - self.log_norm))


def semi_discrete_kl(problem):
    """KL at the output times of the exact solution of the chain on the problem's grid."""
    total = np.zeros(problem.times.size)
    for axis in range(problem.dimension):
        diagonal, off, root = chain.symmetric_chain(problem, axis)
        rates, modes = scipy.linalg.eigh_tridiagonal(diagonal, off)
        rates[-1], modes[:, -1] = 0.0, root
        p0 = chain.start_weights(problem, axis) * chain.cut(problem.centres(axis), problem.mean[axis], problem.std)
        c = modes.T @ (p0 / root)
        c[-1] = 1.0
        total += [chain.kl(root * (modes @ (np.exp(rates * t) * c)), root * root) for t in problem.times]
    return total


def exact_kl(problem):
    """KL at the output times on an infinitely fine grid: h^2 and h^4 extrapolated away, 5e-11 measured."""
    coarse, middle, fine = (semi_discrete_kl(replace(problem, cells=(n,) * problem.dimension)) for n in (750, 1500, 3000))
    second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return (16 * second[1] - second[0]) / 15


def spectral_kl(problem):
    axes = [Spectral(problem, a) for a in range(problem.dimension)]
    return np.array([sum(axis.kl(t) for axis in axes) for t in problem.times])


def exact_density(problem, times):
    """rho at the cell centres, one array a time; at t = 0 the Gaussian itself."""
    axes = [Spectral(problem, a) for a in range(problem.dimension)]
    result = []
    for t in times:
        rho = np.ones(())
        for a, axis in enumerate(axes):
            rho = np.multiply.outer(rho, axis.density(t, problem.centres(a)))
        result.append(rho)
    return result
