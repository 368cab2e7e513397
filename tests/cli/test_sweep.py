#!/usr/bin/python3
"""driftwell sweep: points, coordinates, laws, interrupts.   test_sweep.py DRIFTWELL"""
import json
import signal
import time

import h5py
import numpy as np
import xarray as xr

import support

SWEEP = """\
[sgd]
loss = { name = "quadratic", hessian = [[1.0]] }
learning_rate = 0.1
replicas = 200
steps = 300
start = "zero"
noise = false
minimum = true
[sweep]
sgd.learning_rate = [0.05, 0.1, 0.2]
sgd.batch_size = [1, 4]
"""


class Sweep(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("s.toml", SWEEP)

    def test_grid_in_xarray(self):
        done = self.run_it("sweep", "s.toml", "--json")
        self.assertEqual(self.left(), ["ou.toml", "s.h5", "s.toml"])
        result = json.loads(done.out)["sweep"]
        self.assertEqual((result["points"], result["completed"], result["failed"]), (6, 6, 0))
        self.assertEqual(result["values"]["sgd.batch_size"], [1, 4] * 3)
        self.assertIn("first-order law", done.err)
        with xr.open_dataset(self.folder / "s.h5", group="sweep") as data:
            grid = data.load().set_index(point=["sgd_learning_rate", "sgd_batch_size"]).unstack()
        variance, error = grid.sgd_stationary_variance, grid.sgd_stationary_variance_stderr
        exact = grid.sgd_learning_rate / (grid.sgd_batch_size * (2 - grid.sgd_learning_rate))
        self.assertTrue((abs(variance - exact) < 4 * error).all())
        np.testing.assert_allclose(variance.values.ravel(), result["results"]["sgd_stationary_variance"])
        with xr.open_dataset(self.folder / "s.h5", group="sgd_laws") as laws:
            slope = json.loads(done.out)["sweep"]["sgd_laws"]["all"]["variance"]["slope"]
            self.assertEqual(float(laws.variance_slope[0]), slope["value"])
            self.assertEqual(laws.branch.values.tolist(), ["all"])
        with h5py.File(self.folder / "s.h5") as file:
            self.assertNotIn("sgd", file)
            self.assertIn('"sweep"', file.attrs["resolved"] if isinstance(file.attrs["resolved"], str) else file.attrs["resolved"].decode())
        self.run_it("info", "s.h5", "--json")

    def test_run_computes_both_and_check_counts(self):
        self.run_it("run", "s.toml", "--set", "sweep.sgd.learning_rate=[0.1]")
        with h5py.File(self.folder / "s.h5") as file:
            self.assertEqual(sorted(file), ["sgd", "sgd_laws", "sweep"])
            # The point with the values of the file is the file itself, to the bit.
            self.assertEqual(file["sgd"].attrs["stationary_variance"], file["sweep/sgd_stationary_variance"][0])
        self.assertIn("6 points of sgd.learning_rate (3), sgd.batch_size (2)", self.run_it("check", "s.toml").out)

    def test_refusals(self):
        self.refused("sweep", "ou.toml", code=3, says="no section [sweep]")
        error = self.refused("sweep", "s.toml", "--set", "sweep.sgd.batch_size=[1, 0]", code=3, says="sweep.sgd.batch_size=[1, 0]: error: 'batch_size'")
        self.assertIn("^", error)
        self.refused("check", "s.toml", "--set", "sweep.sgd.batch_sise=[1]", code=3, says="did you mean 'batch_size'?")
        self.refused("sweep", "s.toml", "--set", "sgd.steps=3000", "--set", "sweep.sgd.learning_rate=[3]", code=1, says="every point of the sweep failed")

    def test_files(self):
        self.run_it("sweep", "s.toml", "--set", "sweep.files=true", "--set", "sweep.sgd.learning_rate=[0.1]")
        self.assertEqual(self.left(), ["ou.toml", "s.h5", "s.toml", "s_point_0000.h5", "s_point_0001.h5"])
        self.refused("sweep", "s.toml", "-o", "s.h5", code=4, says="exists already")
        (self.folder / "s.h5").unlink()
        self.refused("sweep", "s.toml", "--set", "sweep.files=true", code=4, says="s_point_0000.h5")
        self.run_it("sweep", "s.toml", "--overwrite", "--set", "sweep.files=true", "--set", "sweep.sgd.learning_rate=[0.1]")

    def test_interrupted_keeps_the_points_that_are_done(self):
        process = self.start("sweep", "s.toml", "--json", "--set", "sweep.sgd.steps=[100, 1000000000]", "--set", "sweep.sgd.learning_rate=[0.1]", "--set", "sweep.sgd.batch_size=[1]")
        limit = time.monotonic() + 60
        while not (self.folder / "s_point_0001.h5.part").exists() and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertEqual([f for f in self.left() if "checkpoint" not in f], ["ou.toml", "s.h5", "s.toml"])
        self.assertTrue([f for f in self.left() if f.startswith("s.h5.checkpoint")], "the point that is done is kept for --resume")
        self.assertEqual(json.loads(out)["sweep"]["completed"], 1)
        with h5py.File(self.folder / "s.h5") as file:
            np.testing.assert_array_equal(file["sweep/completed"][...], [1, np.nan])
            self.assertTrue(np.isfinite(file["sweep/sgd_stationary_variance"][0]))


if __name__ == "__main__":
    support.main()
