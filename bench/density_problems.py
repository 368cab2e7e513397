"""The problems of bench_density.py: numbers from experiments/*.toml, formulas once more in Python.

The SciPy contenders and the references must solve what the experiment file says, so box, start, times and temperature
are read from it; only the potential (and the force) are written out here, because driftwell's expressions are text.
"""
import pathlib
import tomllib
from dataclasses import dataclass, replace

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True, eq=False)
class Problem:
    name: str
    file: pathlib.Path
    potential: object            # f(x, y, ...)
    separate: tuple              # per axis (phi, dphi/dx) when f is a sum of them, else ()
    force: object                # force(axis, x, y, ...) or None
    temperature: float
    mean: tuple
    std: float
    lower: tuple
    upper: tuple
    cells: tuple
    times: np.ndarray
    strength: float = 0.0        # lambda of the force
    noise: object = None         # noise(x, y) -> Dxx, Dxy, Dyy (anti-Ito) where it is not the identity

    @property
    def dimension(self):
        return len(self.cells)

    def on(self, cells):
        """The same problem with `cells` cells along every axis."""
        return replace(self, cells=(cells,) * self.dimension)

    def spacing(self, axis):
        return (self.upper[axis] - self.lower[axis]) / self.cells[axis]

    def centres(self, axis):
        return self.lower[axis] + (np.arange(self.cells[axis]) + 0.5) * self.spacing(axis)

    def mesh(self):
        return np.meshgrid(*(self.centres(a) for a in range(self.dimension)), indexing="ij", sparse=True)


def quartic(x):
    return (x * x - 1) ** 2 / 4


def quartic_slope(x):
    return (x * x - 1) * x


def double_well_2d(x, y):
    return quartic(x) + y * y / 2


def triple_quartic(x, y, z):
    return quartic(x) + quartic(y) + quartic(z) + 0.3 * x * y * z


def circulation(strength):
    """lambda exp(f - |x|^4 / 4) (-y, x): div(force exp(-f)) = 0 (Chaudhari & Soatto 2018, Example 19)."""
    def force(axis, x, y):
        size = strength * np.exp(double_well_2d(x, y) - (x * x + y * y) ** 2 / 4)
        return -size * y if axis == 0 else size * x
    return force


def rotating_noise(x, y):
    """R diag(1, 0.01) R^T, R the rotation by x/2 + 3y/10."""
    angle = x / 2 + 0.3 * y
    c, s = np.cos(angle), np.sin(angle)
    return c * c + 0.01 * s * s, 0.99 * c * s, s * s + 0.01 * c * c


def load(name, strength=None):
    plane = double_well_2d, ((quartic, quartic_slope), (lambda y: y * y / 2, lambda y: y))
    potential, separate = {
        "fp_1d": (quartic, ((quartic, quartic_slope),)),
        "fp_2d": plane, "fp_d": plane, "fp_lc": plane,
        "fp_3d": (triple_quartic, ((quartic, quartic_slope),) * 3),  # and a coupling
        "example_19": (double_well_2d, ()),
    }[name]
    file = HERE / "experiments" / f"{name}.toml"
    text = tomllib.loads(file.read_text())
    time, box, start = text["time"], text["fokker_planck"], text["initial"]["gaussian"]
    if name == "fp_lc" and strength is None:
        strength = text["model"]["parameters"]["lambda"]
    listed = lambda value: tuple(value) if isinstance(value, list) else (value,)
    if "at" in time:
        times = np.union1d([0.0], time["at"])  # driftwell records the start too
    else:
        times = np.linspace(0, time["end"], time["outputs"])
    return Problem(name, file, potential, separate, circulation(strength) if strength is not None else None,
                   text["model"]["temperature"], listed(start["mean"]), start["std"], listed(box["lower"]),
                   listed(box["upper"]), listed(box["cells"]), times, strength or 0.0, rotating_noise if name == "fp_d" else None)
