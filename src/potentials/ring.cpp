// f = height (|x|^2/radius^2 - 1)^2: a circle (sphere) of equal minima, the simplest connected valley.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "ring", "a circle of minima (sphere in higher dimension)", [] {
      return std::make_unique<FormulaPotential>("height*(sum(i, 1, d, x[i]^2)/radius^2 - 1)^2", 0,
                                                std::vector<PotentialOption>{{"height", {0.25}, "f at the centre"},
                                                                             {"radius", {1}, "of the valley"}});
    }};

} // namespace

} // namespace driftwell
