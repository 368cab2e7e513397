#include "killed_rows.hpp"

#include "driftwell/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

KilledRows killed_rows(const Eigen::SparseMatrix<double>& rates, const VectorXd& killing) {
  KilledRows rows;
  const Index n = rates.cols();
  rows.killing = killing.size() ? killing : VectorXd::Zero(n);
  rows.start.push_back(0);
  rows.column.reserve(static_cast<std::size_t>(rates.nonZeros()));
  rows.rate.reserve(static_cast<std::size_t>(rates.nonZeros()));
  for (Index k = 0; k < n; ++k) {
    for (Eigen::SparseMatrix<double>::InnerIterator it(rates, k); it; ++it) {
      if (it.row() == k || it.value() == 0) continue;
      if (!(it.value() > 0) || !std::isfinite(it.value())) throw NumericalFailure("killed chain: a rate is negative or not finite");
      rows.column.push_back(static_cast<std::int32_t>(it.row()));
      rows.rate.push_back(it.value());
    }
    rows.start.push_back(static_cast<std::int64_t>(rows.column.size()));
    if (!(rows.killing[k] >= 0) || !std::isfinite(rows.killing[k])) throw NumericalFailure("killed chain: a rate is negative or not finite");
  }
  return rows;
}

KilledRows reversed(const KilledRows& rows, const VectorXd& log_weight) {
  const auto n = static_cast<std::size_t>(rows.size());
  KilledRows result;
  result.start.assign(n + 1, 0);
  for (const std::int32_t l : rows.column) ++result.start[static_cast<std::size_t>(l) + 1];
  for (std::size_t k = 0; k < n; ++k) result.start[k + 1] += result.start[k];
  result.column.resize(rows.column.size());
  result.rate.resize(rows.rate.size());
  std::vector<std::int64_t> next(result.start.begin(), result.start.end() - 1);
  for (std::size_t k = 0; k < n; ++k)
    for (std::int64_t at = rows.start[k]; at < rows.start[k + 1]; ++at) {
      const std::int32_t l = rows.column[static_cast<std::size_t>(at)];
      const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(l)]++);
      result.column[to] = static_cast<std::int32_t>(k);
      const double apart = log_weight[static_cast<Index>(k)] - log_weight[l];
      result.rate[to] = rows.rate[static_cast<std::size_t>(at)] * std::exp(std::clamp(apart, -600.0, 600.0));
    }
  result.killing = rows.exits();
  for (std::size_t k = 0; k < n; ++k) {
    double& rest = result.killing[static_cast<Index>(k)];
    const double exits = rest;
    for (std::int64_t at = result.start[k]; at < result.start[k + 1]; ++at) rest -= result.rate[static_cast<std::size_t>(at)];
    if (!(rest > 1e-13 * exits)) rest = 0;
  }
  return result;
}

} // namespace driftwell
