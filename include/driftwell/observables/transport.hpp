#pragma once
// Wasserstein distances between two laws given as histograms: W2(a, b)^2 = inf over couplings of E|x - y|^2.
// Weights are >= 0 and need not sum to 1 (each law is divided by its sum); faces has one entry more than weights.
#include <Eigen/Core>

#include <memory>
#include <span>
#include <vector>

namespace driftwell {

/// Exact on the line for laws that are constant on cells: int_0^1 (F^-1(u) - G^-1(u))^2 du, where both quantile
/// functions are piecewise linear. Absolute error of W2 about 1e-15 of the box, so that also distances of 1e-10 have digits.
[[nodiscard]] double wasserstein_2_line(std::span<const double> faces, std::span<const double> a, std::span<const double> b);

/// The same on a circle that closes at faces.back() = faces.front() + period: the least over the cut theta of
/// int_0^1 (F^-1(u) - G^-1(u - theta))^2 du, convex in theta (Delon, Salomon, Sobolevski 2010).
[[nodiscard]] double wasserstein_2_circle(std::span<const double> faces, std::span<const double> a, std::span<const double> b);

struct TransportAxis {
  std::vector<double> faces; ///< increasing
  bool periodic = false;     ///< distances around the period faces.back() - faces.front()
};

struct TransportDistance {
  double distance; ///< W2
  double error;    ///< estimate of its error
  int iterations;  ///< sweeps over both potentials, all regularisations together
};

/// Distances in the plane from one fixed law: debiased Sinkhorn divergences (Feydy et al. 2019)
///   S_eps = OT_eps(a, b) - OT_eps(a, a) / 2 - OT_eps(b, b) / 2 = W2^2 + O(eps^2)  (Chizat et al. 2020)
/// for a falling sequence of eps, extrapolated in eps^2. Laws are carried to at most 64 nodes an axis by linear splitting
/// (means stay), where the kernel is a product of two matrices; what that costs is measured with half the nodes. On axes
/// that are not periodic the difference of the means is taken out and added exactly. The error is the larger of the last
/// changes of the sequence, plus that of the nodes, plus rounding: near W2 = 1e-5 of the width it is as large as W2.
class PlanarTransport {
public:
  /// `law`: one weight a cell, last axis contiguous. Throws std::invalid_argument for shapes that do not fit.
  PlanarTransport(std::vector<TransportAxis> axes, const Eigen::VectorXd& law);
  ~PlanarTransport();
  PlanarTransport(PlanarTransport&&) noexcept;
  /// Throws NumericalFailure where the iteration does not converge.
  [[nodiscard]] TransportDistance distance_to(const Eigen::VectorXd& law) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace driftwell
