#!/usr/bin/python3
"""The command line: commands, options, streams, exit codes 0, 2 and 3.   test_cli.py DRIFTWELL"""
import json
import os
import pty
import re
import subprocess
import unittest

import h5py
import numpy as np

import support

COMMANDS = ("run", "sweep", "check", "verify", "info", "list", "completion")
SERIES = ("kl", "free_energy", "mean_potential", "mean_loss", "entropy", "fisher_information", "dissipation", "mass")


class Usage(support.Cli):
    def test_no_command(self):
        for word in COMMANDS:
            self.refused(code=2, says=("driftwell --help", word))

    def test_unknown_command(self):
        self.assertIn("run, sweep, check, verify, info", self.refused("frobnicate", code=2, says='unknown command "frobnicate"'))
        for typo, meant in (("rum", "run"), ("chekc", "check"), ("lsit", "list"), ("inof", "info"), ("completoin", "completion")):
            self.refused(typo, "ou.toml", code=2, says=f"Did you mean '{meant}'?")

    def test_unknown_option(self):
        self.refused("run", "ou.toml", "--overwritten", code=2, says="--overwritten")
        self.refused("run", "ou.toml", "--frobnicate=3", code=2, says="--frobnicate")
        self.refused("--frobnicate", code=2, says="--frobnicate")
        self.refused("list", "potentials", "extra", code=2, says="extra")
        self.assertEqual(self.left(), ["ou.toml"])

    def test_missing_arguments(self):
        for command, what in (("run", "FILE"), ("check", "FILE"), ("info", "OUT.h5"), ("list", "SHELF"), ("completion", "SHELL")):
            self.refused(command, code=2, says=(what, "--help"))
        self.refused("run", "ou.toml", "-o", code=2, says="--output")
        self.refused("run", "ou.toml", "--set", code=2, says="--set")

    def test_wrong_values_of_options(self):
        for threads in ("0", "-1", "many", "99999", "1.5", ""):
            self.refused("run", "ou.toml", "--threads", threads, code=2, says="--threads")
        self.refused("run", "ou.toml", "-q", "-v", code=2)

    def test_help(self):
        for arguments in (("--help",), ("-h",)):
            done = self.run_it(*arguments)
            for command in COMMANDS:
                self.assertIn(command, done.out)
            self.assertEqual(done.err, "")
        for command in COMMANDS:
            done = self.run_it(command, "--help")
            self.assertEqual(done.err, "")
            self.assertIn("--help", done.out)
        for option in ("--output", "--set", "--threads", "--overwrite", "--json", "--quiet", "--verbose"):
            self.assertIn(option, self.run_it("run", "--help").out)

    def test_version(self):
        done = self.run_it("--version")
        self.assertRegex(done.out, r"^driftwell \d+\.\d+\.\d+ \([^\n]*\)\n$")
        self.assertEqual(done.err, "")

    def test_options_before_and_after_the_file(self):
        self.run_it("run", "--set", "time.outputs=3", "ou.toml", "-o", "a.h5", "-q")
        self.run_it("run", "-qo", "b.h5", "ou.toml", "--set=time.outputs=3")
        self.assertEqual(len(self.read("a.h5", "time")[0]), 3)
        self.assertEqual(len(self.read("b.h5", "time")[0]), 3)


class Run(support.Cli):
    def test_words_on_stderr_the_path_on_stdout(self):
        done = self.run_it("run", "ou.toml")
        self.assertEqual(done.out, "ou.h5\n")
        for word in ("fokker_planck at t = 1", "kl", "+-", "leading eigenvalue", "wrote ou.h5"):
            self.assertIn(word, done.err)
        self.assertNotIn("\033", done.err)
        self.assertNotIn("\r", done.err)
        self.assertEqual(self.left(), ["ou.h5", "ou.toml"])

    def test_quiet_and_verbose(self):
        done = self.run_it("run", "ou.toml", "-q")
        self.assertEqual((done.out, done.err), ("ou.h5\n", ""))
        done = self.run_it("run", "ou.toml", "-v", "--overwrite")
        self.assertIn("order of grid halving", done.err)

    def test_json_is_one_object(self):
        done = self.run_it("run", "ou.toml", "--json")
        self.assertEqual(done.out.count("\n"), 1)
        result = json.loads(done.out)
        self.assertEqual(set(result), {"file", "wall_seconds", "interrupted", "fokker_planck"})
        self.assertEqual((result["file"], result["interrupted"]), ("ou.h5", False))
        self.assertGreater(result["wall_seconds"], 0)
        section = result["fokker_planck"]
        expected = {"propagator", "propagator_report", "outputs", "time", "spectral_gap", "entropy_production", "warnings"}
        self.assertEqual((expected | {n + e for n in SERIES for e in ("", "_error")}) - set(section), set())
        self.assertEqual((section["outputs"], section["time"]), (11, 1.0))
        self.assertAlmostEqual(section["kl"], 0.273434935455, delta=2e-3)
        self.assertLess(abs(section["kl"] - 0.273434935455), 3 * section["kl_error"] + 1e-9)
        self.assertAlmostEqual(section["spectral_gap"][0], -1, delta=1e-3)
        for name in SERIES:
            self.assertEqual(section[name], self.read("ou.h5", name)[0][-1])
        self.assertEqual(self.run_it("run", "ou.toml", "--json", "-q", "--overwrite").err, "")

    def test_json_without_error_bars_is_still_json(self):
        done = self.run_it("run", "ou.toml", "--json", "-q", "--set", "fokker_planck.cells=4")
        json.loads(done.out, parse_constant=lambda word: self.fail(f"{word} is no JSON"))

    def test_set(self):
        self.run_it("run", "ou.toml", "-q", "--set", "time.end=2", "--set", "time.outputs=5", "--set", "model.potential=x^4/4",
                    "--set", 'title="a b"', "--set", "time.end=3", "--set", "fokker_planck.propagator=krylov")
        np.testing.assert_allclose(self.read("ou.h5", "time")[0], np.linspace(0, 3, 5), rtol=1e-15)
        self.assertEqual(self.attribute("ou.h5", "title"), "a b")
        self.assertEqual(self.attribute("ou.h5", "propagator", "fokker_planck"), "krylov")
        self.assertEqual(self.attribute("ou.h5", "experiment"), support.OU)  # the file as read, not as overridden
        resolved = json.loads(self.attribute("ou.h5", "resolved"))
        self.assertEqual((resolved["time"]["end"], resolved["model"]["potential"]), (3.0, "x^4/4"))
        self.assertIn("--set time.end=3", self.attribute("ou.h5", "command"))

    def test_wrong_set(self):
        for value, words in (("time.end=-1", "end"), ("time.ends=1", "end"), ("tim.end=1", "time"), ("time.end=", "end"),
                             ("time.end=[1", "time.end"), ("time=1", "time"), ("fokker_planck.cells=2", "cells"), ("model.potential=x^", "x^"),
                             ("model.potential={name='rign'}", "ring"), ("fokker_planck.propagator=krylof", "krylov")):
            with self.subTest(set=value):
                message = self.refused("run", "ou.toml", "--set", value, code=3, says=words)
                self.assertTrue(message.startswith("--set"), message)
                self.assertIn("^", message)
        for value in ("time.end", "=3", ""):  # no assignment at all: the command line is wrong, not the experiment
            with self.subTest(set=value):
                self.refused("run", "ou.toml", "--set", value, code=2, says=("--set", "section.key=value"))
        self.assertEqual(self.left(), ["ou.toml"])

    def test_invalid_experiment(self):
        bad = {"unknown key": ("[model]\n", "[model]\ntemprature = 2\n", "4:1"), "wrong type": ("end = 1.0", 'end = "soon"', "10:7"),
               "no TOML": ("[time]", "[time", "9:1"), "formula": ('"x^2/2"', '"x^2/2 + yy"', "5:22"),
               "name": ("cells = 200", 'cells = 200\npropagator = "kryl"', "16:14"), "missing": ("temperature = 1.0\n", "", "3:1"),
               "infinite": ('"x^2/2"', '"1/x"', None)}
        for what, (old, new, place) in bad.items():
            with self.subTest(what=what):
                self.assertIn(old, support.OU)
                cells = "cells = 200" if what != "infinite" else "cells = 201"
                self.write("bad.toml", support.OU.replace(old, new).replace("cells = 200", cells))
                for command in ("run", "check"):
                    message = self.refused(command, "bad.toml", code=3, says="bad.toml:" + (place or ""))
                    self.assertIn("^", message)
        self.assertEqual(self.left(), ["bad.toml", "ou.toml"])

    def test_threads_give_the_same_bits(self):
        short = support.LONG.replace("outputs = 4001", "outputs = 3").replace("end = 40.0", "end = 0.02")
        self.write("factor.toml", short)  # sparse factors: BLAS has threads, too
        self.write("loops.toml", short.replace("[200, 200]", "[270, 240]").replace('force = ["-y", "x"]\n', ""))  # enough for the threads of our loops
        for file in ("ou.toml", "factor.toml", "loops.toml"):
            for threads in ("1", "2"):
                self.run_it("run", file, "-q", "--threads", threads, "-o", f"{file}.{threads}.h5")
            with h5py.File(self.folder / f"{file}.1.h5") as one, h5py.File(self.folder / f"{file}.2.h5") as two:
                self.assertEqual((int(one.attrs["threads"]), int(two.attrs["threads"])), (1, 2))
                self.assertEqual(set(one["fokker_planck"]), set(two["fokker_planck"]))
                differ = [name for name in one["fokker_planck"] if one["fokker_planck"][name].dtype.kind == "f" and
                          one["fokker_planck"][name][...].tobytes() != two["fokker_planck"][name][...].tobytes()]
                self.assertEqual(differ, [], file)

    def test_numerical_failure(self):
        self.refused("run", "ou.toml", "-q", "--set", "fokker_planck.cells=[2000000000]", code=1, says=("cells", "GB"))
        self.assertEqual([name for name in self.left() if name.endswith(".h5")], [])


class Extremes(support.Cli):
    def test_numbers_that_no_computation_can_use(self):
        self.write("cloud.toml", support.OU.split("[fokker_planck]")[0] + "[langevin]\nparticles = 10\ndt = 0.01\n")
        self.refused("run", "cloud.toml", "--set", "time.end=1e300", code=3, says=["1e+302 steps of 'dt'", "at most 1e+15 steps"])
        self.refused("run", "cloud.toml", "--set", "langevin.dt=1e-300", code=3, says="steps of 'dt'")
        for temperature in ("1e300", "1e-300"):
            self.refused("run", "ou.toml", "--set", f"model.temperature={temperature}", code=3, says=[f"'temperature' is out of range: found {temperature}", "from 1e-100 to 1e100"])
        answer = self.run_it("run", "ou.toml", "-o", "cold.h5", "--set", "model.temperature=1e-90", "--set", "fokker_planck.cells=100")
        self.assertIn("narrower than a cell needs a higher temperature", answer.err)
        self.run_it("run", "ou.toml", "--set", "time.end=1e300", "-q")
        self.run_it("run", "ou.toml", "--set", "time.end=1e-300", "-q", "--overwrite")


class Check(support.Cli):
    def test_words(self):
        done = self.run_it("check", "ou.toml")
        self.assertEqual(done.err, "")
        for word in ("ou.toml: valid", "d(x) = b dt", "f = 0.5*x^2", "200 cells", "11 outputs", "MB", " s"):
            self.assertIn(word, done.out)
        self.assertEqual(self.left(), ["ou.toml"])

    def test_json(self):
        done = self.run_it("check", "ou.toml", "--json", "--set", "time.outputs=5")
        result = json.loads(done.out)
        self.assertEqual(done.out.count("\n"), 1)
        self.assertEqual(set(result), {"file", "valid", "equation", "cells", "reversible", "memory_bytes", "seconds", "resolved"})
        self.assertEqual((result["valid"], result["cells"], result["reversible"]), (True, 200, True))
        self.assertEqual(result["resolved"]["time"]["outputs"], 5)

    def test_shipped_models_are_valid(self):
        for path in sorted((support.ROOT / "models").glob("*.toml")):
            self.run_it("check", path)


class ListAndCompletion(support.Cli):
    def test_every_shelf(self):
        for shelf, some in (("potentials", "double_well"), ("propagators", "auto"), ("observables", "kl")):
            done = self.run_it("list", shelf)
            names = json.loads(self.run_it("list", shelf, "--json").out)
            self.assertEqual(done.err, "")
            self.assertGreater(len(names), 0)
            for name, summary in names.items():
                self.assertIn(name, done.out)
                self.assertGreater(len(summary), 3, name)
            self.assertIn(some, names)

    def test_models(self):
        found = json.loads(self.run_it("list", "models", "--json", cwd="/").out)
        self.assertIn("double_well_circulation.toml", {os.path.basename(path) for path in found})
        for path, summary in found.items():
            self.assertGreater(len(summary), 15, path)
            self.run_it("check", path)

    def test_a_folder_models_of_the_user_does_not_hide_the_shipped_ones(self):
        (self.folder / "models").mkdir()
        self.write("models/mine.toml", "# one of mine, not shipped\n")
        self.assertIn("double_well_circulation.toml", self.run_it("list", "models").out)

    def test_every_listed_propagator_works(self):
        for name in json.loads(self.run_it("list", "propagators", "--json").out):
            self.run_it("run", "ou.toml", "-q", "--overwrite", "--set", f"fokker_planck.propagator={name}")
            self.assertAlmostEqual(self.read("ou.h5", "kl")[0][-1], 0.2734, delta=5e-3, msg=name)

    def test_unknown_shelf(self):
        self.refused("list", "potential", code=2, says=('"potential"', "did you mean 'potentials'?"))
        self.refused("list", "--json", "flowers", code=2, says=("flowers", "propagators"))

    def test_unknown_shell(self):
        self.refused("completion", "tcsh", code=2, says=("tcsh", "bash, zsh and fish"))

    def test_completion_scripts(self):
        for shell in ("bash", "zsh", "fish"):
            done = self.run_it("completion", shell)
            self.assertEqual(done.err, "")
            for word in COMMANDS + ("overwrite", "threads", "propagators"):
                self.assertIn(word, done.out)
        script = self.run_it("completion", "bash").out
        self.assertEqual(subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).stderr, "")

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = self.run_it("completion", "bash").out
        line = " ".join(f"'{word}'" for word in words)
        ask = f'\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _driftwell; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-uc", script + ask], text=True, capture_output=True, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [word for word in done.stdout.split("\n") if word]

    def test_bash_completes(self):
        self.write("a long name.toml", support.OU)
        self.assertEqual(self.complete("driftwell", "ru"), ["run"])
        self.assertEqual(set(self.complete("driftwell", "")), {*COMMANDS, "--help", "--version"})
        self.assertEqual(self.complete("driftwell", "run", "ou"), ["ou.toml"])
        self.assertEqual(self.complete("driftwell", "run", "--ov"), ["--overwrite"])
        self.assertEqual(self.complete("driftwell", "list", "prop"), ["propagators"])
        self.assertEqual(self.complete("driftwell", "completion", "z"), ["zsh"])
        self.assertEqual(self.complete("driftwell", "run", "a l"), ["a long name.toml"])


class Terminal(support.Cli):
    def on_a_terminal(self, *arguments, **environment):
        """What the program writes to stderr when that is a terminal."""
        leader, follower = pty.openpty()
        process = self.start(*arguments, stderr=follower, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm", **environment})
        os.close(follower)
        text = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(leader)
        self.assertEqual(process.wait(), 0)
        return text.decode().replace("\r\n", "\n")

    def test_progress_line_is_cleared(self):
        text = self.on_a_terminal("run", "ou.toml")
        self.assertIn("\r\033[K", text)
        self.assertRegex(text.split("\033[K")[-1], r"^fokker_planck at t = 1\n")

    def test_no_color(self):
        for variables in ({"NO_COLOR": "1"}, {}):
            text = self.on_a_terminal("run", "ou.toml", "--overwrite", **variables)
            self.assertIsNone(re.search(r"\033\[[0-9;]*m", text), "colours")
        self.assertNotIn("\033", self.on_a_terminal("run", "ou.toml", "--overwrite", TERM="dumb"))

    def test_quiet_on_a_terminal(self):
        self.assertEqual(self.on_a_terminal("run", "ou.toml", "-q"), "")


if __name__ == "__main__":
    support.main()
