"""Euler-Maruyama with NumPy in a process of its own: langevin_numpy.py SPEC.json, prints JSON. Blocks of particles that stay in the
cache. Timed: start, steps and the mean; not starting Python and importing."""
import json
import sys
import time

import numpy as np

import langevin_problems


def main():
    spec = json.loads(sys.argv[1])
    problem = langevin_problems.load(spec["problem"])
    start = time.perf_counter()
    random = np.random.default_rng(spec["seed"])
    block, scale = max(64, 8192 // problem.dimension), np.sqrt(2 * problem.temperature * problem.dt)
    values = []
    for first in range(0, problem.particles, block):
        n = min(block, problem.particles - first)
        x = np.repeat(problem.start[:, None], n, axis=1) + problem.std * random.standard_normal((problem.dimension, n))
        noise = np.empty_like(x)
        for _ in range(problem.steps):
            random.standard_normal(out=noise)
            noise *= scale
            x += problem.dt * problem.drift(x) + noise
        values.append(problem.loss(x))
    f = np.concatenate(values)
    print(json.dumps({"loop": time.perf_counter() - start, "mean": f.mean(), "stderr": f.std(ddof=1) / np.sqrt(f.size)}))


if __name__ == "__main__":
    main()
