// BAOAB splitting of  dq = p dt,  dp = (F(q) - gamma p) dt + sqrt(2 gamma T) dW:
//
//   p += F dt/2;  q += p dt/2;  p = c p + sqrt(T (1 - c^2)) xi, c = e^{-gamma dt};  q += p dt/2;  p += F(q) dt/2
//
// One force a step. Weak and stationary order 2 (the law of q: order 4 as gamma -> infinity).
// Leimkuhler & Matthews (2013), "Rational construction of stochastic numerical methods for molecular sampling".
#include "detail/underdamped_parts.hpp"

namespace driftwell {

namespace {

class BaoabBlocks : public UnderdampedParts {
public:
  explicit BaoabBlocks(const Dynamics& dynamics) : UnderdampedParts(dynamics, 1) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const double half = 0.5 * at.dt;
    noise.normals(at.number, xi_.rows());
    kick(block, half);
    drift(block, half);
    ornstein(block, at.dt, at.t + half, 0);
    drift(block, half);
    look(block, at.t + at.dt);
    kick(block, half);
  }
};

class Baoab : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 2, .stationary_order = 2, .noise = NoiseClass::additive, .underdamped = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<BaoabBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"baoab", "underdamped splitting with the most accurate law of positions", [] { return std::make_unique<Baoab>(); }};

} // namespace

} // namespace driftwell
