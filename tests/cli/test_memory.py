#!/usr/bin/python3
"""--memory and memory_limit: refusals with advice that fits, and iterations where elimination does not.   test_memory.py DRIFTWELL"""
import json
import re

import support

PASSAGES = """\
[model]
variables = ["x", "y"]
potential = "(x^2-1)^2/4 + y^2/2"
force = ["-y", "x"]
temperature = 0.3
[stationary]
lower = [-2.5, -2.5]
upper = [2.5, 2.5]
cells = 160
eigenvalues = 0
source = "x < -0.83"
target = "x > 0.77"
"""
DENSITY = """\
[model]
variables = ["x", "y"]
force = ["x - x^3 - y", "x - y"]
temperature = 0.4
[initial]
gaussian = { mean = [-1, 0], std = 0.3 }
[time]
end = 0.2
outputs = 3
[fokker_planck]
lower = [-2.5, -2.5]
upper = [2.5, 2.5]
cells = 160
"""
NUMBERS = ("mean_first_passage_time_from_source", "first_passage_variance_from_source", "reactive_rate", "rate_source_to_target", "reactive_duration",
           "entropy_production")


class Memory(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("passages.toml", PASSAGES)
        self.write("density.toml", DENSITY)

    def refusal(self, file, *options):
        error = self.refused("run", file, "-q", *options, code=1, says=("about", "GB", "memory_limit leaves", "would fit"))
        self.assertEqual([name for name in self.left() if name.endswith(".h5")], [])
        return error

    def test_what_does_not_fit_at_all_is_refused_and_the_advice_fits(self):
        error = self.refusal("passages.toml", "--memory", "0.08", "--set", "stationary.cells=1000")
        advised = re.search(r"cells = ([0-9 x]+) would fit", error)
        self.assertIsNotNone(advised, error)
        cells = [int(n) for n in advised[1].split("x")]
        self.assertEqual(len(cells), 2)
        self.assertLess(cells[0], 1000)
        self.run_it("run", "passages.toml", "-q", "--memory", "0.08", "--set", f"stationary.cells={cells}")

    def test_the_key_is_as_good_as_the_option(self):
        self.write("limited.toml", PASSAGES.replace("[model]", "memory_limit = 0.08\n[model]"))
        self.refusal("limited.toml", "--set", "stationary.cells=1000")

    def test_elimination_on_demand_is_refused_with_the_way_out(self):
        error = self.refusal("passages.toml", "--memory", "0.052", "--set", "stationary.method=state_reduction")
        self.assertIn('method = "iterative"', error)

    def test_stationary_falls_over_to_iterations_with_the_same_numbers(self):
        said = [json.loads(self.run_it("run", "passages.toml", "-q", "--json", "--overwrite", "-o", f"{name}.h5", *options).out)["stationary"]
                for name, options in (("all", ()), ("little", ("--memory", "0.052")))]
        self.assertEqual([s["steady_state_method"] for s in said], ["state_reduction", "iterative"])
        for name in NUMBERS:
            self.assertLess(abs(said[1][name] / said[0][name] - 1), 1e-8, name)
        self.assertEqual(self.attribute("all.h5", "first_passage_error_bound", "stationary"), 0)
        for bound in ("first_passage_error_bound", "committor_error_bound"):
            self.assertGreater(self.attribute("little.h5", bound, "stationary"), 0)
            self.assertLess(self.attribute("little.h5", bound, "stationary"), 1e-9)

    def test_a_density_refuses_or_finds_its_steady_state_by_aggregation(self):
        self.refusal("density.toml", "--memory", "0.03", "--set", "fokker_planck.cells=600")
        said = [json.loads(self.run_it("run", "density.toml", "-q", "--json", "--overwrite", "-o", f"{name}.h5", *options).out)["fokker_planck"]
                for name, options in (("all", ()), ("little", ("--memory", "0.06")))]
        rows = [self.read(f"{name}.h5", "kl", "kl_error", "steady_state") for name in ("all", "little")]
        self.assertLess(abs(rows[0][0] - rows[1][0]).max(), rows[0][1].max() + rows[1][1].max())
        self.assertLess(abs(rows[0][0] - rows[1][0]).max(), 1e-7)
        self.assertLess(abs(rows[0][2] - rows[1][2]).max(), 1e-9)
        self.assertEqual(len(said), 2)


if __name__ == "__main__":
    support.main()
