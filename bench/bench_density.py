"""Densities on a grid: driftwell beside SciPy, SUNDIALS CVODE and XMDS2, time, memory and error of each. See README.md; started by run.sh."""
import argparse
import os
import platform
import subprocess
import sys
import time
from statistics import median

import numpy
import scipy

import density_problems
import density_reference
import plane_reference
import space_reference
from density_contenders import DRIFTWELL
from density_tasks import TASKS


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("task", nargs="*", help="default: all of " + " ".join(TASKS))
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each contender; times are medians (default 3)")
    parser.add_argument("--long", type=float, default=60, metavar="S", help="a contender slower than this runs once (default 60 s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only contenders whose label holds TEXT")
    parser.add_argument("--check", action="store_true", help="only compare the references with each other")
    parsed = parser.parse_args()
    unknown = [name for name in parsed.task if not any(key.startswith(name) for key in TASKS)]
    if unknown:
        parser.error(f"unknown task {unknown[0]}; there are {' '.join(TASKS)}")
    if parsed.runs < 1:
        parser.error("--runs must be at least 1")
    return parsed


def chosen(names):
    """A name stands for every task that starts with it: fp_2d is fp_2d_128, fp_2d_256 and fp_2d_512."""
    return [key for key in TASKS if not names or any(key.startswith(name) for name in names)]


def interleaved(contenders, runs, long):
    """A B C A B C ...: what slows the machine down for a while slows every contender down."""
    results = {contender: [] for contender in contenders}
    for turn in range(runs):
        for contender, done in results.items():
            if turn and done and done[0].seconds > long:
                continue
            if turn and not done:
                continue  # failed the first time
            try:
                done.append(contender.run())
            except (RuntimeError, OSError) as error:
                print(f"{contender.label}: failed\n{error}", file=sys.stderr)
    return results


def rows(task, results):
    first = {}
    for contender, done in results.items():
        if not done:
            first.setdefault(contender.group, None)
            yield [contender.label, "0", *["failed"] * (5 + len(task.columns))]
            continue
        seconds = median(r.seconds for r in done)
        baseline = first.setdefault(contender.group, seconds)
        yield [contender.label, str(len(done)), f"{seconds:.3f}", f"{min(r.seconds for r in done):.3f}", f"{seconds / baseline:.2f}" if baseline else "-",
               f"{median(r.peak_mb for r in done):.0f}", *task.judge(contender, done[-1]), done[-1].extra.get("propagator", "")]


def table(header, lines):
    lines = [header, *lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:-1])), line[-1]]
        print("  ".join(cells).rstrip())


def run_task(name, options):
    task = TASKS[name]()
    contenders = [c for c in task.contenders if options.only in c.label]
    absent = {c.label: c.missing() for c in contenders}
    contenders = [c for c in contenders if not absent[c.label]]
    if not absent:
        return True
    print(f"\n{task.title}")
    results = interleaved(contenders, options.runs, options.long)
    table(["contender", "n", "time s", "best s", "ratio", "peak MB", *task.columns, "propagator"], list(rows(task, results)))
    for label, reason in absent.items():
        if reason:
            print(f"  skipped {label}: {reason}")
    for note in task.notes:
        print(f"  {note}")
    sys.stdout.flush()
    return all(results.values())


def check_references():
    good = True
    for name in ("fp_1d", "fp_2d"):
        problem = density_problems.load(name)
        apart = abs(density_reference.exact_kl(problem) - density_reference.spectral_kl(problem)).max()
        good = good and apart <= density_reference.KL_UNCERTAINTY
        print(f"{name}: chains and Legendre polynomials differ by {apart:.1e} in KL, at most {density_reference.KL_UNCERTAINTY:.0e} granted")
    bases = [(plane_reference, name, granted) for name, granted in plane_reference.UNCERTAINTY.items()]
    for module, name, granted in [*bases, (space_reference, "fp_3d", space_reference.UNCERTAINTY)]:
        apart = module.accuracy(density_problems.load(name))
        good = good and apart <= granted
        print(f"{name}: with six functions fewer an axis KL moves by {apart:.1e}, at most {granted:.0e} granted")
    return 0 if good else 1


def main():
    options = arguments()
    if options.check:
        return check_references()
    if not os.access(DRIFTWELL, os.X_OK):
        sys.exit(f"no driftwell at {DRIFTWELL}: build the release preset, or set DRIFTWELL")
    version = subprocess.run([DRIFTWELL, "--version"], capture_output=True, text=True, check=False).stdout.strip() or "of unknown version"
    print(f"driftwell {version.removeprefix('driftwell').strip()}; SciPy {scipy.__version__}, numpy {numpy.__version__}; "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform()}, {time.strftime('%Y-%m-%d %H:%M')}")
    good = [run_task(name, options) for name in chosen(options.task)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
