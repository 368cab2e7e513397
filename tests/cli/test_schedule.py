#!/usr/bin/python3
"""A temperature that changes with time, from the file to the result: exact values of an Ornstein-Uhlenbeck process lie
within the error bars.   test_schedule.py DRIFTWELL"""
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import xarray as xr

import support

EXPERIMENT = """
[model]
variables = ["x"]
potential = "x^2/2"
temperature = "a + 0.6*exp(-t/1.5)"
parameters = { a = 0.2 }
[initial]
gaussian = { mean = 1.5, std = 0.5 }
[time]
end = 3
outputs = 13
[fokker_planck]
lower = -7
upper = 7
cells = 256
tolerance = 1e-8
"""


class Schedule(unittest.TestCase):
    def run_it(self, *options):
        with tempfile.TemporaryDirectory(prefix="driftwell_schedule_") as folder:
            file, result = Path(folder) / "e.toml", Path(folder) / "e.h5"
            file.write_text(EXPERIMENT)
            done = subprocess.run([support.program(), "run", str(file), "-q", "-o", str(result), *options], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            with xr.open_dataset(result, group="fokker_planck", engine="h5netcdf") as data:
                return data.load()

    def exact(self, t):
        T, r, gone = 0.2 + 0.6 * np.exp(-t / 1.5), 1 / 1.5, np.exp(-2 * t)
        v = 0.25 * gone + 0.2 * (1 - gone) + 1.2 * (np.exp(-r * t) - gone) / (2 - r)
        m = 1.5 * np.exp(-t)
        return T, {"mean": m, "covariance": v, "kl": 0.5 * (v / T + m**2 / T - 1 - np.log(v / T))}

    def test_exact_values_within_the_error_bars(self):
        for options in ([], ["--set", "fokker_planck.dt=0.05"]):
            d = self.run_it(*options)
            T, exact = self.exact(d["time"].values)
            np.testing.assert_allclose(d["temperature"], T, rtol=1e-14)
            for name, value in exact.items():
                error = np.abs(np.squeeze(d[name].values) - value)
                bar = np.squeeze(d[name + "_error"].values)
                self.assertTrue((error <= 1.1 * bar + 1e-12).all(), (options, name, error / bar))
                self.assertTrue((bar < 0.02).all(), name)

    def test_attributes(self):
        a = self.run_it().attrs
        self.assertEqual(a["propagator"], "magnus")
        self.assertIn("temperature at that time", a["reference"])
        self.assertIn("exp(", a["schedule"])
        self.assertIn("T(t) = ", a["equation"])
        self.assertAlmostEqual(a["temperature"], self.exact(np.array(3.0))[0], places=14)  # the last one
        self.assertAlmostEqual(a["spectral_gap"][0], -1, delta=1e-3)
        self.assertEqual(a["negative_mass"], 0)

    def test_same_bits_for_any_number_of_threads(self):
        one, two = self.run_it("--threads", "1"), self.run_it("--threads", "2")
        np.testing.assert_array_equal(one["density"], two["density"])


if __name__ == "__main__":
    support.main()
