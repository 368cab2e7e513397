// f = amplitude cos(x_1) - tilt x_1: a washboard. On a periodic axis of length 2 pi the tilt drives a steady current.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "tilted_periodic", "washboard: a cosine with a constant tilt along x_1", [] {
      return std::make_unique<FormulaPotential>("amplitude*cos(x[1]) - tilt*x[1] + sum(i, 2, d, x[i]^2)/2", 0,
                                                std::vector<PotentialOption>{{"amplitude", {1}, "of the cosine"}, {"tilt", {0.5}, "constant drift"}});
    }};

} // namespace

} // namespace driftwell
