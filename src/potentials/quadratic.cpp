// f = (stiffness/2) |x - centre|^2: the Ornstein-Uhlenbeck process, Gaussian at all times.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "quadratic", "isotropic parabola; the Ornstein-Uhlenbeck process", [] {
      return std::make_unique<FormulaPotential>("stiffness/2*sum(i, 1, d, (x[i]-centre)^2)", 0,
                                                std::vector<PotentialOption>{{"stiffness", {1}, "curvature"},
                                                                             {"centre", {0}, "minimum, the same in every variable"}});
    }};

} // namespace

} // namespace driftwell
