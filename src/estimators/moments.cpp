#include "driftwell/estimators/moments.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/core/simd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

constexpr std::size_t lanes = 8; // partial sums a pair: the order of addition, the same for every instruction set


DRIFTWELL_MULTIVERSION void pair_sums(const double* x, const double* y, std::size_t n, double* out) {
  double a[lanes] = {}, b[lanes] = {}, c[lanes] = {}, d[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) {
      const double p = x[i + l] * y[i + l];
      a[l] += p;
      b[l] += x[i + l] * p;
      c[l] += y[i + l] * p;
      d[l] += p * p;
    }
  for (std::size_t l = 0; i < n; ++i, ++l) {
    const double p = x[i] * y[i];
    a[l] += p;
    b[l] += x[i] * p;
    c[l] += y[i] * p;
    d[l] += p * p;
  }
  for (std::size_t l = 0; l < lanes; ++l) {
    out[0] += a[l];
    out[1] += b[l];
    out[2] += c[l];
    out[3] += d[l];
  }
}

} // namespace

MomentAccumulator::MomentAccumulator(std::size_t dimension)
    : dimension_(dimension), first_(dimension), products_(dimension * dimension), skew_(dimension * dimension), fourth_(dimension * dimension) {
  if (dimension == 0) throw std::invalid_argument("moments need at least one variable");
}

void MomentAccumulator::add(Columns columns, std::size_t n) {
  if (columns.size() != dimension_) throw std::invalid_argument(fmt::format("moments of {} variables got {} columns", dimension_, columns.size()));
  require_finite(columns, n, "moments");
  if (n == 0) return;
  if (origin_.empty())
    for (const double* column : columns) {
      const std::size_t few = std::min<std::size_t>(n, 512);
      double sum = 0;
      for (std::size_t i = 0; i < few; ++i) sum += column[i] - column[0];
      origin_.push_back(column[0] + sum / static_cast<double>(few));
    }
  for (std::size_t first = 0; first < n; first += reduce_block) add_block(columns, first, std::min(reduce_block, n - first));
  count_ += n;
}

// Parallel over pairs: no sum is split, so no partial results of size d^2 a thread or block.
void MomentAccumulator::add_block(Columns columns, std::size_t first, std::size_t n) {
  const std::size_t d = dimension_;
  std::vector<double> y(d * n);
  const auto pairs = static_cast<std::ptrdiff_t>(d * (d + 1) / 2);
#pragma omp parallel if (d > 8)
  {
#pragma omp for schedule(static)
    for (std::size_t a = 0; a < d; ++a) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += y[a * n + i] = columns[a][first + i] - origin_[a];
      first_[a] += sum;
    }
#pragma omp for schedule(static)
    for (std::ptrdiff_t pair = 0; pair < pairs; ++pair) {
      auto a = static_cast<std::size_t>((std::sqrt(8.0 * static_cast<double>(pair) + 1) - 1) / 2);
      while (a * (a + 1) / 2 > static_cast<std::size_t>(pair)) --a;
      while ((a + 1) * (a + 2) / 2 <= static_cast<std::size_t>(pair)) ++a;
      const std::size_t b = static_cast<std::size_t>(pair) - a * (a + 1) / 2;
      double sums[4] = {};
      pair_sums(&y[a * n], &y[b * n], n, sums);
      products_[a * d + b] += sums[0];
      skew_[a * d + b] += sums[1];
      fourth_[a * d + b] += sums[3];
      if (a == b) continue;
      products_[b * d + a] += sums[0];
      skew_[b * d + a] += sums[2];
      fourth_[b * d + a] += sums[3];
    }
  }
}

void MomentAccumulator::move_origin(std::span<const double> shift) {
  const std::size_t d = dimension_;
  const double n = static_cast<double>(count_);
  const std::vector<double> s = first_, A = products_, B = skew_;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      const double u = shift[i], v = shift[j], Aii = A[i * d + i], Ajj = A[j * d + j], Aij = A[i * d + j];
      fourth_[i * d + j] += 2 * v * B[i * d + j] + 2 * u * B[j * d + i] + v * v * Aii + u * u * Ajj + 4 * u * v * Aij +
                            2 * u * v * (v * s[i] + u * s[j]) + n * u * u * v * v;
      skew_[i * d + j] += 2 * u * Aij + u * u * s[j] + v * Aii + 2 * u * v * s[i] + n * u * u * v;
      products_[i * d + j] += u * s[j] + v * s[i] + n * u * v;
    }
  for (std::size_t i = 0; i < d; ++i) {
    first_[i] += n * shift[i];
    origin_[i] -= shift[i];
  }
}

void MomentAccumulator::merge(const MomentAccumulator& other) {
  if (other.dimension_ != dimension_) throw std::invalid_argument("moments of different dimensions cannot be merged");
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  MomentAccumulator moved = other;
  std::vector<double> shift(dimension_);
  for (std::size_t i = 0; i < dimension_; ++i) shift[i] = other.origin_[i] - origin_[i];
  moved.move_origin(shift);
  const auto plus = [](std::vector<double>& to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
  };
  plus(first_, moved.first_);
  plus(products_, moved.products_);
  plus(skew_, moved.skew_);
  plus(fourth_, moved.fourth_);
  count_ += other.count_;
}

Moments MomentAccumulator::result() const {
  if (count_ < 2) throw NumericalFailure(fmt::format("moments: a covariance needs 2 samples, found {}", count_));
  const std::size_t d = dimension_;
  const double n = static_cast<double>(count_);
  MomentAccumulator centred = *this;
  std::vector<double> shift(d);
  for (std::size_t i = 0; i < d; ++i) shift[i] = -first_[i] / n;
  centred.move_origin(shift);
  Moments result{count_, std::vector<Estimate>(d), std::vector<Estimate>(d * d)};
  const auto S = [&](std::size_t i, std::size_t j) { return centred.products_[i * d + j] / (n - 1); };
  for (std::size_t i = 0; i < d; ++i) {
    result.mean[i] = {centred.origin_[i], std::sqrt(std::max(0.0, S(i, i)) / n)};
    for (std::size_t j = 0; j <= i; ++j) {
      const double fourth = centred.fourth_[i * d + j] / n, s = S(i, j);
      const double variance = (fourth - s * s) / n + (S(i, i) * S(j, j) + s * s) / (n * (n - 1));
      if (!std::isfinite(variance)) throw NumericalFailure(fmt::format("moments: the fourth moment of variables {} and {} overflows", i + 1, j + 1));
      result.covariance[i * d + j] = result.covariance[j * d + i] = {s, std::sqrt(std::max(0.0, variance))};
    }
  }
  return result;
}

Moments moments(Columns columns, std::size_t n) {
  MomentAccumulator accumulator(columns.size());
  accumulator.add(columns, n);
  return accumulator.result();
}

} // namespace driftwell::estimators
