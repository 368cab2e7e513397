#include "driftwell/sgd/projection.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t particles_a_coefficient = 10;

/// Exponents of m variables with total degree 0, 1, ..., degree, in this order.
std::vector<std::vector<int>> monomials(std::size_t m, std::size_t degree) {
  std::vector<std::vector<int>> all;
  for (int total = 0; total <= static_cast<int>(degree); ++total) {
    std::vector<int> powers(m, 0);
    powers[0] = total;
    while (true) {
      all.push_back(powers);
      // the next composition of `total` into m parts
      std::size_t i = m - 1;
      const int last = powers[m - 1];
      powers[m - 1] = 0;
      while (i > 0 && powers[i - 1] == 0) --i;
      if (i == 0) break;
      --powers[i - 1];
      powers[i] = last + 1;
    }
  }
  return all;
}

std::size_t terms_of(const std::vector<std::vector<int>>& powers, std::size_t degree) {
  return static_cast<std::size_t>(std::count_if(powers.begin(), powers.end(), [&](const std::vector<int>& p) {
    int total = 0;
    for (const int e : p) total += e;
    return total <= static_cast<int>(degree);
  }));
}

std::size_t pair_index(std::size_t i, std::size_t j, std::size_t m) { return std::min(i, j) * m - std::min(i, j) * (std::min(i, j) + 1) / 2 + std::max(i, j); }

} // namespace

Trajectories::Trajectories(std::size_t dimension) {
  if (dimension > largest) throw std::length_error(fmt::format("principal components of {} weights; up to {}", dimension, largest));
  const auto d = static_cast<Index>(dimension);
  origin_ = sum_ = VectorXd::Zero(d);
  squares_ = MatrixXd::Zero(d, d);
}

void Trajectories::add(const Process& process) {
  const Eigen::Map<const MatrixXd> all(process.weights(0), origin_.size(), static_cast<Index>(process.replicas()));
  if (count_ == 0) origin_ = all.col(0);
  const MatrixXd away = all.colwise() - origin_;
  sum_ += away.rowwise().sum();
  squares_ += away.lazyProduct(away.transpose());
  count_ += process.replicas();
}

Trajectories::Components Trajectories::components(std::size_t count) const {
  const Index d = origin_.size(), m = static_cast<Index>(count);
  if (m > d) throw std::invalid_argument(fmt::format("{} principal components of {} weights", m, d));
  const double n = static_cast<double>(count_);
  const SymmetricEigen modes(squares_ / n - (sum_ / n) * (sum_ / n).transpose());
  const double total = modes.eigenvalues().sum();
  if (!(total > 0)) throw std::domain_error("the weights do not move: there are no principal components");
  Components result{modes.eigenvectors().rowwise().reverse().leftCols(m), modes.eigenvalues().reverse().head(m).cwiseMax(0.0) / total};
  for (Index j = 0; j < m; ++j) {
    Index largest_entry = 0;
    result.directions.col(j).cwiseAbs().maxCoeff(&largest_entry);
    if (result.directions(largest_entry, j) < 0) result.directions.col(j) *= -1;
  }
  return result;
}

ProjectedEquation::ProjectedEquation(const ProjectedSamples& samples, std::size_t degree) {
  const MatrixXd& y = samples.y;
  const Index m = y.rows(), n = y.cols();
  if (n < 20) throw std::domain_error(fmt::format("{} particles are too few to fit a drift to", n));
  centre_ = y.rowwise().mean();
  scale_ = ((y.colwise() - centre_).array().square().rowwise().sum() / static_cast<double>(n)).sqrt();
  if (!(scale_.minCoeff() > 0)) throw std::domain_error("the particles are at one place in a direction");
  const MatrixXd z = (y.colwise() - centre_).array().colwise() / scale_.array();
  lower_ = z.rowwise().minCoeff();
  upper_ = z.rowwise().maxCoeff();
  powers_ = monomials(static_cast<std::size_t>(m), degree);
  degree_ = degree;
  while (degree_ > 1 && terms_of(powers_, degree_) * particles_a_coefficient > static_cast<std::size_t>(n)) --degree_;
  MatrixXd A(n, static_cast<Index>(terms_of(powers_, degree_)));
  for (Index k = 0; k < n; ++k) A.row(k) = basis(y.col(k), static_cast<std::size_t>(A.cols())).transpose();
  drift_ = A.colPivHouseholderQr().solve(samples.drift.transpose()).transpose();
  const MatrixXd rest = samples.drift - drift_ * A.transpose(), around = samples.drift.colwise() - samples.drift.rowwise().mean();
  unexplained_ = around.squaredNorm() > 0 ? rest.squaredNorm() / around.squaredNorm() : 0;
  noise_mean_ = samples.noise.rowwise().mean();
  const MatrixXd spread = samples.noise.colwise() - noise_mean_;
  if (spread.norm() <= 1e-10 * samples.noise.norm()) { // a constant D: no polynomial of rounding errors
    flatten_noise();
    return;
  }
  const MatrixXd few = A.leftCols(static_cast<Index>(terms_of(powers_, std::min<std::size_t>(degree_, 2))));
  noise_ = few.colPivHouseholderQr().solve(samples.noise.transpose()).transpose();
}

void ProjectedEquation::flatten_noise() { noise_ = noise_mean_; }

VectorXd ProjectedEquation::basis(VectorXd y, std::size_t terms) const {
  const VectorXd z = ((y - centre_).array() / scale_.array()).max(lower_.array()).min(upper_.array());
  VectorXd values(static_cast<Index>(terms));
  for (std::size_t t = 0; t < terms; ++t) {
    double product = 1;
    for (Index i = 0; i < z.size(); ++i)
      for (int e = 0; e < powers_[t][static_cast<std::size_t>(i)]; ++e) product *= z[i];
    values[static_cast<Index>(t)] = product;
  }
  return values;
}

VectorXd ProjectedEquation::drift(const VectorXd& y) const { return drift_ * basis(y, static_cast<std::size_t>(drift_.cols())); }

MatrixXd ProjectedEquation::noise(const VectorXd& y) const {
  const VectorXd entries = noise_ * basis(y, static_cast<std::size_t>(noise_.cols()));
  const auto m = dimension();
  MatrixXd D(static_cast<Index>(m), static_cast<Index>(m));
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < m; ++j) D(static_cast<Index>(i), static_cast<Index>(j)) = entries[static_cast<Index>(pair_index(i, j, m))];
  return D;
}

std::string ProjectedEquation::noise_text(std::size_t i, std::size_t j) const { return text(noise_, pair_index(i, j, dimension())); }

std::string ProjectedEquation::text(const MatrixXd& coefficients, std::size_t row) const {
  std::string sum;
  for (Index t = 0; t < coefficients.cols(); ++t) {
    sum += fmt::format("{}({:.17g})", t == 0 ? "" : " + ", coefficients(static_cast<Index>(row), t));
    for (Index i = 0; i < centre_.size(); ++i)
      if (const int e = powers_[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]; e > 0)
        sum += fmt::format("*min({:.17g}, max({:.17g}, (y{} - ({:.17g}))/{:.17g}))^{}", upper_[i], lower_[i], i + 1, centre_[i], scale_[i], e);
  }
  return sum;
}

} // namespace driftwell::sgd
