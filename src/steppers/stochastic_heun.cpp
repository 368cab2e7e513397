// Stochastic Heun, for the Stratonovich form  dx = a dt + sigma o dW,  a = b - (1/2) sum_jk sigma_kj d_k sigma_ij:
//
//   y  = x + a(x) dt + sigma(x) dW
//   x' = x + (a(x) + a(y)) dt/2 + (sigma(x) + sigma(y)) dW/2,   dW = sqrt(dt) xi
//
// Strong order 1 for commutative noise (1/2 for general noise), weak order 1; weak order 2 for additive noise. The law is that of the
// model, whose own interpretation has gone into b.
// Kloeden & Platen (1992), section 15.1; Ruemelin (1982).
#include "detail/symbolic_root.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <cmath>
#include <vector>

namespace driftwell {

namespace {

/// (b - a)/T, or nothing where it is 0.
std::vector<Expression> correction(const Model& model) {
  const std::size_t d = model.dimension();
  std::vector<Expression> c(d, Expression(0.0));
  if (model.diagonal()) {
    for (std::size_t i = 0; i < d; ++i) c[i] = Expression(0.5) * model.diffusion(i, i).derivative(i);
    return c;
  }
  const auto L = symbolic_root(model);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) c[i] = c[i] + along(L, i, j, j);
  return c;
}

class StochasticHeunBlocks : public BlockStepper {
public:
  explicit StochasticHeunBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), additive_(dynamics.noise_class() == NoiseClass::additive),
        correction_(additive_ ? std::vector<Expression>{} : correction(dynamics.model()), dynamics.dimension()), correction_space_(correction_),
        xi_(dynamics.dimension()), a_(dynamics.dimension()), a_next_(dynamics.dimension()), noise_(dynamics.dimension()),
        noise_next_(dynamics.dimension()), y_(dynamics.dimension()), c_(correction_.outputs()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const double root = std::sqrt(at.dt);
    noise.normals(at.number, xi_.rows());
    slopes(as_const(block.x), at.t, block.n, a_, noise_);
    copy_rows(as_const(block.x), y_.rows(), block.n);
    for (std::size_t i = 0; i < a_.size(); ++i) euler_step(y_[i], a_[i], at.dt, noise_[i], root, block.n);
    slopes(y_.const_rows(), at.t + at.dt, block.n, a_next_, noise_next_);
    for (std::size_t i = 0; i < a_.size(); ++i) {
      euler_step(block.x[i], a_[i], 0.5 * at.dt, noise_[i], 0.5 * root, block.n);
      euler_step(block.x[i], a_next_[i], 0.5 * at.dt, noise_next_[i], 0.5 * root, block.n);
    }
  }

private:
  void slopes(ConstRows x, double t, std::size_t n, RowBuffer& a, RowBuffer& noise) {
    const double T = dynamics_.temperature(t);
    dynamics_.drift(x, a.rows(), n, T, workspace_);
    dynamics_.noise(x, xi_.const_rows(), noise.rows(), n, T, workspace_);
    if (additive_) return;
    correction_.evaluate(x, c_.rows(), n, correction_space_);
    for (std::size_t i = 0; i < a.size(); ++i) add_scaled(a[i], c_[i], -T, n);
  }

  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  bool additive_;
  expression::Tape correction_;
  expression::Tape::Workspace correction_space_;
  RowBuffer xi_, a_, a_next_, noise_, noise_next_, y_, c_;
};

class StochasticHeun : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::commutative, .interpretation = Interpretation::stratonovich};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<StochasticHeunBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"stochastic_heun", "predictor and corrector in the Stratonovich form; weak order 2 where the noise is additive",
                                    [] { return std::make_unique<StochasticHeun>(); }};

} // namespace

} // namespace driftwell
