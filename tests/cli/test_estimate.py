#!/usr/bin/python3
"""[langevin] with method = "multilevel" and "extrapolation": what the file and --json say.   test_estimate.py DRIFTWELL"""
import json
import math

import h5py

import support

WELL = """\
[model]
variables = ["x"]
potential = "x^2/2"
temperature = 0.5
[initial]
point = 1.5
[time]
end = 1.0
[langevin]
dt = 0.125
method = "multilevel"
estimate = "x^2"
standard_error = 4e-3
"""
EXACT = 2.25 * math.exp(-2) + 0.5 * (1 - math.exp(-2))


class Estimate(support.Cli):
    def setUp(self):
        super().setUp()
        self.write("well.toml", WELL)

    def test_file_and_json_agree_and_are_right(self):
        for method in ("multilevel", "extrapolation"):
            answer = self.run_it("run", "well.toml", "-q", "--json", "--overwrite", "-o", "w.h5", "--set", f"langevin.method={method}")
            said = json.loads(answer.out)["langevin"]
            with h5py.File(self.folder / "w.h5") as file:
                group = file["langevin"]
                for name in ("estimate", "estimate_stderr", "estimate_bias"):
                    self.assertEqual(group.attrs[name], said[name])
                for name in ("dt", "particles", "mean", "variance", "cost"):
                    self.assertEqual(list(group[name]), said["levels"][name])
                self.assertNotIn("mean_potential", group)
            error = math.hypot(said["estimate_stderr"], said["estimate_bias"])
            self.assertLessEqual(error, 4e-3)
            self.assertLess(abs(said["estimate"] - EXACT), 4 * error)

    def test_momenta_and_a_density_beside(self):
        phase = WELL.replace("[initial]", "friction = 1\n[initial]").replace('"x^2"', '"p_x^2"').replace("end = 1.0", "end = 20.0")
        self.write("phase.toml", phase)
        said = json.loads(self.run_it("run", "phase.toml", "-q", "--json").out)["langevin"]
        self.assertLess(abs(said["estimate"] - 0.5), 4 * math.hypot(said["estimate_stderr"], said["estimate_bias"]))
        self.write("both.toml", WELL + '[fokker_planck]\nlower = -4\nupper = 4\ncells = 64\n')
        said = json.loads(self.run_it("run", "both.toml", "-q", "--json").out)
        self.assertNotIn("comparison", said)
        answer = self.run_it("check", "both.toml", "--set", "langevin.estimate=x+z", code=3)
        self.assertIn("unknown name 'z'", answer.err)


if __name__ == "__main__":
    support.main()
