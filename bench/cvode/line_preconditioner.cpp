#include "line_preconditioner.hpp"

#include <algorithm>

namespace bench {

namespace {

/// Lines along an axis of stride s, `width` of them side by side: cell i of line j at first + i s + j step.
struct Bundle {
  std::size_t first, width, step;
};

/// Neighbouring lines are solved together, because a single one only waits for its own last cell.
std::vector<Bundle> bundles(const Chain& chain, std::size_t axis) {
  constexpr std::size_t together = 16;
  const std::size_t s = chain.stride(axis), step = s == 1 ? chain.cells : 1;
  std::vector<Bundle> result;
  if (s == 1) {
    const std::size_t lines = chain.size / chain.cells;
    for (std::size_t j = 0; j < lines; j += together) result.push_back({j * chain.cells, std::min(together, lines - j), step});
    return result;
  }
  constexpr std::size_t wide = 256;
  for (std::size_t block = 0; block < chain.size; block += s * chain.cells)
    for (std::size_t j = 0; j < s; j += wide) result.push_back({block + j, std::min(wide, s - j), step});
  return result;
}

} // namespace

void LinePreconditioner::factorise(double gamma) {
  gamma_ = gamma;
  inverse_.resize(chain_.dimension);
  lower_.resize(chain_.dimension);
  for (std::size_t a = 0; a < chain_.dimension; ++a) {
    const std::size_t s = chain_.stride(a), n = chain_.cells;
    const double *up = chain_.up[a].data(), *down = chain_.down[a].data();
    inverse_[a].resize(chain_.size);
    lower_[a].resize(chain_.size);
    double *inverse = inverse_[a].data(), *lower = lower_[a].data();
    const auto lines = bundles(chain_, a);
#pragma omp parallel for num_threads(threads_)
    for (std::size_t b = 0; b < lines.size(); ++b)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < lines[b].width; ++j) {
          const std::size_t k = lines[b].first + i * s + j * lines[b].step;
          double pivot = 1 + gamma * up[k];
          lower[k] = 0;
          if (i > 0) {
            lower[k] = gamma * up[k - s] * inverse[k - s]; // minus the multiplier
            pivot += gamma * down[k - s] * (1 - lower[k]);
          }
          inverse[k] = 1 / pivot;
        }
  }
}

void LinePreconditioner::solve(double* x) const {
  const double gamma = gamma_;
  for (std::size_t a = 0; a < chain_.dimension; ++a) {
    const std::size_t s = chain_.stride(a), n = chain_.cells;
    const double *down = chain_.down[a].data(), *inverse = inverse_[a].data(), *lower = lower_[a].data();
    const auto lines = bundles(chain_, a);
#pragma omp parallel for num_threads(threads_)
    for (std::size_t b = 0; b < lines.size(); ++b) {
      const Bundle& l = lines[b];
      for (std::size_t i = 1; i < n; ++i)
#pragma omp simd
        for (std::size_t j = 0; j < l.width; ++j) {
          const std::size_t k = l.first + i * s + j * l.step;
          x[k] += lower[k] * x[k - s];
        }
      for (std::size_t j = 0; j < l.width; ++j) x[l.first + (n - 1) * s + j * l.step] *= inverse[l.first + (n - 1) * s + j * l.step];
      for (std::size_t i = n - 1; i-- > 0;)
#pragma omp simd
        for (std::size_t j = 0; j < l.width; ++j) {
          const std::size_t k = l.first + i * s + j * l.step;
          x[k] = (x[k] + gamma * down[k] * x[k + s]) * inverse[k];
        }
    }
  }
}

} // namespace bench
