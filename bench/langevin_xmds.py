"""XMDS2 as a contender: the particles as an integer dimension, `SI` with one iteration (which is Euler-Maruyama), noise by dSFMT or, where XMDS2
was built without it, by Boost. Generated and compiled outside the timing; the time is that of the whole compiled program."""
import hashlib
import pathlib
import shutil
import subprocess

import h5py
import numpy as np

SCRIPT = """<?xml version="1.0" encoding="UTF-8"?>
<simulation xmds-version="2">
  <name>NAME</name>
  <features><auto_vectorise/>{threads}<globals><![CDATA[ const double scale = sqrt(2 * {temperature:.17g}); ]]></globals></features>
  <geometry>
    <propagation_dimension>t</propagation_dimension>
    <transverse_dimensions><dimension name="j" type="integer" lattice="{particles}" domain="(1, {particles})"/></transverse_dimensions>
  </geometry>
  <noise_vector name="noises" kind="wiener" type="real" method="{method}" seed="157 9348 234"><components>{noises}</components></noise_vector>
  <noise_vector name="first" kind="gaussian" type="real" method="{method}" seed="7 15 31"><components>{first}</components></noise_vector>
  <vector name="main" type="real"><components>{variables}</components>
    <initialisation><dependencies>first</dependencies><![CDATA[ {start} ]]></initialisation>
  </vector>
  <sequence>
    <integrate algorithm="SI" iterations="1" interval="{end:.17g}" steps="{steps}">
      <samples>1</samples>
      <operators>
        <integration_vectors>main</integration_vectors><dependencies>noises</dependencies>
        <![CDATA[ {equations} ]]>
      </operators>
    </integrate>
  </sequence>
  <output format="hdf5" filename="NAME">
    <sampling_group basis="j(0)" initial_sample="no"><moments>total squares</moments><dependencies>main</dependencies>
      <![CDATA[ const double f = {loss}; total = f; squares = f * f; ]]>
    </sampling_group>
  </output>
</simulation>
"""


def missing():
    return None if shutil.which("xmds2") else "xmds2 is not installed (Debian package xmds2)"


def script(problem, threads, method):
    names = [f"x{i + 1}" for i in range(problem.dimension)]
    return SCRIPT.format(
        threads=f'<openmp threads="{threads}"/>' if threads > 1 else "", temperature=problem.temperature, particles=problem.particles, method=method,
        noises=" ".join("w" + n for n in names), first=" ".join("z" + n for n in names), variables=" ".join(names),
        start=" ".join(f"{n} = {x:.17g} + {problem.std:.17g} * z{n};" for n, x in zip(names, problem.start)), end=problem.end, steps=problem.steps,
        equations=" ".join(f"d{n}_dt = {b} + scale * w{n};" for n, b in zip(names, problem.drift_text)), loss=problem.loss_text)


def compiled(problem, threads, folder):
    """The program; made once and kept in `folder`. Throws RuntimeError with what xmds2 said."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for method in ("dsfmt", "posix"):
        text = script(problem, threads, method)
        name = f"{problem.name}_{hashlib.sha1(text.encode()).hexdigest()[:10]}"
        program = folder / name
        if not program.exists():
            (folder / f"{name}.xmds").write_text(text.replace("NAME", name))
            made = subprocess.run(["xmds2", f"{name}.xmds"], cwd=folder, capture_output=True, text=True)
        if program.exists():
            return program
    raise RuntimeError(f"xmds2 cannot make {name}: {(made.stdout + made.stderr)[-1500:]}")


def read(problem, file):
    """Mean of f and its standard error."""
    with h5py.File(file) as f:
        group = f["1"]
        total, squares = (float(np.ravel(group[name][...])[-1]) for name in ("total", "squares"))
    n = problem.particles
    mean = total / n
    return mean, np.sqrt((squares / n - mean * mean) / (n - 1))
