#pragma once
// What the cloud of replicas looks like at one time.
#include "driftwell/sgd/process.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell::sgd {

/// A mean over replicas with its standard error (NaN for a single one).
struct Estimate {
  double value = 0, standard_error = 0;
};
[[nodiscard]] Estimate estimate(const std::vector<double>& values);

/// Mean and unbiased variance of each weight over all replicas.
struct Spread {
  Eigen::VectorXd mean, variance;
  std::vector<double> squares; ///< |w_r - mean|^2 R/(R - 1): their mean is the trace of the covariance
};
[[nodiscard]] Spread spread(const Process& process);
/// Unbiased covariance matrix over all replicas.
[[nodiscard]] Eigen::MatrixXd cloud_covariance(const Process& process);

/// Over all samples, for each of the first `replicas` replicas.
struct FullMeasures {
  std::vector<double> loss, gradient_squared; ///< f, |grad f|^2
  std::vector<double> drift_work;             ///< (w - mean).grad f R/(R - 1); w.grad f for a single replica
  std::vector<double> batch_squared;          ///< E |g_b|^2 = |grad f|^2 + factor tr D over all batches; empty where not asked for
  std::vector<double> accuracy;               ///< empty without classes
};
/// `factor`: batch_factor(); 0: no batch_squared.
[[nodiscard]] FullMeasures measure_replicas(const Loss& loss, const Process& process, std::size_t replicas, const Eigen::VectorXd& mean, double factor);

} // namespace driftwell::sgd
