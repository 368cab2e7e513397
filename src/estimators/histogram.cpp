#include "driftwell/estimators/histogram.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace driftwell::estimators {
namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

std::size_t cell_on(const Axis& axis, double x) {
  if (axis.periodic()) {
    const double length = axis.upper - axis.lower;
    x -= length * std::floor((x - axis.lower) / length);
  } else if (x < axis.lower || x > axis.upper) {
    return nowhere;
  }
  return axis.cell_of(x);
}

bool same_faces(const Grid& a, const Grid& b) {
  if (a.dimension() != b.dimension()) return false;
  for (std::size_t x = 0; x < a.dimension(); ++x) {
    if (a.axis(x).cells != b.axis(x).cells || a.axis(x).periodic() != b.axis(x).periodic()) return false;
    for (std::size_t i = 0; i <= a.axis(x).cells; ++i)
      if (a.axis(x).face(i) != b.axis(x).face(i)) return false;
  }
  return true;
}

} // namespace

Histogram::Histogram(Grid grid) : grid_(std::move(grid)), counts_(grid_.size()) {}

void Histogram::add(Columns columns, std::size_t n) {
  const std::size_t d = grid_.dimension();
  if (columns.size() != d) throw std::invalid_argument(fmt::format("a histogram on {} axes got {} columns", d, columns.size()));
  require_finite(columns, n, "histogram");
  constexpr std::size_t strip = 4096;
  std::vector<std::size_t> cells(std::min(n, strip * 64));
  for (std::size_t first = 0; first < n; first += cells.size()) {
    const std::size_t here = std::min(cells.size(), n - first);
#pragma omp parallel for schedule(static) if (here > strip)
    for (std::size_t i = 0; i < here; ++i) {
      std::size_t cell = 0;
      for (std::size_t a = 0; a < d && cell != nowhere; ++a) {
        const std::size_t c = cell_on(grid_.axis(a), columns[a][first + i]);
        cell = c == nowhere ? nowhere : cell + c * grid_.stride(a);
      }
      cells[i] = cell;
    }
    for (std::size_t i = 0; i < here; ++i) cells[i] == nowhere ? ++outside_ : ++counts_[cells[i]];
  }
  total_ += n;
}

void Histogram::merge(const Histogram& other) {
  if (!same_faces(grid_, other.grid_)) throw std::invalid_argument("histograms on different grids cannot be merged");
  for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += other.counts_[k];
  total_ += other.total_;
  outside_ += other.outside_;
}

std::vector<Estimate> Histogram::probabilities() const {
  if (total_ == 0) throw NumericalFailure("histogram: no particles");
  const double n = static_cast<double>(total_);
  std::vector<Estimate> result;
  result.reserve(counts_.size());
  for (const std::uint64_t count : counts_) {
    const double p = static_cast<double>(count) / n;
    const bool certain = count == 0 || count == total_;
    const double q = certain ? (static_cast<double>(count) + (count == 0 ? 0.5 : -0.5)) / n : p;
    result.push_back({p, std::sqrt(q * (1 - q) / n)});
  }
  return result;
}

std::vector<Estimate> Histogram::density() const {
  auto result = probabilities();
  for (std::size_t k = 0; k < result.size(); ++k) {
    const double volume = grid_.volume(k);
    result[k] = {result[k].value / volume, result[k].standard_error / volume};
  }
  return result;
}

Histogram histogram(const Grid& grid, Columns columns, std::size_t n, std::span<const std::size_t> axes) {
  std::vector<const double*> chosen;
  for (const std::size_t a : axes) {
    if (a >= columns.size()) throw std::invalid_argument(fmt::format("there is no variable {} among {}", a + 1, columns.size()));
    chosen.push_back(columns[a]);
  }
  Histogram result(grid);
  result.add(chosen, n);
  return result;
}

Histogram histogram(const Grid& grid, Columns columns, std::size_t n) {
  Histogram result(grid);
  result.add(columns, n);
  return result;
}

} // namespace driftwell::estimators
