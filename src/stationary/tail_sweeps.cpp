#include "tail_sweeps.hpp"

#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;

constexpr double tail = 1e-4, noise = 1e-11, settled = 1e-10;
constexpr int most_sweeps = 300;

/// One sweep; the largest change over what it may be.
template <class Value>
double sweep(const KilledRows& rows, const std::vector<Index>& order, const Eigen::VectorXd& exits, Value lambda, double mean, Eigen::Matrix<Value, Eigen::Dynamic, 1>& l) {
  double worst = 0;
  for (const Index k : order) {
    Value sum = 0;
    for (auto i = static_cast<std::size_t>(rows.start[static_cast<std::size_t>(k)]); i < static_cast<std::size_t>(rows.start[static_cast<std::size_t>(k) + 1]); ++i)
      sum += rows.rate[i] * l[rows.column[i]];
    const Value next = sum / (exits[k] + lambda);
    worst = std::max(worst, std::abs(next - l[k]) / (settled * (std::abs(next) + mean)));
    l[k] = next;
  }
  return worst;
}

template <class Value>
void sweep_all(const KilledRows& rows, const std::vector<Index>& order, const Eigen::VectorXd& exits, Value lambda, double mean, Eigen::Matrix<Value, Eigen::Dynamic, 1>& l) {
  for (int i = 0; i < most_sweeps; ++i) {
    poll_interrupt();
    if (sweep(rows, order, exits, lambda, mean, l) <= 1) break;
  }
}

} // namespace

void sweep_tails(const KilledRows& rows, const Eigen::VectorXd& s, std::complex<double> lambda, Eigen::Ref<Eigen::VectorXcd> l) {
  const double top = s.maxCoeff();
  const Eigen::VectorXd exits = rows.exits();
  std::vector<Index> order;
  for (Index k = 0; k < s.size(); ++k) {
    if (s[k] < noise * top) l[k] = 0;
    if (s[k] < tail * top && exits[k] > 2 * std::abs(lambda)) order.push_back(k);
  }
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return s[a] > s[b]; });
  const double mean = std::sqrt(l.cwiseAbs2().dot(s.cwiseAbs2()) / s.squaredNorm());
  if (lambda.imag() != 0) {
    Eigen::VectorXcd values = l;
    sweep_all(rows, order, exits, lambda, mean, values);
    l = values;
  } else {
    Eigen::VectorXd values = l.real();
    sweep_all(rows, order, exits, lambda.real(), mean, values);
    l = values.cast<std::complex<double>>();
  }
}

} // namespace driftwell
