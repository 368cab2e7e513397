#!/usr/bin/python3
"""--resume: after a kill at any moment the same bits as an uninterrupted run.   test_resume.py DRIFTWELL"""
import random
import signal
import time

import h5py

import support

CLOUD = """\
[model]
variables = ["x", "y", "z"]
potential = "(x^2-1)^2/4 + y^2/2 + z^2/2 + 0.1*x*y"
temperature = 0.5
[initial]
gaussian = { mean = [-1, 1, 0], std = 0.3 }
[time]
end = 4.0
outputs = 9
[langevin]
particles = 20001
dt = 1e-3
snapshots = 3
kept = 100
checkpoint_seconds = 0.05
target = "x - 0.5"
lower = [-2.5, -3, -3]
upper = [2.5, 3, 3]
boundary = ["absorbing", "reflecting", "reflecting"]
"""

SERIES = """\
[model]
variables = ["x", "y"]
potential = "(x^2 + y^2)/2"
force = ["-y", "x"]
temperature = 0.5
[initial]
gaussian = { mean = [0, 0], std = 0.7 }
[time]
end = 6.0
outputs = 4
[langevin]
particles = 3001
dt = 1e-3
checkpoint_seconds = 0.05
distance_to = { gaussian = { mean = [0, 0], std = 0.7 } }
series = { of = ["x", "x*y"], every = 7, from = 0.5, particles = 500, lags = 30, segment = 64, plane = ["x", "y"] }
"""

MEAN = """\
[model]
variables = ["x", "y"]
potential = "(x^2-1)^2/4 + y^2/2"
temperature = 0.25
[initial]
point = [-0.55, 1.4]
[time]
end = 4.0
[langevin]
method = "METHOD"
standard_error = 4e-4
particles = 20000
dt = 0.1
checkpoint_seconds = 0.05
"""


class Resume(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("cloud.toml", CLOUD)

    def same_results(self, first, second):
        """Every dataset and every attribute, to the bit."""
        with h5py.File(self.folder / first) as a, h5py.File(self.folder / second) as b:
            self.assertEqual(set(a["langevin"]), set(b["langevin"]))
            for name in a["langevin"]:
                x, y = a["langevin"][name][...], b["langevin"][name][...]
                self.assertEqual(*((x.tolist(), y.tolist()) if x.dtype == object else (x.tobytes(), y.tobytes())), name)  # texts, numbers
            self.assertEqual(set(a["langevin"].attrs), set(b["langevin"].attrs))
            for name in a["langevin"].attrs:
                self.assertEqual(a["langevin"].attrs[name], b["langevin"].attrs[name], name)

    def test_the_same_bits_after_kills(self):
        self.killed_again_and_again("cloud.toml")

    def test_time_series(self):
        self.write("series.toml", SERIES)
        self.killed_again_and_again("series.toml")

    def test_estimates(self):
        for method in ("multilevel", "extrapolation"):
            with self.subTest(method):
                self.write("mean.toml", MEAN.replace("METHOD", method))
                self.killed_again_and_again("mean.toml")

    def killed_again_and_again(self, file):
        for name in ("whole.h5", "cut.h5"):
            (self.folder / name).unlink(missing_ok=True)
        self.run_it("run", file, "-q", "-o", "whole.h5")
        dice, kills = random.Random(5), 0
        for attempt in range(60):
            process = self.start("run", file, "-q", "-o", "cut.h5", "--resume", "--threads", str(1 + attempt % 2))
            try:
                process.wait(timeout=dice.uniform(0.05, 0.3) * (1 + attempt / 5))  # a busy machine gets further in the end
            except Exception:
                process.kill()
                process.wait()
                kills += 1
                if (self.folder / "cut.h5").exists() and not any("checkpoint" in f for f in self.left()):
                    break  # the kill came between the last act and the exit: the result is complete
                continue
            self.assertEqual(process.returncode, 0, process.stderr.read())
            break
        self.assertGreater(kills, 1)
        self.same_results("whole.h5", "cut.h5")
        self.assertFalse([f for f in self.left() if "checkpoint" in f], "a complete run takes its checkpoints away")

    def test_a_signal_leaves_a_checkpoint(self):
        self.run_it("run", "cloud.toml", "-q", "-o", "whole.h5")
        process = self.start("run", "cloud.toml", "-q", "-o", "cut.h5", "--set", "langevin.checkpoint_seconds=0")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        if process.returncode == 0:
            self.skipTest("the machine was faster than the signal")
        self.assertEqual(process.returncode, 143)
        self.assertTrue(any("checkpoint" in f for f in self.left()))
        self.run_it("run", "cloud.toml", "-q", "-o", "cut.h5", "--resume")
        self.same_results("whole.h5", "cut.h5")

    def test_another_experiment_is_refused(self):
        process = self.start("run", "cloud.toml", "-q", "-o", "cut.h5")
        time.sleep(0.6)
        process.kill()
        process.wait()
        if not any("checkpoint" in f for f in self.left()):
            self.skipTest("no checkpoint was due")
        self.assertIn("--resume", self.refused("run", "cloud.toml", "-q", "-o", "cut.h5", code=4))  # nothing is lost by forgetting it
        answer = self.run_it("run", "cloud.toml", "-q", "-o", "cut.h5", "--resume", "--set", "langevin.dt=0.002", code=4)
        self.assertIn("langevin.dt: 0.001 there, 0.002 here", answer.err)


if __name__ == "__main__":
    support.main()
