#!/usr/bin/python3
"""SGD in driftwell (bench_sgd, 1 and 2 threads), NumPy and PyTorch, where that is installed: the same data, rounds of all of them in turn, the best round
of each, a check beside every time.   bench_sgd.py [ROUNDS, default 3] [TASK ...]

NumPy and PyTorch take all replicas in one array operation, with gradients written out, on one thread; `autograd` is PyTorch as it is mostly
used: one replica, a module, backward() and an optimiser."""
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np

try:
    import torch
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("BENCH_SGD", os.path.join(HERE, "..", "build", "release", "bench", "bench_sgd"))
SIZES = {"linear": (2000, 64), "logistic": (2000, 64), "perceptron": (1797, 64)}
CHECKED, RATE = 200, 0.01


def data_of(task):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([PROGRAM, "export", task, file.name], check=True)
        values = np.fromfile(file.name)
    if task == "covariance":
        return values
    n, d = SIZES[task]
    return values[: n * d].reshape(n, d), values[n * d:]


def timed(work, replicas, steps):
    """(wall, processor) ns a replica-step, the better of two stretches."""
    best = [1e300, 1e300]
    for _ in range(2):
        wall, used = time.perf_counter(), time.process_time()
        work(steps)
        for k, taken in enumerate((time.perf_counter() - wall, time.process_time() - used)):
            best[k] = min(best[k], 1e9 * taken / (replicas * steps))
    return best


def mean_and_error(values):
    return float(np.mean(values)), float(np.std(values, ddof=1) / len(values) ** 0.5)


class NumPy:
    def glm(self, task, replicas=1000, b=8):
        X, y = data_of(task)
        rng, W = np.random.default_rng(1), np.zeros((replicas, 64))

        def work(steps):
            for _ in range(steps):
                k = rng.integers(0, len(X), (replicas, b))
                rows = X[k]
                z = np.matmul(rows, W[:, :, None])[:, :, 0]
                if task == "logistic":
                    z = 1 / (1 + np.exp(-z))
                W[...] -= RATE / b * np.matmul((z - y[k])[:, None, :], rows)[:, 0]

        work(CHECKED)
        Z = W @ X.T
        losses = np.logaddexp(0, Z) - y * Z if task == "logistic" else (Z - y) ** 2 / 2
        return timed(work, replicas, 20), mean_and_error(losses.mean(1))

    def perceptron(self, replicas=64, b=32):
        X, y = data_of("perceptron")
        y = y.astype(int)
        rng = np.random.default_rng(1)
        W1, c1 = rng.standard_normal((replicas, 64, 16)) / 8, np.zeros((replicas, 1, 16))
        W2, c2 = rng.standard_normal((replicas, 16, 10)) / 4, np.zeros((replicas, 1, 10))

        def forward(x):
            a = np.tanh(x @ W1 + c1)
            return a, a @ W2 + c2

        def work(steps):
            for _ in range(steps):
                k = rng.integers(0, len(X), (replicas, b))
                x = X[k]
                a, z = forward(x)
                p = np.exp(z - z.max(2, keepdims=True))
                p /= p.sum(2, keepdims=True)
                np.put_along_axis(p, y[k][:, :, None], np.take_along_axis(p, y[k][:, :, None], 2) - 1, 2)
                p *= RATE / b
                e = (p @ W2.transpose(0, 2, 1)) * (1 - a * a)
                W2[...] -= a.transpose(0, 2, 1) @ p
                c2[...] -= p.sum(1, keepdims=True)
                W1[...] -= x.transpose(0, 2, 1) @ e
                c1[...] -= e.sum(1, keepdims=True)

        work(CHECKED)
        _, z = forward(X)
        losses = np.log(np.exp(z - z.max(2, keepdims=True)).sum(2)) + z.max(2) - z[:, np.arange(len(y)), y]
        return timed(work, replicas, 20), mean_and_error(losses.mean(1))

    def covariance(self):
        X, y = data_of("perceptron")
        w = data_of("covariance")
        W1, c1, W2, c2 = w[:1024].reshape(64, 16), w[1024:1040], w[1040:1200].reshape(16, 10), w[1200:]
        trace = 0

        def work(_):
            nonlocal trace
            a = np.tanh(X @ W1 + c1)
            z = a @ W2 + c2
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            p[np.arange(len(y)), y.astype(int)] -= 1
            e = (p @ W2.T) * (1 - a * a)
            G = np.concatenate([(X[:, :, None] * e[:, None, :]).reshape(len(X), -1), e, (a[:, :, None] * p[:, None, :]).reshape(len(X), -1), p], 1)
            G -= G.mean(0)
            trace = np.trace(G.T @ G / len(X))

        return timed(work, 1, 1), (trace, 0)


class PyTorch:
    def glm(self, task, replicas=1000, b=8):
        X, y = map(torch.tensor, data_of(task))
        torch.manual_seed(1)
        W = torch.zeros(replicas, 64, dtype=torch.float64)

        def work(steps):
            for _ in range(steps):
                k = torch.randint(0, len(X), (replicas, b))
                rows = X[k]
                z = torch.bmm(rows, W[:, :, None])[:, :, 0]
                if task == "logistic":
                    z = torch.sigmoid(z)
                W.sub_(torch.bmm((z - y[k])[:, None, :], rows)[:, 0], alpha=RATE / b)

        work(CHECKED)
        Z = W @ X.T
        losses = torch.nn.functional.softplus(Z) - y * Z if task == "logistic" else (Z - y) ** 2 / 2
        return timed(work, replicas, 20), mean_and_error(losses.mean(1).numpy())

    def perceptron(self, replicas=64, b=32):
        X, y = map(torch.tensor, data_of("perceptron"))
        y = y.long()
        torch.manual_seed(1)
        W1, c1 = torch.randn(replicas, 64, 16, dtype=torch.float64) / 8, torch.zeros(replicas, 1, 16, dtype=torch.float64)
        W2, c2 = torch.randn(replicas, 16, 10, dtype=torch.float64) / 4, torch.zeros(replicas, 1, 10, dtype=torch.float64)

        def work(steps):
            for _ in range(steps):
                k = torch.randint(0, len(X), (replicas, b))
                x = X[k]
                a = torch.tanh(torch.baddbmm(c1, x, W1))
                p = torch.softmax(torch.baddbmm(c2, a, W2), 2)
                p.scatter_add_(2, y[k][:, :, None], torch.full((replicas, b, 1), -1.0, dtype=torch.float64))
                e = torch.bmm(p, W2.transpose(1, 2)) * (1 - a * a)
                W2.baddbmm_(a.transpose(1, 2), p, alpha=-RATE / b)
                c2.sub_(p.sum(1, keepdim=True), alpha=RATE / b)
                W1.baddbmm_(x.transpose(1, 2), e, alpha=-RATE / b)
                c1.sub_(e.sum(1, keepdim=True), alpha=RATE / b)

        work(CHECKED)
        z = torch.tanh(X @ W1 + c1) @ W2 + c2
        losses = torch.logsumexp(z, 2) - z[:, torch.arange(len(y)), y]
        return timed(work, replicas, 20), mean_and_error(losses.mean(1).numpy())

    def autograd(self, b=32, replicas=12):
        X, y = map(torch.tensor, data_of("perceptron"))
        y, losses = y.long(), []
        torch.manual_seed(1)
        for _ in range(replicas):
            net = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.Tanh(), torch.nn.Linear(16, 10)).double()
            for layer in (net[0], net[2]):
                layer.weight.normal_(0, layer.in_features ** -0.5)
                layer.bias.zero_()
            optimiser = torch.optim.SGD(net.parameters(), lr=RATE)

            def work(steps):
                for _ in range(steps):
                    k = torch.randint(0, len(X), (b,))
                    optimiser.zero_grad()
                    with torch.enable_grad():
                        torch.nn.functional.cross_entropy(net(X[k]), y[k]).backward()
                    optimiser.step()

            work(CHECKED)
            losses.append(float(torch.nn.functional.cross_entropy(net(X), y)))
        return timed(work, 1, 200), mean_and_error(losses)


def driftwell(task, threads):
    """{name of the line: ((wall, processor), (check, error))}"""
    out = subprocess.run([PROGRAM, task, str(threads)], check=True, capture_output=True, text=True).stdout
    return {words[0]: ((float(words[2]), float(words[3])), (float(words[4]), float(words[5]))) for words in map(str.split, out.splitlines())}


def contenders(task):
    rows = {f"driftwell, {threads} thread{'s' if threads > 1 else ''}": (lambda threads=threads: driftwell(task, threads)[task]) for threads in (1, 2)}
    makers = [("NumPy", NumPy())] + ([("PyTorch", PyTorch())] if torch else [])
    for label, maker in makers:
        if task in ("linear", "logistic"):
            rows[label] = lambda maker=maker: maker.glm(task)
        elif hasattr(maker, task):
            rows[label] = getattr(maker, task)
        if task == "perceptron" and hasattr(maker, "autograd"):
            rows[label + " autograd, one replica"] = maker.autograd
    return rows


def main():
    arguments = sys.argv[1:]
    rounds = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 3
    print(f"best of {rounds} rounds in turn; load {os.getloadavg()[0]:.1f}; ns a replica-step (covariance: ns); ratios of processor time to driftwell on one thread")
    print(f"{'task':<11} {'contender':<30} {'wall':>12} {'processor':>12} {'ratio':>7} {'check':>13} {'+-':>9}")
    for task in arguments or ["linear", "logistic", "perceptron", "covariance"]:
        best, rows = {}, contenders(task)
        for _ in range(rounds):
            for label, run in rows.items():
                times, check = run()
                kept = best.get(label, ((1e300, 1e300), check))[0]
                best[label] = (tuple(map(min, kept, times)), check)
        base = best["driftwell, 1 thread"][0][1]
        for label, ((wall, used), (value, error)) in best.items():
            print(f"{task:<11} {label:<30} {wall:12.1f} {used:12.1f} {used / base:7.2f} {value:13.8g} {error:9.2g}", flush=True)
        if task == "linear":
            distance = driftwell(task, 1)["linear_mean"][1][0]
            print(f"{task:<11} mean weights against the exact recursion: at most {distance:.2f} standard errors, of 64")
            for label, ((_, used), _) in driftwell("bounds", 1).items():
                print(f"{'':<11} {label + ' alone' if label != 'cycle' else 'a cycle'}: {used:.2f} ns")
    if torch is None:
        print("PyTorch is not installed (Debian: python3-torch)")


if __name__ == "__main__":
    main()
