// Exact transition of linear models (Ornstein-Uhlenbeck), b(x) = M x + c with constant D and T:
//
//   x' = e^{M dt} x + g + R xi,   g = int_0^dt e^{M s} c ds,   R R^T = int_0^dt e^{M s} 2 T D e^{M^T s} ds
//
// No error in the law for any dt. The integrals are series for a short time, doubled until it is dt:
// S(2h) = S(h) + e^{M h} S(h) e^{M^T h}. Gardiner, "Stochastic Methods" (2009), section 4.5.6.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/ensemble/matrix_product.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Linear {
  MatrixXd M, S; ///< S = 2 T D
  VectorXd c;
};

Linear linear_of(const Dynamics& dynamics) {
  const Model& model = dynamics.model();
  const auto d = static_cast<Index>(model.dimension());
  if (dynamics.noise_class() != NoiseClass::additive || !dynamics.constant_temperature())
    throw std::invalid_argument("exact_ou needs a constant diffusion and a constant temperature");
  Linear linear{MatrixXd(d, d), MatrixXd(d, d), VectorXd(d)};
  std::vector<Expression> b;
  for (Index i = 0; i < d; ++i) {
    b.push_back(model.drift(static_cast<std::size_t>(i)));
    const std::vector<Expression> row = b.back().gradient(model.dimension());
    for (Index j = 0; j < d; ++j) {
      if (!row[static_cast<std::size_t>(j)].is_constant())
        throw std::invalid_argument("exact_ou needs a linear drift (a quadratic potential); that of " + model.names()[static_cast<std::size_t>(i)] + " is not");
      linear.M(i, j) = row[static_cast<std::size_t>(j)].constant();
      linear.S(i, j) = 2 * dynamics.temperature(0) * model.diffusion(static_cast<std::size_t>(i), static_cast<std::size_t>(j)).constant();
    }
  }
  const std::vector<double> c = expression::Tape(b, model.dimension())(std::vector<double>(model.dimension(), 0.0));
  linear.c = Eigen::Map<const VectorXd>(c.data(), d);
  return linear;
}

/// x' = A x + g + R xi
struct Transition {
  MatrixXd A, S;
  VectorXd g;
};

Transition transition(const Linear& linear, double dt) {
  constexpr int terms = 18;
  const Index d = linear.c.size();
  const int doublings = std::max(0, static_cast<int>(std::ceil(std::log2(2 * linear.M.norm() * dt + 1e-300))));
  const double h = std::ldexp(dt, -doublings);
  const MatrixXd I = MatrixXd::Identity(d, d);
  // A - 1 is doubled instead of A: slow directions of a short step keep their digits.
  MatrixXd less = MatrixXd::Zero(d, d), power = I, G = MatrixXd::Zero(d, d), term = linear.S, S = MatrixXd::Zero(d, d);
  for (int n = 1; n <= terms; ++n) {
    G += power * (h / n);
    S += term * (h / n);
    power = (linear.M * power * (h / n)).eval();
    less += power;
    term = ((linear.M * term + term * linear.M.transpose()) * (h / n)).eval();
  }
  VectorXd g = G * linear.c;
  for (int k = 0; k < doublings; ++k) {
    const MatrixXd A = I + less;
    S = (S + A * S * A.transpose()).eval();
    g = (g + A * g).eval();
    less = (2 * less + less * less).eval();
  }
  return {I + less, 0.5 * (S + S.transpose()), g};
}

/// A symmetric positive semi-definite matrix's root, lower triangular where it is definite.
MatrixXd root_of(const MatrixXd& S) {
  const Eigen::LLT<MatrixXd> factor(S);
  if (factor.info() == Eigen::Success && factor.matrixLLT().diagonal().minCoeff() > 1e-7 * std::sqrt(S.diagonal().maxCoeff())) return factor.matrixL();
  const SymmetricEigen eigen(S);
  return eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
}

std::vector<double> by_rows(const MatrixXd& M) {
  std::vector<double> entries;
  for (Index i = 0; i < M.rows(); ++i)
    for (Index j = 0; j < M.cols(); ++j) entries.push_back(M(i, j));
  return entries;
}

class ExactOuBlocks : public BlockStepper {
public:
  explicit ExactOuBlocks(const Dynamics& dynamics)
      : linear_(linear_of(dynamics)), y_(dynamics.dimension()), xi_(dynamics.dimension()), noise_(dynamics.dimension()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    if (!drift_ || dt_ != at.dt) prepare(at.dt);
    noise.normals(at.number, xi_.rows());
    drift_->apply(as_const(block.x), y_.rows(), block.n);
    spread_->apply(xi_.const_rows(), noise_.rows(), block.n);
    for (std::size_t i = 0; i < y_.size(); ++i) {
      add_scaled(y_[i], noise_[i], 1.0, block.n);
      std::copy_n(y_[i], block.n, block.x[i]);
    }
  }

private:
  void prepare(double dt) {
    const Transition t = transition(linear_, dt);
    drift_.emplace(by_rows(t.A), std::vector<double>(t.g.data(), t.g.data() + t.g.size()));
    spread_.emplace(by_rows(root_of(t.S)), std::vector<double>(y_.size(), 0.0));
    dt_ = dt;
  }

  Linear linear_;
  std::optional<MatrixProduct> drift_, spread_;
  double dt_ = 0;
  RowBuffer y_, xi_, noise_;
};

class ExactOu : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = StepperTraits::exact, .stationary_order = StepperTraits::exact, .noise = NoiseClass::additive};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<ExactOuBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"exact_ou", "linear drift and constant noise without error, for any dt", [] { return std::make_unique<ExactOu>(); }};

} // namespace

} // namespace driftwell
