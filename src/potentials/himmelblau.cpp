// f = scale [ (x^2 + y - 11)^2 + (x + y^2 - 7)^2 ]: four minima of value 0 (Himmelblau 1972).
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "himmelblau", "four equal minima (Himmelblau 1972)", [] {
      return std::make_unique<FormulaPotential>("scale*((x[1]^2+x[2]-11)^2 + (x[1]+x[2]^2-7)^2)", 2,
                                                std::vector<PotentialOption>{{"scale", {0.01}, "factor on the whole surface"}});
    }};

} // namespace

} // namespace driftwell
