// Metropolis-adjusted Langevin:  y = x - grad f(x) dt + sqrt(2 T dt) xi, accepted with probability min(1, r),
//
//   log r = -(f(y) - f(x))/T - |x - y + grad f(y) dt|^2/(4 T dt) + |xi|^2/2
//
// else x stays. The stationary law is exp(-f/T) for every dt; weak order 1. For models without force, circulation or schedule
// and with D = I. Roberts & Tweedie (1996); Bou-Rabee & Vanden-Eijnden (2010).
#include "driftwell/core/simd.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace driftwell {

namespace {

/// y = x - g dt + scale xi
DRIFTWELL_MULTIVERSION void propose(double* y, const double* x, const double* g, const double* xi, double dt, double scale, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) y[k] = (x[k] - g[k] * dt) + xi[k] * scale;
}

/// log_ratio += xi^2/2 - (x - y + g dt)^2/(4 T dt)
DRIFTWELL_MULTIVERSION void add_log_ratio(double* log_ratio, const double* x, const double* y, const double* g, const double* xi, double dt, double T,
                                          std::size_t n) {
  const double width = 1 / (4 * T * dt);
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) {
    const double back = (x[k] - y[k]) + g[k] * dt;
    log_ratio[k] = log_ratio[k] + (0.5 * xi[k] * xi[k] - back * back * width);
  }
}

class MalaBlocks : public BlockStepper {
public:
  explicit MalaBlocks(const Dynamics& dynamics)
      : d_(dynamics.dimension()), T_(dynamics.temperature(0)), tape_(outputs(dynamics.model()), d_), space_(tape_), here_(d_ + 1), there_(d_ + 1), y_(d_),
        xi_(d_), log_ratio_(1), uniform_(1) {}

  void begin(const Block& block, const Step& /*at*/, Noise& /*noise*/) override { tape_.evaluate(as_const(block.x), here_.rows(), block.n, space_); }
  void moved(const Block& block, const Step& /*next*/) override { tape_.evaluate(as_const(block.x), here_.rows(), block.n, space_); }

  void step(Block& block, const Step& at, Noise& noise) override {
    const std::size_t n = block.n;
    noise.normals(at.number, xi_.rows());
    noise.uniforms(at.number, uniform_.rows());
    for (std::size_t i = 0; i < d_; ++i) propose(y_[i], block.x[i], here_[i], xi_[i], at.dt, std::sqrt(2 * T_ * at.dt), n);
    tape_.evaluate(y_.const_rows(), there_.rows(), n, space_);
    double* const log_ratio = log_ratio_[0];
    for (std::size_t k = 0; k < n; ++k) log_ratio[k] = (here_[d_][k] - there_[d_][k]) / T_;
    for (std::size_t i = 0; i < d_; ++i) add_log_ratio(log_ratio, block.x[i], y_[i], there_[i], xi_[i], at.dt, T_, n);
    for (std::size_t k = 0; k < n; ++k) {
      // A proposal where f or its gradient is no number is refused; a particle that is at no number itself stays one that is reported.
      if (!(log_ratio[k] >= 0) && !(std::log(uniform_[0][k]) < log_ratio[k])) continue;
      for (std::size_t i = 0; i < d_; ++i) block.x[i][k] = y_[i][k];
      for (std::size_t i = 0; i <= d_; ++i) here_[i][k] = there_[i][k];
    }
  }

private:
  static std::vector<Expression> outputs(const Model& model) {
    std::vector<Expression> all;
    for (std::size_t i = 0; i < model.dimension(); ++i) all.push_back(model.gradient(i));
    all.push_back(model.potential());
    return all;
  }

  std::size_t d_;
  double T_;
  expression::Tape tape_; ///< grad f, f
  expression::Tape::Workspace space_;
  RowBuffer here_, there_, y_, xi_, log_ratio_, uniform_;
};

class Mala : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = StepperTraits::none, .weak_order = 1, .stationary_order = StepperTraits::exact, .noise = NoiseClass::additive};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override {
    const Model& model = dynamics.model();
    if (!model.has_potential() || model.has_force() || model.has_circulation() || !model.identity_diffusion() || !dynamics.constant_temperature())
      throw std::invalid_argument("mala needs a potential, no force or circulation, the identity as diffusion and a constant temperature");
    return std::make_unique<MalaBlocks>(dynamics);
  }
};

const StepperCatalogue::Entry entry{"mala", "Metropolis-adjusted: the stationary law exp(-f/T) without error, for any dt",
                                    [] { return std::make_unique<Mala>(); }};

} // namespace

} // namespace driftwell
