#include "driftwell/stationary/region.hpp"

#include "links.hpp"

#include <algorithm>
#include <utility>

namespace driftwell {

Region::Region(std::vector<bool> inside) : inside_(std::move(inside)) {}

Region::Region(const Generator& generator, const Indicator& indicator) {
  const Grid& grid = generator.grid();
  const std::size_t d = grid.dimension();
  std::vector<std::vector<double>> points(d, std::vector<double>(grid.size()));
  for (std::size_t k = 0; k < grid.size(); ++k)
    for (std::size_t a = 0; a < d; ++a) points[a][k] = grid.axis(a).centre(grid.coordinate(k, a));
  inside_ = indicator(points);
  struct Cut {
    std::size_t outside, inside;
    double low = 0, high = 1; ///< outside at low, inside at high
  };
  std::vector<Cut> cuts;
  for_each_link(generator, [&](std::size_t k, std::size_t l, double, double) {
    if (inside_[k] != inside_[l]) cuts.push_back(inside_[l] ? Cut{k, l} : Cut{l, k});
  });
  if (cuts.empty()) return;
  for (auto& list : points) list.resize(cuts.size());
  for (int halving = 0; halving < 50; ++halving) {
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      const auto step = displacement(grid, cuts[i].outside, cuts[i].inside);
      for (std::size_t a = 0; a < d; ++a) {
        const Axis& axis = grid.axis(a);
        double x = axis.centre(grid.coordinate(cuts[i].outside, a)) + step[a] * (cuts[i].low + cuts[i].high) / 2;
        if (axis.periodic() && x > axis.upper) x -= axis.upper - axis.lower;
        if (axis.periodic() && x < axis.lower) x += axis.upper - axis.lower;
        points[a][i] = x;
      }
    }
    const std::vector<bool> in = indicator(points);
    for (std::size_t i = 0; i < cuts.size(); ++i) (in[i] ? cuts[i].high : cuts[i].low) = (cuts[i].low + cuts[i].high) / 2;
  }
  // A cell on the very surface counts as 1e-6 of a link away from it: rates stay finite.
  for (const Cut& cut : cuts) cuts_[static_cast<std::uint64_t>(cut.outside) * inside_.size() + cut.inside] = std::max(cut.high, 1e-6);
}

std::size_t Region::cells() const { return static_cast<std::size_t>(std::count(inside_.begin(), inside_.end(), true)); }

double Region::outside_part(std::size_t k, std::size_t l) const {
  const auto found = cuts_.find(static_cast<std::uint64_t>(k) * inside_.size() + l);
  return found == cuts_.end() ? 1 : found->second;
}

} // namespace driftwell
