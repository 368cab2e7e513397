"""Densities on a grid: driftwell beside SciPy, SUNDIALS CVODE and XMDS2, time, memory and error of each. See README.md; started by run.sh."""
import sys

import density_problems
import density_reference
import driver
import plane_reference
import space_reference
from density_tasks import TASKS


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


if __name__ == "__main__":
    sys.exit(driver.main(TASKS, __doc__, check_references))
