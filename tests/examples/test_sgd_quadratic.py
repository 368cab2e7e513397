"""examples/sgd_quadratic_trajectories.toml on the weights of models/sgd_quadratic.toml: test_sgd_quadratic.py DRIFTWELL

w' = A w + noise, A = 1 - eta F, with covariance eta^2 D / b: what the estimates extrapolated from tau = eta and 2 eta are is known exactly,
  F_e = (2 (1 - A) - (1 - A^2)/2)/eta,   D_e = 2 D - (D + A D A^T)/2,
and with them Sigma, U = T Sigma^-1 and the entropy production (theory sheet, linear SGD; 0.675 as eta -> 0)."""
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


def expected(eta=0.1, T=0.0125):
    F, D, one = np.array([[2, 0.5], [0.5, 1]]), np.diag([1, 0.1]), np.eye(2)
    A = one - eta * F
    F, D = (2 * (one - A) - (one - A @ A) / 2) / eta, 2 * D - (D + A @ D @ A.T) / 2
    covariance = np.linalg.solve(np.kron(F, one) + np.kron(one, F), 2 * T * D.ravel()).reshape(2, 2)
    turning = -F + T * D @ np.linalg.inv(covariance)
    return D, T * np.linalg.inv(covariance), np.trace(turning.T @ np.linalg.inv(D) @ turning @ covariance) / T


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
            D, U, exact = expected()
            print("expected", exact, D.tolist(), U.tolist())
            assert abs(production - exact) < 4 * bar + 0.05 * exact, "entropy production"  # 0.05: tails cut off
            centre = tuple(int(np.argmin(np.abs(group[name][:]))) for name in ("w0", "w1"))
            for pair, exact in (("w0_w0", D[0, 0]), ("w0_w1", D[0, 1]), ("w1_w1", D[1, 1])):
                found, error = group[f"diffusion_{pair}"][centre], group[f"diffusion_{pair}_stderr"][centre]
                print("D", pair, found, "+-", error)
                assert abs(found - exact) < 4 * error, pair
            x, y = (group[name][:] for name in ("w0", "w1"))
            i, j = np.meshgrid(x, y, indexing="ij")
            phi, density = group["implicit_potential"][:], group["steady_state"][:]
            inside = density > 0.05 * density.max()
            basis = np.stack([i * i / 2, i * j, j * j / 2, i, j, 1 + 0 * i], axis=-1)[inside]
            fit = np.linalg.lstsq(basis, phi[inside], rcond=None)[0]
            print("U", fit[:3])
            assert np.allclose(fit[:3], [U[0, 0], U[0, 1], U[1, 1]], rtol=0.1), "implicit potential"
    return 0


if __name__ == "__main__":
    sys.exit(main())
