#include "positive_series.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Weights carry 2^440 on top of the state's 2^512: e^-512 times the faintest cell is then an ordinary number.
constexpr int weight_exponent = 440;
/// Scaled states below this are indistinguishable from 0 (2^-512 of it is 1e-454).
constexpr double vanishing = 1e-300;
constexpr std::size_t most_terms = 200'000;

/// 2^440 w_k for k = 0, 1, ...
class Weights {
public:
  explicit Weights(double tau) : tau_(tau), now_(std::exp(-static_cast<long double>(tau)) * std::ldexp(1.0L, weight_exponent)) {}
  double next() {
    const auto w = static_cast<double>(now_);
    ++k_;
    now_ *= tau_ / static_cast<long double>(k_);
    return w;
  }
  /// (w_{k+1} r + w_{k+2} r^2 + ...) for the last k handed out; infinite where the bounding series diverges.
  [[nodiscard]] double tail(double r) const {
    const double q = tau_ * r / static_cast<double>(k_ + 1);
    return q < 1 ? static_cast<double>(now_ * static_cast<long double>(r)) / (1 - q) : HUGE_VAL;
  }

private:
  double tau_;
  long double now_;
  std::size_t k_ = 0;
};

} // namespace

PositiveSeries::PositiveSeries(const Stencil& Q) : Q_(Q), here_(Q.diagonal().size()), next_(Q.diagonal().size()) {
  // An eighth above the fastest rate: 1 - |Q_kk| / rate then loses no more than three bits.
  const double fastest = Q.diagonal().cwiseAbs().maxCoeff();
  rate_ = fastest > 0 ? 1.125 * fastest : 1;
  const VectorXd ones = VectorXd::Ones(here_.size());
  Q_.recurrence(ones.data(), next_.data(), 1 / rate_, 1, 0, {});
  row_sum_ = next_.maxCoeff();
}

double PositiveSeries::growth(const VectorXd& before, const VectorXd& after) const {
  double r = 0;
#pragma omp parallel for schedule(static) reduction(max : r) if (before.size() > 60000)
  for (Index k = 0; k < before.size(); ++k) r = std::max(r, (after[k] + row_sum_ * vanishing) / std::max(before[k], vanishing));
  return r;
}

void PositiveSeries::advance(const VectorXd& state, const std::vector<double>& spans, double eps, MatrixXd& columns) {
  const auto count = static_cast<Index>(spans.size());
  const double mass = state.sum(), floor = faintest * std::ldexp(1.0, exponent + weight_exponent);
  std::vector<Weights> weights;
  columns.resize(state.size(), count);
  for (Index i = 0; i < count; ++i) columns.col(i) = weights.emplace_back(spans[static_cast<std::size_t>(i)] * rate_).next() * state;
  here_ = state;
  for (std::size_t k = 1;; ++k) {
    poll_interrupt();
    std::vector<Stencil::Accumulate> sums;
    for (Index i = 0; i < count; ++i) sums.push_back({columns.col(i).data(), weights[static_cast<std::size_t>(i)].next(), 0});
    Q_.recurrence(here_.data(), next_.data(), 1 / rate_, 1, 0, sums);
    ++products_;
    std::swap(here_, next_);
    if (k % 8 != 0 || static_cast<double>(k) < spans.back() * rate_) continue;
    const double r = growth(next_, here_);
    double worst = 0;
    for (Index i = 0; i < count; ++i) {
      // In a cell: its own term times a geometric series, or all the mass there is.
      const double own = weights[static_cast<std::size_t>(i)].tail(r), all = weights[static_cast<std::size_t>(i)].tail(1) * mass;
      const double* y = columns.col(i).data();
#pragma omp parallel for schedule(static) reduction(max : worst) if (here_.size() > 60000)
      for (Index c = 0; c < here_.size(); ++c)
        worst = std::max(worst, std::min(own < HUGE_VAL ? own * std::max(here_[c], vanishing) : all, all) / std::max(y[c], floor));
    }
    truncation_ = worst;
    if (worst <= eps) break;
    if (k > most_terms) throw NumericalFailure("uniformisation: the sum does not end: the density spans more decades than a number can hold");
  }
  columns *= std::ldexp(1.0, -weight_exponent);
}

} // namespace driftwell
