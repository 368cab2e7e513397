// Tamed Euler:  x' = x + b(x) dt / (1 + dt |b(x)|) + sigma(x) sqrt(dt) xi
//
// For drifts that grow faster than linearly, where Euler-Maruyama explodes with positive probability for every dt. Strong order 1/2 (1 for
// additive noise), weak order 1, stationary order 1.
// Hutzenthaler, Jentzen & Kloeden (2012), "Strong convergence of an explicit numerical method for SDEs with nonglobally
// Lipschitz continuous coefficients", eq. (4).
#include "driftwell/core/simd.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

DRIFTWELL_MULTIVERSION void add_square(double* sum, const double* b, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) sum[k] = sum[k] + b[k] * b[k];
}
DRIFTWELL_MULTIVERSION void taming(double* square, double dt, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) square[k] = 1.0 / (1.0 + dt * __builtin_sqrt(square[k]));
}
DRIFTWELL_MULTIVERSION void times(double* b, const double* factor, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) b[k] = b[k] * factor[k];
}

class TamedEulerBlocks : public BlockStepper {
public:
  explicit TamedEulerBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), b_(dynamics.dimension()), xi_(dynamics.noises()), noise_(dynamics.dimension()), factor_(1) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, b_.rows(), block.n, T, workspace_);
    std::fill_n(factor_[0], block.n, 0.0);
    for (std::size_t i = 0; i < b_.size(); ++i) add_square(factor_[0], b_[i], block.n);
    taming(factor_[0], at.dt, block.n);
    noise.normals(at.number, xi_.rows());
    dynamics_.noise(x, xi_.const_rows(), noise_.rows(), block.n, T, workspace_);
    for (std::size_t i = 0; i < b_.size(); ++i) {
      times(b_[i], factor_[0], block.n);
      euler_step(block.x[i], b_[i], at.dt, noise_[i], std::sqrt(at.dt), block.n);
    }
  }

private:
  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  RowBuffer b_, xi_, noise_, factor_;
};

class TamedEuler : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 0.5, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::general, .any_noises = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<TamedEulerBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"tamed_euler", "explicit Euler that stays stable where the drift grows faster than linearly",
                                    [] { return std::make_unique<TamedEuler>(); }};

} // namespace

} // namespace driftwell
