// f = sum_k A_k exp(a_k (x-x_k)^2 + b_k (x-x_k)(y-y_k) + c_k (y-y_k)^2), scale times the surface of Mueller and Brown,
// Theor. Chim. Acta 53 (1979) 75. Minima (-0.5582236, 1.4417258) f = -146.6995, (0.6234994, 0.0280378) f = -108.1667;
// saddle (-0.8220016, 0.6243128) f = -40.6648.
#include "detail/formula.hpp"

namespace driftwell {

namespace {

const PotentialCatalogue::Entry entry{
    "mueller_brown", "three-state surface of Mueller and Brown (1979)", [] {
      return std::make_unique<FormulaPotential>("scale*(-200*exp(-(x[1]-1)^2-10*x[2]^2) - 100*exp(-x[1]^2-10*(x[2]-0.5)^2)"
                                                " - 170*exp(-6.5*(x[1]+0.5)^2+11*(x[1]+0.5)*(x[2]-1.5)-6.5*(x[2]-1.5)^2)"
                                                " + 15*exp(0.7*(x[1]+1)^2+0.6*(x[1]+1)*(x[2]-1)+0.7*(x[2]-1)^2))", 2,
                                                std::vector<PotentialOption>{{"scale", {1}, "factor on the whole surface"}});
    }};

} // namespace

} // namespace driftwell
