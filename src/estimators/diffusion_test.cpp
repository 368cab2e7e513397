// Residuals of successive increments: uncorrelated and normal for a diffusion. Equations in kramers_moyal.hpp.
#include "driftwell/core/error.hpp"
#include "driftwell/estimators/kramers_moyal.hpp"
#include "driftwell/estimators/resampling.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell::estimators {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// b_tau and T D_tau between the centres, multilinear; false where a corner has no support.
class Interpolation {
public:
  Interpolation(const Grid& grid, const KramersMoyalFields& fields) : grid_(grid), fields_(fields), d_(grid.dimension()) {}

  bool at(const std::array<double, 3>& x, std::array<double, 3>& drift, std::array<double, 3>& noise) const {
    std::array<std::size_t, 3> below{};
    std::array<double, 3> share{};
    for (std::size_t a = 0; a < d_; ++a) {
      const Axis& axis = grid_.axis(a);
      const double u = (x[a] - axis.centre(0)) / axis.spacing();
      if (!(u >= 0 && u <= static_cast<double>(axis.cells - 1))) return false;
      below[a] = std::min(static_cast<std::size_t>(u), axis.cells - 2);
      share[a] = u - static_cast<double>(below[a]);
    }
    drift = noise = {};
    for (std::size_t corner = 0; corner < (std::size_t{1} << d_); ++corner) {
      double weight = 1;
      std::size_t k = 0;
      for (std::size_t a = 0; a < d_; ++a) {
        const bool up = corner >> a & 1;
        weight *= up ? share[a] : 1 - share[a];
        k += (below[a] + up) * grid_.stride(a);
      }
      for (std::size_t a = 0, entry = 0; a < d_; entry += d_ - a, ++a) {
        drift[a] += weight * fields_.drift_tau[a][static_cast<Index>(k)];
        noise[a] += weight * fields_.diffusion_tau[entry][static_cast<Index>(k)];
      }
    }
    return std::isfinite(drift[0]);
  }

private:
  const Grid& grid_;
  const KramersMoyalFields& fields_;
  std::size_t d_;
};

} // namespace

DiffusionTest diffusion_test(const KramersMoyal& estimator, const KramersMoyalFields& fields, const Trajectories& paths) {
  const std::size_t d = paths.dimension, lag = static_cast<std::size_t>(std::llround(estimator.tau() / paths.dt));
  const double tau = estimator.tau();
  const Interpolation field(estimator.grid(), fields);
  // Per block: n; e_i^2 and e'_i^2 of pairs; e_i e'_j; number, and second and fourth powers of normalised residuals.
  const std::size_t products = 1 + 2 * d, single = products + d * d;
  BlockSums sums(estimator.blocks().blocks(), single + 1 + 2 * d);
  const auto residual = [&](std::size_t r, std::size_t t, std::array<double, 3>& e, std::array<double, 3>& scale) {
    std::array<double, 3> x{}, b{};
    for (std::size_t a = 0; a < d; ++a) x[a] = paths.path(a, r)[t];
    if (!field.at(x, b, scale)) return false;
    for (std::size_t a = 0; a < d; ++a) {
      e[a] = paths.path(a, r)[t + lag] - x[a] - b[a] * tau;
      scale[a] = std::sqrt(std::max(2 * scale[a] * tau, 0.0));
    }
    return true;
  };
  std::vector<std::array<double, 3>> all(paths.times), scale(paths.times);
  std::vector<bool> known(paths.times);
  DiffusionTest result;
  for (std::size_t r = 0; r < paths.replicas; ++r) {
    for (std::size_t t = 0; t + lag < paths.times; ++t) known[t] = residual(r, t, all[t], scale[t]);
    for (std::size_t t = 0; t + lag < paths.times; ++t) {
      if (!known[t]) continue;
      const auto block = sums.of(estimator.blocks().of(r, t));
      block[single] += 1;
      for (std::size_t i = 0; i < d; ++i) {
        const double z = scale[t][i] > 0 ? std::pow(all[t][i] / scale[t][i], 2) : 0;
        block[single + 1 + i] += z;
        block[single + 1 + d + i] += z * z;
      }
      if (t + 2 * lag >= paths.times || !known[t + lag]) continue;
      block[0] += 1;
      for (std::size_t i = 0; i < d; ++i) {
        block[1 + i] += all[t][i] * all[t][i];
        block[1 + d + i] += all[t + lag][i] * all[t + lag][i];
        for (std::size_t j = 0; j < d; ++j) block[products + i * d + j] += all[t][i] * all[t + lag][j];
      }
    }
  }
  result.samples = static_cast<std::size_t>(sums.total()[0]);
  if (result.samples == 0) throw NumericalFailure("no two successive increments of the trajectories begin where there is an estimate");
  const Resampled estimate = jackknife(sums, [&](std::span<const double> s) {
    std::vector<double> values;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) values.push_back(s[products + i * d + j] / std::sqrt(s[1 + i] * s[1 + d + j]));
    for (std::size_t i = 0; i < d; ++i) values.push_back(s[single] * s[single + 1 + d + i] / (s[single + 1 + i] * s[single + 1 + i]) - 3);
    return values;
  });
  for (std::size_t i = 0; i < estimate.value.size(); ++i)
    (i < d * d ? result.correlation : result.excess_kurtosis).push_back({estimate.value[i], estimate.standard_error[i]});
  return result;
}

double autocorrelation_time(const Trajectories& paths, std::size_t axis) {
  const double* x = paths.column(axis);
  const std::size_t n = paths.replicas * paths.times;
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < n; ++i) mean += (x[i] - x[0]) / static_cast<double>(n);
  mean += x[0];
  for (std::size_t i = 0; i < n; ++i) variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(n);
  if (!(variance > 0)) return 0.5;
  double sum = 0.5;
  for (std::size_t lag = 1; lag < paths.times / 2; ++lag) {
    double covariance = 0;
    for (std::size_t r = 0; r < paths.replicas; ++r) {
      const double* y = paths.path(axis, r);
      for (std::size_t t = 0; t + lag < paths.times; ++t) covariance += (y[t] - mean) * (y[t + lag] - mean);
    }
    sum += covariance / (static_cast<double>(paths.replicas * (paths.times - lag)) * variance);
    if (static_cast<double>(lag) > 5 * std::max(sum, 0.5)) break;
  }
  return std::max(sum, 0.5);
}

} // namespace driftwell::estimators
