// Nested dissection of a tensor grid (George 1973), by the grid's own geometry.
#include "driftwell/grid/grid.hpp"

#include <array>

namespace driftwell {

namespace {

using Corner = std::array<std::size_t, 3>;

class Dissection {
public:
  explicit Dissection(const Grid& grid) : grid_(grid), ranks_(grid.size()) {}

  std::vector<int> ranks() {
    Corner low{}, high{1, 1, 1};
    for (std::size_t a = 0; a < grid_.dimension(); ++a) high[a] = grid_.axis(a).cells;
    split_rings(low, high, 0);
    return std::move(ranks_);
  }

private:
  /// A periodic axis is cut open at its first plane before it can be halved.
  void split_rings(Corner low, Corner high, std::size_t axis) {
    while (axis < grid_.dimension() && !grid_.axis(axis).periodic()) ++axis;
    if (axis == grid_.dimension()) return halve(low, high);
    Corner inner = low, plane = high;
    inner[axis] = 1;
    plane[axis] = 1;
    split_rings(inner, high, axis + 1);
    place(low, plane);
  }

  void halve(const Corner& low, const Corner& high) {
    std::size_t longest = 0;
    for (std::size_t a = 1; a < 3; ++a)
      if (high[a] - low[a] > high[longest] - low[longest]) longest = a;
    if (high[longest] - low[longest] <= 4) return place(low, high);
    const std::size_t middle = (low[longest] + high[longest]) / 2;
    Corner left = high, right = low, plane_low = low, plane_high = high;
    left[longest] = middle;
    right[longest] = middle + 1;
    plane_low[longest] = middle;
    plane_high[longest] = middle + 1;
    halve(low, left);
    halve(right, high);
    place(plane_low, plane_high);
  }

  void place(const Corner& low, const Corner& high) {
    const std::size_t d = grid_.dimension();
    const auto stride = [&](std::size_t a) { return a < d ? grid_.stride(a) : 0; };
    for (std::size_t i = low[0]; i < high[0]; ++i)
      for (std::size_t j = low[1]; j < high[1]; ++j)
        for (std::size_t k = low[2]; k < high[2]; ++k) ranks_[i * stride(0) + j * stride(1) + k * stride(2)] = next_++;
  }

  const Grid& grid_;
  std::vector<int> ranks_;
  int next_ = 0;
};

} // namespace

std::vector<int> Grid::dissection_ranks() const { return Dissection(*this).ranks(); }

} // namespace driftwell
