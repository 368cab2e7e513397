#include "driftwell/kinetic/position_basis.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/expression/tape.hpp"
#include "one_thread.hpp"

#include <Eigen/QR>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace driftwell::kinetic {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index scan = 4096;            ///< equal intervals of the box on which the effective potential is tabulated
constexpr double cut = 48;              ///< s = 1e-21: beyond, the box is cut off; shifted laws reach far
constexpr double resolved_share = 0.62; ///< of polynomials: pi points a wavelength in the middle of the interval

/// Eigenvectors of a symmetric positive semi-definite matrix, increasing eigenvalues; the first replaced by `kernel` where given.
MatrixXd modes(const MatrixXd& M, Index count, const VectorXd* kernel) {
  MatrixXd V = SymmetricEigen(M).eigenvectors().leftCols(count);
  if (!kernel) return V;
  V.col(0) = *kernel;
  MatrixXd Q = Eigen::HouseholderQR<MatrixXd>(V).householderQ() * MatrixXd::Identity(V.rows(), count);
  Q.col(0) = *kernel;
  return Q;
}

} // namespace

/// f, b, and U = f, or minus the integral of b - b0 where there is a force.
struct PositionBasis::Functions {
  expression::Tape tape;
  PositionBox box{};
  double drive = 0;
  bool integrate = false;
  std::vector<double> table; ///< U at the ends of the intervals

  [[nodiscard]] std::array<double, 2> at(double q) const { // f, b
    const std::vector<double> v = tape(std::span(&q, 1));
    if (!std::isfinite(v[0])) throw NotFinite{q, v[0], true};
    if (!std::isfinite(v[1])) throw NotFinite{q, v[1], false};
    return {v[0], v[1]};
  }
  /// Integral of b from a to b: Gauss-Legendre, five points.
  [[nodiscard]] double work(double a, double b) const {
    constexpr std::array<double, 3> t{0, 0.5384693101056831, 0.9061798459386640}, w{0.5688888888888889, 0.4786286704993665, 0.2369268850561891};
    const double half = (b - a) / 2, middle = (a + b) / 2;
    double sum = w[0] * at(middle)[1];
    for (std::size_t i = 1; i < 3; ++i) sum += w[i] * (at(middle - half * t[i])[1] + at(middle + half * t[i])[1]);
    return half * sum;
  }
  [[nodiscard]] double end_of(Index i) const { return box.lower + (box.upper - box.lower) * static_cast<double>(i) / static_cast<double>(scan); }
  [[nodiscard]] double U(double q) const {
    if (!integrate) return at(q)[0];
    const double place = (q - box.lower) / (box.upper - box.lower) * static_cast<double>(scan);
    const Index i = std::clamp(static_cast<Index>(place), Index{0}, scan - 1);
    return table[static_cast<std::size_t>(i)] - work(end_of(i), q) + drive * (q - end_of(i));
  }
  void tabulate(bool force) {
    const double length = box.upper - box.lower;
    double total = 0, size = 0;
    std::vector<double> pieces;
    for (Index i = 0; i < scan; ++i) {
      pieces.push_back(work(end_of(i), end_of(i + 1)));
      total += pieces.back();
      size += std::abs(pieces.back());
    }
    if (box.periodic && std::abs(total) > 1e-12 * size) drive = total / length;
    integrate = force || drive != 0;
    table.push_back(integrate ? 0 : at(box.lower)[0]);
    for (Index i = 0; i < scan; ++i)
      table.push_back(integrate ? table.back() - pieces[static_cast<std::size_t>(i)] + drive * (end_of(i + 1) - end_of(i)) : at(end_of(i + 1))[0]);
  }
};

PositionBasis::PositionBasis(const Model& model, const PositionBox& box, Index nodes) : temperature_(model.temperature()) {
  if (model.dimension() != 1) throw std::invalid_argument("a position basis has one variable");
  auto functions = std::make_shared<Functions>();
  functions->tape = expression::Tape({model.potential(), model.drift(0)}, 1);
  functions->box = box;
  functions->tabulate(model.has_force());
  functions_ = functions;
  drive_ = functions->drive;
  double lower = box.lower, upper = box.upper;
  if (!box.periodic) {
    const double least = *std::min_element(functions->table.begin(), functions->table.end()), most = least + 2 * temperature_ * cut;
    Index first = 0, last = scan;
    while (functions->table[static_cast<std::size_t>(first)] > most) ++first;
    while (functions->table[static_cast<std::size_t>(last)] > most) --last;
    lower = functions->end_of(std::max(first - 1, Index{0}));
    upper = functions->end_of(std::min(last + 1, scan));
    const auto felt = [&](Index i) { return functions->table[static_cast<std::size_t>(i)] < least + 27 * temperature_; }; // s^2 > 2e-12 there
    walls_felt_ = (first == 0 && felt(0)) || (last == scan && felt(scan));
  }
  nodes_ = box.periodic ? fourier(lower, upper, nodes | 1) : lobatto(lower, upper, nodes);
  sample();
  build(!box.periodic && !walls_felt_);
}

void PositionBasis::sample() {
  const Index n = nodes_.x.size();
  U_.resize(n);
  f_.resize(n);
  slope_.resize(n);
  for (Index i = 0; i < n; ++i) {
    const auto [f, b] = functions_->at(nodes_.x[i]);
    f_[i] = f;
    slope_[i] = drive_ - b;
    U_[i] = functions_->U(nodes_.x[i]);
  }
  const double least = U_.minCoeff();
  const double Z = (nodes_.w.array() * (-(U_.array() - least) / temperature_).exp()).sum();
  log_partition_ = std::log(Z) - least / temperature_;
  log_s_ = (-U_.array() / (2 * temperature_) - log_partition_ / 2).matrix();
}

void PositionBasis::build(bool truncate) {
  const OneThread one;
  const Index n = nodes_.x.size();
  const VectorXd root = nodes_.w.cwiseSqrt();
  // In orthonormal coordinates, sqrt(w) u: the operator, and the two spaces as columns.
  MatrixXd A = nodes_.D;
  A.diagonal() += slope_ / (2 * temperature_);
  A = (std::sqrt(temperature_) * root.asDiagonal() * A * root.cwiseInverse().asDiagonal()).eval();
  MatrixXd even, odd;
  if (nodes_.periodic) {
    even = odd = MatrixXd::Identity(n, n);
  } else {
    const VectorXd t = (2 * (nodes_.x.array() - nodes_.lower) / (nodes_.upper - nodes_.lower) - 1).matrix();
    even = root.asDiagonal() * legendre(t, n - 1) * std::sqrt(2 / (nodes_.upper - nodes_.lower));
    odd = MatrixXd::Identity(n, n).middleCols(1, n - 2);
  }
  MatrixXd up = odd.transpose() * A * even, down = even.transpose() * A * odd;
  const VectorXd s = (even.transpose() * (root.array() * log_s_.array().exp()).matrix()).normalized();
  up -= (up * s) * s.transpose();
  if (nodes_.periodic) down = up; // the same operator between the same spaces
  const Index count = truncate ? std::max<Index>(4, static_cast<Index>(resolved_share * static_cast<double>(n))) : even.cols();
  const MatrixXd V = modes(up.transpose() * up, std::min(count, even.cols()), &s);
  const MatrixXd X = modes(up * up.transpose(), nodes_.periodic ? odd.cols() : V.cols() - 1, nullptr);
  A_even_ = X.transpose() * up * V;
  A_even_.col(0).setZero();
  A_odd_ = V.transpose() * down * X;
  if (nodes_.periodic) {
    same_even_ = X.transpose() * V;
    same_odd_ = same_even_.transpose();
  }
  even_ = root.cwiseInverse().asDiagonal() * (even * V);
  odd_ = root.cwiseInverse().asDiagonal() * (odd * X);
}

double PositionBasis::potential_at(double q) const { return functions_->U(q); }
double PositionBasis::loss_at(double q) const { return functions_->at(q)[0]; }

} // namespace driftwell::kinetic
