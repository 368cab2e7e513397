#include "driftwell/spectral/spectral_gap.hpp"

#include "axis_modes.hpp"
#include "driftwell/core/davidson.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using std::complex;

constexpr Index first_vectors = 6, most_vectors = 24;
constexpr double accuracy = 1e-8;
/// Of the fastest rate: residuals do not fall below.
constexpr double rounding = 1e-13;

/// (D - re)^-1 r, D = -rates.
VectorXd preconditioned(const ModeBasis& basis, VectorXd r, double re) {
  basis.analyse(r);
  const double least = 0.05 * std::abs(re); // near the eigenvalue itself the direction counts, not the length
  for (Index k = 0; k < r.size(); ++k) {
    const double d = -basis.rates()[k] - re;
    r[k] /= std::abs(d) < least ? std::copysign(least, d) : d;
  }
  basis.synthesise(r);
  return r;
}

} // namespace

std::optional<SpectralGap> spectral_gap(const SpectralOperator& L, std::size_t most) {
  const ModeBasis basis(L);
  const Index n = basis.rates().size();
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const Index start = std::min(n - 1, first_vectors);
  std::partial_sort(order.begin(), order.begin() + start + 1, order.end(), [&](Index a, Index b) { return basis.rates()[a] < basis.rates()[b]; });
  MatrixXd modes(n, start);
  for (Index i = 0; i < start; ++i) {
    VectorXd mode = VectorXd::Unit(n, order[static_cast<std::size_t>(i + 1)]);
    basis.synthesise(mode);
    modes.col(i) = mode;
  }
  const double floor = rounding * 2 * L.decay_bound();
  DavidsonProblem problem;
  problem.apply = [&](const VectorXd& v, VectorXd& Lv) { L.apply(v.data(), Lv.data()); };
  problem.precondition = [&](const VectorXd& r, complex<double> theta) { return preconditioned(basis, r, theta.real()); };
  problem.before = [](complex<double> x, complex<double> y) { return x.real() > y.real() || (x.real() == y.real() && x.imag() > y.imag()); };
  problem.accuracy = [&](complex<double> theta, complex<double>) { return std::max(accuracy * std::abs(theta), floor); };
  problem.null = L.root().normalized();
  problem.most = most_vectors;
  const DavidsonResult found = davidson(problem, modes, most);
  if (!(found.excess <= 1) || !(found.values[0].real() < 0)) return {};
  return SpectralGap{{found.values[0].real(), std::abs(found.values[0].imag())}, found.residuals[0], found.products};
}

} // namespace driftwell
