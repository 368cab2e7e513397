#pragma once
// The gradient noise of a loss at a point: D = (1/N) sum_k g_k g_k^T - g g^T, exact over the data.
//
// A batch of b samples has the covariance D / b with replacement and (D / b) (N - b)/(N - 1) without.
#include "driftwell/sgd/loss.hpp"
#include "driftwell/sgd/sampler.hpp"

#include <Eigen/Core>

#include <cstdint>
#include <functional>
#include <string>

namespace driftwell::sgd {

/// Factor of D in the covariance of the gradient of one batch: 1/b, or (N - b)/(b (N - 1)). For epochs: that of one batch by itself
/// (batches of one epoch are anti-correlated, which is not in it).
[[nodiscard]] double batch_factor(std::size_t samples, std::size_t batch, Sampling sampling);

/// D as a matrix, d x d. Throws std::length_error above `largest_dense` weights.
[[nodiscard]] Eigen::MatrixXd gradient_covariance(const Loss& loss, const double* w);
constexpr std::size_t largest_dense = 8192;

/// result = D v, in blocks of samples: memory for 256 gradients a thread.
void gradient_covariance_product(const Loss& loss, const double* w, const double* v, double* result);

/// Eigenvalues (largest first) and eigenvectors (columns) of a symmetric operator, the largest `count`: Lanczos with full
/// reorthogonalisation from a fixed random start. Eigenvalues are good to `tolerance` times the largest, where `steps` suffice.
struct Eigenpairs {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
  double residual = 0; ///< largest |A v - lambda v| over the largest |lambda|
};
using Operator = std::function<void(const double* v, double* result)>;
[[nodiscard]] Eigenpairs leading_eigenpairs(const Operator& A, std::size_t dimension, std::size_t count, double tolerance = 1e-10, std::size_t steps = 300);

struct NoiseOptions {
  std::size_t leading = 10;        ///< eigenvectors to align
  bool alignment = true;           ///< compare with the Hessian
  double dense_work = 2e10;        ///< multiplications that D as a matrix, or the Gram matrix, may cost; beyond: Lanczos
};

struct GradientNoise {
  std::string method;              ///< "covariance", "gram" (N < d) or "lanczos"
  Eigen::VectorXd eigenvalues;     ///< largest first: all that can differ from 0; with Lanczos the leading ones
  bool complete = true;            ///< false: Lanczos, the others are not known
  double trace = 0;                ///< exact: (1/N) sum |g_k|^2 - |g|^2
  double gradient_squared = 0;     ///< |g|^2
  std::size_t rank = 0;            ///< eigenvalues > lambda_max d eps, eps = 2^-52; with Lanczos a lower bound
  double mean = 0, std = 0;        ///< of all d eigenvalues (zeros included); std with Lanczos: NaN
  double rank_fraction = 0;        ///< rank / d
  double anisotropy = 0;           ///< (std / mean)^2: 0 for a multiple of the identity, d - 1 for rank 1
  Eigen::VectorXd hessian_eigenvalues; ///< leading ones
  /// Of k = 1 .. leading: |V_H^T V_D|_F^2 / k, the share of the span of the k leading eigenvectors of D that lies in that of the
  /// Hessian; k / d for directions by chance, 1 for the same spans.
  Eigen::VectorXd alignment;
};

/// Everything about D at w. Throws NumericalFailure where a gradient is not finite.
[[nodiscard]] GradientNoise measure_noise(const Loss& loss, const double* w, const NoiseOptions& options = {});

} // namespace driftwell::sgd
