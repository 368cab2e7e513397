#!/usr/bin/python3
"""driftwell verify: tables, JSON, Markdown, group /theorems, exit codes.   test_verify.py DRIFTWELL"""
import json
import unittest

import h5py

import support


class Verify(support.Cli):
    ONE = ("--set", 'verify.theorems=["monotone_kl"]')

    def test_table(self):
        done = self.run_it("verify", "ou.toml", *self.ONE)
        self.assertIn("1 holds", done.out)
        self.assertIn("monotone_kl", done.out)
        self.assertNotIn("\x1b", done.out)  # no colour into a pipe
        self.assertEqual(self.left(), ["ou.toml"])
        self.assertIn("all rates are >= 0", self.run_it("verify", "ou.toml", "-v", *self.ONE).out)

    def test_all_theorems(self):
        done = self.run_it("verify", "ou.toml", "--json")
        names = [t["theorem"] for t in json.loads(done.out)["theorems"]]
        self.assertEqual(names, list(json.loads(self.run_it("list", "theorems", "--json").out)))

    def test_json(self):
        theorem = json.loads(self.run_it("verify", "ou.toml", "--json", *self.ONE).out)["theorems"][0]
        self.assertEqual(theorem["verdict"], "holds")
        claim = theorem["claims"][0]
        self.assertLess(claim["left"]["value"], claim["right"]["value"])
        self.assertGreater(claim["tolerance"], 0)
        self.assertEqual({h["state"] for h in claim["hypotheses"]}, {"met"})

    def test_expectation(self):
        self.run_it("verify", "ou.toml", *self.ONE, "--set", 'verify.expect={monotone_kl="holds"}')
        done = self.run_it("verify", "ou.toml", *self.ONE, "--set", 'verify.expect={monotone_kl="violated"}', code=5)
        self.assertIn("expected: violated", done.out)
        self.refused("verify", "ou.toml", "--set", 'verify.expect={monotone="holds"}', code=3, says="monotone_kl")

    def test_result_file(self):
        self.run_it("run", "ou.toml", *self.ONE, "-o", "a.h5")
        self.run_it("verify", "ou.toml", *self.ONE, "-o", "b.h5")
        rows = []
        for name in ("a.h5", "b.h5"):
            with h5py.File(self.folder / name) as file:
                group = file["theorems"]
                rows.append((group["verdict"][0], group["left"][0], group["tolerance"][0], group["claim"][0]))
        self.assertEqual(rows[0], rows[1])
        # the experiment inside a result file, with its overrides
        self.assertIn("2 hold", self.run_it("verify", "a.h5").out)  # and the series in it
        self.refused("verify", "ou.toml", "ou.toml", "-o", "c.h5", code=2, says="one experiment")

    def altered(self, dataset, change, code=5):
        """What verify says of a result whose numbers were changed afterwards."""
        self.run_it("run", "ou.toml", "--overwrite", *self.ONE, "-o", "a.h5")
        with h5py.File(self.folder / "a.h5", "r+") as file:
            change(file[dataset])
        theorems = json.loads(self.run_it("verify", "a.h5", "--json", code=code).out)["theorems"]
        return {c["name"]: c["verdict"] for t in theorems if t["theorem"] == "stored_series" for c in t["claims"]}

    def test_altered_result(self):
        def raised(share, index):
            def change(series):
                series[index] *= 1 + share
            return change

        untouched = self.altered("fokker_planck/kl", lambda series: None, code=0)
        self.assertEqual(untouched, {name + "_density": "holds" for name in ("falls", "free_energy", "one_constant", "anew")})
        found = self.altered("fokker_planck/kl", raised(1e-9, 2))  # by the identity, to rounding
        self.assertEqual(found["one_constant_density"], "violated")
        self.assertEqual(found["falls_density"], "holds")
        found = self.altered("fokker_planck/kl", raised(1e3, -1))
        self.assertEqual([found["falls_density"], found["anew_density"]], ["violated", "violated"])
        found = self.altered("fokker_planck/entropy", raised(1e-8, 1))
        self.assertEqual([found["free_energy_density"], found["one_constant_density"]], ["violated", "holds"])
        found = self.altered("fokker_planck/dissipation", raised(0.1, 1))
        self.assertEqual(found, {"falls_density": "holds", "free_energy_density": "holds", "one_constant_density": "holds", "anew_density": "violated"})

    def test_altered_cloud(self):
        def raised(series):
            series[-1] += 5

        self.ONE = self.ONE + ("--set", "langevin={particles=2000, dt=0.01}")
        self.assertNotIn("violated", self.altered("langevin/kl", lambda series: None, code=0).values())
        found = self.altered("langevin/kl", raised)
        self.assertEqual([found["falls_cloud"], found["falls_density"]], ["violated", "holds"])

    def test_markdown(self):
        self.run_it("verify", "ou.toml", "ou.toml", "--markdown", "a.md", *self.ONE)
        with open(self.folder / "a.md", encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.count("| theorem | verdict |"), 2)
        self.assertIn("holds", text)
        self.refused("verify", "ou.toml", "--markdown", "none/a.md", *self.ONE, code=4, says="none/a.md")


if __name__ == "__main__":
    support.main()
