#!/usr/bin/python3
"""`driftwell info`: on a result, and on everything that is none.   test_info.py DRIFTWELL"""
import json
import os
import random
import shutil
import unittest

import h5py
import numpy as np

import support


class Info(support.Cli):
    def setUp(self):
        super().setUp()
        self.run_it("run", "ou.toml", "-q")

    def test_text(self):
        done = self.run_it("info", "ou.h5")
        self.assertEqual(done.err, "")
        for word in ("ou.h5\n", "title", "OU", "stop_reason", "reached the end time", "/fokker_planck", "spectral_gap",
                     "kl", "(time: 11)", "(snapshot_time: 11, x: 200)"):
            self.assertIn(word, done.out)
        kl = self.read("ou.h5", "kl")[0]
        self.assertIn(f"{kl[0]:.8g} .. {kl[-1]:.8g}", done.out)
        self.assertLess(max(len(line) for line in done.out.splitlines()), 160)

    def test_json(self):
        done = self.run_it("info", "ou.h5", "--json")
        self.assertEqual((done.err, done.out.count("\n")), ("", 1))
        result = json.loads(done.out)
        self.assertEqual(set(result), {"file", "attributes", "groups"})
        self.assertEqual(result["attributes"]["experiment"], support.OU)
        self.assertEqual(json.loads(result["attributes"]["resolved"])["fokker_planck"]["cells"], [200])
        group = result["groups"]["fokker_planck"]
        self.assertEqual(group["variables"]["density"], {"dimensions": ["snapshot_time", "x"], "shape": [11, 200]})
        self.assertAlmostEqual(group["attributes"]["spectral_gap"][0], -1, delta=1e-3)
        with h5py.File(self.folder / "ou.h5") as file:
            self.assertEqual(set(result["attributes"]), set(file.attrs))

    def one_line(self, path, *says):
        """Exit code 4 and one line that names the file, as words and with --json."""
        for options in ((), ("--json",)):
            message = self.refused("info", path, *options, code=4, says=(str(path), *says))
            self.assertEqual(message.count("\n"), 1, message)

    def test_missing_file_and_directory(self):
        self.one_line("none.h5")
        self.one_line("none/of/it.h5")
        self.one_line(".")
        self.one_line("/dev/null")

    def test_file_without_permission(self):
        if not support.as_nobody():
            self.skipTest("needs root")
        os.chmod(self.folder, 0o755)
        (self.folder / "ou.h5").chmod(0)
        self.refused("info", "ou.h5", code=4, says="ou.h5", **support.as_nobody())

    def test_foreign_files(self):
        self.one_line("ou.toml")
        self.write("empty.h5", "")
        self.one_line("empty.h5")
        (self.folder / "noise.h5").write_bytes(random.Random(1).randbytes(100_000))
        self.one_line("noise.h5")
        (self.folder / "signature.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(4000))
        self.one_line("signature.h5")

    def test_foreign_hdf5_file(self):
        with h5py.File(self.folder / "foreign.h5", "w") as file:
            file["numbers"] = np.arange(5)
            file["group/deep/inside"] = np.eye(3)
            file["group/text"] = ["a", "b"]
            file.attrs["complex"] = 1j
            file["dangling"] = h5py.SoftLink("/nowhere")
            file["group/empty"] = h5py.Empty("f8")
        self.run_it("info", "foreign.h5")
        json.loads(self.run_it("info", "foreign.h5", "--json").out)

    def test_truncated_file(self):
        whole = (self.folder / "ou.h5").read_bytes()
        for share in (0.01, 0.3, 0.6, 0.9, 0.999):
            (self.folder / "cut.h5").write_bytes(whole[: int(len(whole) * share)])
            self.one_line("cut.h5")

    def test_damaged_file_never_crashes_the_program(self):
        whole, rng = (self.folder / "ou.h5").read_bytes(), random.Random(7)
        for k in range(40):
            damaged = bytearray(whole)
            for _ in range(20):
                damaged[rng.randrange(2000)] = rng.randrange(256)
            (self.folder / "bad.h5").write_bytes(damaged)
            process = self.start("info", "bad.h5")
            out, err = process.communicate(timeout=20)
            self.assertIn(process.returncode, (0, 4), (k, err))
            if process.returncode == 4:
                self.assertEqual(err.count("\n"), 1, err)

    def test_values_json_cannot_hold(self):
        shutil.copy(self.folder / "ou.h5", self.folder / "nan.h5")
        with h5py.File(self.folder / "nan.h5", "a") as file:
            file.attrs["a"], file.attrs["b"], file.attrs["c"] = float("nan"), float("inf"), np.bytes_(b"caf\xe9")
        done = self.run_it("info", "nan.h5", "--json")
        json.loads(done.out, parse_constant=lambda word: self.fail(f"{word} is no JSON"))
        self.run_it("info", "nan.h5")


if __name__ == "__main__":
    support.main()
