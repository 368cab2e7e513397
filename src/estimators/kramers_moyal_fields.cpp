// From fits at tau and 2 tau to the extrapolated fields. Equations in kramers_moyal.hpp.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/estimators/kramers_moyal.hpp"
#include "estimators/local_moments.hpp"

#include <cmath>
#include <limits>

namespace driftwell::estimators {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Fields = std::vector<VectorXd>;

namespace {

constexpr double least_near = 10;
constexpr double least_share = 1e-4; ///< smallest eigenvalue of T D over its largest

Fields extrapolated(const Fields& tau, const Fields& twice) {
  Fields result;
  for (std::size_t i = 0; i < tau.size(); ++i) result.push_back(2 * tau[i] - twice[i]);
  return result;
}

MatrixXd matrix_at(const Fields& entries, Index k, Index d) {
  MatrixXd A(d, d);
  for (Index i = 0, at = 0; i < d; ++i)
    for (Index j = i; j < d; ++j, ++at) A(i, j) = A(j, i) = entries[static_cast<std::size_t>(at)][k];
  return A;
}

void set_matrix(Fields& entries, Index k, const MatrixXd& A) {
  for (Index i = 0, at = 0; i < A.rows(); ++i)
    for (Index j = i; j < A.cols(); ++j, ++at) entries[static_cast<std::size_t>(at)][k] = A(i, j);
}

bool positive(const MatrixXd& A) {
  const VectorXd values = SymmetricEigen(A, Eigen::EigenvaluesOnly).eigenvalues();
  return values[0] > least_share * values[values.size() - 1] && values[0] > 0;
}

MatrixXd lifted(const MatrixXd& A) {
  const SymmetricEigen solver(A);
  const double largest = solver.eigenvalues().cwiseAbs().maxCoeff();
  return solver.eigenvectors() * solver.eigenvalues().cwiseMax(std::max(least_share * largest, 1e-300)).asDiagonal() * solver.eigenvectors().transpose();
}

void blank(Fields& fields, const std::vector<bool>& supported) {
  for (VectorXd& field : fields)
    for (std::size_t k = 0; k < supported.size(); ++k)
      if (!supported[k]) field[static_cast<Index>(k)] = std::numeric_limits<double>::quiet_NaN();
}

} // namespace

void KramersMoyal::find_support(const std::vector<double>& deviation) {
  std::vector<double> reach;
  for (std::size_t a = 0; a < d_; ++a) reach.push_back(std::min(std::max(drift_h_[a], noise_h_[a]), deviation[a] / 2));
  const std::vector<double> once(blocks_.blocks(), 1.0), all = totals(once);
  VectorXd near = counts(once), noise;
  Smoother(grid_, reach, Smoother::Kernel::box).apply(near.data());
  (void)regress(all, drift_h_, {0}, 1, &points_);
  (void)regress(all, noise_h_, {d_}, 1, &noise);
  points_ = (near.array() >= least_near).select(points_.cwiseMin(noise), 0);
  for (std::size_t k = 0; k < n_; ++k) supported_.push_back(points_[static_cast<Index>(k)] >= static_cast<double>(options_.least_points));
}

KramersMoyal::Fits KramersMoyal::fits(const std::vector<double>& totals, double widening) const {
  const auto wide = [&](std::vector<double> h) {
    for (double& width : h) width *= widening;
    return h;
  };
  Fits result;
  const std::size_t all = target_count(), squares = all - d_;
  const auto halves = [](std::vector<MatrixXd> both, std::array<std::vector<MatrixXd>, 2>& result) {
    const auto middle = both.begin() + static_cast<std::ptrdiff_t>(both.size() / 2);
    result = {std::vector<MatrixXd>(both.begin(), middle), std::vector<MatrixXd>(middle, both.end())};
  };
  halves(regress(totals, wide(drift_h_), {0, all}, d_), result.drift);
  halves(regress(totals, wide(noise_h_), {d_, all + d_}, squares), result.squares);
  return result;
}

KramersMoyalFields KramersMoyal::fields(std::span<const double> multiplicity) const { return fields_of(fits(totals(multiplicity), 1)); }

KramersMoyalFields KramersMoyal::fields_of(const Fits& fits) const {
  KramersMoyalFields result;
  std::array<Fields, 2> b, S; // at tau and 2 tau
  for (std::size_t twice = 0; twice < 2; ++twice) {
    b[twice] = at_centres(fits.drift[twice]);
    S[twice] = at_centres(fits.squares[twice]);
    const double half = (twice ? 2 : 1) * tau_ / 2; // second moments about the mean
    for (std::size_t i = 0, at = 0; i < d_; ++i)
      for (std::size_t j = i; j < d_; ++j, ++at) S[twice][at] -= half * b[twice][i].cwiseProduct(b[twice][j]);
  }
  result.drift = extrapolated(b[0], b[1]);
  result.drift_tau = b[0];
  result.diffusion = extrapolated(S[0], S[1]);
  result.diffusion_tau = S[0];
  const auto d = static_cast<Index>(d_);
  for (std::size_t k = 0; k < n_; ++k) {
    const auto cell = static_cast<Index>(k);
    if (!supported_[k] || positive(matrix_at(result.diffusion, cell, d))) continue;
    ++result.repaired;
    const MatrixXd at_tau = matrix_at(result.diffusion_tau, cell, d);
    set_matrix(result.diffusion, cell, positive(at_tau) ? at_tau : lifted(at_tau));
  }
  for (Fields* fields : {&result.drift, &result.diffusion, &result.drift_tau, &result.diffusion_tau}) blank(*fields, supported_);
  return result;
}

KramersMoyalFields KramersMoyal::corrected(KramersMoyalFields fields, const KramersMoyalBias& bias) const {
  for (std::size_t a = 0; a < d_; ++a) fields.drift[a] -= bias.drift_width[a] + bias.drift_tau[a];
  Fields less;
  for (std::size_t i = 0; i < fields.diffusion.size(); ++i) less.push_back(fields.diffusion[i] - bias.diffusion_width[i] - bias.diffusion_tau[i]);
  for (std::size_t k = 0; k < n_; ++k) {
    const auto cell = static_cast<Index>(k);
    if (!supported_[k]) continue;
    const MatrixXd there = matrix_at(less, cell, static_cast<Index>(d_));
    if (positive(there)) set_matrix(fields.diffusion, cell, there);
  }
  return fields;
}

} // namespace driftwell::estimators
