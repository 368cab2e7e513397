#!/usr/bin/python3
"""The tasks of bench_sgd.cpp in NumPy (all replicas in one array operation) and, where it is installed, PyTorch. Times are of the processor, over all threads."""
import time

import numpy as np


def timed(work, replicas, steps):
    best = 1e300
    for _ in range(3):
        start = time.process_time()
        work(steps)
        best = min(best, time.process_time() - start)
    return 1e9 * best / (replicas * steps)


def numpy_glm(logistic, replicas=1000, d=64, n=2000, b=8):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, d))
    y = rng.standard_normal(n) if not logistic else rng.integers(0, 2, n).astype(float)
    W = np.zeros((replicas, d))

    def work(steps):
        nonlocal W
        for _ in range(steps):
            k = rng.integers(0, n, (replicas, b))
            rows = X[k]
            z = np.einsum("rbd,rd->rb", rows, W)
            if logistic:
                z = 1 / (1 + np.exp(-z))
            W -= 0.01 / b * np.einsum("rbd,rb->rd", rows, z - y[k])

    return timed(work, replicas, 40)


def numpy_mlp(b=32):
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((1797, 64)), rng.integers(0, 10, 1797)
    W1, b1, W2, b2 = rng.standard_normal((64, 16)) / 8, np.zeros(16), rng.standard_normal((16, 10)) / 4, np.zeros(10)

    def work(steps):
        nonlocal W1, b1, W2, b2
        for _ in range(steps):
            k = rng.integers(0, 1797, b)
            x = X[k]
            a = np.tanh(x @ W1 + b1)
            z = a @ W2 + b2
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            p[np.arange(b), y[k]] -= 1
            p /= b
            e = (p @ W2.T) * (1 - a * a)
            W2 -= 0.01 * a.T @ p
            b2 -= 0.01 * p.sum(0)
            W1 -= 0.01 * x.T @ e
            b1 -= 0.01 * e.sum(0)

    return timed(work, 1, 1000)


def torch_mlp(b=32):
    import torch
    torch.manual_seed(1)
    torch.set_num_threads(1)
    X, y = torch.randn(1797, 64, dtype=torch.float64), torch.randint(0, 10, (1797,))
    net = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.Tanh(), torch.nn.Linear(16, 10)).double()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01)

    def work(steps):
        for _ in range(steps):
            k = torch.randint(0, 1797, (b,))
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(X[k]), y[k]).backward()
            optimiser.step()

    return timed(work, 1, 500)


if __name__ == "__main__":
    print(f"NumPy linear regression    {numpy_glm(False):10.1f} ns a replica-step")
    print(f"NumPy logistic regression  {numpy_glm(True):10.1f} ns a replica-step")
    print(f"NumPy perceptron           {numpy_mlp():10.1f} ns a replica-step")
    try:
        print(f"PyTorch perceptron         {torch_mlp():10.1f} ns a replica-step")
    except ImportError:
        print("PyTorch is not installed (Debian: python3-torch)")
