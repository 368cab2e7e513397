#include "driftwell/estimators/expectation.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {

using expression::Tape;

std::vector<std::vector<double>> values_on(const Tape& tape, Columns columns, std::size_t n) {
  const std::size_t d = tape.dimension();
  if (columns.size() != d) throw std::invalid_argument(fmt::format("a formula of {} variables got {} columns", d, columns.size()));
  require_finite(columns, n, "expectation");
  std::vector<std::vector<double>> values(tape.outputs(), std::vector<double>(n));
  const std::size_t strips = (n + Tape::strip - 1) / Tape::strip;
#pragma omp parallel if (strips > 15)
  {
    Tape::Workspace workspace(tape);
    std::vector<const double*> in(d);
    std::vector<double*> out(tape.outputs());
#pragma omp for schedule(static)
    for (std::size_t s = 0; s < strips; ++s) {
      const std::size_t first = s * Tape::strip;
      for (std::size_t a = 0; a < d; ++a) in[a] = columns[a] + first;
      for (std::size_t o = 0; o < out.size(); ++o) out[o] = values[o].data() + first;
      tape.evaluate(in, out, std::min(Tape::strip, n - first), workspace);
    }
  }
  for (std::size_t o = 0; o < values.size(); ++o)
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isfinite(values[o][i])) {
        std::vector<double> point;
        for (const double* column : columns.first(std::min<std::size_t>(d, 6))) point.push_back(column[i]);
        throw NumericalFailure(fmt::format("expectation: formula {} is {} at particle {}, x = ({}{})", o + 1, values[o][i], i,
                                           fmt::join(point, ", "), d > point.size() ? ", ..." : ""));
      }
  return values;
}

Expectation expectation(const Tape& tape, Columns columns, std::size_t n) {
  const auto values = values_on(tape, columns, n);
  Expectation result;
  const std::size_t m = values.size();
  for (const auto& f : values) result.mean.push_back(mean_of(f, "expectation"));
  result.covariance.resize(m * m);
  const double scale = 1 / (static_cast<double>(n) * static_cast<double>(n - 1));
  for (std::size_t a = 0; a < m; ++a)
    for (std::size_t b = 0; b <= a; ++b)
      result.covariance[a * m + b] = result.covariance[b * m + a] = scale * deterministic_sum(n, [&](std::size_t i) {
        return (values[a][i] - result.mean[a].value) * (values[b][i] - result.mean[b].value);
      });
  return result;
}

} // namespace driftwell::estimators
