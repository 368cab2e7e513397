"""bench_stationary.py [cells...]: modes and passages of [stationary] by iteration, in three dimensions, against what is known exactly.

The model is a double well in x beside y and z that turn around each other, so that eigenvalues are sums of those of a chain in x and
-(1 +- 2i) n, and passage times those of the chain. Barriers are given in temperatures. One run each; on 64 cells an axis the whole takes
some five minutes.
"""
import pathlib
import sys
import tempfile

import h5py
import numpy
from scipy.linalg import eigh_tridiagonal

from driver import DRIFTWELL, measured

HALF, WIDTH = 2.5, 5.0  # the box of x

MODEL = """\
[model]
variables = ["x", "y", "z"]
potential = "h*(x^2-1)^2 + y^2/2 + z^2/2"
force = ["0", "-turn*z", "turn*y"]
temperature = 0.25
parameters = {{ h = {height}, turn = {turn} }}
[stationary]
lower = [-{half}, -3, -3]
upper = [{half}, 3, 3]
cells = {cells}
method = "iterative"
eigenvalues = {modes}
{sets}
"""
TEMPERATURE = 0.25


def potential(x, height):
    return height * (x * x - 1) ** 2 / TEMPERATURE


def slowest_of_axis(height, cells=4000):
    """Eigenvalues of the chain in x on two grids, extrapolated."""
    def on(n):
        x = -HALF + WIDTH * (numpy.arange(n) + 0.5) / n
        edges = -HALF + WIDTH * numpy.arange(1, n) / n
        rate = TEMPERATURE * (n / WIDTH) ** 2
        up = rate * numpy.exp(-(potential(edges, height) - potential(x[:-1], height)))
        down = rate * numpy.exp(-(potential(edges, height) - potential(x[1:], height)))
        diagonal = -numpy.append(up, 0) - numpy.append(0, down)
        return eigh_tridiagonal(diagonal, numpy.sqrt(up * down), select="i", select_range=(n - 3, n - 1))[0][::-1]
    coarse, fine = on(cells // 2), on(cells)
    return fine + (fine - coarse) / 3


def passage_time(height, start=-1.0, target=1.0, points=400001):
    """1/T times the integral over start < y < target of exp(f/T) times the integral of exp(-f/T) below y; the wall is far out."""
    x = numpy.linspace(-HALF, target, points)
    weight = numpy.exp(-potential(x, height))
    step = x[1] - x[0]
    below = numpy.append(0, numpy.cumsum((weight[1:] + weight[:-1]) / 2)) * step
    after = x >= start
    inner = numpy.zeros(points)
    inner[after] = numpy.exp(potential(x[after], height)) * below[after]
    return ((inner[1:] + inner[:-1]) / 2).sum() * step / TEMPERATURE


def run(name, show, **settings):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "task.toml").write_text(MODEL.format(half=HALF, **settings))
        whole = measured([DRIFTWELL, "run", folder / "task.toml", "-q", "-o", folder / "out.h5"], folder)
        with h5py.File(folder / "out.h5") as file:
            value, error, bar, bound = show(file["stationary"])
    print(f"{name:<34} {settings['cells']:>4}^3 {whole['seconds']:8.1f} s {whole['cpu_seconds']:8.1f} s {whole['peak_mb']:7.0f} MB   "
          f"{value:>22}  error {abs(error):.1e}  bar {bar:.1e}  covered {'yes' if abs(error) <= bar else 'NO'}  bound {bound:.1e}", flush=True)


def modes(turn, cells, height=0.25):
    axis = slowest_of_axis(height)
    sums = [a - n + 1j * turn * m for a in axis for n in range(4) for m in range(-n, n + 1, 2)]
    known = sorted((s for s in sums if abs(s) > 1e-9), key=lambda s: (-s.real, abs(s.imag)))[:4]

    def show(group):
        found = group["eigenvalue"][:, 0] + 1j * numpy.abs(group["eigenvalue"][:, 1])
        off = [abs(a - (b.real + 1j * abs(b.imag))) for a, b in zip(found, known)]
        bars = numpy.hypot(group["eigenvalue_error"][:, 0], group["eigenvalue_error"][:, 1])
        worst = int(numpy.argmax(numpy.array(off) / bars))
        return f"{found[worst]:.5f}", off[worst], bars[worst], float(group["eigenvalue_bound"][:].max())
    run(f"4 modes, {'a force' if turn else 'gradient'}", show, turn=turn, cells=cells, height=height, modes=4, sets="")


def passage(barrier, turn, cells):
    height = barrier * TEMPERATURE
    known = passage_time(height)

    def show(group):
        told = group.attrs
        value = float(told["mean_first_passage_time_from_start"])
        return f"{value:.6e}", value / known - 1, float(told["mean_first_passage_time_from_start_error"]) / known, float(told["first_passage_error_bound"])
    run(f"passage, {barrier} T, {'a force' if turn else 'gradient'} (relative)", show, turn=turn, cells=cells, height=height, modes=0,
        sets='target = "x > 1"\nstart = [-1, 0, 0]')


if __name__ == "__main__":
    print(f"{'task':<34} {'cells':>6} {'wall':>10} {'processor':>10} {'peak':>10}   result")
    for n in [int(word) for word in sys.argv[1:]] or [32, 64]:
        modes(0, n)
        modes(2, n)
        for barrier in (20, 30, 35):
            passage(barrier, 0, n)
            passage(barrier, 2, n)
