#pragma once
// Stochastic modified equations: the diffusions that stand for SGD in the clock t = sum of the learning rates, as a field for the steppers.
//
//   order 1   dX = -grad f dt + sqrt(eta c D) dW
//   order 2   dX = -grad (f + (eta/4) |grad f|^2) dt + sqrt(eta c D) dW = -(g + (eta/2) H g) dt + sqrt(eta c D) dW
//
// D the gradient covariance of one sample, c = batch_factor() that of a batch (1/b with replacement). Weak errors O(eta) and O(eta^2) on
// finite times with D = D(x) (Li, Tai & E, JMLR 20, 2019, theorems 9 and 13). With momentum mu, order 1 only: both sides over 1 - mu, what is left
// of heavy ball and Nesterov when the velocity has relaxed. T = eta c / (2 (1 - mu)^2) makes the noise sqrt(2 T D); eta follows from T.
#include "driftwell/ensemble/field.hpp"
#include "driftwell/sgd/loss.hpp"
#include "driftwell/sgd/process.hpp"

#include <Eigen/Core>

#include <memory>
#include <vector>

namespace driftwell::sgd {

struct ModifiedEquationOptions {
  int order = 1;
  /// Weights at which D is taken once and for all; empty: D(x) of each particle, every time.
  std::vector<double> noise_at{};
  double momentum = 0;
  double factor = 1;   ///< c
  /// As many noises as weights, from a triangular root of D(x), for steppers that need it. Otherwise there is one noise a sample:
  /// (1/sqrt(N)) sum_k xi_k (g_k - g) has the covariance D, costs one gradient and needs no root.
  bool square = false;
};

class ModifiedEquation final : public Field {
public:
  /// Throws std::invalid_argument: order, momentum with order 2, D as a matrix of more than `largest_dense` weights, noises of more samples than
  /// `most_noises`.
  ModifiedEquation(const Loss& loss, ModifiedEquationOptions options);

  [[nodiscard]] std::size_t dimension() const override { return d_; }
  [[nodiscard]] std::size_t noises() const override { return noises_; }
  [[nodiscard]] NoiseClass noise_class() const override { return root_.size() > 0 ? NoiseClass::additive : NoiseClass::general; }
  [[nodiscard]] std::string name(std::size_t variable) const override { return "w" + std::to_string(variable + 1); }
  [[nodiscard]] std::unique_ptr<Scratch> scratch() const override;
  void drift(ConstRows x, Rows b, std::size_t n, double T, Scratch& scratch) const override;
  void noise(ConstRows x, ConstRows xi, Rows out, std::size_t n, double T, Scratch& scratch) const override;
  void amplitude(ConstRows x, Rows sigma, std::size_t n, double T, Scratch& scratch) const override;

  /// The drift at one place, for what is measured along a cloud.
  void drift(const double* w, double T, double* b, Workspace& workspace) const;
  /// (1/N) sum_k (P^T (g_k - g)) (P^T (g_k - g))^T: the noise in the directions P (d x m) at w, or where it is taken.
  [[nodiscard]] Eigen::MatrixXd projected_noise(const double* w, const Eigen::MatrixXd& P, Workspace& workspace) const;

  static constexpr std::size_t most_noises = 20'000;

private:
  struct Space;
  void sample_noise(const double* w, ConstRows xi, std::size_t k, double* out, Space& space) const;
  void root(const double* w, Eigen::MatrixXd& L, Space& space) const;

  const Loss& loss_;
  ModifiedEquationOptions options_;
  std::size_t d_, noises_;
  std::vector<std::uint32_t> all_;
  Eigen::MatrixXd root_; ///< d x q with root root^T = D where D is constant
  bool samples_ = false; ///< one noise a sample
};

/// T of the modified equations over time. Throws std::invalid_argument where the batch size changes, or leaves no noise.
[[nodiscard]] Schedule modified_temperature(const ProcessOptions& options, std::size_t samples);

} // namespace driftwell::sgd
