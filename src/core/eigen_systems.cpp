#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Eigenvalues>

namespace driftwell {

using Eigen::MatrixXd, Eigen::Ref, Eigen::VectorXd;

SymmetricEigen::SymmetricEigen(const Ref<const MatrixXd>& matrix, int options) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(matrix, options);
  info_ = solver.info();
  values_ = solver.eigenvalues();
  if (options == Eigen::ComputeEigenvectors) vectors_ = solver.eigenvectors();
}

SymmetricEigen::SymmetricEigen(const Ref<const VectorXd>& diagonal, const Ref<const VectorXd>& beside, int options) {
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside, options);
  info_ = solver.info();
  values_ = solver.eigenvalues();
  if (options == Eigen::ComputeEigenvectors) vectors_ = solver.eigenvectors();
}

MatrixXd SymmetricEigen::operatorSqrt() const { return vectors_ * values_.cwiseSqrt().asDiagonal() * vectors_.transpose(); }

MatrixXd SymmetricEigen::operatorInverseSqrt() const { return vectors_ * values_.cwiseInverse().cwiseSqrt().asDiagonal() * vectors_.transpose(); }

GeneralEigen::GeneralEigen(const Ref<const MatrixXd>& matrix, bool vectors) {
  const Eigen::EigenSolver<MatrixXd> solver(matrix, vectors);
  info_ = solver.info();
  values_ = solver.eigenvalues();
  if (vectors) vectors_ = solver.eigenvectors();
}

} // namespace driftwell
