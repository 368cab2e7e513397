// Heun's rule for the drift, the noise averaged along the step without noise:
//
//   y  = x + b(x) dt + sigma(x) dW,   z = x + b(x) dt
//   x' = x + (b(x) + b(y)) dt/2 + (sigma(x) + sigma(z)) dW/2,   dW = sqrt(dt) xi,   xi ~ N(0, 1)
//
// b Ito drift, sigma sigma^T = 2 T D; no derivatives, no correction of the drift, any number of noises. Additive noise: weak and
// stationary order 2, strong order 1. Where sigma = eps s(x) the weak error is O(dt^2 + eps^4 dt): what a step lacks to order dt^2 is the
// noise's own change by noise (L1 L1 of L = L0 + eps^2 L1). With eps^2 ~ dt, as for the modified equations of SGD, that is order 2.
// Milstein & Tretyakov, "Numerical methods in the weak sense for stochastic differential equations with small noise", SIAM J. Numer. Anal.
// 34 (1997), whose classes of schemes this is one of.
#include "driftwell/steppers/stepper.hpp"

#include <cmath>

namespace driftwell {

namespace {

class SmallNoiseHeunBlocks : public BlockStepper {
public:
  explicit SmallNoiseHeunBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), additive_(dynamics.noise_class() == NoiseClass::additive), xi_(dynamics.noises()), b_(dynamics.dimension()),
        b_next_(dynamics.dimension()), noise_(dynamics.dimension()), noise_next_(dynamics.dimension()), y_(dynamics.dimension()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const std::size_t n = block.n;
    const double T = dynamics_.temperature(at.t), T_next = dynamics_.temperature(at.t + at.dt), root = std::sqrt(at.dt);
    dynamics_.drift(as_const(block.x), b_.rows(), n, T, workspace_);
    noise.normals(at.number, xi_.rows());
    dynamics_.noise(as_const(block.x), xi_.const_rows(), noise_.rows(), n, T, workspace_);
    copy_rows(as_const(block.x), y_.rows(), n);
    for (std::size_t i = 0; i < b_.size(); ++i) add_scaled(y_[i], b_[i], at.dt, n);
    // z is here before it becomes y
    if (!additive_ || T != T_next) dynamics_.noise(y_.const_rows(), xi_.const_rows(), noise_next_.rows(), n, T_next, workspace_);
    else copy_rows(noise_.const_rows(), noise_next_.rows(), n);
    for (std::size_t i = 0; i < b_.size(); ++i) add_scaled(y_[i], noise_[i], root, n);
    dynamics_.drift(y_.const_rows(), b_next_.rows(), n, T_next, workspace_);
    for (std::size_t i = 0; i < b_.size(); ++i) {
      euler_step(block.x[i], b_[i], 0.5 * at.dt, noise_[i], 0.5 * root, n);
      euler_step(block.x[i], b_next_[i], 0.5 * at.dt, noise_next_[i], 0.5 * root, n);
    }
  }

private:
  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  bool additive_;
  RowBuffer xi_, b_, b_next_, noise_, noise_next_, y_;
};

class SmallNoiseHeun : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 2, .stationary_order = 2, .noise = NoiseClass::additive, .any_noises = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<SmallNoiseHeunBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"small_noise_heun", "predictor and corrector for Ito noise: weak order 2 where it is additive or small",
                                    [] { return std::make_unique<SmallNoiseHeun>(); }};

} // namespace

} // namespace driftwell
