#!/usr/bin/python3
"""kill -9 at random moments, and readers that look into the live file.

  kill_test.py WRITE_SAMPLE [KILLS [SEED]]

Demanded: OUT.h5 is absent or complete; an OUT.h5.part opens in h5py and xarray and every frame in it is right.
A kill that meets the fraction of a millisecond in which a flush is put in place may leave one that only h5py opens.
With a flush every 20 ms, 250 times as often as in a run, that is about one kill in a hundred; of 20 two are allowed.
"""
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np
import xarray as xr

WRITER, KILLS, SEED = "", 20, 1
FRAMES, NX, NY = 60, 40, 30


def start(out, pause):
    return subprocess.Popen([WRITER, out, str(FRAMES), str(pause)])


def check_frames(test, path, engine="h5netcdf"):
    """Opens what is there; the number of frames, after each was found to be right."""
    with h5py.File(path, "r") as file:
        if "fokker_planck" not in file or "log_partition" not in file["fokker_planck"]:
            return 0
    with xr.open_dataset(path, group="fokker_planck", engine=engine) as data:
        data.load()
    n = data.sizes["time"]
    np.testing.assert_array_equal(data.kl, np.arange(n))
    np.testing.assert_array_equal(data.time, np.arange(n) / 8)
    expected = np.arange(NX * NY).reshape(NX, NY) / 1024
    for i in range(data.sizes["snapshot_time"]):
        np.testing.assert_array_equal(data.density[i], 2 * i + expected)
    test.assertIn(data.sizes["snapshot_time"], (n // 2, n // 2 + 1))
    return n


class Kill(unittest.TestCase):
    def test_kill_at_random_moments(self):
        rng = random.Random(SEED)
        found, torn = [], 0
        for k in range(KILLS):
            with self.subTest(kill=k), tempfile.TemporaryDirectory() as directory:
                out = os.path.join(directory, "out.h5")
                writer = start(out, 4)
                time.sleep(rng.uniform(0.0, 0.25))
                writer.kill()
                writer.wait()
                if os.path.exists(out):
                    self.assertEqual(check_frames(self, out), FRAMES)
                    self.assertEqual(int(xr.open_dataset(out, engine="h5netcdf").attrs["complete"]), 1)
                part, state = out + ".part", None
                if os.path.exists(part) and os.path.getsize(part) > 0:
                    try:
                        state = check_frames(self, part, rng.choice(("h5netcdf", "netcdf4")))
                        found.append(state)
                    except (OSError, KeyError, RuntimeError, ValueError, AssertionError):
                        torn += 1
                        with h5py.File(part, "r") as file:
                            self.assertIn("fokker_planck", file)
                # The next run is not hindered: lock of the dead taken over, old .part kept when it holds data.
                subprocess.run([WRITER, out, "3"], check=True)
                self.assertEqual(check_frames(self, out), 3)
                self.assertFalse(os.path.exists(part + ".lock"))
                if state is not None and os.path.exists(part + "~"):
                    self.assertEqual(check_frames(self, part + "~"), state)
        print(f"frames in the {len(found)} .part files of {KILLS} killed runs: {found}, {torn} torn", file=sys.stderr)
        self.assertLessEqual(torn, 2)
        self.assertGreater(len(found), KILLS // 2)
        self.assertGreater(max(found), 0)


class Live(unittest.TestCase):
    def test_readers_look_in(self):
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, "out.h5")
            writer = start(out, 20)
            seen, retries = [], 0
            while writer.poll() is None:
                if not os.path.exists(out + ".part"):
                    continue
                try:
                    seen.append(check_frames(self, out + ".part", ("h5netcdf", "netcdf4")[len(seen) % 2]))
                except (OSError, KeyError, RuntimeError, AssertionError):  # met a flush, or the end
                    retries += 1
                time.sleep(0.005)
            self.assertEqual(writer.returncode, 0)
            print(f"{len(seen)} looks at a live file saw up to {max(seen)} frames, {retries} retries", file=sys.stderr)
            self.assertEqual(seen, sorted(seen))
            self.assertGreater(max(seen), 5)
            self.assertLess(retries, max(5, len(seen) // 4))
            self.assertEqual(check_frames(self, out), FRAMES)


if __name__ == "__main__":
    WRITER = os.path.abspath(sys.argv.pop(1))
    KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else KILLS
    SEED = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else SEED
    unittest.main()
