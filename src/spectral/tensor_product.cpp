#include "driftwell/spectral/tensor_product.hpp"

#include "driftwell/core/multiply_strip.hpp"

#include <algorithm>
#include <cstdint>

namespace driftwell {

namespace {

constexpr std::size_t lanes = strip_width;
constexpr std::size_t parallel_from = 2'000'000; ///< multiplications below which threads cost more than they help

/// A buffer that starts at a cache line.
class Aligned {
public:
  explicit Aligned(std::size_t size) : all_(size + 8) {}
  double* data() { return all_.data() + (8 - reinterpret_cast<std::uintptr_t>(all_.data()) / 8 % 8) % 8; }

private:
  std::vector<double> all_;
};

template <bool add> void put(const double* from, double* to, std::size_t count) {
  for (std::size_t c = 0; c < count; ++c) to[c] = add ? to[c] + from[c] : from[c];
}

} // namespace

AxisMatrix::AxisMatrix(const Eigen::MatrixXd& matrix, std::size_t before, std::size_t after)
    : n_(static_cast<std::size_t>(matrix.rows())), before_(before), after_(after), padded_((n_ + lanes - 1) / lanes * lanes),
      entries_(after > 1 ? n_ * n_ : n_ * padded_) {
  for (std::size_t i = 0; i < n_; ++i)
    for (std::size_t j = 0; j < n_; ++j)
      entries_[after > 1 ? i * n_ + j : j * padded_ + i] = matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
}

/// The axis is not the last one: strips of what comes after it are the columns.
template <bool add> void AxisMatrix::run_inner(const double* x, double* y) const {
  const std::size_t strips = (after_ + lanes - 1) / lanes;
#pragma omp parallel if (before_ * after_ * n_ > parallel_from / n_)
  {
    Aligned in(n_ * lanes), out(n_ * lanes);
#pragma omp for schedule(static)
    for (std::size_t work = 0; work < before_ * strips; ++work) {
      const std::size_t first = work % strips * lanes, base = work / strips * n_ * after_ + first, count = std::min(lanes, after_ - first);
      if (count < lanes) std::fill_n(in.data(), n_ * lanes, 0.0);
      for (std::size_t k = 0; k < n_; ++k) std::copy_n(x + base + k * after_, count, in.data() + k * lanes);
      if (count == lanes) {
        (add ? multiply_add_strip : multiply_strip)(n_, entries_.data(), n_, in.data(), lanes, n_, y + base, after_);
      } else {
        multiply_strip(n_, entries_.data(), n_, in.data(), lanes, n_, out.data(), lanes);
        for (std::size_t k = 0; k < n_; ++k) put<add>(out.data() + k * lanes, y + base + k * after_, count);
      }
    }
  }
}

/// The last axis: rows of x times the transposed matrix, whose columns are padded to full strips.
template <bool add> void AxisMatrix::run_last(const double* x, double* y) const {
  constexpr std::size_t rows = 24;
  const std::size_t blocks = (before_ + rows - 1) / rows;
#pragma omp parallel if (before_ * n_ > parallel_from / n_)
  {
    Aligned out(rows * lanes);
#pragma omp for schedule(static)
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t top = block * rows, height = std::min(rows, before_ - top);
      for (std::size_t first = 0; first < n_; first += lanes) {
        if (first + lanes <= n_) {
          (add ? multiply_add_strip : multiply_strip)(height, x + top * n_, n_, entries_.data() + first, padded_, n_, y + top * n_ + first, n_);
          continue;
        }
        multiply_strip(height, x + top * n_, n_, entries_.data() + first, padded_, n_, out.data(), lanes);
        for (std::size_t r = 0; r < height; ++r) put<add>(out.data() + r * lanes, y + (top + r) * n_ + first, n_ - first);
      }
    }
  }
}

template <bool add> void AxisMatrix::run(const double* x, double* y) const { after_ > 1 ? run_inner<add>(x, y) : run_last<add>(x, y); }

void AxisMatrix::multiply(const double* x, double* y) const { run<false>(x, y); }
void AxisMatrix::multiply_add(const double* x, double* y) const { run<true>(x, y); }

} // namespace driftwell
