#include "driftwell/stationary/passage.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd mean_first_passage_time(const Generator& generator, const std::vector<bool>& target) {
  // Rows of -Q^T for the cells outside the target; a target cell keeps the equation tau = 0.
  const Stencil& Q = generator.rates();
  std::vector<Eigen::Triplet<double>> entries;
  VectorXd right(Q.diagonal().size());
  for (Index k = 0; k < right.size(); ++k) {
    const bool reached = target[static_cast<std::size_t>(k)];
    entries.emplace_back(static_cast<int>(k), static_cast<int>(k), reached ? 1.0 : -Q.diagonal()[k]);
    right[k] = reached ? 0.0 : 1.0;
  }
  Q.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    if (target[k] || target[l]) return; // tau = 0 on the target: its column drops out of the other equations
    entries.emplace_back(static_cast<int>(k), static_cast<int>(l), -up);
    entries.emplace_back(static_cast<int>(l), static_cast<int>(k), -down);
  });
  Eigen::SparseMatrix<double> matrix(right.size(), right.size());
  matrix.setFromTriplets(entries.begin(), entries.end());
  VectorXd tau = SparseFactor(std::move(matrix), SparseFactor::Kind::general).solve(right);
  if (!tau.allFinite() || tau.minCoeff() < 0)
    throw NumericalFailure("mean first-passage time: the target cannot be reached from every cell");
  return tau;
}

VectorXd mean_exit_time(const Generator& generator) {
  if (generator.conservative()) throw NumericalFailure("mean exit time: no wall absorbs");
  return mean_first_passage_time(generator, std::vector<bool>(generator.size(), false));
}

double interpolate(const Grid& grid, const VectorXd& field, const std::vector<double>& point) {
  const std::size_t d = grid.dimension();
  std::array<std::size_t, 3> first{};
  std::array<std::array<double, 4>, 3> weight{};
  std::array<std::size_t, 3> nodes{1, 1, 1};
  for (std::size_t a = 0; a < d; ++a) {
    const Axis& axis = grid.axis(a);
    nodes[a] = std::min<std::size_t>(4, axis.cells);
    const std::size_t cell = axis.cell_of(point[a]), left = cell + (point[a] >= axis.centre(cell) ? 1 : 0); // nodes below the point, plus one
    first[a] = std::min(left > 2 ? left - 2 : 0, axis.cells - nodes[a]);
    for (std::size_t i = 0; i < nodes[a]; ++i) {
      double product = 1;
      for (std::size_t j = 0; j < nodes[a]; ++j)
        if (j != i) product *= (point[a] - axis.centre(first[a] + j)) / (axis.centre(first[a] + i) - axis.centre(first[a] + j));
      weight[a][i] = product;
    }
  }
  double sum = 0;
  const std::size_t count = nodes[0] * nodes[1] * nodes[2];
  for (std::size_t q = 0; q < count; ++q) {
    std::size_t rest = q, cell = 0;
    double w = 1;
    for (std::size_t a = 0; a < d; ++a) {
      const std::size_t i = rest % nodes[a];
      rest /= nodes[a];
      cell += (first[a] + i) * grid.stride(a);
      w *= weight[a][i];
    }
    sum += w * field[static_cast<Index>(cell)];
  }
  return sum;
}

} // namespace driftwell
