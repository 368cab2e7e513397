// BAOAB splitting of the underdamped equation:
//
//   p += F dt/2;  q += p dt/2;  p = c p + sqrt(T (1 - c^2)) xi, c = e^{-gamma dt};  q += p dt/2;  p += F(q) dt/2
//
// One force a step. Weak and stationary order 2; of a quadratic potential the law of q is exact, and in general its order is 4 as gamma -> infinity.
// Leimkuhler & Matthews (2013), "Rational construction of stochastic numerical methods for molecular sampling".
#include "detail/splitting.hpp"

namespace driftwell {

namespace {

const StepperCatalogue::Entry entry{"baoab", "underdamped splitting with the most accurate law of positions", [] { return std::make_unique<Splitting>("BAOAB"); }};

} // namespace

} // namespace driftwell
