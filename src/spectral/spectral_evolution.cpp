#include "driftwell/spectral/spectral_evolution.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/spectral/faber_series.hpp"
#include "modal_evolution.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double longest_series = 3000; ///< products
constexpr double modal_error = 1e-12;   ///< rounding of the modes
constexpr double headroom = 1e-6;       ///< what is left of the distance becomes the new unit when it has fallen so far

double dot(const VectorXd& a, const VectorXd& b) {
  return deterministic_sum(static_cast<std::size_t>(a.size()), [&](std::size_t k) { return a[static_cast<Index>(k)] * b[static_cast<Index>(k)]; });
}

/// How many of the times from `first` on one series serves.
std::size_t together(const std::vector<double>& times, std::size_t first, double from, Ellipse ellipse, double digits, std::size_t most) {
  std::size_t count = 1;
  while (first + count < times.size() && count < most) {
    const double t = times[first + count] - from;
    if (t * ellipse.b + std::sqrt(2 * t * ellipse.a * digits) > longest_series) break;
    ++count;
  }
  return count;
}

/// The series with an ellipse that is widened until it holds the numerical range.
FaberReport series(const LinearMap& map, Ellipse& ellipse, const VectorXd& u, const std::vector<double>& times, double eps, std::vector<VectorXd>& out) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    try {
      return faber_series(map, ellipse, u, times, eps, out);
    } catch (const std::domain_error&) {
      ellipse = {1.1 * ellipse.a, 1.4 * ellipse.b + 0.01 * ellipse.a};
    }
  }
  throw NumericalFailure("the spectral operator has growing modes: the potential is not resolved; take more points, or propagator = \"auto\"");
}

} // namespace

SpectralReport evolve_spectral(const SpectralOperator& L, const VectorXd& initial, const std::vector<double>& times, double tolerance,
                               double memory, const SpectralObserve& observe) {
  const VectorXd& s = L.root();
  const double eps = std::clamp(headroom * tolerance, 1e-16, 1e-8), digits = std::log(4 / eps);
  const LinearMap map{L.size(), [&](const double* u, double* y) { L.apply(u, y); }};
  Ellipse ellipse{L.decay_bound(), L.rotation_bound()};
  const auto project = [&](VectorXd& w) { w -= dot(s, w) / dot(s, s) * s; }; // what is left of the mass by rounding
  VectorXd w = initial.cwiseQuotient(s) - s;
  project(w);
  if (L.separable()) {
    evolve_modes(L, w, times, [&](std::size_t index, VectorXd& u) {
      project(u);
      observe(index, (u + s).cwiseProduct(s));
    });
    return {modal_error, "eigenvectors of each axis, exact in time"};
  }
  const auto most = static_cast<std::size_t>(std::max(1.0, memory / (8.0 * static_cast<double>(L.size()))));
  const auto length = [](const VectorXd& v) { return std::sqrt(dot(v, v)); };
  std::size_t products = 0, done = 0;
  double from = 0, growth = 0;
  while (done < times.size()) {
    std::size_t count = together(times, done, from, ellipse, digits, most);
    std::vector<double> spans;
    for (std::size_t i = 0; i < count; ++i) spans.push_back(times[done + i] - from);
    std::vector<VectorXd> out;
    const FaberReport report = series(map, ellipse, w, spans, eps, out);
    products += report.products;
    growth = std::max(growth, report.growth);
    const double unit = headroom * length(w);
    for (std::size_t i = 0; i < count; ++i) {
      project(out[i]);
      if (i > 0 && length(out[i]) < unit) count = i; // from the last good one on, again
      if (i == count) break;
      observe(done + i, (out[i] + s).cwiseProduct(s));
    }
    w = out[count - 1];
    from = times[done + count - 1];
    done += count;
  }
  const double error = std::max(eps / headroom, 1e-12) * std::max(1.0, growth);
  return {error, std::to_string(products) + (ellipse.b > 0 ? " products of a Faber series" : " products of a Chebyshev series")};
}

} // namespace driftwell
