#!/usr/bin/python3
"""What `driftwell check` says a run of SGD will take, against the processor time that it does take.   test_outlook.py DRIFTWELL"""
import json
import os
import resource

import support

MODELS = ["sgd_quadratic", "sgd_logistic_diffusion", "sgd_logistic_breast_cancer", "sgd_linear_regression", "sgd_escape_double_well", "sgd_mlp_digits"]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Outlook(support.Cli):
    def test_within_a_factor_of_three(self):
        one_thread = {"env": {**os.environ, "OMP_NUM_THREADS": "1"}}
        wrong = []
        for model in MODELS:
            path = support.ROOT / "models" / f"{model}.toml"
            said = json.loads(self.run_it("check", path, "--json", **one_thread).out)["seconds"]
            before = processor_seconds()
            self.run_it("run", path, "-q", "-o", f"{model}.h5", timeout=600, **one_thread)
            took = processor_seconds() - before
            print(f"{model:<28} said {said:8.3f} s, took {took:8.3f} s, ratio {took / said:.2f}")
            if not 1 / 3 < took / said < 3 and abs(took - said) > 1:  # a second more is no surprise: starting and writing are not counted
                wrong.append(model)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    support.main()
