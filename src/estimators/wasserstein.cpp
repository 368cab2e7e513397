#include "driftwell/core/error.hpp"
#include "driftwell/estimators/resampling.hpp"
#include "estimators/quantile_distance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

constexpr std::size_t most_blocks = 50;

/// int over a length du of the square of a linear function with these end values.
double square_of_line(double e0, double e1, double du) { return du * (e0 * e0 + e0 * e1 + e1 * e1) / 3; }

std::vector<QuantilePiece> pieces_of(std::span<const double> faces, std::span<const double> weights) {
  if (weights.empty() || faces.size() != weights.size() + 1) throw std::invalid_argument("wasserstein: one face more than weights");
  double total = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (!(faces[k] < faces[k + 1]) || !std::isfinite(faces[k]) || !std::isfinite(faces[k + 1])) throw std::invalid_argument("wasserstein: faces must ascend");
    if (!(weights[k] >= 0)) throw std::invalid_argument("wasserstein: weights must not be negative");
    total += weights[k];
  }
  if (!(total > 0) || !std::isfinite(total)) throw std::invalid_argument("wasserstein: the weights have no finite positive sum");
  std::vector<QuantilePiece> pieces;
  double below = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] == 0) continue;
    const double u0 = below / total;
    below += weights[k];
    pieces.push_back({u0, below / total, faces[k], faces[k + 1]});
  }
  pieces.back().u1 = 1;
  return pieces;
}

std::vector<double> checked(std::span<const double> sample) {
  if (sample.size() < 20) throw NumericalFailure(fmt::format("wasserstein: {} particles are too few, at least 20", sample.size()));
  require_finite(sample, "wasserstein");
  return {sample.begin(), sample.end()};
}

std::size_t blocks_for(std::size_t n) { return std::min(most_blocks, n); }

} // namespace

double squared_distance(std::span<const double> sorted, const std::vector<QuantilePiece>& law) {
  const double n = static_cast<double>(sorted.size());
  double sum = 0;
  std::size_t piece = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double lower = static_cast<double>(i) / n, upper = i + 1 == sorted.size() ? 1 : static_cast<double>(i + 1) / n;
    for (;; ++piece) {
      const QuantilePiece& p = law[piece];
      const double a = std::max(lower, p.u0), b = std::min(upper, p.u1);
      if (b > a) {
        const double slope = (p.x1 - p.x0) / (p.u1 - p.u0);
        sum += square_of_line(sorted[i] - (p.x0 + slope * (a - p.u0)), sorted[i] - (p.x0 + slope * (b - p.u0)), b - a);
      }
      if (p.u1 >= upper || piece + 1 == law.size()) break;
    }
  }
  return sum;
}

double squared_distance(std::span<const double> a, std::span<const double> b) {
  const std::size_t n = a.size(), m = b.size();
  double sum = 0, level = 0; // levels in units of 1 / (n m), exact up to 2^53
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    const double end_a = static_cast<double>((i + 1) * m), end_b = static_cast<double>((j + 1) * n), end = std::min(end_a, end_b);
    const double e = a[i] - b[j];
    sum += (end - level) * e * e;
    level = end;
    if (end_a <= end) ++i;
    if (end_b <= end) ++j;
  }
  return sum / (static_cast<double>(n) * static_cast<double>(m));
}

SortedSample::SortedSample(std::vector<double> values, std::size_t blocks) : blocks_(blocks), values_(values.size()), block_(values.size()) {
  std::vector<std::size_t> order(values.size()), label(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j] || (values[i] == values[j] && i < j); });
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto [first, last] = block_range(values.size(), blocks, b);
    std::fill(label.begin() + static_cast<std::ptrdiff_t>(first), label.begin() + static_cast<std::ptrdiff_t>(last), b);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    values_[i] = values[order[i]];
    block_[i] = label[order[i]];
  }
}

std::vector<double> SortedSample::without(std::size_t block) const {
  std::vector<double> rest;
  rest.reserve(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (block_[i] != block) rest.push_back(values_[i]);
  return rest;
}

WassersteinEstimate corrected(const LeaveOut& values) {
  WassersteinEstimate result;
  result.plain = values.full;
  double bias = 0, variance = 0;
  for (const auto* without : {&values.without_a, &values.without_b}) {
    if (without->empty()) continue;
    std::vector<std::vector<double>> parts;
    for (const double v : *without) parts.push_back({v});
    const Resampled one = jackknife(std::span<const double>(&values.full, 1), parts);
    bias += one.bias[0];
    variance += one.standard_error[0] * one.standard_error[0];
  }
  const double error = std::sqrt(variance);
  result.squared = {values.full - bias, error};
  if (!std::isfinite(result.squared.value) || !std::isfinite(error)) throw NumericalFailure("wasserstein: the squared distance overflows");
  const double distance = std::sqrt(std::max(0.0, result.squared.value));
  result.distance = {distance, distance > 0 ? std::min(error / (2 * distance), std::sqrt(error)) : std::sqrt(error)};
  return result;
}

WassersteinEstimate wasserstein_2_to_density(std::span<const double> sample, std::span<const double> faces, std::span<const double> weights) {
  const auto law = pieces_of(faces, weights);
  const SortedSample sorted(checked(sample), blocks_for(sample.size()));
  LeaveOut values{squared_distance(sorted.values(), law), std::vector<double>(sorted.blocks()), {}};
#pragma omp parallel for schedule(static) if (sample.size() > 10'000)
  for (std::size_t b = 0; b < sorted.blocks(); ++b) values.without_a[b] = squared_distance(sorted.without(b), law);
  return corrected(values);
}

WassersteinEstimate wasserstein_2_two_sample(std::span<const double> a, std::span<const double> b) {
  const SortedSample one(checked(a), blocks_for(a.size())), two(checked(b), blocks_for(b.size()));
  LeaveOut values{squared_distance(one.values(), two.values()), std::vector<double>(one.blocks()), std::vector<double>(two.blocks())};
#pragma omp parallel for schedule(static) if (a.size() + b.size() > 10'000)
  for (std::size_t k = 0; k < one.blocks(); ++k) values.without_a[k] = squared_distance(one.without(k), two.values());
#pragma omp parallel for schedule(static) if (a.size() + b.size() > 10'000)
  for (std::size_t k = 0; k < two.blocks(); ++k) values.without_b[k] = squared_distance(one.values(), two.without(k));
  return corrected(values);
}

} // namespace driftwell::estimators
