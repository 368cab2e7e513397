#include "selling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace driftwell {

namespace {

using Vector = std::array<int, 3>;

double product(const Eigen::Matrix3d& D, const Vector& a, const Vector& b) {
  double sum = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) sum += a[static_cast<std::size_t>(i)] * D(i, j) * b[static_cast<std::size_t>(j)];
  return sum;
}

Vector plus(const Vector& a, const Vector& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Vector negated(const Vector& a) { return {-a[0], -a[1], -a[2]}; }
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector canonical(const Vector& e) {
  for (const int entry : e)
    if (entry != 0) return entry > 0 ? e : negated(e);
  return e;
}

/// Longer vectors than this belong to a matrix that is singular in double precision.
constexpr int longest = 1 << 14;

} // namespace

Selling::Selling(std::array<int, 3> limits, int dimension) : limits_(limits), d_(dimension) { reset(); }

void Selling::reset() {
  base_ = {Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{-1, -1, 0}, Vector{0, 0, 0}};
  if (d_ == 3) base_ = {Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}, Vector{-1, -1, -1}};
}

/// Makes all products b_i . D b_j of the superbase non-positive. False: the vectors grow without end.
bool Selling::reduce(const Eigen::Matrix3d& D) {
  const std::size_t n = static_cast<std::size_t>(d_) + 1;
  const double tolerance = 1e-15 * D.trace();
  for (int step = 0; step < 10000; ++step) {
    bool obtuse = true;
    for (std::size_t i = 0; i < n && obtuse; ++i)
      for (std::size_t j = i + 1; j < n && obtuse; ++j) {
        const double angle = product(D, base_[i], base_[j]);
        const double scale = std::sqrt(product(D, base_[i], base_[i]) * product(D, base_[j], base_[j]));
        if (!(angle > tolerance + 1e-15 * scale)) continue;
        obtuse = false;
        // Selling's step: b_i changes sign and the other vectors make up for it, so that their sum stays 0.
        const Vector moved = base_[i];
        for (std::size_t m = 0; m < n; ++m)
          if (m != i && m != j) base_[m] = d_ == 2 ? plus(moved, negated(base_[j])) : plus(base_[m], moved);
        base_[i] = negated(moved);
        for (const Vector& b : base_)
          for (const int entry : b)
            if (std::abs(entry) > longest) return false;
      }
    if (obtuse) return true;
  }
  return false;
}

void Selling::collect(const Eigen::Matrix3d& D) {
  const std::size_t n = static_cast<std::size_t>(d_) + 1;
  count_ = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      const double weight = -product(D, base_[i], base_[j]);
      if (!(weight > 1e-14 * D.trace())) continue;
      Vector e{};
      if (d_ == 2) {
        const Vector& rest = base_[3 - i - j];
        e = {-rest[1], rest[0], 0};
      } else {
        std::array<std::size_t, 2> others{};
        std::size_t found = 0;
        for (std::size_t m = 0; m < n; ++m)
          if (m != i && m != j) others[found++] = m;
        e = cross(base_[others[0]], base_[others[1]]);
      }
      terms_[count_++] = {canonical(e), weight};
    }
}

std::span<const LatticeTerm> Selling::decompose(const Eigen::Matrix3d& D) {
  const double trace = D.trace();
  const int reach = *std::max_element(limits_.begin(), limits_.begin() + d_);
  double lift = 0;
  for (int attempt = 0; attempt < 60; ++attempt) {
    Eigen::Matrix3d lifted = D;
    for (int i = 0; i < d_; ++i) lifted(i, i) += lift * trace;
    if (!reduce(lifted)) reset();
    else {
      collect(lifted);
      const bool fits = std::all_of(terms_.begin(), terms_.begin() + static_cast<std::ptrdiff_t>(count_), [&](const LatticeTerm& term) {
        for (std::size_t a = 0; a < 3; ++a)
          if (std::abs(term.offset[a]) > limits_[a]) return false;
        return true;
      });
      if (fits) return {terms_.data(), count_};
      reset();
    }
    lift = lift == 0 ? 1e-2 / (static_cast<double>(reach) * reach) : 2 * lift;
  }
  count_ = 0; // D = 0
  return {terms_.data(), count_};
}

} // namespace driftwell
