// f = 3 e^(-x^2-(y-1/3)^2) - 3 e^(-x^2-(y-5/3)^2) - 5 e^(-(x-1)^2-y^2) - 5 e^(-(x+1)^2-y^2) + (x^4+(y-1/3)^4)/5: two deep wells
// joined by a direct and an indirect path (Schuette, Metzner, Vanden-Eijnden; Metzner et al., J. Chem. Phys. 125 (2006) 084110).
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "triple_well", "two deep wells, one shallow, two channels (Metzner et al. 2006)", [] {
      return std::make_unique<FormulaPotential>("3*exp(-x[1]^2-(x[2]-1/3)^2) - 3*exp(-x[1]^2-(x[2]-5/3)^2) - 5*exp(-(x[1]-1)^2-x[2]^2)"
                                                " - 5*exp(-(x[1]+1)^2-x[2]^2) + x[1]^4/5 + (x[2]-1/3)^4/5", 2,
                                                std::vector<PotentialOption>{});
    }};

} // namespace

} // namespace driftwell
