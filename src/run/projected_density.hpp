#pragma once
// The density of a few coordinates y whose drift and noise were fitted to clouds, from interval to interval on one grid.
#include "driftwell/estimators/divergence.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/sgd/projection.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell::run {

class ProjectedDensity {
public:
  /// Starts as the kernel density of particles y (m x n): Gaussian kernels of Silverman's width around places drawn together so that mean and
  /// covariance are those of the particles.
  ProjectedDensity(Grid grid, const Eigen::MatrixXd& y);

  /// dp/dt = Q p for a time dt with the chain of this equation, T D as its noise; false where D had to be taken as its mean to be positive
  /// definite on all of the grid. Throws NumericalFailure.
  bool advance(sgd::ProjectedEquation equation, double dt);

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] const Eigen::VectorXd& p() const { return p_; } ///< probabilities of cells
  [[nodiscard]] std::vector<double> density() const;            ///< p over volume
  [[nodiscard]] Eigen::VectorXd mean() const;
  /// Of the masses at the centres of the cells, as for the generator.
  [[nodiscard]] Eigen::MatrixXd covariance() const;
  /// KL of a cloud to it on cells of 25 particles; probabilities below 1e-12 count as that. NaN with fewer than 100 particles.
  [[nodiscard]] estimators::Estimate kl_of(const Eigen::MatrixXd& y) const;

private:
  Grid grid_;
  Eigen::VectorXd p_;
};

} // namespace driftwell::run
