// OBABO splitting of the underdamped equation: a velocity-Verlet step between two halves of the friction,
//
//   O(dt/2);  p += F dt/2;  q += p dt;  p += F(q) dt/2;  O(dt/2),   O(h): p = e^{-gamma h} p + sqrt(T (1 - e^{-2 gamma h})) xi
//
// One force and two normal variates a degree of freedom and step. Weak and stationary order 2.
// Bussi & Parrinello (2007), "Accurate sampling using Langevin dynamics".
#include "detail/splitting.hpp"

namespace driftwell {

namespace {

const StepperCatalogue::Entry entry{"obabo", "underdamped splitting around a velocity-Verlet step", [] { return std::make_unique<Splitting>("OBABO"); }};

} // namespace

} // namespace driftwell
