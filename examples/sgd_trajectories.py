#!/usr/bin/env python3
"""Bring your own trajectories: train with SGD in Python, keep the weights, and let driftwell find the diffusion behind them.

    examples/sgd_trajectories.py                  linear regression in NumPy, two weights: compared with theory
    examples/sgd_trajectories.py --torch          a small network in PyTorch, its two leading principal components
    examples/sgd_trajectories.py --quick          a shorter run
    examples/sgd_trajectories.py --plot out.png   densities and circulation, if matplotlib is installed

Needs numpy and h5py (Debian: python3-h5py). What it leaves behind: weights.h5, trajectories.toml, trajectories.h5.
"""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"this example needs numpy and h5py: {missing}", file=sys.stderr)
    sys.exit(77)

ROOT = Path(__file__).resolve().parent.parent


def linear_regression(steps, replicas, eta, batch, seed=1):
    """Two kinds of samples, one with more noise than the other: the gradient noise D is no multiple of the Hessian F, and SGD circulates.

    Returns weights (time, replica, 2), F and D at the minimum, all exact over the 400 samples.
    """
    random = np.random.default_rng(seed)
    noisy = np.arange(400) % 2 == 0
    x = np.where(noisy[:, None], [1.5, 0.0], [0.7, 1.4]) + 0.3 * random.normal(size=(400, 2))
    y = x @ np.array([1.0, -1.0]) + random.normal(size=400) * np.where(noisy, 1.0, 0.3)
    hessian = x.T @ x / len(x)
    minimum = np.linalg.solve(hessian, x.T @ y / len(x))
    gradients = x * (x @ minimum - y)[:, None]
    weights = np.tile(minimum, (replicas, 1))
    kept = np.empty((steps, replicas, 2))
    for step in range(steps):
        kept[step] = weights
        chosen = random.integers(len(x), size=(replicas, batch))
        residual = np.einsum("rbi,ri->rb", x[chosen], weights) - y[chosen]
        weights = weights - eta * np.einsum("rb,rbi->ri", residual, x[chosen]) / batch
    return kept, hessian, gradients.T @ gradients / len(x), minimum


def theory(hessian, noise, temperature):
    """Steady state of dx = -F x dt + sqrt(2 T D) dW: covariance from F S + S F^T = 2 T D, entropy production."""
    size = len(hessian)
    identity = np.eye(size)
    lyapunov = np.kron(hessian, identity) + np.kron(identity, hessian)
    covariance = np.linalg.solve(lyapunov, 2 * temperature * noise.ravel()).reshape(size, size)
    turning = -hessian + temperature * noise @ np.linalg.inv(covariance)  # circulation j = turning x
    production = np.trace(turning.T @ np.linalg.inv(noise) @ turning @ covariance) / temperature
    return covariance, production


def network(steps, replicas, eta, batch, seed=1):
    """A 2-6-1 network fitted to 3 x1 x2 with PyTorch, `replicas` of them at once; weights (time, replica, 25).

    All begin at a minimum of the whole loss. Principal components are the flattest directions: weight decay gives them a relaxation time of 1/0.05,
    which the run must exceed for its cloud to be the steady state.
    """
    try:
        import torch
    except ImportError as missing:
        print(f"--torch needs PyTorch (Debian: python3-torch): {missing}", file=sys.stderr)
        sys.exit(77)

    torch.manual_seed(seed)
    data = torch.rand(200, 2) * 2 - 1
    target = 3 * data[:, 0] * data[:, 1] + 0.3 * torch.randn(200)
    shapes = [(2, 6), (6,), (6,), (1,)]
    one = [(0.7 * torch.randn(shape)).requires_grad_() for shape in shapes]
    descent = torch.optim.SGD(one, lr=0.2, weight_decay=0.05, momentum=0.9)
    for _ in range(3000):
        descent.zero_grad()
        ((torch.tanh(data @ one[0] + one[1]) @ one[2] + one[3] - target) ** 2 / 2).mean().backward()
        descent.step()
    one = [p.detach() for p in one]
    parameters = [p.repeat(replicas, *[1] * p.dim()).requires_grad_() for p in one]
    optimiser = torch.optim.SGD(parameters, lr=eta, weight_decay=0.05)
    kept = np.empty((steps, replicas, 25), dtype=np.float32)
    every = 10
    for step in range(steps * every):
        if step % every == 0:
            kept[step // every] = torch.cat([p.detach().reshape(replicas, -1) for p in parameters], dim=1).numpy()
        chosen = torch.randint(200, (replicas, batch))
        hidden = torch.tanh(torch.einsum("rbi,rij->rbj", data[chosen], parameters[0]) + parameters[1][:, None, :])
        output = torch.einsum("rbj,rj->rb", hidden, parameters[2]) + parameters[3]
        loss = ((output - target[chosen]) ** 2 / 2).mean(dim=1).sum()  # replicas do not see each other
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return kept, every


def find_driftwell(given):
    for candidate in (given, ROOT / "build" / "release" / "driftwell", shutil.which("driftwell")):
        if candidate and Path(candidate).exists():
            return str(candidate)
    sys.exit("no driftwell: build it (scripts/run.sh), or say --driftwell PATH")


def plot(result, path):
    try:
        import matplotlib
    except ImportError:
        print(f"no picture: --plot needs matplotlib (Debian: python3-matplotlib); the numbers are in {result.file.filename}", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    a, b = (name.decode() if isinstance(name, bytes) else str(name) for name in result["coordinate"][:])
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.8), sharex=True, sharey=True, layout="constrained")
    top = max(result["histogram"][:].max(), result["steady_state"][:].max())
    for axis, name, title in ((axes[0], "histogram", "samples"), (axes[1], "steady_state", "steady state and its current")):
        density = np.where(result["supported"][:] == 1, result[name][:], np.nan)  # white: too few samples
        colours = axis.pcolormesh(result[a][:], result[b][:], density.T, shading="nearest", vmin=0, vmax=top)
        axis.set(title=title, xlabel=a, ylabel=b)
    figure.colorbar(colours, ax=axes, label="density")
    # Every fourth cell: current = circulation times density, pale where the circulation is within two standard errors of 0.
    every = (slice(2, None, 4), slice(2, None, 4))
    arrows = [result[f"circulation_{n}"][every] * result["steady_state"][every] for n in (a, b)]
    score = np.sqrt(sum((result[f"circulation_{n}"][every] / result[f"circulation_{n}_stderr"][every]) ** 2 for n in (a, b)))
    places = np.meshgrid(result[a][2::4], result[b][2::4], indexing="ij")
    longest = np.nanmax(np.hypot(*arrows))
    for sure, alpha in ((score > 2, 1.0), (score <= 2, 0.35)):
        axes[1].quiver(*[x[sure] for x in places], *[x[sure] for x in arrows], color="w", alpha=alpha, pivot="mid", scale=12 * longest, width=0.006)
    axes[1].text(0.02, 0.02, "pale arrows: within two standard errors of 0", transform=axes[1].transAxes, fontsize=8, color="0.4")
    figure.savefig(path, dpi=120)
    print(f"plot in {path}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--torch", action="store_true", help="train a network in PyTorch")
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--driftwell", help="the program")
    arguments.add_argument("--out", default=".", help="directory for the files")
    arguments.add_argument("--plot", help="file for a picture")
    options = arguments.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)

    eta, batch, every = 0.05, 5, 1
    steps, replicas = (1000, 40) if options.quick else (4000, 64)
    if options.torch:
        weights, every = network(steps // 2, replicas, eta, batch)
    else:
        weights, hessian, noise, minimum = linear_regression(steps, replicas, eta, batch)
    temperature = eta / (2 * batch)
    with h5py.File(out / "weights.h5", "w") as file:
        file["weights"] = weights  # (time, replica, parameter); any framework, float32 or float64

    # The clock of SGD is t = steps times eta. With T = eta / (2 b), D is the covariance of the gradients of samples, and Phi compares with the loss.
    experiment = f"""title = "Weights of SGD saved from Python"

[trajectories]
file        = "weights.h5"
time_step   = {every * eta}
temperature = {temperature}
projection  = {"{ principal_components = 2 }" if options.torch else "{ parameters = [0, 1] }"}
burn_in     = {0.5 if options.torch else 0.1}
cells       = {32 if options.quick else 48}
resamples   = {8 if options.quick else 32}
"""
    (out / "trajectories.toml").write_text(experiment)
    command = [find_driftwell(options.driftwell), "run", str(out / "trajectories.toml"), "-o", str(out / "trajectories.h5"), "--overwrite"]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        sys.exit(1)

    with h5py.File(out / "trajectories.h5") as file:
        result = file["trajectories"]
        attributes = result.attrs
        names = [name.decode() if isinstance(name, bytes) else str(name) for name in result["coordinate"][:]]
        production = attributes["entropy_production_richardson"] - attributes["entropy_production_bias"]
        print(f"steady state: KL of the samples to it {attributes['kl']:.4f} +- {attributes['kl_stderr']:.4f}")
        variances = [attributes[f"variance_{name}"] for name in names]
        for name, variance in zip(names, variances):
            print(f"  variance of {name}: {variance:.3e} +- {attributes[f'variance_{name}_stderr']:.1e}")
        print(f"circulation: rms {attributes['circulation_rms']:.3e}, entropy production {production:.4f} +- {attributes['entropy_production_stderr']:.4f}")
        if not options.torch:
            covariance, exact = theory(hessian, noise, temperature)
            print(f"theory for small steps: variances {covariance[0, 0]:.3e} and {covariance[1, 1]:.3e}, entropy production {exact:.4f}")
            # At tau = one step T D is the covariance of a step; extrapolated to tau = 0 it would be of order eta from that.
            centre = tuple(np.argmin(np.abs(result[name][:] - middle)) for name, middle in zip(names, minimum))
            for i, pair in enumerate(("w0_w0", "w0_w1", "w1_w1")):
                found, bar = result[f"diffusion_{pair}_tau"][centre], result[f"diffusion_{pair}_stderr"][centre]
                print(f"  D {pair} at the minimum: {found:.4f} +- {bar:.4f}, gradient covariance {noise[(0, 0, 1)[i], (0, 1, 1)[i]]:.4f}")
        if options.plot:
            plot(result, options.plot)


if __name__ == "__main__":
    main()
