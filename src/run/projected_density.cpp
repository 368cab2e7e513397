#include "projected_density.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"
#include "driftwell/propagators/propagator.hpp"
#include "driftwell/run/density_run.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double least_probability = 1e-12, tolerance = 1e-8;

VectorXd centre_of(const Grid& grid, std::size_t k) {
  const std::vector<double> x = grid.centre(k);
  return VectorXd::Map(x.data(), static_cast<Index>(x.size()));
}

/// Positive definite on every cell, by a margin that rounding cannot take.
bool positive(const sgd::ProjectedEquation& equation, const Grid& grid) {
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const MatrixXd D = equation.noise(centre_of(grid, k));
    if (!(D(0, 0) > 0) || !(D(D.rows() - 1, D.rows() - 1) > 0)) return false;
    if (D.rows() == 2 && !(D.determinant() > 1e-8 * D(0, 0) * D(1, 1))) return false;
  }
  return true;
}

Model model_of(const sgd::ProjectedEquation& equation) {
  const std::size_t m = equation.dimension();
  Equation result;
  expression::Symbols symbols;
  for (std::size_t i = 0; i < m; ++i) result.names.push_back(fmt::format("y{}", i + 1));
  symbols.variables = result.names;
  result.has_potential = false;
  for (std::size_t i = 0; i < m; ++i) {
    result.force.push_back(Expression::parse(equation.drift_text(i), symbols));
    result.diffusion.emplace_back();
    for (std::size_t j = 0; j < m; ++j) result.diffusion.back().push_back(Expression::parse(equation.noise_text(std::min(i, j), std::max(i, j)), symbols));
  }
  return Model(result);
}

Generator chain_of(const sgd::ProjectedEquation& equation, const Grid& grid) {
  try {
    return build_generator(model_of(equation), grid);
  } catch (const DomainError& error) {
    throw NumericalFailure(fmt::format("the projected drift or noise makes no chain: {:g} at y1 = {:g}", error.value, error.point.empty() ? 0.0 : error.point[0]));
  }
}

} // namespace

ProjectedDensity::ProjectedDensity(Grid grid, const MatrixXd& y) : grid_(std::move(grid)), p_(VectorXd::Zero(static_cast<Index>(grid_.size()))) {
  const double m = static_cast<double>(y.rows()), n = static_cast<double>(y.cols());
  const double h = std::min(1.0, std::pow(4 / (m + 2), 1 / (m + 4)) * std::pow(n, -1 / (m + 4)));
  const VectorXd mean = y.rowwise().mean();
  const MatrixXd away = y.colwise() - mean;
  const Eigen::LLT<MatrixXd> root(away.lazyProduct(away.transpose()) / n);
  const MatrixXd places = root.matrixL().solve(std::sqrt(1 - h * h) * away); // in units of the spread
  for (Index k = 0; k < p_.size(); ++k) {
    const VectorXd z = root.matrixL().solve(centre_of(grid_, static_cast<std::size_t>(k)) - mean);
    double sum = 0;
    for (Index r = 0; r < places.cols(); ++r) sum += std::exp(-(z - places.col(r)).squaredNorm() / (2 * h * h));
    p_[k] = sum * grid_.volume(static_cast<std::size_t>(k));
  }
  p_ /= p_.sum();
}

bool ProjectedDensity::advance(sgd::ProjectedEquation equation, double dt) {
  const bool as_fitted = positive(equation, grid_);
  if (!as_fitted) equation.flatten_noise();
  const Generator generator = chain_of(equation, grid_);
  const SteadyState steady = steady_state(generator);
  const std::vector<double> times{0, dt};
  const EvolutionProblem problem{generator, steady, p_, times, tolerance, std::nullopt};
  const Choice choice = choose_propagator("auto", problem, available_memory());
  VectorXd next;
  choice.propagator->propagate(problem, [&](std::size_t index, const VectorXd& p) {
    if (index == 1) next = p;
  });
  p_ = next.cwiseMax(0.0) / next.cwiseMax(0.0).sum();
  if (!p_.allFinite()) throw NumericalFailure("the projected density is not finite");
  return as_fitted;
}

std::vector<double> ProjectedDensity::density() const {
  std::vector<double> values(grid_.size());
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = p_[static_cast<Index>(k)] / grid_.volume(k);
  return values;
}

VectorXd ProjectedDensity::mean() const {
  VectorXd sum = VectorXd::Zero(static_cast<Index>(grid_.dimension()));
  for (std::size_t k = 0; k < grid_.size(); ++k) sum += p_[static_cast<Index>(k)] * centre_of(grid_, k);
  return sum;
}

MatrixXd ProjectedDensity::covariance() const {
  const VectorXd centre = mean();
  MatrixXd sum = MatrixXd::Zero(centre.size(), centre.size());
  for (std::size_t k = 0; k < grid_.size(); ++k) {
    const VectorXd away = centre_of(grid_, k) - centre;
    sum += p_[static_cast<Index>(k)] * away * away.transpose();
  }
  return sum;
}

estimators::Estimate ProjectedDensity::kl_of(const MatrixXd& y) const {
  const auto n = static_cast<std::size_t>(y.cols());
  if (n < 100) return {};
  const MergedCells cells(grid_, n);
  std::vector<double> logs = cells.sums(p_);
  for (double& p : logs) p = std::log(std::max(p, least_probability));
  const MatrixXd columns = y.transpose();
  std::vector<const double*> pointers;
  for (Index i = 0; i < y.rows(); ++i) pointers.push_back(columns.col(i).data());
  const estimators::Histogram histogram = estimators::histogram(cells.grid(), pointers, n);
  if (histogram.inside() == 0) return {};
  return estimators::kl_histogram(histogram, logs).kl;
}

} // namespace driftwell::run
