// f = sum_i [ x_i^2/2 + amplitude (1 - cos(frequency x_i)) ]: a parabola with a lattice of local minima.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "rastrigin", "parabola with a lattice of local minima", [] {
      return std::make_unique<FormulaPotential>("sum(i, 1, d, x[i]^2/2 + amplitude*(1-cos(frequency*x[i])))", 0,
                                                std::vector<PotentialOption>{{"amplitude", {0.25}, "of the ripples"},
                                                                             {"frequency", {5}, "of the ripples"}});
    }};

} // namespace

} // namespace driftwell
