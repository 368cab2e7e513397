#include "offset_pairs.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

End end_of(const Grid& grid, std::size_t k, const Steps& steps, int sign) {
  End end{End::Kind::cell, k, 2, 0, 0};
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const int step = sign * steps[a];
    if (step == 0) continue;
    const Axis& axis = grid.axis(a);
    const auto n = static_cast<long>(axis.cells), i = static_cast<long>(grid.coordinate(k, a));
    const long to = i + step;
    if (axis.periodic() || (to >= 0 && to < n)) {
      const long wrapped = (to % n + n) % n;
      end.cell = static_cast<std::size_t>(static_cast<long>(end.cell) + (wrapped - i) * static_cast<long>(grid.stride(a)));
      continue;
    }
    const int side = step > 0;
    const double depth = side ? static_cast<double>(n - i) - 0.5 : static_cast<double>(i) + 0.5;
    const double share = depth / std::abs(step);
    if (share >= end.share) continue;
    end.share = share;
    end.axis = a;
    end.side = side;
    end.kind = axis.sides[static_cast<std::size_t>(side)] == Boundary::absorbing ? End::Kind::absorbing : End::Kind::reflecting;
  }
  return end;
}

void merge(std::vector<Pair>& pairs, std::size_t cells) {
  std::vector<std::int32_t> start(cells + 1, 0);
  for (const Pair& pair : pairs) ++start[static_cast<std::size_t>(pair.cell) + 1];
  for (std::size_t k = 0; k < cells; ++k) start[k + 1] += start[k];
  std::vector<Pair> sorted(pairs.size());
  std::vector<std::int32_t> next(start.begin(), start.end() - 1);
  for (const Pair& pair : pairs) sorted[static_cast<std::size_t>(next[static_cast<std::size_t>(pair.cell)]++)] = pair;
  pairs.clear();
  for (std::size_t k = 0; k < cells; ++k) {
    const std::size_t first = pairs.size();
    for (auto q = static_cast<std::size_t>(start[k]); q < static_cast<std::size_t>(start[k + 1]); ++q) {
      const auto same = std::find_if(pairs.begin() + static_cast<std::ptrdiff_t>(first), pairs.end(), [&](const Pair& pair) { return pair.steps == sorted[q].steps; });
      if (same == pairs.end()) pairs.push_back(sorted[q]);
      else same->weight += sorted[q].weight;
    }
  }
}

} // namespace driftwell
