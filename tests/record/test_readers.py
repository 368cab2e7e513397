#!/usr/bin/python3
"""The sample file opens, with the same content, in every reader that matters.

  test_readers.py SAMPLE.h5        (made by write_sample SAMPLE.h5 10)
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import netCDF4
import numpy as np
import xarray as xr

SAMPLE = ""
ENGINES = ("h5netcdf", "netcdf4")
FRAMES, NX, NY, PARTICLES = 10, 40, 30, 7


def frame(shape, k):
    return k + np.arange(int(np.prod(shape))).reshape(shape) / 1024


def frames(shape, ks):
    return np.stack([frame(shape, k) for k in ks])


class Xarray(unittest.TestCase):
    def each(self, group=None):
        for engine in ENGINES:
            with xr.open_dataset(SAMPLE, group=group, engine=engine) as data:
                yield data.load()

    def test_root_attributes(self):
        for data in self.each():
            a = data.attrs
            self.assertEqual(len(data.variables), 0)
            self.assertEqual(a["title"], "Doppelmulde ψ: température")
            self.assertEqual(len(a["experiment"]), 100_003)
            self.assertTrue(a["experiment"].endswith("xend"))
            self.assertEqual(a["empty"], "")
            self.assertEqual(a["latin_1"], "caf\N{REPLACEMENT CHARACTER}")
            self.assertEqual(int(a["seed"]), 9_007_199_254_740_993)
            self.assertEqual(float(a["wall_seconds"]), 1.5)
            self.assertEqual(a["stop_reason"], "end of time")
            self.assertEqual(int(a["complete"]), 1)

    def test_dimensions_and_coordinates(self):
        for data in self.each("fokker_planck"):
            self.assertEqual(dict(data.sizes), {"time": FRAMES, "snapshot_time": 5, "x": NX, "y": NY, "variable": 2,
                                                "variable_2": 2, "ri": 2})
            self.assertEqual(set(data.coords), {"time", "snapshot_time", "x", "y", "variable", "variable_2"})
            np.testing.assert_array_equal(data.time, np.arange(FRAMES) / 8)
            self.assertEqual(data.time.dtype, np.float64)  # not decoded into dates
            np.testing.assert_array_equal(data.snapshot_time, np.arange(0, FRAMES, 2) / 8)
            np.testing.assert_allclose(data.x, -1 + 2 * (np.arange(NX) + 0.5) / NX, rtol=1e-15)
            self.assertEqual(list(data.variable.values), ["x", "ψ"])
            np.testing.assert_array_equal(data["mean"].sel(variable="ψ"), data["mean"][:, 1])

    def test_order_and_attributes_of_variables(self):
        for data in self.each("fokker_planck"):
            self.assertEqual(list(data.data_vars), ["zeta", "kl", "mean", "covariance", "spectrum", "density",
                                                    "potential", "log_partition"])
            self.assertEqual(data.kl.attrs, {"long_name": "KL divergence", "units": "nat"})
            self.assertEqual(data["mean"].attrs, {"units": "1"})
            self.assertTrue(np.isnan(data.kl.encoding["_FillValue"]))
            self.assertEqual(data.time.attrs["axis"], "T")
            self.assertEqual(data.time.attrs["units"], "1")
            np.testing.assert_array_equal(data.attrs["spectral_gap"], [0.25, -1.5])
            self.assertEqual(len(data.attrs["no_numbers"]), 0)

    def test_values(self):
        for data in self.each("fokker_planck"):
            every, second = range(FRAMES), range(0, FRAMES, 2)
            np.testing.assert_array_equal(data.kl, np.arange(FRAMES))
            np.testing.assert_array_equal(data["mean"], frames((2,), every))
            np.testing.assert_array_equal(data.covariance, frames((2, 2), every))
            np.testing.assert_array_equal(data.spectrum, frames((2,), every))
            np.testing.assert_array_equal(data.density, frames((NX, NY), second))
            self.assertEqual(data.density.dims, ("snapshot_time", "x", "y"))
            np.testing.assert_array_equal(data.potential, frame((NX, NY), 3))
            self.assertEqual(float(data.log_partition), 2.5)

    def test_particles_are_a_dimension_without_coordinate(self):
        for data in self.each("langevin"):
            self.assertEqual(set(data.variables), {"snapshot_time", "variable", "sample"})
            self.assertEqual(data.sample.dims, ("snapshot_time", "particle", "variable"))
            np.testing.assert_array_equal(data.sample, frames((PARTICLES, 2), range(0, FRAMES, 2)))

    def test_theorems(self):
        for data in self.each("theorems"):
            self.assertEqual(list(data.theorem.values), ["kl_decreases", "gap", "été"])
            self.assertEqual([str(v) for v in data.verdict.values], ["holds", "", "violated ψ"])
            np.testing.assert_array_equal(data.left, [1, np.nan, np.inf])


class Hdf5(unittest.TestCase):
    def test_h5py(self):
        with h5py.File(SAMPLE, "r") as file:
            # Fixed length, which VTK demands; h5py then hands out bytes.
            self.assertEqual(file.attrs["title"].decode(), "Doppelmulde ψ: température")
            kind = h5py.check_string_dtype(file.attrs.get_id("title").dtype)
            self.assertEqual((kind.encoding, kind.length), ("utf-8", 29))
            self.assertEqual(len(file.attrs["experiment"]), 100_003)
            density = file["fokker_planck/density"]
            self.assertEqual([d.keys()[0] for d in density.dims], ["snapshot_time", "x", "y"])
            self.assertEqual(density.chunks, (1, NX, NY))
            self.assertEqual((density.compression, density.compression_opts, density.shuffle), ("gzip", 1, True))
            self.assertTrue(np.isnan(density.fillvalue))
            self.assertEqual(density.maxshape, (None, NX, NY))
            kl = file["fokker_planck/kl"]
            self.assertEqual((kl.chunks, kl.compression), ((1024,), None))  # several frames a chunk: rewritten in place
            self.assertEqual(file["fokker_planck/potential"].compression, "gzip")
            self.assertEqual(file["theorems/verdict"].asstr()[2], "violated ψ")
            self.assertEqual(file["langevin/particle"].id.get_storage_size(), 0)

    def test_no_object_is_without_scales(self):
        def look(name, item):
            if isinstance(item, h5py.Dataset) and item.attrs.get("CLASS") != b"DIMENSION_SCALE":
                for axis in item.dims:
                    self.assertEqual(len(axis), 1, name)
        with h5py.File(SAMPLE, "r") as file:
            file.visititems(look)

    def run_tool(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_ncdump(self):
        text = self.run_tool("ncdump", "-h", SAMPLE)
        for line in ("time = UNLIMITED ; // (10 currently)", "double density(snapshot_time, x, y) ;", "particle = 7 ;",
                     "string variable(variable) ;", "kl:_FillValue = NaN ;", 'time:axis = "T" ;'):
            self.assertIn(line, text)
        self.assertLess(text.index("double zeta"), text.index("double kl"))
        self.assertNotIn("phony_dim", text)
        self.run_tool("ncdump", SAMPLE)

    def test_h5dump(self):
        self.assertIn('DATASET "density"', self.run_tool("h5dump", SAMPLE))


class Append(unittest.TestCase):
    def test_netcdf4_appends(self):
        with tempfile.TemporaryDirectory() as directory:
            copy = os.path.join(directory, "copy.h5")
            shutil.copy(SAMPLE, copy)
            with netCDF4.Dataset(copy, "a") as data:
                group = data["fokker_planck"]
                data.note = "appended"
                group["kl"].note = "appended"
                group.createVariable("mine", "f8", ("time", "x"))[:] = 1.0
                group["time"][FRAMES] = 99.0
            for engine in ENGINES:
                with xr.open_dataset(copy, group="fokker_planck", engine=engine) as data:
                    self.assertEqual(data.sizes["time"], FRAMES + 1)
                    self.assertEqual(float(data.time[-1]), 99)
                    self.assertEqual(float(data.kl[3]), 3)
                    self.assertTrue(np.isnan(float(data.kl[-1])))
                    self.assertEqual(float(data.mine[0, 0]), 1)


if __name__ == "__main__":
    SAMPLE = sys.argv.pop(1)
    unittest.main()
