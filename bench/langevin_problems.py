"""The problems of bench_langevin.py: numbers from experiments/*.toml, formulas once more in Python and, for XMDS2, as text.

NumPy, GSL, Boost.Odeint (langevin/problems.hpp has the formulas in C++) and XMDS2 must solve what the experiment file says.
"""
import pathlib
import tomllib
from dataclasses import dataclass

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True, eq=False)
class Problem:
    name: str
    file: pathlib.Path
    dimension: int
    temperature: float
    start: np.ndarray
    std: float                  # of the start; 0: a point
    end: float
    dt: float
    particles: int
    drift: object               # drift(x), x of shape (d, n)
    loss: object                # f(x)
    drift_text: tuple = ()      # one formula a variable, in x1 ... xd, for XMDS2
    loss_text: str = ""

    @property
    def steps(self):
        return round(self.end / self.dt)

    @property
    def work(self):
        return self.particles * self.steps


def double_well_drift(x):
    return np.stack([-(x[0] * x[0] - 1) * x[0], -x[1]])


def double_well_loss(x):
    return (x[0] * x[0] - 1) ** 2 / 4 + x[1] * x[1] / 2


def chain_drift(x):
    b = -(x * x - 1) * x
    b[1:] -= 0.1 * x[:-1]
    b[:-1] -= 0.1 * x[1:]
    return b


def chain_loss(x):
    return ((x * x - 1) ** 2).sum(axis=0) / 4 + 0.1 * (x[:-1] * x[1:]).sum(axis=0)


def dense_matrix(d=100):
    i = np.arange(d)
    return np.eye(d) + 0.5 * np.exp(-abs(i[:, None] - i) / 20)


DENSE = dense_matrix()
#           A,    a,    b,    c,   x,   y
MUELLER = ((-200, -1.0, 0.0, -10.0, 1.0, 0.0), (-100, -1.0, 0.0, -10.0, 0.0, 0.5), (-170, -6.5, 11.0, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1.0, 1.0))


def mueller_terms(x):
    for A, a, b, c, x0, y0 in MUELLER:
        u, v = x[0] - x0, x[1] - y0
        yield A * np.exp(a * u * u + b * u * v + c * v * v), 2 * a * u + b * v, b * u + 2 * c * v


def mueller_drift(x):
    slope = np.zeros_like(x)
    for value, along_x, along_y in mueller_terms(x):
        slope[0] -= value * along_x
        slope[1] -= value * along_y
    return slope


def mueller_loss(x):
    return sum(value for value, _, _ in mueller_terms(x))


def chain_text(d=10):
    neighbours = lambda i: "".join(f" - 0.1 * x{j}" for j in (i - 1, i + 1) if 1 <= j <= d)
    drift = tuple(f"-(x{i} * x{i} - 1) * x{i}{neighbours(i)}" for i in range(1, d + 1))
    wells = " + ".join(f"(x{i} * x{i} - 1) * (x{i} * x{i} - 1) / 4" for i in range(1, d + 1))
    return drift, wells + "".join(f" + 0.1 * x{i} * x{i + 1}" for i in range(1, d))


def mueller_text():
    terms = [(f"({A} * exp({a} * (x1 - {x0}) * (x1 - {x0}) + {b} * (x1 - {x0}) * (x2 - {y0}) + {c} * (x2 - {y0}) * (x2 - {y0})))",
              f"({2 * a} * (x1 - {x0}) + {b} * (x2 - {y0}))", f"({b} * (x1 - {x0}) + {2 * c} * (x2 - {y0}))") for A, a, b, c, x0, y0 in MUELLER]
    return tuple("-(" + " + ".join(f"{t[0]} * {t[k]}" for t in terms) + ")" for k in (1, 2)), " + ".join(t[0] for t in terms)


FORMULAS = {
    "sde_1d": (lambda x: -x, lambda x: x[0] * x[0] / 2, ("-x1",), "x1 * x1 / 2"),
    "sde_2d": (double_well_drift, double_well_loss, ("-(x1 * x1 - 1) * x1", "-x2"), "(x1 * x1 - 1) * (x1 * x1 - 1) / 4 + x2 * x2 / 2"),
    "sde_10d": (chain_drift, chain_loss, *chain_text()),
    "sde_100d": (lambda x: -DENSE @ x, lambda x: (x * (DENSE @ x)).sum(axis=0) / 2),
    "mueller_brown": (mueller_drift, mueller_loss, *mueller_text()),
}


def load(name):
    file = HERE / "experiments" / f"{name}.toml"
    text = tomllib.loads(file.read_text())
    law, cloud = text["initial"], text["langevin"]
    start = np.array(law["point"] if "point" in law else law["gaussian"]["mean"], float)
    return Problem(name, file, len(start), text["model"]["temperature"], start, law.get("gaussian", {}).get("std", 0.0), text["time"]["at"][-1],
                   cloud["dt"], cloud["particles"], *FORMULAS[name])
