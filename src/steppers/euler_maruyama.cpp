// Euler-Maruyama:  x' = x + b(x) dt + sigma(x) sqrt(dt) xi,   xi ~ N(0, 1)
//
// b Ito drift, sigma sigma^T = 2 T D. Strong order 1/2 (1 for additive noise), weak order 1, stationary order 1.
// Maruyama (1955); Kloeden & Platen, "Numerical Solution of Stochastic Differential Equations" (1992), sections 10.2, 14.1.
#include "detail/euler_blocks.hpp"

namespace driftwell {

namespace {

class EulerMaruyama : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 0.5, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::general};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<EulerBlocks>(dynamics, traits().variates); }
};

const StepperCatalogue::Entry entry{"euler_maruyama", "explicit Euler with normal variates: any noise, weak order 1",
                                    [] { return std::make_unique<EulerMaruyama>(); }};

} // namespace

} // namespace driftwell
