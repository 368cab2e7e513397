#include "marginals.hpp"

#include <algorithm>

namespace driftwell::run {

namespace {

/// Sum over the middle index of `before` x n x `after`.
std::vector<double> sum_out(const double* x, std::size_t before, std::size_t n, std::size_t after) {
  std::vector<double> result(before * after);
#pragma omp parallel for schedule(static) if (before * n * after > 200000)
  for (std::size_t p = 0; p < before; ++p)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t q = 0; q < after; ++q) result[p * after + q] += x[(p * n + i) * after + q];
  return result;
}

} // namespace

std::vector<double> marginal(const Grid& grid, const Eigen::VectorXd& p, const std::vector<std::size_t>& kept) {
  std::vector<double> values;
  std::size_t after = 1, size = grid.size();
  for (std::size_t a = grid.dimension(); a-- > 0;) { // the last axis first: the sums get shorter at once
    const std::size_t n = grid.axis(a).cells;
    if (std::find(kept.begin(), kept.end(), a) != kept.end()) {
      after *= n;
      continue;
    }
    values = sum_out(values.empty() ? p.data() : values.data(), size / (n * after), n, after);
    size /= n;
  }
  if (values.empty()) values.assign(p.data(), p.data() + p.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::size_t rest = k;
    for (std::size_t m = kept.size(); m-- > 0;) {
      const Axis& axis = grid.axis(kept[m]);
      values[k] /= axis.width(rest % axis.cells);
      rest /= axis.cells;
    }
  }
  return values;
}

} // namespace driftwell::run
