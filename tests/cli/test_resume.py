#!/usr/bin/python3
"""--resume: after a kill at any moment the same bits as an uninterrupted run.   test_resume.py DRIFTWELL"""
import contextlib
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

# Everything that looks at the replicas while they run: first passages, directions, spectra, velocities, places in an epoch, a schedule.
SGD = """\
[sgd]
dataset = { name = "teacher", samples = 101, features = 6, seed = 4 }
loss = "linear_regression"
learning_rate = { t = [0, 1000], value = [0.02, 0.01] }
batch_size = 7
sampling = "epochs"
momentum = 0.5
replicas = 40
steps = 6000
outputs = 13
snapshots = 4
minimum = true
target = "distance > 0.2"
target_every = 3
directions = "principal"
spectrum = true
spectrum_every = 5
spectrum_length = 64
checkpoint_seconds = 0.05
"""

SWEEP = """\
[sgd]
loss = { name = "quadratic", hessian = [[1.0]] }
learning_rate = 0.1
replicas = 500
steps = 4000
start = "zero"
noise = false
minimum = true
checkpoint_seconds = 0.05
[sweep]
sgd.learning_rate = [0.05, 0.1, 3.0, 0.2]
sgd.batch_size = [1, 4, 16]
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
standard_error = 2e-4
particles = 20000
dt = 0.1
checkpoint_seconds = 0.05
"""


class Resume(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("cloud.toml", CLOUD)
        self.write("sgd.toml", SGD)
        self.write("sweep.toml", SWEEP)

    def same_results(self, first, second):
        """Every number and text of every group, to the bit."""
        def numbers(file):
            found = {}
            for group in file.values():
                found.update({f"{group.name}@{name}": repr(value) for name, value in group.attrs.items() if name not in ("_NCProperties",)})
                found.update({item.name: repr(item[...].tolist()) if item.dtype.kind == "O" else item[...].tobytes() for item in group.values()})
            return found
        with h5py.File(self.folder / first) as a, h5py.File(self.folder / second) as b:
            whole, cut = numbers(a), numbers(b)
        self.assertEqual(set(whole), set(cut))
        self.assertEqual([name for name in whole if whole[name] != cut[name]], [])

    def the_same_bits_after_kills(self, command, experiment):
        for name in ("whole.h5", "cut.h5"):
            (self.folder / name).unlink(missing_ok=True)
        self.run_it(command, experiment, "-q", "-o", "whole.h5")
        dice, kills = random.Random(5), 0
        for attempt in range(30):
            process = self.start(command, experiment, "-q", "-o", "cut.h5", "--resume", "--threads", str(1 + attempt % 2))
            try:
                process.wait(timeout=dice.uniform(0.05, 0.2) * (0.5 + attempt / 4))  # a fast machine is stopped once at least, a busy one gets further in the end
            except Exception:
                process.kill()
                process.wait()
                kills += 1
                if (self.folder / "cut.h5").exists() and not any("checkpoint" in f for f in self.left()):
                    break  # the kill came between the last act and the exit: the result is complete
                continue
            self.assertEqual(process.returncode, 0, process.stderr.read())
            break
        else:
            self.run_it(command, experiment, "-q", "-o", "cut.h5", "--resume")
        self.assertGreater(kills, 1)
        self.same_results("whole.h5", "cut.h5")
        self.assertFalse([f for f in self.left() if "checkpoint" in f], "a complete run takes its checkpoints away")

    def test_particles(self):
        self.the_same_bits_after_kills("run", "cloud.toml")

    def test_time_series(self):
        self.write("series.toml", SERIES)
        self.the_same_bits_after_kills("run", "series.toml")

    def test_estimates(self):
        for method in ("multilevel", "extrapolation"):
            with self.subTest(method):
                self.write("mean.toml", MEAN.replace("METHOD", method))
                self.the_same_bits_after_kills("run", "mean.toml")

    def test_sgd(self):
        self.the_same_bits_after_kills("run", "sgd.toml")

    def test_points_of_a_sweep(self):
        self.the_same_bits_after_kills("sweep", "sweep.toml")

    def killed(self, *arguments, after):
        """Kills a run as soon as `after()` is true."""
        process = self.start(*arguments)
        limit = time.monotonic() + 60
        while not after() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        process.kill()
        process.wait()
        self.assertEqual(process.returncode, -signal.SIGKILL, "the run was over before the kill")

    def generations(self, stem="cut.h5"):
        return [(self.folder / f"{stem}.checkpoint.{k}").exists() for k in (0, 1)]

    def checkpoints(self, stem="cut.h5"):
        """The content of those that are there, also while a run puts others in their place."""
        for k in (0, 1):
            with contextlib.suppress(FileNotFoundError):
                yield (self.folder / f"{stem}.checkpoint.{k}").read_bytes()

    def test_points_that_are_done_are_not_computed_again(self):
        long = ("--set", "sweep.sgd.learning_rate=[0.1]", "--set", "sgd.steps=8000", "--set", "sgd.replicas=1000", "--set", "sweep.files=true")
        self.killed("sweep", "sweep.toml", "-q", "-o", "cut.h5", *long, after=lambda: any(self.generations()) and (self.folder / "cut_point_0001.h5").exists())
        first = self.folder / "cut_point_0000.h5"
        before = first.stat().st_mtime_ns
        self.run_it("sweep", "sweep.toml", "-q", "-o", "cut.h5", "--resume", *long)
        self.assertEqual(first.stat().st_mtime_ns, before)
        self.run_it("sweep", "sweep.toml", "-q", "-o", "whole.h5", *long)
        self.same_results("whole.h5", "cut.h5")
        self.same_results("whole_point_0002.h5", "cut_point_0002.h5")

    def test_damaged_and_foreign_checkpoints_of_sgd(self):
        self.write("data.csv", "\n".join(f"{i % 7},{i % 3},{i % 5}" for i in range(60)))
        own = ("--set", 'sgd.dataset="data.csv"')
        self.killed("run", "sgd.toml", "-q", "-o", "cut.h5", *own, after=lambda: all(self.generations()))
        answer = self.run_it("run", "sgd.toml", "-q", "-o", "cut.h5", "--resume", *own, "--set", "sgd.momentum=0.9", code=4)
        self.assertIn("sgd.momentum: 0.5 there, 0.9 here", answer.err)
        text = (self.folder / "data.csv").read_text()
        self.write("data.csv", text.replace("6,0,1", "6,0,2", 1))
        self.assertIn("the data set has changed", self.run_it("run", "sgd.toml", "-q", "-o", "cut.h5", "--resume", *own, code=4).err)
        self.write("data.csv", text)
        files = [self.folder / f"cut.h5.checkpoint.{k}" for k in (0, 1)]
        good = [file.read_bytes() for file in files]
        for file, content in zip(files, good):
            file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        self.assertIn("is damaged or cut short", self.run_it("run", "sgd.toml", "-q", "-o", "cut.h5", "--resume", *own, code=4).err)
        files[0].write_bytes(good[0])
        answer = self.run_it("run", "sgd.toml", "-o", "cut.h5", "--resume", *own)
        self.assertIn("resumed from the older checkpoint", answer.err)
        self.run_it("run", "sgd.toml", "-q", "-o", "whole.h5", *own)
        self.same_results("whole.h5", "cut.h5")

    def test_a_new_run_does_not_trust_an_older_checkpoint(self):
        self.killed("run", "sgd.toml", "-q", "-o", "cut.h5", after=lambda: all(self.generations()))
        old = set(self.checkpoints())
        # One file alone proves nothing: it may be an old one, the other just removed.
        self.killed("run", "sgd.toml", "-q", "-o", "cut.h5", "--overwrite", "--set", "sgd.seed=2", after=lambda: set(self.checkpoints()) - old)
        self.run_it("run", "sgd.toml", "-q", "-o", "cut.h5", "--resume", "--set", "sgd.seed=2")
        self.run_it("run", "sgd.toml", "-q", "-o", "whole.h5", "--set", "sgd.seed=2")
        self.same_results("whole.h5", "cut.h5")

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
