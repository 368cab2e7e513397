// OBABO splitting of  dq = p dt,  dp = (F(q) - gamma p) dt + sqrt(2 gamma T) dW: a velocity-Verlet step between two halves of the friction,
//
//   O(dt/2);  p += F dt/2;  q += p dt;  p += F(q) dt/2;  O(dt/2),   O(h): p = e^{-gamma h} p + sqrt(T (1 - e^{-2 gamma h})) xi
//
// One force and two normal variates a degree of freedom and step. Weak and stationary order 2.
// Bussi & Parrinello (2007), "Accurate sampling using Langevin dynamics".
#include "detail/underdamped_parts.hpp"

namespace driftwell {

namespace {

class ObaboBlocks : public UnderdampedParts {
public:
  explicit ObaboBlocks(const Dynamics& dynamics) : UnderdampedParts(dynamics, 2) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const double half = 0.5 * at.dt;
    noise.normals(at.number, xi_.rows());
    ornstein(block, half, at.t + 0.25 * at.dt, 0);
    kick(block, half);
    drift(block, at.dt);
    look(block, at.t + at.dt);
    kick(block, half);
    ornstein(block, half, at.t + 0.75 * at.dt, 1);
  }
};

class Obabo : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 2, .stationary_order = 2, .noise = NoiseClass::additive, .underdamped = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<ObaboBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"obabo", "underdamped splitting around a velocity-Verlet step", [] { return std::make_unique<Obabo>(); }};

} // namespace

} // namespace driftwell
