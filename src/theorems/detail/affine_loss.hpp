#pragma once
// A loss beside its own linearisation: terms c_k . x + x^T H x/2 with x = w - place, c_k the single gradients of the loss there and H the Hessian of its
// mean. SGD on it has constant noise and moments that are known exactly; with the same seed it sees the same batches as SGD on the loss itself, so
// that what the two differ in has little scatter.
#include "driftwell/sgd/loss.hpp"
#include "driftwell/theorems/claim.hpp"

#include <Eigen/Core>

namespace driftwell::theorems {

class AffineLoss final : public sgd::Loss {
public:
  /// Throws NotApplicable where N d exceeds 1e7.
  AffineLoss(const sgd::Loss& loss, const Eigen::VectorXd& place);

  [[nodiscard]] std::size_t dimension() const override { return static_cast<std::size_t>(c_.rows()); }
  [[nodiscard]] std::size_t samples() const override { return static_cast<std::size_t>(c_.cols()); }
  [[nodiscard]] std::string description() const override { return "the loss with gradients made linear"; }
  double evaluate(const double* w, const sgd::Batch& batch, double* gradient, sgd::Workspace& workspace) const override;
  void weighted_gradient(const double* w, const sgd::Batch& batch, const double* weights, double* result, sgd::Workspace& workspace) const override;
  void hessian_product(const double* w, const sgd::Batch& batch, const double* v, double* result, sgd::Workspace& workspace) const override;

  [[nodiscard]] const Eigen::MatrixXd& hessian() const { return H_; }
  [[nodiscard]] const Eigen::VectorXd& mean_gradient() const { return g_; } ///< at the place
  [[nodiscard]] Eigen::MatrixXd noise() const;                             ///< D

private:
  Eigen::MatrixXd c_, H_; ///< one column a sample
  Eigen::VectorXd place_, g_;
};

/// E x of independent rows (x, y) where E y is known: mean(x) - s . (mean(y) - known), s the slopes of x over y (control variates, by least squares); the error is rounding of the sums. Where the
/// mean of a y is further from what is known than sampling explains it proves nothing, and the plain mean stands.
[[nodiscard]] Measured controlled_mean(const Eigen::VectorXd& x, const Eigen::MatrixXd& y, const Eigen::VectorXd& known);

} // namespace driftwell::theorems
