#pragma once
// A shift-invert Krylov space grown until exp(tA) u is found in it at all times of a segment.
#include "driftwell/generator/sparse_factor.hpp"
#include "working_form.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

class SmallExponential;

class KrylovSpace {
public:
  static constexpr Eigen::Index most_vectors = 160;

  KrylovSpace(const WorkingForm& form, double gamma, const Eigen::VectorXd& start);

  /// Extends the basis until the bound of the error at all times is below `tolerance`, relative to exp(tA) u (or to
  /// rounding of the start). Column i of coefficients(): exp(times[i] A) start in the basis. Throws NumericalFailure.
  void build(const std::vector<double>& times, double tolerance);

  [[nodiscard]] const Eigen::MatrixXd& coefficients() const { return coefficients_; }
  [[nodiscard]] const Eigen::MatrixXd& basis() const { return basis_; }
  [[nodiscard]] double error() const { return error_; }
  /// Rounding in coefficients(), relative to the start.
  [[nodiscard]] double rounding() const { return rounding_; }
  /// L1 norm in p of what rounding took from the resolvent of a vector of 2-norm 1: the largest residual of the solves, which
  /// the resolvent of a Markov generator does not enlarge in that norm.
  [[nodiscard]] double solve_error() const { return solve_error_; }

private:
  bool extend(Eigen::Index m);
  void orthogonalise(Eigen::VectorXd& next, Eigen::Index first, Eigen::Index m);
  [[nodiscard]] double relative_bound(const SmallExponential& small, const std::vector<double>& times, double enough) const;

  const WorkingForm& form_;
  double gamma_;
  SparseFactor factor_;
  double norm_, error_ = 1, solve_error_ = 0, rounding_ = 0;
  Eigen::MatrixXd basis_, H_, coefficients_;
  Eigen::VectorXd residual_;
};

} // namespace driftwell
