"""What the benchmark drivers share: arguments, contenders run in turn, tables, and the measuring of a whole process."""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

import numpy
import scipy

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "release"
DRIFTWELL = os.environ.get("DRIFTWELL", str(BUILD / "driftwell"))


@dataclass
class Task:
    """judge(contender, result) gives the cells of its row between the peak memory and the end of the line, under the names of `columns`;
    a result has seconds, peak_mb and a table `extra`, whose entry `remark` ends the line."""
    title: str
    contenders: list
    columns: tuple
    judge: object
    notes: tuple = ()
    remark: str = "propagator"


def arguments(tasks, description, checks):
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=description)
    parser.add_argument("task", nargs="*", help="default: all of " + " ".join(tasks))
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each contender; times are medians (default 3)")
    parser.add_argument("--long", type=float, default=60, metavar="S", help="a contender slower than this runs once (default 60 s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only contenders whose label holds TEXT")
    if checks:
        parser.add_argument("--check", action="store_true", help="only compare the references with each other")
    parsed = parser.parse_args()
    unknown = [name for name in parsed.task if not any(key.startswith(name) for key in tasks)]
    if unknown:
        parser.error(f"unknown task {unknown[0]}; there are {' '.join(tasks)}")
    if parsed.runs < 1:
        parser.error("--runs must be at least 1")
    return parsed


def chosen(tasks, names):
    """A name stands for every task that starts with it: fp_2d is fp_2d_128, fp_2d_256 and fp_2d_512."""
    return [key for key in tasks if not names or any(key.startswith(name) for name in names)]


def measured(command, folder, cwd=None):
    """Seconds, peak memory and CPU seconds of a whole process, with what it printed."""
    report = folder / "report.json"
    run = subprocess.run([sys.executable, "-I", "-S", str(HERE / "measure.py"), str(report), *map(str, command)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
    if not report.exists():
        raise RuntimeError(run.stderr)
    result = json.loads(report.read_text())
    if result["exit_code"] != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\nexit code {result['exit_code']}: {run.stderr[-2000:]}")
    return result | {"stdout": run.stdout}


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
            yield [contender.label, "0", *["failed"] * (4 + len(task.columns)), ""]
            continue
        seconds = median(r.seconds for r in done)
        baseline = first.setdefault(contender.group, seconds)
        yield [contender.label, str(len(done)), f"{seconds:.3f}", f"{min(r.seconds for r in done):.3f}", f"{seconds / baseline:.2f}" if baseline else "-",
               f"{median(r.peak_mb for r in done):.0f}", *task.judge(contender, done[-1]), done[-1].extra.get(task.remark, "")]


def table(header, lines):
    lines = [header, *lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:-1])), line[-1]]
        print("  ".join(cells).rstrip())


def run_task(task, options):
    contenders = [c for c in task.contenders if options.only in c.label]
    absent = {c.label: c.missing() for c in contenders}
    contenders = [c for c in contenders if not absent[c.label]]
    if not absent:
        return True
    print(f"\n{task.title}")
    results = interleaved(contenders, options.runs, options.long)
    table(["contender", "n", "time s", "best s", "ratio", "peak MB", *task.columns, task.remark], list(rows(task, results)))
    for label, reason in absent.items():
        if reason:
            print(f"  skipped {label}: {reason}")
    for note in task.notes:
        print(f"  {note() if callable(note) else note}")
    sys.stdout.flush()
    return all(results.values())


def main(tasks, description, check=None):
    """tasks: functions by name that make a Task. check: compares the references, returns the exit code."""
    options = arguments(tasks, description, check is not None)
    if check and options.check:
        return check()
    if not os.access(DRIFTWELL, os.X_OK):
        sys.exit(f"no driftwell at {DRIFTWELL}: build the release preset, or set DRIFTWELL")
    version = subprocess.run([DRIFTWELL, "--version"], capture_output=True, text=True, check=False).stdout.strip() or "of unknown version"
    print(f"driftwell {version.removeprefix('driftwell').strip()}; SciPy {scipy.__version__}, numpy {numpy.__version__}; "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform()}, {time.strftime('%Y-%m-%d %H:%M')}")
    good = [run_task(tasks[name](), options) for name in chosen(tasks, options.task)]
    return 0 if all(good) else 1
