#!/usr/bin/python3
"""The shipped double well with circulation, small, as every reader sees it: names, shapes and attributes of
docs/result_file.md, and relations that hold between the values.   test_result_file.py DRIFTWELL"""
import json
import shutil
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr

import support

EXPERIMENT = support.ROOT / "models/double_well_circulation.toml"
ENGINES = ("h5netcdf", "netcdf4")
SCALARS = ("kl", "free_energy", "mean_potential", "mean_loss", "entropy", "fisher_information", "dissipation", "mass")
FIELDS = ("steady_state", "potential", "implicit_potential", "current_x", "current_y")
N, OUTPUTS = 64, 11
GIVEN = tomllib.loads(EXPERIMENT.read_text())
LOWER, UPPER = (np.array(GIVEN["fokker_planck"][key], dtype=float) for key in ("lower", "upper"))
END, T, LAMBDA = GIVEN["time"]["end"], GIVEN["model"]["temperature"], GIVEN["model"]["parameters"]["lambda"]
VOLUME = float(np.prod((UPPER - LOWER) / N))


class ResultFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="driftwell_result_")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.file = str(Path(cls.folder) / "result.h5")
        cls.arguments = ["run", str(EXPERIMENT), "-q", "-o", cls.file, "--threads", "1", "--set", f"fokker_planck.cells={N}",
                         "--set", f"time.outputs={OUTPUTS}"]
        cls.run_it()
        cls.data = {}
        for engine in ENGINES:
            with xr.open_dataset(cls.file, group="fokker_planck", engine=engine) as data:
                cls.data[engine] = data.load()
        cls.d = cls.data["h5netcdf"]

    @classmethod
    def run_it(cls):
        done = subprocess.run([support.program(), *cls.arguments], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stderr)

    def test_root_attributes(self):
        for engine in ENGINES:
            with xr.open_dataset(self.file, engine=engine) as root:
                self.assertEqual(len(root.variables), 0)
                a = root.attrs
            self.assertEqual(a["title"], GIVEN["title"])
            self.assertEqual(a["experiment"], EXPERIMENT.read_text())
            self.assertEqual(a["stop_reason"], "reached the end time")
            self.assertEqual(a["command"], " ".join(["driftwell", *self.arguments]))
            self.assertRegex(a["driftwell_version"], r"^\d+\.\d+\.\d+$")
            self.assertRegex(a["git_commit"], r"^([0-9a-f]{7,40}(-dirty)?|unknown)$")
            self.assertRegex(a["started"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertRegex(a["Conventions"], r"^CF-1\.\d+$")
            self.assertEqual(int(a["threads"]), 1)
            self.assertGreater(float(a["wall_seconds"]), 0)
            self.assertIn("seed", a)

    def test_resolved_has_every_default(self):
        with h5py.File(self.file) as file:
            resolved = json.loads(file.attrs["resolved"])
        self.assertEqual(resolved["fokker_planck"]["cells"], [N, N])
        self.assertEqual(resolved["time"]["outputs"], OUTPUTS)
        self.assertEqual(resolved["model"]["parameters"], {"lambda": LAMBDA})
        self.assertEqual(resolved["model"]["interpretation"], "ito")
        self.assertEqual((resolved["fokker_planck"]["propagator"], resolved["fokker_planck"]["snapshots"]), ("auto", 11))
        self.assertIn("tolerance", resolved["fokker_planck"])
        self.assertIn("boundary", resolved["fokker_planck"])

    def test_dimensions_and_coordinates(self):
        centres = [low + (high - low) * (np.arange(N) + 0.5) / N for low, high in zip(LOWER, UPPER)]
        for data in self.data.values():
            self.assertEqual(dict(data.sizes), {"time": OUTPUTS, "snapshot_time": 11, "x": N, "y": N, "variable": 2, "variable_2": 2})
            np.testing.assert_allclose(data.x, centres[0], rtol=1e-13)
            np.testing.assert_allclose(data.y, centres[1], rtol=1e-13)
            np.testing.assert_allclose(data.time, np.linspace(0, END, OUTPUTS), rtol=1e-15)
            np.testing.assert_allclose(data.snapshot_time, np.linspace(0, END, 11), rtol=1e-15)
            self.assertEqual(data.time.dtype, np.float64)
            self.assertEqual((data.time.attrs["axis"], data.time.attrs["units"]), ("T", "1"))
            self.assertEqual(list(data.variable.values), ["x", "y"])

    def test_variables(self):
        shapes = {name: ("time",) for name in SCALARS} | {name: ("x", "y") for name in FIELDS}
        shapes |= {"mean": ("time", "variable"), "covariance": ("time", "variable", "variable_2")}
        series = [name for name, dims in shapes.items() if dims[0] == "time"]
        shapes |= {name + end: shapes[name] for name in series for end in ("_error", "_richardson")}
        shapes["density"] = ("snapshot_time", "x", "y")
        shapes |= {"x_width": ("x",), "y_width": ("y",)}
        for engine, data in self.data.items():
            for name, dims in shapes.items():
                self.assertEqual(data[name].dims, dims, name)
                self.assertTrue(np.isfinite(data[name]).all(), name)
                self.assertGreater(len(data[name].attrs["long_name"]), 3)
                self.assertTrue(np.isnan(data[name].encoding["_FillValue"]), name)
            self.assertEqual(set(data.data_vars) - set(shapes), set())
            for name in data.variables:
                self.assertTrue((data[name] == self.d[name]).all(), (engine, name))

    def test_attributes(self):
        a = self.d.attrs
        self.assertEqual(len(a["spectral_gap"]), 2)
        self.assertAlmostEqual(a["spectral_gap"][0], -1.0386, delta=0.03)
        self.assertAlmostEqual(abs(a["spectral_gap"][1]), 0.66998, delta=0.03)
        self.assertAlmostEqual(float(a["entropy_production"]), 0.68138 * LAMBDA**2, delta=0.1)
        self.assertGreater(float(a["grid_halving_order"]), 0)  # the coarsest grid is too coarse for 2
        self.assertIn(a["propagator"], ("krylov", "chebyshev", "fast_diagonalisation"))
        for name in ("log_partition", "free_energy_ss", "equation", "boundary", "propagator_report", "tolerance", "cell_volume"):
            self.assertIn(name, a)

    def test_kl_decreases(self):
        kl = self.d.kl.values
        self.assertTrue((kl > 0).all())
        self.assertTrue((np.diff(kl) < 0).all())
        self.assertTrue((self.d.dissipation < 0).all())
        self.assertTrue((self.d.fisher_information > 0).all())

    def test_masses(self):
        self.assertAlmostEqual(float(self.d.attrs["cell_volume"]), VOLUME, delta=1e-15)
        np.testing.assert_allclose(self.d.mass, 1, atol=1e-12)
        np.testing.assert_allclose(self.d.density.sum(("x", "y")) * VOLUME, 1, atol=1e-12)
        np.testing.assert_allclose(self.d.steady_state.sum() * VOLUME, 1, atol=1e-12)
        self.assertGreaterEqual(float(self.d.density.min()), -1e-12)

    def test_free_energy(self):
        d, scale = self.d, float(np.abs(self.d.free_energy).max())
        np.testing.assert_allclose(d.free_energy, d.mean_potential - T * d.entropy, rtol=0, atol=1e-12 * max(1, scale))
        np.testing.assert_allclose(d.free_energy - float(d.attrs["free_energy_ss"]), T * d.kl, rtol=0, atol=1e-12 * max(1, scale))
        self.assertAlmostEqual(float(d.attrs["free_energy_ss"]), -T * float(d.attrs["log_partition"]), delta=1e-14)

    def test_steady_state(self):
        d = self.d
        self.assertEqual(float(d.attrs["temperature"]), T)
        x, y = np.meshgrid(d.x, d.y, indexing="ij")
        f = (x**2 - 1) ** 2 / 4 + y**2 / 2
        np.testing.assert_allclose(d.potential, f, rtol=1e-13, atol=1e-14)
        exact = np.exp(-f) / (np.exp(-f).sum() * VOLUME)
        self.assertLess(float(np.abs(d.steady_state - exact).sum() * VOLUME), 0.02)  # second order in h
        phi = -T * np.log(d.steady_state)
        # The minimum lies between the centres: the smallest cell value is a little above 0.
        shift = d.implicit_potential - phi
        np.testing.assert_allclose(shift, shift.mean(), rtol=1e-10, atol=1e-10)
        self.assertLess(abs(float(d.implicit_potential.min())), 0.01)
        # Z is the integral of exp(-Phi/T) over the cells
        self.assertAlmostEqual(float(np.log((np.exp(-d.implicit_potential / T)).sum() * VOLUME)), float(d.attrs["log_partition"]), delta=1e-12)

    def test_series_follow_from_the_densities(self):
        """Every snapshot is an output here: the series can be computed again from the file alone."""
        d = self.d
        rho, ss = np.maximum(d.density.values, 0), d.steady_state.values
        with np.errstate(divide="ignore", invalid="ignore"):
            kl = np.where(rho > 0, rho * np.log(rho / ss), 0).sum(axis=(1, 2)) * VOLUME
            entropy = -np.where(rho > 0, rho * np.log(rho), 0).sum(axis=(1, 2)) * VOLUME
        np.testing.assert_allclose(d.kl, kl, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(d.entropy, entropy, rtol=1e-11)
        np.testing.assert_allclose(d.mean_loss, (rho * d.potential.values).sum(axis=(1, 2)) * VOLUME, rtol=1e-11)
        np.testing.assert_allclose(d.mean_potential, (rho * d.implicit_potential.values).sum(axis=(1, 2)) * VOLUME, rtol=1e-11)
        mean_x = (rho * d.x.values[:, None]).sum(axis=(1, 2)) * VOLUME
        np.testing.assert_allclose(d["mean"].sel(variable="x"), mean_x, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(d.covariance, d.covariance.transpose("time", "variable_2", "variable").values)
        # rotating: the steady current has curl but hardly any divergence
        self.assertGreater(float(np.abs(d.current_x).max()), 0.01)

    def test_initial_law(self):
        first = self.d.density.isel(snapshot_time=0)
        mean = GIVEN["initial"]["gaussian"]["mean"]
        np.testing.assert_allclose(self.d["mean"][0], mean, atol=1e-3)
        top = first.where(first == first.max(), drop=True)
        self.assertLess(max(abs(float(top.x[0]) - mean[0]), abs(float(top.y[0]) - mean[1])), max((UPPER - LOWER) / N))

    def test_h5py(self):
        with h5py.File(self.file) as file:
            self.assertEqual(list(file), ["fokker_planck"])
            group = file["fokker_planck"]
            self.assertEqual(group["time"].maxshape, (None,))
            self.assertEqual(group["density"].compression, "gzip")
            for name, item in group.items():
                if isinstance(item, h5py.Dataset) and item.attrs.get("CLASS") != b"DIMENSION_SCALE":
                    self.assertTrue(all(len(axis) == 1 for axis in item.dims), name)

    def tool(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_ncdump_and_h5dump(self):
        text = self.tool("ncdump", "-h", self.file)
        for line in ("time = UNLIMITED ; // (11 currently)", "double density(snapshot_time, x, y) ;", "double kl_richardson(time) ;",
                     "double covariance_error(time, variable, variable_2) ;", 'string :stop_reason = "reached the end time" ;'):
            self.assertIn(line.removeprefix("string "), text)
        self.assertNotIn("phony_dim", text)
        self.tool("ncdump", self.file)
        self.assertIn('DATASET "implicit_potential"', self.tool("h5dump", "-H", self.file))
        self.tool("h5dump", self.file)

    def test_netcdf4(self):
        with netCDF4.Dataset(self.file) as data:
            self.assertEqual(list(data.groups), ["fokker_planck"])
            self.assertTrue(data["fokker_planck"].dimensions["time"].isunlimited())
            self.assertFalse(data["fokker_planck"]["kl"][:].mask.any() if np.ma.is_masked(data["fokker_planck"]["kl"][:]) else False)

    def test_the_same_run_gives_the_same_numbers(self):
        other = self.file + ".again.h5"
        again = [other if argument == self.file else argument for argument in self.arguments]
        subprocess.run([support.program(), *again], check=True, capture_output=True)
        with xr.open_dataset(other, group="fokker_planck", engine="h5netcdf") as data:
            for name in self.d.variables:
                self.assertTrue((data[name].values == self.d[name].values).all(), name)


if __name__ == "__main__":
    support.main()
