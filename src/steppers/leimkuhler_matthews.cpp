// Leimkuhler-Matthews:  x' = x + b(x) dt + sigma sqrt(dt) (xi_n + xi_{n+1}) / 2
//
// Each normal variate serves two steps. One drift a step as Euler-Maruyama, but for b = -grad f, D = I the error of the stationary law is
// O(dt^2). Additive noise only. Weak order 1; strong order 1/2, because the last variate belongs to the next step.
// Leimkuhler & Matthews (2013), "Rational construction of stochastic numerical methods for molecular sampling", eq. (6);
// Leimkuhler, Matthews & Tretyakov (2014).
#include "driftwell/steppers/stepper.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace driftwell {

namespace {

class LeimkuhlerMatthewsBlocks : public BlockStepper {
public:
  explicit LeimkuhlerMatthewsBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), b_(dynamics.dimension()), xi_(dynamics.noises()), now_(dynamics.dimension()),
        next_(dynamics.dimension()) {}

  void begin(const Block& block, const Step& at, Noise& noise) override { draw(block, at.number, at.t, noise, now_); }

  void step(Block& block, const Step& at, Noise& noise) override {
    const double half = 0.5 * std::sqrt(at.dt);
    dynamics_.drift(as_const(block.x), b_.rows(), block.n, dynamics_.temperature(at.t), workspace_);
    draw(block, at.number + 1, at.t + at.dt, noise, next_);
    for (std::size_t i = 0; i < b_.size(); ++i) {
      euler_step(block.x[i], b_[i], at.dt, now_[i], half, block.n);
      add_scaled(block.x[i], next_[i], half, block.n);
    }
    std::swap(now_, next_);
  }

private:
  /// sigma xi_step
  void draw(const Block& block, std::uint64_t step, double t, Noise& noise, RowBuffer& out) {
    noise.normals(step, xi_.rows());
    dynamics_.noise(as_const(block.x), xi_.const_rows(), out.rows(), block.n, dynamics_.temperature(t), workspace_);
  }

  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  RowBuffer b_, xi_, now_, next_;
};

class LeimkuhlerMatthews : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 0.5, .weak_order = 1, .stationary_order = 2, .noise = NoiseClass::additive, .any_noises = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override {
    if (dynamics.noise_class() != NoiseClass::additive)
      throw std::invalid_argument("leimkuhler_matthews needs additive noise (a constant D); this D depends on x");
    return std::make_unique<LeimkuhlerMatthewsBlocks>(dynamics);
  }
};

const StepperCatalogue::Entry entry{"leimkuhler_matthews", "additive noise, one drift a step, stationary law to order 2",
                                    [] { return std::make_unique<LeimkuhlerMatthews>(); }};

} // namespace

} // namespace driftwell
