#include "linear_sgd.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/theorems/subject.hpp"

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Row = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index most_weights = 16, most_weights_constant = 200;
constexpr double most_work = 4e8; ///< multiplications for the tensors

Row single_gradients(const sgd::Loss& loss, const VectorXd& w) {
  Row rows(static_cast<Index>(loss.samples()), w.size());
  const std::vector<std::uint32_t> all = sgd::all_samples(loss.samples());
  sgd::Workspace workspace;
  loss.sample_gradients(w.data(), {all, nullptr}, rows.data(), workspace);
  return rows;
}

MatrixXd single_hessian(const sgd::Loss& loss, const VectorXd& w, std::uint32_t sample, sgd::Workspace& workspace) {
  MatrixXd H(w.size(), w.size());
  for (Index j = 0; j < w.size(); ++j) {
    const VectorXd unit = VectorXd::Unit(w.size(), j);
    loss.hessian_product(w.data(), {std::span(&sample, 1), nullptr}, unit.data(), H.col(j).data(), workspace);
  }
  return (H + H.transpose()) / 2;
}

/// Three directions that no symmetry of a loss singles out.
VectorXd probe(Index d, int number) {
  return VectorXd::NullaryExpr(d, [number](Index j) { return std::sin(1.7 * (static_cast<double>(j) + 1) * (number + 1) + number); }) * std::pow(3.0, number - 1);
}

VectorXd flat(const MatrixXd& A) { return Eigen::Map<const VectorXd>(A.data(), A.size()); }
MatrixXd square(const VectorXd& v, Index d) { return Eigen::Map<const MatrixXd>(v.data(), d, d); }

struct Terms {
  const sgd::Loss& loss;
  Row c;                 ///< single gradients at the minimum
  std::array<Row, 3> at; ///< and at the probes
  double worst = 0;      ///< departure of a gradient from c_k + H_k x, relative
  std::uint32_t where = 0;
};

Terms terms_of(const sgd::Loss& loss, const VectorXd& centre) {
  Terms terms{loss, single_gradients(loss, centre), {}};
  for (int i = 0; i < 3; ++i) terms.at[static_cast<std::size_t>(i)] = single_gradients(loss, centre + probe(centre.size(), i));
  return terms;
}

void look_at(Terms& terms, std::uint32_t k, const MatrixXd& H) {
  for (int i = 0; i < 3; ++i) {
    const VectorXd g = terms.at[static_cast<std::size_t>(i)].row(k), c = terms.c.row(k), expected = c + H * probe(g.size(), i);
    const double size = std::max({g.norm(), c.norm(), terms.c.norm() / std::sqrt(static_cast<double>(terms.c.rows()))});
    const double away = size > 0 ? (g - expected).norm() / size : 0;
    if (!(away <= terms.worst)) {
      terms.worst = away;
      terms.where = k;
    }
  }
}

void require_positive(const VectorXd& curvatures) {
  if (!(curvatures[0] > 1e-12 * curvatures[curvatures.size() - 1]))
    throw NotApplicable{"a Hessian that is positive definite at the minimum", fmt::format("its smallest eigenvalue is {:.3g}, the largest {:.3g}", curvatures[0], curvatures[curvatures.size() - 1])};
}

void add_tensors(LinearSgd& linear, const Terms& terms, const std::vector<MatrixXd>& H, double share) {
  const Index d = linear.centre.size();
  linear.quadratic = MatrixXd::Zero(d * d, d * d);
  linear.linear = MatrixXd::Zero(d * d, d);
  const auto add = [&](const MatrixXd& Hk, double factor) {
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < d; ++j) linear.quadratic.block(i * d, j * d, d, d) += factor * Hk(i, j) * Hk;
  };
  for (std::size_t k = 0; k < H.size(); ++k) {
    add(H[k], share);
    const VectorXd c = terms.c.row(static_cast<Index>(k));
    for (Index j = 0; j < d; ++j) {
      const MatrixXd half = c * H[k].col(j).transpose();
      linear.linear.col(j) += share * flat(half + half.transpose());
    }
  }
  add(linear.hessian, -1);
}

} // namespace

LinearSgd linear_sgd(const SgdEvidence& sgd) {
  const sgd::Loss& loss = sgd.loss();
  const auto d = static_cast<Index>(loss.dimension());
  const auto N = static_cast<double>(loss.samples());
  if (d > most_weights_constant || N * static_cast<double>(d * d) * static_cast<double>(std::min(d, most_weights)) > most_work)
    throw NotApplicable{"few enough weights and samples for exact moments", fmt::format("{} weights and {} samples", d, loss.samples())};
  LinearSgd linear;
  linear.centre = Eigen::Map<const VectorXd>(sgd.minimum().weights.data(), d);
  linear.hessian = sgd.hessian();
  const SymmetricEigen modes(linear.hessian);
  linear.curvatures = modes.eigenvalues();
  linear.modes = modes.eigenvectors();
  require_positive(linear.curvatures);

  Terms terms = terms_of(loss, linear.centre);
  const VectorXd mean = terms.c.colwise().mean();
  linear.noise = terms.c.transpose() * terms.c / N - mean * mean.transpose();
  sgd::Workspace workspace;
  std::vector<MatrixXd> H;
  for (std::uint32_t k = 0; k < loss.samples(); ++k) {
    const MatrixXd own = single_hessian(loss, linear.centre, k, workspace);
    look_at(terms, k, own);
    linear.constant_noise = linear.constant_noise && (own - linear.hessian).norm() <= 1e-12 * linear.hessian.norm();
    if (d <= most_weights) H.push_back(own);
  }
  const bool met = terms.worst <= 1e-9;
  linear.parabolas = {met ? Hypothesis::State::met : Hypothesis::State::failed, "every term of the loss is a parabola",
                      met ? fmt::format("gradients are linear to {:.1e}", terms.worst) : fmt::format("the gradient of term {} departs from its linear part by {:.2g}", terms.where, terms.worst)};
  if (!met || linear.constant_noise) return linear;
  if (d > most_weights) throw NotApplicable{"few enough weights for exact moments", fmt::format("{} weights and noise that depends on them; at most {}", d, most_weights)};
  add_tensors(linear, terms, H, 1 / N);
  return linear;
}

MomentRecursion::MomentRecursion(const LinearSgd& linear, const StepRule& rule) : linear_(linear), rule_(rule), d_(linear.centre.size()) {
  const MatrixXd I = MatrixXd::Identity(d_, d_), pull = rule.eta * linear.hessian;
  const Index n = rule.momentum > 0 ? 2 * d_ : d_;
  A_ = MatrixXd::Zero(n, n);
  G_ = MatrixXd::Zero(d_, n);
  A_.topLeftCorner(d_, d_) = I - pull;
  G_.leftCols(d_) = I;
  if (rule.momentum > 0) {
    const MatrixXd keep = rule.momentum * (rule.nesterov ? MatrixXd(I - pull) : I);
    A_.topRightCorner(d_, d_) = keep;
    A_.bottomLeftCorner(d_, d_) = -pull;
    A_.bottomRightCorner(d_, d_) = keep;
    if (rule.nesterov) G_.rightCols(d_) = rule.momentum * I;
  }
  start(VectorXd::Zero(d_));
}

void MomentRecursion::start(const VectorXd& x) {
  mean_ = VectorXd::Zero(A_.rows());
  mean_.head(d_) = x;
  second_ = mean_ * mean_.transpose();
}

MatrixXd MomentRecursion::gradient_noise(const VectorXd& mean, const MatrixXd& second) const {
  if (linear_.constant_noise) return linear_.noise;
  const VectorXd at = G_ * mean;
  const MatrixXd spread = G_ * second * G_.transpose();
  return linear_.noise + square(linear_.quadratic * flat(spread) + linear_.linear * at, d_);
}

MatrixXd MomentRecursion::spread(const MatrixXd& C) const {
  const MatrixXd own = rule_.eta * rule_.eta * rule_.factor * C;
  if (rule_.momentum == 0) return own;
  MatrixXd both(2 * d_, 2 * d_);
  both << own, own, own, own;
  return both;
}

void MomentRecursion::step() {
  const MatrixXd noise = spread(gradient_noise(mean_, second_));
  second_ = (A_ * second_ * A_.transpose() + noise).eval();
  mean_ = (A_ * mean_).eval();
}

double MomentRecursion::growth() const {
  if (linear_.constant_noise) return std::pow(GeneralEigen(A_, false).eigenvalues().cwiseAbs().maxCoeff(), 2);
  // Of a map that keeps matrices >= 0: powers of it on the identity grow with its radius. With momentum they oscillate: a mean over many.
  constexpr int steps = 4096;
  MatrixXd P = MatrixXd::Identity(A_.rows(), A_.cols());
  double sum = 0;
  for (int k = 0; k < steps; ++k) {
    const MatrixXd next = A_ * P * A_.transpose() + spread(square(linear_.quadratic * flat(G_ * P * G_.transpose()), d_));
    const double size = next.norm();
    if (!(size > 0)) return 0;
    P = next / size;
    if (k >= steps / 2) sum += std::log(size);
  }
  return std::exp(sum / (steps - steps / 2));
}

namespace {

NotApplicable no_law() { return {"a stationary law of second moments", "SGD with these steps and noise spreads for ever"}; }

/// sum_k A^k B (A^k)^T by doubling.
MatrixXd accumulated(MatrixXd A, const MatrixXd& B) {
  MatrixXd X = B;
  for (int k = 0; k < 60; ++k) {
    const MatrixXd more = A * X * A.transpose();
    X += more;
    if (!std::isfinite(X.norm())) break;
    if (more.norm() <= 1e-18 * X.norm()) return (X + X.transpose()) / 2;
    A = (A * A).eval();
  }
  throw no_law();
}

} // namespace

MatrixXd MomentRecursion::stationary() const {
  // The noise grows with the spread it makes: from below, so that a limit is the smallest, and there is one just where SGD is stable.
  const VectorXd at_rest = VectorXd::Zero(A_.rows());
  MatrixXd P = MatrixXd::Zero(A_.rows(), A_.rows());
  double first = 0;
  for (int k = 0; k < 2000; ++k) {
    const MatrixXd next = accumulated(A_, spread(gradient_noise(at_rest, P)));
    const double change = (next - P).norm();
    P = next;
    if (linear_.constant_noise || change <= 1e-15 * P.norm()) return P.topLeftCorner(d_, d_);
    if (k == 0) first = P.norm();
    if (!(P.norm() < 1e12 * first)) break;
  }
  throw no_law();
}

VectorXd along_modes(const LinearSgd& linear, const MatrixXd& covariance) { return (linear.modes.transpose() * covariance * linear.modes).diagonal(); }

Measured limit_of_halvings(const std::vector<double>& values) {
  // The end of the row before and of the column before: a value may agree with one of them by chance.
  std::vector<double> row = values;
  double column = row.back(), before = row.back();
  for (std::size_t order = 1; order < values.size(); ++order) {
    column = row.back();
    before = row[values.size() - 2];
    const double factor = std::pow(2.0, static_cast<double>(order));
    for (std::size_t i = values.size() - 1; i >= order; --i) row[i] = (factor * row[i] - row[i - 1]) / (factor - 1);
  }
  return {row.back(), std::max(std::abs(row.back() - column), std::abs(row.back() - before)), 0};
}

} // namespace driftwell::theorems
