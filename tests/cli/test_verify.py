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
        self.assertIn("1 holds", self.run_it("verify", "a.h5").out)
        self.refused("verify", "ou.toml", "ou.toml", "-o", "c.h5", code=2, says="one experiment")

    def test_markdown(self):
        self.run_it("verify", "ou.toml", "ou.toml", "--markdown", "a.md", *self.ONE)
        with open(self.folder / "a.md", encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.count("| theorem | verdict |"), 2)
        self.assertIn("holds", text)
        self.refused("verify", "ou.toml", "--markdown", "none/a.md", *self.ONE, code=4, says="none/a.md")


if __name__ == "__main__":
    support.main()
