#pragma once
// The Scharfetter-Gummel chain of a benchmark problem, written from the formulas as bench/density_chain.py is, and not
// taken from driftwell:  rates over a face T / h^2 B(z) up, T / h^2 B(-z) down, z = (f_l - f_k - int force) / T.
#include <cstddef>
#include <string>
#include <vector>

namespace bench {

struct Problem {
  std::string name;                                       ///< fp_1d, fp_2d, fp_3d, fp_lc (Example 19)
  std::size_t cells = 0;                                  ///< along every axis
  double temperature = 1, std = 1, lambda = 0;
  std::vector<double> lower, upper, mean, times;
  [[nodiscard]] std::size_t dimension() const { return lower.size(); }
  [[nodiscard]] double spacing(std::size_t a) const { return (upper[a] - lower[a]) / static_cast<double>(cells); }
};

/// Cells in C order: the last axis is contiguous.
struct Chain {
  std::size_t dimension = 0, cells = 0, size = 0;
  std::vector<std::vector<double>> up, down;              ///< per axis, at the lower cell of the face; 0 at the last cell
  std::vector<double> diagonal, start, steady;
  [[nodiscard]] std::size_t stride(std::size_t axis) const;
};

/// Throws std::invalid_argument at an unknown name.
[[nodiscard]] Chain build_chain(const Problem& problem, int threads);

/// out = Q p.
void product(const Chain& chain, const double* p, double* out, int threads);

/// sum p log(p / steady), without cancellation close to the steady state.
[[nodiscard]] double kl(const double* p, const std::vector<double>& steady);

} // namespace bench
