#include "driftwell/generator/stencil.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <utility>

namespace driftwell {

namespace {

/// The rows a row of cells touches. Missing neighbours have zero coefficients and point at valid memory.
struct RowPointers {
  const double* u;
  double* out;
  const double* diagonal;
  const double *up, *down;                          ///< along the contiguous axis
  const double *u1m, *c1m, *u1p, *c1p;              ///< previous and next row along the middle axis
  const double *u0m, *c0m, *u0p, *c0p;              ///< and along the outer axis
};

/// Row k of A u.
DRIFTWELL_INLINE double product_at(const RowPointers& r, std::size_t k, std::size_t below, std::size_t above) {
  double s = r.diagonal[k] * r.u[k];
  s += r.up[below] * r.u[below];
  s += r.down[k] * r.u[above];
  s += r.c1m[k] * r.u1m[k];
  s += r.c1p[k] * r.u1p[k];
  s += r.c0m[k] * r.u0m[k];
  s += r.c0p[k] * r.u0p[k];
  return s;
}

DRIFTWELL_MULTIVERSION
void sweep_interior(const RowPointers& r, std::size_t n, double a, double b, double c) {
#pragma omp simd
  for (std::size_t k = 1; k < n - 1; ++k) r.out[k] = a * product_at(r, k, k - 1, k + 1) + b * r.u[k] + c * r.out[k];
}

/// The same without what `out` held, which may be NaN.
DRIFTWELL_MULTIVERSION
void sweep_interior_fresh(const RowPointers& r, std::size_t n, double a, double b) {
#pragma omp simd
  for (std::size_t k = 1; k < n - 1; ++k) r.out[k] = a * product_at(r, k, k - 1, k + 1) + b * r.u[k];
}

DRIFTWELL_MULTIVERSION
void accumulate(double* y, const double* out, const double* u, std::size_t n, double c, double e) {
#pragma omp simd
  for (std::size_t k = 0; k < n; ++k) y[k] += c * out[k] + e * u[k];
}

void sweep_end(const RowPointers& r, std::size_t n, std::size_t k, double a, double b, double c) {
  const double s = product_at(r, k, k == 0 ? n - 1 : k - 1, k + 1 == n ? 0 : k + 1);
  r.out[k] = c == 0 ? a * s + b * r.u[k] : a * s + b * r.u[k] + c * r.out[k];
}

} // namespace

Stencil::Stencil(const Grid& grid, Eigen::VectorXd diagonal, std::vector<Edges> edges, Links links)
    : grid_(grid), diagonal_(std::move(diagonal)), edges_(std::move(edges)), links_(std::move(links)),
      zeros_(Eigen::VectorXd::Zero(static_cast<Eigen::Index>(grid.axes().back().cells))),
      symmetric_(std::all_of(edges_.begin(), edges_.end(), [](const Edges& e) { return e.down.size() == 0; })) {
  build_rows();
}

void Stencil::build_rows() {
  if (links_.size() == 0) return;
  rows_.start.assign(size() + 1, 0);
  for (std::size_t i = 0; i < links_.size(); ++i) {
    ++rows_.start[static_cast<std::size_t>(links_.lower[i]) + 1];
    ++rows_.start[static_cast<std::size_t>(links_.upper[i]) + 1];
  }
  for (std::size_t k = 0; k < size(); ++k) rows_.start[k + 1] += rows_.start[k];
  rows_.column.resize(2 * links_.size());
  rows_.value.resize(2 * links_.size());
  std::vector<std::int32_t> next(rows_.start.begin(), rows_.start.end() - 1);
  const auto put = [&](std::int32_t row, std::int32_t column, double value) {
    const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(row)]++);
    rows_.column[at] = column;
    rows_.value[at] = value;
  };
  for (std::size_t i = 0; i < links_.size(); ++i) {
    put(links_.upper[i], links_.lower[i], links_.up[static_cast<Eigen::Index>(i)]);
    put(links_.lower[i], links_.upper[i], links_.down_data()[i]);
  }
}

void Stencil::add_rows(std::size_t first, std::size_t count, const double* u, double* out, double a) const {
  for (std::size_t k = first; k < first + count; ++k) {
    double sum = 0;
    for (std::int32_t q = rows_.start[k]; q < rows_.start[k + 1]; ++q)
      sum += rows_.value[static_cast<std::size_t>(q)] * u[rows_.column[static_cast<std::size_t>(q)]];
    out[k] += a * sum;
  }
}

void Stencil::row(std::size_t i, std::size_t j, const double* u, double* out, double a, double b, double c) const {
  const std::size_t d = grid_.dimension(), last = d - 1, n = grid_.axis(last).cells;
  const std::size_t at = (d > 2 ? i * grid_.stride(d - 3) : 0) + (d > 1 ? j * grid_.stride(d - 2) : 0);
  const double* none = zeros_.data();
  RowPointers r{u + at, out + at, diagonal_.data() + at, edges_[last].up.data() + at, edges_[last].down_data() + at,
                u + at, none, u + at, none, u + at, none, u + at, none};
  // Neighbour rows along axis `axis`, where this row has index `index`.
  const auto neighbours = [&](std::size_t axis, std::size_t index, const double*& um, const double*& cm,
                              const double*& up, const double*& cp) {
    const std::size_t s = grid_.stride(axis), rows = grid_.axis(axis).cells;
    const bool wraps = grid_.axis(axis).periodic();
    if (index > 0 || wraps) {
      const std::size_t below = index > 0 ? at - s : at + (rows - 1) * s;
      um = u + below;
      cm = edges_[axis].up.data() + below;
    }
    if (index + 1 < rows || wraps) {
      const std::size_t above = index + 1 < rows ? at + s : at - (rows - 1) * s;
      up = u + above;
      cp = edges_[axis].down_data() + at;
    }
  };
  if (d > 1) neighbours(d - 2, j, r.u1m, r.c1m, r.u1p, r.c1p);
  if (d > 2) neighbours(d - 3, i, r.u0m, r.c0m, r.u0p, r.c0p);
  sweep_end(r, n, 0, a, b, c);
  if (c == 0) sweep_interior_fresh(r, n, a, b);
  else sweep_interior(r, n, a, b, c);
  sweep_end(r, n, n - 1, a, b, c);
}

void Stencil::recurrence(const double* u, double* out, double a, double b, double c,
                         std::span<const Accumulate> sums) const {
  const std::size_t d = grid_.dimension(), n = grid_.axis(d - 1).cells;
  const std::size_t inner = d > 1 ? grid_.axis(d - 2).cells : 1, outer = d > 2 ? grid_.axis(d - 3).cells : 1;
  const std::size_t rows = inner * outer;
#pragma omp parallel for schedule(static) if (rows > 1 && size() > 60000)
  for (std::size_t q = 0; q < rows; ++q) {
    row(q / inner, q % inner, u, out, a, b, c);
    if (links_.size()) add_rows(q * n, n, u, out, a);
    for (const Accumulate& sum : sums) accumulate(sum.y + q * n, out + q * n, u + q * n, n, sum.c, sum.e);
  }
}

Eigen::VectorXd Stencil::operator*(const Eigen::VectorXd& u) const {
  Eigen::VectorXd out(u.size());
  recurrence(u.data(), out.data(), 1, 0, 0, {});
  return out;
}

double Stencil::spectral_bound() const {
  // Columns of Q (and rows of the symmetric form) are bounded by twice the exit rate; the similarity transforms of Q
  // have the spectrum of Q, so the smallest of the row bounds found is safe for each of them.
  Eigen::VectorXd radius = Eigen::VectorXd::Zero(diagonal_.size());
  for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    radius[static_cast<Eigen::Index>(k)] += up; // column sums: what leaves a cell
    radius[static_cast<Eigen::Index>(l)] += down;
  });
  return (diagonal_ - radius).minCoeff();
}

Eigen::SparseMatrix<double> Stencil::matrix(double alpha, double beta, const std::vector<int>& ranks) const {
  using Index = Eigen::Index;
  const auto place = [&](std::size_t k) { return ranks.empty() ? static_cast<int>(k) : ranks[k]; };
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(size() * (1 + (symmetric_ ? 1 : 2) * edges_.size()) + (symmetric_ ? 1 : 2) * links_.size());
  for (std::size_t k = 0; k < size(); ++k) {
    const int i = place(k);
    entries.emplace_back(i, i, alpha + beta * diagonal_[static_cast<Index>(k)]);
  }
  for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    const int lower = place(k), upper = place(l);
    if (symmetric_) {
      entries.emplace_back(std::max(lower, upper), std::min(lower, upper), beta * up);
    } else {
      entries.emplace_back(upper, lower, beta * up);
      entries.emplace_back(lower, upper, beta * down);
    }
  });
  Eigen::SparseMatrix<double> result(diagonal_.size(), diagonal_.size());
  result.setFromTriplets(entries.begin(), entries.end());
  return result;
}

Stencil Stencil::scaled(const Eigen::VectorXd& s) const {
  using Index = Eigen::Index;
  Stencil result = *this;
  for (Edges& edges : result.edges_)
    if (edges.down.size() == 0) edges.down = edges.up;
  result.symmetric_ = false;
  for_each_edge([&](std::size_t a, std::size_t k, std::size_t l) {
    const auto i = static_cast<Eigen::Index>(k), j = static_cast<Eigen::Index>(l);
    result.edges_[a].up[i] *= s[i] / s[j];
    result.edges_[a].down[i] *= s[j] / s[i];
  });
  if (links_.size()) {
    if (links_.down.size() == 0) result.links_.down = links_.up;
    for (std::size_t q = 0; q < links_.size(); ++q) {
      const auto at = static_cast<Index>(q), i = static_cast<Index>(links_.lower[q]), j = static_cast<Index>(links_.upper[q]);
      result.links_.up[at] *= s[i] / s[j];
      result.links_.down[at] *= s[j] / s[i];
    }
    result.build_rows();
  }
  return result;
}

} // namespace driftwell
