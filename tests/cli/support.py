"""What the tests of the command line share: the program, a scratch folder, small experiments."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py

DRIFTWELL = os.environ.get("DRIFTWELL", "driftwell")
ROOT = Path(__file__).resolve().parents[2]

OU = """\
# Ornstein-Uhlenbeck, 200 cells: a test that takes milliseconds
title = "OU"
[model]
variables = ["x"]
potential = "x^2/2"
temperature = 1.0
[initial]
gaussian = { mean = 2, std = 0.5 }
[time]
end = 1.0
outputs = 11
[fokker_planck]
lower = -8
upper = 8
cells = 200
"""

# 2-D, a force, many outputs: some tens of seconds, most of them inside the evolution.
LONG = """\
title = "long"
[model]
variables = ["x", "y"]
potential = "(x^2-1)^2/4 + y^2/2"
force = ["-y", "x"]
temperature = 0.5
[initial]
gaussian = { mean = [-1, 1], std = 0.3 }
[time]
end = 40.0
outputs = 4001
[fokker_planck]
lower = [-3, -3]
upper = [3, 3]
cells = [200, 200]
propagator = "chebyshev"
snapshots = 101
"""


def main():
    """Runs the tests of the calling file: test_x.py [DRIFTWELL] [unittest's options]."""
    global DRIFTWELL
    if len(sys.argv) > 1 and os.path.isfile(sys.argv[1]):
        DRIFTWELL = os.path.abspath(sys.argv.pop(1))
    import support  # the tests know this module by its name
    support.DRIFTWELL = DRIFTWELL
    unittest.main()


def program():
    import support
    return support.DRIFTWELL


class Cli(unittest.TestCase):
    """A scratch folder each, in which the program runs, with a file ou.toml in it."""
    maxDiff = 2000

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="driftwell_cli_")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.write("ou.toml", OU)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *arguments, **options):
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([program(), *map(str, arguments)], text=True, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_it(self, *arguments, code=0, timeout=120, **options):
        """Runs to the end and demands an exit code; returns what has stdout and stderr."""
        process = self.start(*arguments, **options)
        process.out, process.err = process.communicate(timeout=timeout)
        self.assertEqual(process.returncode, code, f"{arguments}: {process.out}{process.err}")
        return process

    def refused(self, *arguments, code, says=(), **options):
        """Must fail with a message on stderr that names the program or a place, and nothing on stdout."""
        done = self.run_it(*arguments, code=code, **options)
        self.assertEqual(done.out, "")
        self.assertRegex(done.err, r"^(driftwell: |[^\n]+: )error: \S")
        self.assertTrue(done.err.endswith("\n"))
        for nonsense in ("terminate called", "std::", "internal error", "HDF5-DIAG", "basic_string"):
            self.assertNotIn(nonsense, done.err)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, done.err)
        return done.err

    def left(self):
        """Everything in the scratch folder."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))

    def read(self, path, *names, group="fokker_planck"):
        with h5py.File(self.folder / path, "r") as file:
            return [file[group][name][...] for name in names]

    def attribute(self, path, name, group="/"):
        with h5py.File(self.folder / path, "r") as file:
            value = file[group].attrs[name]
            return value.decode() if isinstance(value, bytes) else value


def as_nobody():
    """Options for a process that file permissions bind: root may write everywhere."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
