#include "driftwell/spectral/faber_series.hpp"

#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t batch = 8; ///< terms of the series added together: the sums are read and written once for all of them
constexpr Index strip = 512;

double norm(const VectorXd& v) {
  return std::sqrt(deterministic_sum(static_cast<std::size_t>(v.size()), [&](std::size_t k) { return v[static_cast<Index>(k)] * v[static_cast<Index>(k)]; }));
}

/// to += sum_m w[m] F_m, in the order of m
DRIFTWELL_MULTIVERSION void add_terms(const std::array<double, batch>& w, const std::array<const double*, batch>& F, double* to, Index n) {
  const double *f0 = F[0], *f1 = F[1], *f2 = F[2], *f3 = F[3], *f4 = F[4], *f5 = F[5], *f6 = F[6], *f7 = F[7];
#pragma omp simd
  for (Index k = 0; k < n; ++k)
    to[k] += ((((((w[0] * f0[k] + w[1] * f1[k]) + w[2] * f2[k]) + w[3] * f3[k]) + w[4] * f4[k]) + w[5] * f5[k]) + w[6] * f6[k]) + w[7] * f7[k];
}

/// out_i += sum_m c_i[first + m] F[m]
void accumulate(const std::vector<std::vector<double>>& c, std::size_t first, std::size_t terms, const std::array<VectorXd, batch + 2>& F,
                const std::array<std::size_t, batch>& which, std::vector<VectorXd>& out) {
  const Index n = out[0].size();
#pragma omp parallel for schedule(static) if (n * static_cast<Index>(out.size()) > 100000)
  for (Index start = 0; start < n; start += strip) {
    const Index count = std::min(n - start, strip);
    std::array<const double*, batch> f{};
    for (std::size_t m = 0; m < batch; ++m) f[m] = F[which[m]].data() + start;
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::array<double, batch> w{};
      for (std::size_t m = 0; m < terms; ++m) w[m] = first + m < c[i].size() ? c[i][first + m] : 0;
      if (std::all_of(w.begin(), w.end(), [](double v) { return v == 0; })) continue;
      add_terms(w, f, out[i].data() + start, count);
    }
  }
}

} // namespace

FaberReport faber_series(const LinearMap& map, Ellipse ellipse, const VectorXd& u, const std::vector<double>& times, double eps,
                         std::vector<VectorXd>& out, double most) {
  std::vector<std::vector<double>> c;
  std::size_t terms = 0;
  for (const double t : times) {
    c.push_back(faber_coefficients(t, ellipse, eps));
    terms = std::max(terms, c.back().size());
  }
  out.assign(times.size(), VectorXd::Zero(u.size()));
  const double start = norm(u), a = ellipse.a, sigma = ellipse.a + ellipse.b, kappa = (ellipse.a - ellipse.b) / sigma;
  FaberReport report;
  if (start == 0 || times.empty()) return report;
  std::array<VectorXd, batch + 2> F;
  for (VectorXd& f : F) f = VectorXd::Zero(u.size());
  std::array<std::size_t, batch> which{};
  F[0] = u;
  for (std::size_t k = 0; k < terms; ++k) {
    const std::size_t slot = k % F.size();
    if (k > 0) {
      const VectorXd& last = F[(k - 1) % F.size()];
      const VectorXd& before = F[(k + F.size() - 2) % F.size()];
      VectorXd& next = F[slot];
      map.apply(last.data(), next.data());
      ++report.products;
      const double scale = (k == 1 ? 1 : 2) / sigma, back = k == 1 ? 0 : kappa;
#pragma omp parallel for schedule(static) if (u.size() > 60000)
      for (Index i = 0; i < u.size(); ++i) next[i] = scale * (next[i] + a * last[i]) - back * before[i];
    }
    which[k % batch] = slot;
    if (k % batch + 1 < batch && k + 1 < terms) continue;
    const std::size_t first = k / batch * batch, count = k - first + 1;
    for (std::size_t m = count; m < batch; ++m) which[m] = which[0];
    accumulate(c, first, count, F, which, out);
    if (k / batch % 2 != 1 && k + 1 < terms) continue;
    poll_interrupt();
    report.growth = std::max(report.growth, norm(F[slot]) / start);
    if (!(report.growth <= most)) throw std::domain_error("the numerical range leaves the ellipse");
  }
  return report;
}

} // namespace driftwell
