"""One SciPy contender in a process of its own: density_scipy.py SPEC.json OUT.npz

Timed: from the problem's formulas to KL at every output, that is building the chain, factorising, stepping. Not timed:
starting Python and importing. SPEC: problem, cells, method, lambda (of example_19), and options of the method.
"""
import json
import sys
import time

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

import density_chain as chain
import density_problems


def expm_multiply(problem, spec):
    """scipy.sparse.linalg.expm_multiply over evenly spaced outputs (Al-Mohy & Higham)."""
    times = problem.times
    return scipy.sparse.linalg.expm_multiply(chain.generator(problem), chain.start(problem), start=times[0], stop=times[-1],
                                             num=times.size, endpoint=True)


def crank_nicolson(problem, spec):
    """One sparse LU of I - dt/2 Q. With damping = true the first step is two backward-Euler half steps (Rannacher),
    which have the same matrix."""
    Q, p, dt = chain.generator(problem), chain.start(problem), spec["dt"]
    identity = scipy.sparse.identity(p.size, format="csc")
    solve = scipy.sparse.linalg.splu((identity - dt / 2 * Q).tocsc()).solve
    steps = np.rint(problem.times / dt).astype(int)
    outputs = [p]
    for step in range(1, steps[-1] + 1):
        p = solve(solve(p)) if step == 1 and spec["damping"] else solve(p + dt / 2 * (Q @ p))
        if step in steps:
            outputs.append(p)
    return np.array(outputs)


def eigh(problem, spec):
    """scipy.linalg.eigh_tridiagonal of the symmetrised chain; the zero eigenvalue and its vector are pinned. The start's
    far tail is cut: divided by sqrt(pi), as small as 1e-35 here, it would blow the rounding of the vectors up."""
    diagonal, off, root = chain.symmetric_chain(problem, 0)
    rates, modes = scipy.linalg.eigh_tridiagonal(diagonal, off)
    rates[-1], modes[:, -1] = 0.0, root
    p0 = chain.start(problem) * chain.cut(problem.centres(0), problem.mean[0], problem.std)
    c = modes.T @ (p0 / root)
    return np.array([root * (modes @ (np.exp(rates * t) * c)) for t in problem.times])


def radau(problem, spec):
    """scipy.integrate.solve_ivp, Radau with the sparse Jacobian."""
    Q = chain.generator(problem)
    solution = scipy.integrate.solve_ivp(lambda t, p: Q @ p, (problem.times[0], problem.times[-1]), chain.start(problem), "Radau",
                                         problem.times, jac=Q, rtol=spec["rtol"], atol=spec["rtol"] * 1e-4)
    return solution.y.T


def steady_state(problem, spec):
    """Inverse iteration with one sparse LU, shifted by far less than any rate; one row, the steady state."""
    Q = chain.generator(problem)
    shift = 1e-13 * abs(Q.diagonal()).max()
    solve = scipy.sparse.linalg.splu((scipy.sparse.identity(Q.shape[0], format="csc") * shift - Q).tocsc()).solve
    p = np.full(Q.shape[0], 1.0 / Q.shape[0])
    for _ in range(3):
        p = solve(p)
        p /= p.sum()
    return p[None]


METHODS = {f.__name__: f for f in (expm_multiply, crank_nicolson, eigh, radau, steady_state)}


def peak_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main():
    spec = json.loads(sys.argv[1])
    problem = density_problems.load(spec["problem"], spec.get("lambda")).on(spec["cells"])
    start = time.perf_counter()
    p = METHODS[spec["method"]](problem, spec)
    steady = chain.gibbs(problem)
    kl = [chain.kl(row, steady) for row in p]
    seconds = time.perf_counter() - start
    kept = p if len(p) <= 8 else p[-1:]
    np.savez(sys.argv[2], seconds=seconds, peak_mb=peak_mb(), kl=kl, mass=p.sum(axis=1), kept=kept)


if __name__ == "__main__":
    main()
