#!/usr/bin/python3
"""Runs that are stopped: SIGINT, SIGTERM, kill -9.   test_signals.py DRIFTWELL"""
import json
import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

import support

OUTPUTS, END = 4001, 40.0
KILLS, SEED = 10, 5


class Stopped(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("long.toml", support.LONG)

    def begin(self, *options, file="long.toml", **more):
        return self.start("run", file, "--threads", "1", *options, **more)

    def wait_for(self, name, seconds=30):
        """Until that file is there."""
        limit = time.monotonic() + seconds
        while not (self.folder / name).exists():
            self.assertLess(time.monotonic(), limit, f"no {name}; there is {self.left()}")
            time.sleep(0.01)

    def wait_for_outputs(self, name, seconds=60):
        """Until a reader of the live file finds outputs in it."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            try:
                with h5py.File(self.folder / name, "r") as file:
                    if len(file["fokker_planck/time"]) > 0:
                        return
            except (OSError, KeyError, RuntimeError):  # not there yet, or met a flush
                pass
            time.sleep(0.1)
        self.fail(f"no outputs in {name} after {seconds} s")

    def check_file(self, name, complete=False, all_outputs=OUTPUTS, end=END):
        """Opens and is consistent; returns the number of outputs in it."""
        with xr.open_dataset(self.folder / name, group="fokker_planck", engine="h5netcdf") as data:
            data.load()
        count = data.sizes["time"]
        if complete:
            self.assertEqual(count, all_outputs)
        np.testing.assert_allclose(data.time, np.linspace(0, end, all_outputs)[:count], rtol=1e-12, atol=1e-12)
        for series in ("kl", "mass", "entropy", "kl_error"):
            self.assertTrue(np.isfinite(data[series]).all(), series)
        self.assertTrue(np.isfinite(data.density).all())
        self.assertTrue(np.isfinite(data.steady_state).all())
        self.assertTrue((np.diff(data.kl) < 0).all())
        if count:
            self.assertLessEqual(float(data.snapshot_time[-1]), float(data.time[-1]))
        return count

    def stop(self, which, code):
        process = self.begin("--json")
        self.wait_for_outputs("long.h5.part")
        before = time.monotonic()
        process.send_signal(which)
        out, err = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - before, 5, "slow to stop")
        self.assertEqual(process.returncode, code, err)
        self.assertEqual(self.left(), ["long.h5", "long.toml", "ou.toml"])
        count = self.check_file("long.h5")
        self.assertTrue(0 < count < OUTPUTS, count)
        name = signal.Signals(which).name
        self.assertEqual(self.attribute("long.h5", "stop_reason"), f"interrupted by {name} after {count} of {OUTPUTS} outputs")
        self.assertEqual(err.strip().split("\n")[-1], f"interrupted by {name}: long.h5 holds the first {count} of {OUTPUTS} outputs")
        result = json.loads(out)
        self.assertTrue(result["interrupted"])
        self.assertEqual(result["fokker_planck"]["outputs"], count)
        self.run_it("info", "long.h5", "--json")

    def test_sigint(self):
        self.stop(signal.SIGINT, 130)

    def test_sigterm(self):
        self.stop(signal.SIGTERM, 143)

    def test_stopped_in_odeint(self):
        process = self.begin("-q", "--set", "fokker_planck.propagator=odeint_dopri5", "--set", "fokker_planck.cells=[128,128]")
        self.wait_for_outputs("long.h5.part")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=30)[0], "long.h5\n")
        self.assertEqual(process.returncode, 130)
        self.check_file("long.h5")

    def test_stopped_between_two_outputs(self):
        """One output far away: the propagator itself must look at the signal."""
        for propagator in ("chebyshev", "odeint_dopri5", "implicit_euler"):
            with self.subTest(propagator=propagator):
                process = self.begin("-q", "--set", "time.outputs=2", "--set", "time.end=100000", "--overwrite", "--set",
                                     "fokker_planck.cells=[100,100]", "--set", f"fokker_planck.propagator={propagator}",
                                     "--set", "fokker_planck.dt=0.001")
                self.wait_for("long.h5.part")
                time.sleep(1)
                process.send_signal(signal.SIGTERM)
                before = time.monotonic()
                err = process.communicate(timeout=60)[1]
                self.assertEqual(process.returncode, 143, err)
                self.assertLess(time.monotonic() - before, 5, "slow to stop")

    def test_an_older_result_survives_a_run_stopped_before_its_first_output(self):
        self.write("long.h5", "an old result")
        process = self.begin("--overwrite")
        self.wait_for("long.h5.part")
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 130, err)
        if " the first 0 of " in err or "nothing was written" in err:
            self.assertEqual((self.folder / "long.h5").read_text(errors="replace"), "an old result")

    def test_stopped_at_once(self):
        """Also inside METIS, which while it orders a matrix has a handler of its own for SIGTERM that jumps out."""
        for which in (signal.SIGINT, signal.SIGTERM):
            for delay in (0.0, 0.01, 0.04, 0.06, 0.08, 0.1, 0.12, 0.16, 0.3):
                with self.subTest(signal=which.name, delay=delay):
                    process = self.begin("-q", "-o", f"{which.name}_{delay}.h5")
                    time.sleep(delay)
                    process.send_signal(which)
                    try:
                        err = process.communicate(timeout=10)[1]
                    except subprocess.TimeoutExpired:
                        waits = Path(f"/proc/{process.pid}/wchan").read_text()
                        self.end(process)
                        self.fail("it runs on" if "futex" not in waits else "it hangs for ever")
                    self.assertIn(process.returncode, (128 + which, -which), err)  # -15: before main() set the handler
                    self.assertLessEqual(err.count("\n"), 1)
                    self.assertNotIn("internal error", err)
                    self.assertFalse([name for name in self.left() if f"{which.name}_{delay}.h5.part" in name])

    def test_stopped_in_metis_beside_other_threads(self):
        """The signal goes to any thread that does not hold it back; METIS' handler crashes in all but its own."""
        for delay in np.linspace(0.1, 0.9, 9):
            with self.subTest(delay=delay):
                process = self.start("run", "long.toml", "-q", "--threads", "2", "--set", "fokker_planck.cells=[400,400]", "-o", f"{delay}.h5")
                time.sleep(delay)
                process.send_signal(signal.SIGTERM)
                err = process.communicate(timeout=30)[1]
                self.assertEqual(process.returncode, 143, err)

    def test_second_signal_ends_at_once(self):
        process = self.begin()
        self.wait_for("long.h5.part")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        self.assertIn(process.returncode, (130, 143))

    def test_two_runs_to_one_file(self):
        self.begin()
        self.wait_for("long.h5.part.lock")
        self.refused("run", "ou.toml", "-o", "long.h5", code=4, says=("long.h5", "process"))


class Killed(Stopped):
    """kill -9: OUT.h5 is absent or complete, OUT.h5.part opens, the next run is not hindered."""
    def kill_at(self, delay, file, check):
        out = file.replace(".toml", ".h5")
        process = self.begin("-q", "--overwrite", file=file)
        time.sleep(delay)
        process.kill()
        process.communicate()
        states = [name for name in (out, out + ".part") if (self.folder / name).exists() and (self.folder / name).stat().st_size]
        if out in states:
            check(out, True)
        if out + ".part" in states:
            with h5py.File(self.folder / (out + ".part"), "r") as part:
                declared = "fokker_planck" in part and "mass" in part["fokker_planck"]
                self.assertIn(part.attrs.get("stop_reason", b"running"), (b"running", b"reached the end time"))
            if declared:
                check(out + ".part", False)
        return out in states, out + ".part" in states

    def test_long_run(self):
        rng = random.Random(SEED)
        found = [self.kill_at(rng.uniform(0.05, 9), "long.toml", self.check_file) for _ in range(KILLS)]
        self.assertFalse(any(out for out, _ in found))
        self.assertTrue(any(part for _, part in found))

    def test_a_dead_process_nobody_waited_for_does_not_hold_the_lock(self):
        """A zombie, as containers whose first process reaps no children keep them."""
        process = self.begin("-q")
        self.wait_for("long.h5.part.lock")
        process.kill()
        time.sleep(0.3)
        self.assertEqual(Path(f"/proc/{process.pid}/stat").read_text().split(") ")[1][0], "Z")
        self.run_it("run", "ou.toml", "-q", "-o", "long.h5")

    def test_short_run(self):
        """Kills around the end, where the file is put in place."""
        self.write("short.toml", support.OU)
        start = time.monotonic()
        self.run_it("run", "short.toml", "-q", "--threads", "1")
        whole = time.monotonic() - start
        os.remove(self.folder / "short.h5")
        rng, found = random.Random(SEED), []
        for _ in range(4 * KILLS):
            found.append(self.kill_at(rng.uniform(0.3, 1.2) * whole, "short.toml", lambda name, complete: self.check_file(name, complete, 11, 1.0)))
            if (self.folder / "short.h5").exists():
                os.remove(self.folder / "short.h5")
        self.run_it("run", "short.toml", "-q")
        self.assertEqual(self.check_file("short.h5", True, 11, 1.0), 11)


def load_tests(loader, tests, pattern):
    """Without the tests that Killed inherits."""
    suite = unittest.TestSuite()
    for case in (Stopped, Killed):
        for name in loader.getTestCaseNames(case):
            if case is Stopped or name in Killed.__dict__:
                suite.addTest(case(name))
    return suite


if __name__ == "__main__":
    support.main()
