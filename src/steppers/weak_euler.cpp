// Weak Euler:  x' = x + b(x) dt + sigma(x) sqrt(dt) xi,   xi = +-1 with probability 1/2 each
//
// The two-point variates have the first three moments of N(0, 1), which is all that weak order 1 needs, and one random bit is
// far cheaper than a normal variate. Expectations and the stationary law converge as those of Euler-Maruyama; single paths mean nothing.
// Kloeden & Platen (1992), section 14.1.
#include "driftwell/steppers/stepper.hpp"

#include <cmath>

namespace driftwell {

namespace {

class WeakEulerBlocks : public BlockStepper {
public:
  explicit WeakEulerBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), b_(dynamics.dimension()),
        xi_(dynamics.constant_scale().empty() ? dynamics.noises() : 0), noise_(xi_.size() == 0 ? 0 : dynamics.dimension()), scale_(dynamics.dimension()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, b_.rows(), block.n, T, workspace_);
    if (!dynamics_.constant_scale().empty()) {
      for (std::size_t i = 0; i < scale_.size(); ++i) scale_[i] = std::sqrt(2 * T * at.dt) * dynamics_.constant_scale()[i];
      return noise.add_signs(at.number, block.x, b_.const_rows(), at.dt, scale_);
    }
    noise.signs(at.number, xi_.rows());
    dynamics_.noise(x, xi_.const_rows(), noise_.rows(), block.n, T, workspace_);
    for (std::size_t i = 0; i < scale_.size(); ++i) euler_step(block.x[i], b_[i], at.dt, noise_[i], std::sqrt(at.dt), block.n);
  }

private:
  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  RowBuffer b_, xi_, noise_;
  std::vector<double> scale_;
};

class WeakEuler : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = StepperTraits::none, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::general,
            .variates = StepperTraits::Variates::signs, .any_noises = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<WeakEulerBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"weak_euler", "explicit Euler with two-point variates (random bits): expectations to order 1, fastest",
                                    [] { return std::make_unique<WeakEuler>(); }};

} // namespace

} // namespace driftwell
