"""Clouds of particles: driftwell beside NumPy, GSL, Boost.Odeint and XMDS2, time and error of each. See README.md; started by run.sh --langevin."""
import sys

import driver
from langevin_tasks import TASKS

if __name__ == "__main__":
    sys.exit(driver.main(TASKS, __doc__))
