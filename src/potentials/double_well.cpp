// f = barrier ((x_1/half_width)^2 - 1)^2 + (stiffness/2) sum_{i>1} x_i^2: two wells of equal depth at x_1 = +-half_width.
// With the defaults the quartic well (x^2-1)^2/4 of THEORY section 8: curvature 2 in the wells, -1 on the barrier.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "double_well", "two equal wells along x_1, quadratic across", [] {
      return std::make_unique<FormulaPotential>("barrier*((x[1]/half_width)^2-1)^2 + stiffness/2*sum(i, 2, d, x[i]^2)", 0,
                                                std::vector<PotentialOption>{{"barrier", {0.25}, "height of the barrier"},
                                                                             {"half_width", {1}, "distance of the wells from it"},
                                                                             {"stiffness", {1}, "curvature across"}});
    }};

} // namespace

} // namespace driftwell
