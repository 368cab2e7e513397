#pragma once

#include <Eigen/Core>

namespace driftwell {

/// A = V diag(values) V^T of a symmetric matrix of which the lower triangle is read: Eigen's SelfAdjointEigenSolver, compiled in one file.
/// (The template costs the compiler six seconds wherever it is named, GeneralEigen's twelve.) Eigenvalues rise.
class SymmetricEigen {
public:
  /// `options` is Eigen::ComputeEigenvectors or Eigen::EigenvaluesOnly.
  explicit SymmetricEigen(const Eigen::Ref<const Eigen::MatrixXd>& matrix, int options = Eigen::ComputeEigenvectors);
  /// Of a tridiagonal matrix: n values on the diagonal, n - 1 beside it.
  SymmetricEigen(const Eigen::Ref<const Eigen::VectorXd>& diagonal, const Eigen::Ref<const Eigen::VectorXd>& beside, int options = Eigen::ComputeEigenvectors);

  const Eigen::VectorXd& eigenvalues() const { return values_; }
  /// One a column; empty when values alone were asked for.
  const Eigen::MatrixXd& eigenvectors() const { return vectors_; }
  /// V f(values) V^T with the root, or its inverse, of eigenvalues that must be positive.
  Eigen::MatrixXd operatorSqrt() const;
  Eigen::MatrixXd operatorInverseSqrt() const;
  /// Whether the iteration ended; Eigen::NoConvergence also where a number was not finite.
  Eigen::ComputationInfo info() const { return info_; }

private:
  Eigen::VectorXd values_;
  Eigen::MatrixXd vectors_;
  Eigen::ComputationInfo info_;
};

/// A V = V diag(values) of any real square matrix, in complex numbers: Eigen's EigenSolver, compiled in one file. Eigenvalues are not sorted.
class GeneralEigen {
public:
  explicit GeneralEigen(const Eigen::Ref<const Eigen::MatrixXd>& matrix, bool vectors = true);
  const Eigen::VectorXcd& eigenvalues() const { return values_; }
  const Eigen::MatrixXcd& eigenvectors() const { return vectors_; }
  Eigen::ComputationInfo info() const { return info_; }

private:
  Eigen::VectorXcd values_;
  Eigen::MatrixXcd vectors_;
  Eigen::ComputationInfo info_;
};

} // namespace driftwell
