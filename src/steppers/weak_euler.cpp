// Weak Euler:  x' = x + b(x) dt + sigma(x) sqrt(dt) xi,   xi = +-1 with probability 1/2 each
//
// The two-point variates have the first three moments of N(0, 1), which is all that weak order 1 needs, and one random bit is
// far cheaper than a normal variate. Expectations and the stationary law converge as those of Euler-Maruyama; single paths mean nothing.
// Kloeden & Platen (1992), section 14.1.
#include "detail/euler_blocks.hpp"

namespace driftwell {

namespace {

class WeakEuler : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = StepperTraits::none, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::general,
            .variates = StepperTraits::Variates::signs};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<EulerBlocks>(dynamics, traits().variates); }
};

const StepperCatalogue::Entry entry{"weak_euler", "explicit Euler with two-point variates (random bits): expectations to order 1, fastest",
                                    [] { return std::make_unique<WeakEuler>(); }};

} // namespace

} // namespace driftwell
