"""examples/sgd_quadratic_trajectories.toml on the weights of models/sgd_quadratic.toml: test_sgd_quadratic.py DRIFTWELL

Hessian F = [[2, .5], [.5, 1]], D = diag(1, .1), T = eta/(2 b): Sigma, U and an entropy production of 0.675 (theory sheet, linear SGD)."""
import sys

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(77)
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(program, file, out, *settings):
    command = [program, "run", str(file), "-o", str(out), "-q"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def main():
    with tempfile.TemporaryDirectory() as directory:
        weights, result = Path(directory) / "sgd_quadratic.h5", Path(directory) / "out.h5"
        run(sys.argv[1], ROOT / "models" / "sgd_quadratic.toml", weights, "sgd.steps=1000", "sgd.outputs=1001", "sgd.snapshots=1001", "sgd.replicas=100", "sgd.noise=false", "sgd.minimum=false")
        run(sys.argv[1], ROOT / "examples" / "sgd_quadratic_trajectories.toml", result, f'trajectories.file="{weights}"', "trajectories.resamples=8", "trajectories.cells=32")
        with h5py.File(result) as file:
            group = file["trajectories"]
            attributes = group.attrs
            production = attributes["entropy_production_richardson"] - attributes["entropy_production_bias"]
            bar = np.hypot(attributes["entropy_production_stderr"], attributes["entropy_production_error"])
            print("entropy production", production, "+-", bar)
            assert abs(production - 0.675) < 4 * bar + 0.1, "entropy production"  # 0.1: first order in eta, and tails cut off
            centre = tuple(int(np.argmin(np.abs(group[name][:]))) for name in ("w0", "w1"))
            for pair, exact in (("w0_w0", 1.0), ("w0_w1", 0.0), ("w1_w1", 0.1)):
                found, error = group[f"diffusion_{pair}"][centre], group[f"diffusion_{pair}_stderr"][centre]
                print("D", pair, found, "+-", error)
                assert abs(found - exact) < 4 * error + 0.1 * abs(exact) + 0.005, pair  # extrapolated to continuous time: of order eta from D
            x, y = (group[name][:] for name in ("w0", "w1"))
            i, j = np.meshgrid(x, y, indexing="ij")
            phi, density = group["implicit_potential"][:], group["steady_state"][:]
            inside = density > 0.05 * density.max()
            basis = np.stack([i * i / 2, i * j, j * j / 2, i, j, 1 + 0 * i], axis=-1)[inside]
            fit = np.linalg.lstsq(basis, phi[inside], rcond=None)[0]
            print("U", fit[:3])
            assert np.allclose(fit[:3], [2.245, 1.633, 7.551], rtol=0.1, atol=0.1), "implicit potential"
    return 0


if __name__ == "__main__":
    sys.exit(main())
