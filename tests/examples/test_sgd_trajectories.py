"""examples/sgd_trajectories.py finds the steady state and the circulation that theory says: test_sgd_trajectories.py DRIFTWELL"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "sgd_trajectories.py"


def numbers(text, pattern):
    found = re.search(pattern, text)
    assert found, f"no {pattern!r} in:\n{text}"
    return [float(x) for x in found.groups()]


def main():
    with tempfile.TemporaryDirectory() as out:
        for name in ("torch", "matplotlib"):  # as where they are not installed
            (Path(out) / f"{name}.py").write_text("raise ImportError('not here')")
        options = {"capture_output": True, "text": True, "env": {**os.environ, "PYTHONPATH": out}}
        command = [sys.executable, SCRIPT, "--quick", "--driftwell", sys.argv[1], "--out", out]
        without = subprocess.run([*command, "--torch"], **options)
        if "h5py" not in without.stderr:
            assert without.returncode == 77 and "--torch needs PyTorch" in without.stderr and "Traceback" not in without.stderr, without.stderr
        run = subprocess.run([*command, "--plot", f"{out}/picture.png"], **options)
        if run.returncode != 0:
            print(run.stdout + run.stderr)
            return run.returncode  # 77: skipped
        assert "no picture: --plot needs matplotlib" in run.stderr and not (Path(out) / "picture.png").exists(), run.stderr
        text = run.stdout
        print(text)
        print(run.stderr)
        (exact,) = numbers(text, r"theory .* entropy production ([\d.]+)")
        production, bar = numbers(text, r"circulation: .* entropy production ([-\d.]+) \+- ([\d.]+)")
        assert abs(production - exact) < 4 * bar + 0.15 * exact, "entropy production"  # theory is of first order in eta
        for name, at in (("w0", 1), ("w1", 2)):
            variance, bar = numbers(text, rf"variance of {name}: ([\d.e-]+) \+- ([\d.e-]+)")
            theory = numbers(text, r"variances ([\d.e-]+) and ([\d.e-]+)")[at - 1]
            assert abs(variance - theory) < 4 * bar + 0.15 * theory, f"variance of {name}"
        for pair in ("w0_w0", "w0_w1", "w1_w1"):
            found, bar, covariance = numbers(text, rf"D {pair} at the minimum: ([-\d.]+) \+- ([\d.]+), gradient covariance ([-\d.]+)")
            assert abs(found - covariance) < 4 * bar + 0.1 * abs(covariance) + 0.02, f"D {pair}"
        kl, bar = numbers(text, r"KL of the samples to it ([-\d.]+) \+- ([\d.]+)")
        assert abs(kl) < 4 * bar + 0.01, "KL"
    return 0


if __name__ == "__main__":
    sys.exit(main())
