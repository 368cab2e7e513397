#pragma once
// Sets of the box between which passages are counted.
#include "driftwell/generator/generator.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace driftwell {

/// The cells whose centre is inside, and where the surface of the set cuts the links between cells: found by bisection, so
/// that first-passage quantities are of second order in the width of the cells although a set may end anywhere.
class Region {
public:
  /// Are these points inside? points[axis][i]
  using Indicator = std::function<std::vector<bool>(const std::vector<std::vector<double>>& points)>;

  /// Whole cells: the surface runs through the centres of the outermost of them.
  explicit Region(std::vector<bool> inside);
  Region(const Generator& generator, const Indicator& indicator);

  [[nodiscard]] bool contains(std::size_t k) const { return inside_[k]; }
  [[nodiscard]] std::size_t cells() const; ///< how many
  [[nodiscard]] std::size_t size() const { return inside_.size(); }
  /// Of the link from cell k outside to cell l inside: the part of it that is outside, in (0, 1].
  [[nodiscard]] double outside_part(std::size_t k, std::size_t l) const;

private:
  std::vector<bool> inside_;
  std::unordered_map<std::uint64_t, double> cuts_; ///< by k n + l
};

} // namespace driftwell
