#include "driftwell/stationary/passage.hpp"

#include "split_chain.hpp"
#include "stencil_order.hpp"

#include "driftwell/core/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

StateReduction state_reduction(const Generator& generator) {
  return StateReduction(generator.rates().matrix(0, 1), generator.loss(), dissection_ranks(generator.rates()));
}

FirstPassage first_passage(const Generator& generator, const Region& target, const SteadyState* iterate_with) {
  if (generator.conservative() && target.cells() == 0) throw NumericalFailure("first passage: the target holds no cell, and no wall absorbs");
  const SplitChain chain(generator, {&target}, iterate_with);
  using Vector = StateReduction::Vector;
  const Vector mean = chain.collected(Vector::Ones(static_cast<Index>(generator.size())));
  const Vector second = chain.collected(2 * mean);
  FirstPassage result{mean.cast<double>(), (second.array() - mean.array().square()).max(0.0L).matrix().cast<double>(), chain.error()};
  if (!result.mean.allFinite()) throw NumericalFailure("first passage: the mean time is larger than any number");
  return result;
}

VectorXd mean_first_passage_time(const Generator& generator, const std::vector<bool>& target) {
  return first_passage(generator, Region(target)).mean;
}

VectorXd mean_exit_time(const Generator& generator, const SteadyState* iterate_with) {
  if (generator.conservative()) throw NumericalFailure("mean exit time: no wall absorbs");
  return first_passage(generator, Region(std::vector<bool>(generator.size(), false)), iterate_with).mean;
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
