"""XMDS2 as a contender: Fourier functions in space, the Laplacian exact by integrating factor, the drift stepped adaptively.

A periodic box instead of walls, so the box must be wide enough that the steady state is small at its edge. The script is
generated and compiled outside the timing; the time is that of the whole compiled program.
"""
import hashlib
import pathlib
import shutil
import subprocess

import h5py
import numpy as np

SCRIPT = """<?xml version="1.0" encoding="UTF-8"?>
<simulation xmds-version="2">
  <name>{name}</name>
  <features><auto_vectorise/><fftw plan="estimate"/>
    <globals><![CDATA[ const double T = {temperature:.17g}, lambda = {strength:.17g}, log_z = {log_z:.17g}, start_norm = {start_norm:.17g}; ]]></globals>
  </features>
  <geometry>
    <propagation_dimension>t</propagation_dimension>
    <transverse_dimensions>
      <dimension name="x" lattice="{points[0]}" domain="({lower[0]}, {upper[0]})"/>
      <dimension name="y" lattice="{points[1]}" domain="({lower[1]}, {upper[1]})"/>
    </transverse_dimensions>
  </geometry>
  <vector name="main" type="complex"><components>rho</components>
    <initialisation><![CDATA[
      rho = exp(-((x - ({mean[0]})) * (x - ({mean[0]})) + (y - ({mean[1]})) * (y - ({mean[1]}))) / (2 * {std} * {std})) / start_norm;
    ]]></initialisation>
  </vector>
  <vector name="field" type="real"><components>f bx by</components>
    <initialisation><![CDATA[
      f = (x * x - 1) * (x * x - 1) / 4 + y * y / 2;
      const double j = lambda * exp(f - (x * x + y * y) * (x * x + y * y) / 4);
      bx = -(x * x - 1) * x - j * y;
      by = -y + j * x;
    ]]></initialisation>
  </vector>
  <sequence>
    <integrate algorithm="{algorithm}" tolerance="{tolerance}" interval="{interval}">
      <samples>{samples}</samples>
      <operators>
        <operator kind="ip" constant="yes"><operator_names>L</operator_names><![CDATA[ L = -T * (kx * kx + ky * ky); ]]></operator>
        <operator kind="ex" constant="yes"><operator_names>Dx Dy</operator_names><![CDATA[ Dx = i * kx; Dy = i * ky; ]]></operator>
        <integration_vectors>main</integration_vectors>
        <dependencies>field</dependencies>
        <![CDATA[ drho_dt = L[rho] - Dx[bx * rho] - Dy[by * rho]; ]]>
      </operators>
    </integrate>
  </sequence>
  <output format="hdf5" filename="{name}">
    <sampling_group basis="x(0) y(0)" initial_sample="yes">
      <moments>kl mass</moments><dependencies>main field</dependencies>
      <![CDATA[
        const double r = rho.Re(), q = exp(-f / T - log_z), d = (r - q) / q;
        mass = r;
        kl = fabs(d) < 1e-3 ? q * d * d * (0.5 - d / 6 + d * d / 12) : r > 0 ? r * (log(r) + f / T + log_z) - r + q : q;
      ]]>
    </sampling_group>
  </output>
</simulation>
"""


def missing():
    return None if shutil.which("xmds2") else "xmds2 is not installed (Debian package xmds2)"


def axes(problem, points):
    return np.meshgrid(*(problem.lower[a] + np.arange(points[a]) * (problem.upper[a] - problem.lower[a]) / points[a] for a in range(2)),
                       indexing="ij", sparse=True)


def script(problem, points, tolerance, algorithm):
    x, y = axes(problem, points)
    volume = np.prod([(problem.upper[a] - problem.lower[a]) / points[a] for a in range(2)])
    # Normalised by the sum over the points, exponentially accurate; with doubles it overflows nowhere: f >= 0.
    log_z = np.log(np.sum(np.exp(-problem.potential(x, y) / problem.temperature)) * volume)
    z2 = ((x - problem.mean[0]) ** 2 + (y - problem.mean[1]) ** 2) / (2 * problem.std**2)
    text = SCRIPT.format(name="NAME", temperature=problem.temperature, strength=problem.strength, log_z=log_z,
                         start_norm=np.sum(np.exp(-z2)) * volume, points=points, lower=problem.lower, upper=problem.upper, mean=problem.mean,
                         std=problem.std, algorithm=algorithm, tolerance=tolerance, interval=problem.times[-1], samples=problem.times.size - 1)
    return text


def compiled(problem, points, tolerance, algorithm, folder):
    """The program; made once and kept in `folder`. Throws RuntimeError with what xmds2 said."""
    text = script(problem, points, tolerance, algorithm)
    name = f"{problem.name}_{hashlib.sha1(text.encode()).hexdigest()[:10]}"
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    if not program.exists():
        (folder / f"{name}.xmds").write_text(text.replace("NAME", name))
        made = subprocess.run(["xmds2", f"{name}.xmds"], cwd=folder, capture_output=True, text=True)
        if made.returncode != 0 or not program.exists():
            raise RuntimeError(f"xmds2 cannot make {name}: {(made.stdout + made.stderr)[-1500:]}")
    return program


def read(problem, file):
    """KL and mass at every output."""
    with h5py.File(file) as f:
        group = f["1"]
        if not np.allclose(group["t"][:], problem.times):
            raise RuntimeError(f"{file}: output times differ")
        return group["kl"][:], group["mass"][:]
