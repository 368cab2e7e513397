// Euler-Maruyama:  x' = x + b(x) dt + sigma(x) sqrt(dt) xi,   xi ~ N(0, 1)
//
// b Ito drift, sigma sigma^T = 2 T D. Strong order 1/2 (1 for additive noise), weak order 1, stationary order 1.
// Maruyama (1955); Kloeden & Platen, "Numerical Solution of Stochastic Differential Equations" (1992), sections 10.2, 14.1.
#include "driftwell/steppers/stepper.hpp"

#include <cmath>

namespace driftwell {

namespace {

class EulerMaruyamaBlocks : public BlockStepper {
public:
  explicit EulerMaruyamaBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), b_(dynamics.dimension()),
        xi_(dynamics.constant_scale().empty() ? dynamics.noises() : 0), noise_(xi_.size() == 0 ? 0 : dynamics.dimension()), scale_(dynamics.dimension()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, b_.rows(), block.n, T, workspace_);
    if (!dynamics_.constant_scale().empty()) {
      for (std::size_t i = 0; i < scale_.size(); ++i) scale_[i] = std::sqrt(2 * T * at.dt) * dynamics_.constant_scale()[i];
      return noise.add_normals(at.number, block.x, b_.const_rows(), at.dt, scale_);
    }
    noise.normals(at.number, xi_.rows());
    dynamics_.noise(x, xi_.const_rows(), noise_.rows(), block.n, T, workspace_);
    for (std::size_t i = 0; i < scale_.size(); ++i) euler_step(block.x[i], b_[i], at.dt, noise_[i], std::sqrt(at.dt), block.n);
  }

private:
  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  RowBuffer b_, xi_, noise_;
  std::vector<double> scale_;
};

class EulerMaruyama : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 0.5, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::general, .any_noises = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<EulerMaruyamaBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"euler_maruyama", "explicit Euler with normal variates: any noise, weak order 1",
                                    [] { return std::make_unique<EulerMaruyama>(); }};

} // namespace

} // namespace driftwell
