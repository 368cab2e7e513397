"""measure.py REPORT COMMAND...: wall seconds and peak memory of one process, as JSON.

A process of its own, without numpy, because a child inherits its parent's peak: measured from a large parent, a small
program would look large.
"""
import json
import os
import sys
import time

start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
with open(sys.argv[1], "w") as report:
    json.dump({"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
               "exit_code": os.waitstatus_to_exitcode(status)}, report)
