#!/usr/bin/python3
"""Where results go and what happens when they cannot: exit code 4, odd paths, full disks.   test_output.py DRIFTWELL"""
import os
import subprocess
import unittest
from pathlib import Path

import h5py
import numpy as np

import support


class Refused(support.Cli):
    def test_missing_experiment(self):
        for command in ("run", "check"):
            self.refused(command, "none.toml", code=4, says=("none.toml", "no such file"))
            self.refused(command, "uo.toml", code=4, says="did you mean 'ou.toml'?")
            self.refused(command, ".", code=4)
        self.assertEqual(self.left(), ["ou.toml"])

    def test_existing_output(self):
        self.write("ou.h5", "an old result")
        self.refused("run", "ou.toml", code=4, says=("ou.h5", "--overwrite"))
        self.assertEqual((self.folder / "ou.h5").read_text(), "an old result")
        self.assertEqual(self.left(), ["ou.h5", "ou.toml"])
        self.run_it("run", "ou.toml", "-q", "--overwrite")
        self.assertEqual(self.attribute("ou.h5", "title"), "OU")
        self.assertEqual(self.left(), ["ou.h5", "ou.toml"])

    def test_existing_output_survives_a_run_that_fails(self):
        self.write("ou.h5", "an old result")
        self.refused("run", "ou.toml", "--overwrite", "--set", "model.potential=log(x+7)", code=3)
        self.assertEqual((self.folder / "ou.h5").read_text(), "an old result")

    def test_output_that_cannot_be(self):
        (self.folder / "folder").mkdir()
        self.refused("run", "ou.toml", "-o", "folder", code=4, says=("folder", "directory"))
        self.refused("run", "ou.toml", "-o", "folder/", code=4, says="folder/")
        self.refused("run", "ou.toml", "-o", "none/ou.h5", code=4, says=("none", "does not exist"))
        self.refused("run", "ou.toml", "-o", "ou.toml/x.h5", code=4, says="not a directory")
        self.refused("run", "ou.toml", "-o", "/dev/null", code=4, says="not a regular file")
        self.refused("run", "ou.toml", "-o", "x" * 300 + ".h5", code=4)
        self.refused("run", "ou.toml", "-o", "ou.toml", code=4, says="exists")
        self.assertEqual(self.left(), ["folder", "ou.toml"])

    def test_unwritable_folder(self):
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        self.refused("run", "ou.toml", code=4, says=("ou.h5", "cannot write", "Permission denied"), **support.as_nobody())

    def test_unreadable_experiment(self):
        self.folder.chmod(0o777)
        (self.folder / "ou.toml").chmod(0)
        self.refused("run", "ou.toml", code=4, says=("ou.toml", "Permission denied"), **support.as_nobody())

    def test_a_bad_output_is_refused_before_the_long_computation(self):
        self.write("long.toml", support.LONG)
        self.write("long.h5", "old")
        self.refused("run", "long.toml", code=4, says="exists")

    def test_overwriting_the_experiment_itself(self):
        self.refused("run", "ou.toml", "-o", "ou.toml", "--overwrite", code=4)
        self.assertEqual((self.folder / "ou.toml").read_text(), support.OU)


class Paths(support.Cli):
    def test_spaces_and_unicode(self):
        for name in ("with space.toml", "Doppelmulde ψ é 山.toml", "it's \"quoted\".toml", "-dash.toml", "no_suffix", "a.b.c.toml"):
            with self.subTest(name=name):
                self.write(name, support.OU)
                argument = f"./{name}" if name.startswith("-") else name
                out = Path(name).stem + ".h5"
                self.assertEqual(self.run_it("run", argument, "-q").out, out + "\n")
                self.assertEqual(self.attribute(out, "title"), "OU")
                self.assertIn(name, self.attribute(out, "command"))
                self.run_it("info", f"./{out}", "--json")
        (self.folder / "ä b").mkdir()
        self.assertEqual(self.run_it("run", "ou.toml", "-q", "-o", "ä b/ö ü.h5").out, "ä b/ö ü.h5\n")

    def test_a_name_that_is_not_utf8(self):
        name = os.fsdecode(b"caf\xe9.toml")
        self.write(name, support.OU)
        self.run_it("run", name, "-q", "--json", errors="surrogateescape")
        self.assertIn(os.fsdecode(b"caf\xe9.h5"), self.left_raw())
        self.refused("run", name, "-q", "--set", "time.end=-1", code=3, errors="surrogateescape")

    def left_raw(self):
        return os.listdir(self.folder)

    def test_dashes_before_the_file(self):
        self.write("-dash.toml", support.OU)
        self.run_it("run", "-q", "-o", "dash.h5", "--", "-dash.toml")

    def test_another_working_directory(self):
        done = self.run_it("run", self.folder / "ou.toml", "-q", "-o", self.folder / "there.h5", cwd="/")
        self.assertEqual(done.out, f"{self.folder}/there.h5\n")
        (self.folder / "sub").mkdir()
        self.run_it("run", "../ou.toml", "-q", cwd=self.folder / "sub")
        self.assertEqual(self.left(), ["ou.toml", "sub", "sub/ou.h5", "there.h5"])

    def test_the_last_cloud_of_a_run_starts_another(self):
        kinetic = """
[model]
variables = ["q"]
potential = "q^2/2"
friction = 1.0
temperature = 1.0
[initial]
point = [3.0]
[time]
end = 0.5
outputs = 3
[langevin]
particles = 500
dt = 0.01
snapshots = 2
"""
        self.write("first.toml", kinetic)
        self.run_it("run", "first.toml", "-q")
        self.write("second.toml", kinetic.replace("point = [3.0]", 'samples = { file = "first.h5", dataset = "langevin/sample" }'))
        self.run_it("run", "second.toml", "-q")
        (last,), (start,) = (self.read(name, "sample", group="langevin") for name in ("first.h5", "second.h5"))
        np.testing.assert_array_equal(last[-1], start[0])  # positions and momenta
        self.refused("run", "second.toml", "--set", "model.variables=[\"a\", \"b\", \"c\"]", "--set", "model.potential=a^2+b^2+c^2", "-o", "x.h5", code=3, says="(2, 500, 2)")

    def test_samples_are_found_beside_the_experiment(self):
        with h5py.File(self.folder / "cloud.h5", "w") as file:
            file["sample"] = [[0.5], [1.0], [1.5]] * 50
        self.write("cloud.toml", support.OU.replace("gaussian = { mean = 2, std = 0.5 }", 'samples = "cloud.h5"'))
        self.run_it("run", self.folder / "cloud.toml", "-q", "-o", self.folder / "from_cloud.h5", cwd="/")
        self.assertAlmostEqual(self.read("from_cloud.h5", "mean")[0][0, 0], 1.0, delta=0.05)

    def test_experiment_from_a_pipe(self):
        done = self.run_it("run", "/dev/stdin", "-q", "-o", "piped.h5", stdin=open(self.folder / "ou.toml"))
        self.assertEqual(done.out, "piped.h5\n")

    def test_output_through_a_link(self):
        (self.folder / "real").mkdir()
        (self.folder / "link.h5").symlink_to("real/target.h5")
        self.run_it("run", "ou.toml", "-q", "-o", "link.h5")
        self.assertTrue((self.folder / "link.h5").is_symlink())
        self.assertEqual(self.attribute("real/target.h5", "title"), "OU")


class Streams(support.Cli):
    def test_stdout_closed(self):
        """A reader that has gone, as in `driftwell list observables | head -0`: no crash, no traceback."""
        for arguments in (("list", "observables"), ("check", "ou.toml"), ("run", "ou.toml", "-q", "--overwrite"), ("--help",)):
            with self.subTest(arguments=arguments):
                reading, writing = os.pipe()
                os.close(reading)
                process = self.start(*arguments, stdout=writing)
                os.close(writing)
                err = process.communicate(timeout=20)[1]
                self.assertIn(process.returncode, (0, 4, -13), err)  # -13: SIGPIPE, as other programs do
                self.assertNotIn("internal error", err)
                self.assertLessEqual(err.count("\n"), 1)
        self.assertEqual(self.attribute("ou.h5", "stop_reason"), "reached the end time")

    def test_no_stdout_at_all(self):
        command = f"'{support.program()}' run ou.toml >&-"
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 4), done.stderr)
        self.assertNotIn("internal error", done.stderr)
        self.assertEqual(self.attribute("ou.h5", "title"), "OU")
        self.assertEqual(self.left(), ["ou.h5", "ou.toml"])

    def test_all_streams_closed(self):
        """The result file must not get the number of a standard stream and words written into it."""
        command = f"'{support.program()}' run ou.toml -v --json <&- >&- 2>&-"
        subprocess.run(["bash", "-c", command], cwd=self.folder, capture_output=True)
        self.assertEqual(self.left(), ["ou.h5", "ou.toml"])
        self.assertEqual(len(self.read("ou.h5", "kl")[0]), 11)

    def test_full_stdout(self):
        done = self.run_it("list", "observables", stdout=open("/dev/full", "w"), code=4)
        self.assertIn("driftwell: error: ", done.err)


@unittest.skipUnless(os.geteuid() == 0, "mounting a small tmpfs needs root")
class FullDisk(support.Cli):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", self.disk], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"cannot mount: {done.stderr}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)

    def test_disk_full_while_writing(self):
        self.run_it("run", "ou.toml", "-q", "-o", "disk/old.h5", "--set", "fokker_planck.snapshots=1", "--set", "time.outputs=2",
                    "--set", "fokker_planck.cells=16")
        old = (self.disk / "old.h5").read_bytes()
        message = self.refused("run", "ou.toml", "-q", "-o", "disk/old.h5", "--overwrite", "--set", "fokker_planck.cells=4000",
                               "--set", "fokker_planck.snapshots=101", "--set", "time.outputs=101", code=4,
                               says=("disk/old.h5", "No space left on device"))
        self.assertEqual(message.count("\n"), 1)
        self.assertEqual((self.disk / "old.h5").read_bytes(), old)
        part = self.disk / "old.h5.part"
        if part.exists():
            with h5py.File(part) as file:
                list(file.attrs)
        self.assertFalse((self.disk / "old.h5.part.lock").exists())

    def test_disk_full_from_the_start(self):
        filler = os.open(self.disk / "filler", os.O_WRONLY | os.O_CREAT)
        self.addCleanup(os.close, filler)
        try:
            while os.write(filler, bytes(4096)):
                pass
        except OSError:
            pass
        self.refused("run", "ou.toml", "-q", "-o", "disk/ou.h5", code=4, says=("disk/ou.h5", "No space left on device"))
        self.assertEqual(self.left(), ["disk", "disk/filler", "ou.toml"])

    def test_read_only_disk(self):
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        self.refused("run", "ou.toml", "-q", "-o", "disk/ou.h5", code=4, says=("disk", "Read-only file system"))


if __name__ == "__main__":
    support.main()
