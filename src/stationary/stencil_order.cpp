#include "stencil_order.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace driftwell {

namespace {

using Cells = std::vector<int>;

class LinkDissection {
public:
  explicit LinkDissection(const Stencil& stencil) : grid_(stencil.grid()), half_(stencil.size(), 0), start_(stencil.size() + 1, 0), ranks_(stencil.size()) {
    stencil.for_each_link([&](std::size_t k, std::size_t l, double, double) { ++start_[k + 1], ++start_[l + 1]; });
    for (std::size_t k = 0; k < stencil.size(); ++k) start_[k + 1] += start_[k];
    neighbours_.resize(start_.back());
    std::vector<std::size_t> next(start_.begin(), start_.end() - 1);
    stencil.for_each_link([&](std::size_t k, std::size_t l, double, double) {
      neighbours_[next[k]++] = static_cast<int>(l);
      neighbours_[next[l]++] = static_cast<int>(k);
    });
  }

  std::vector<int> ranks() {
    Cells all(ranks_.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<int>(k);
    split(std::move(all));
    return std::move(ranks_);
  }

private:
  void place(const Cells& cells) {
    for (const int cell : cells) ranks_[static_cast<std::size_t>(cell)] = next_++;
  }

  void split(Cells cells) {
    const auto [axis, middle] = cut(cells);
    Cells half[2];
    for (const int cell : cells) half[grid_.coordinate(static_cast<std::size_t>(cell), axis) >= middle].push_back(cell);
    if (cells.size() <= 12 || half[0].empty() || half[1].empty()) return place(cells);
    const int mark[2] = {++mark_, ++mark_};
    for (const int side : {0, 1})
      for (const int cell : half[side]) half_[static_cast<std::size_t>(cell)] = mark[side];
    Cells border[2];
    for (const int side : {0, 1})
      for (const int cell : half[side])
        if (touches(cell, mark[1 - side])) border[side].push_back(cell);
    const int thin = border[1].size() < border[0].size();
    Cells inner;
    std::set_difference(half[thin].begin(), half[thin].end(), border[thin].begin(), border[thin].end(), std::back_inserter(inner));
    cells = Cells();
    if (!inner.empty()) split(std::move(inner));
    split(std::move(half[1 - thin]));
    place(border[thin]);
  }

  /// The longest side of the box around some cells, and where its upper half begins.
  [[nodiscard]] std::pair<std::size_t, std::size_t> cut(const Cells& cells) const {
    std::pair<std::size_t, std::size_t> best{0, 0};
    std::size_t longest = 0;
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      std::size_t low = grid_.axis(a).cells, high = 0;
      for (const int cell : cells) {
        const std::size_t i = grid_.coordinate(static_cast<std::size_t>(cell), a);
        low = std::min(low, i), high = std::max(high, i);
      }
      if (high - low >= longest) longest = high - low, best = {a, (low + high + 1) / 2};
    }
    return best;
  }

  [[nodiscard]] bool touches(int cell, int mark) const {
    for (std::size_t i = start_[static_cast<std::size_t>(cell)]; i < start_[static_cast<std::size_t>(cell) + 1]; ++i)
      if (half_[static_cast<std::size_t>(neighbours_[i])] == mark) return true;
    return false;
  }

  const Grid& grid_;
  std::vector<int> half_; ///< of every cell: the mark of the half it was put in last
  std::vector<std::size_t> start_;
  std::vector<int> neighbours_, ranks_;
  int mark_ = 0, next_ = 0;
};

} // namespace

std::vector<int> dissection_ranks(const Stencil& stencil) {
  if (stencil.links().size() == 0) return stencil.grid().dissection_ranks();
  return LinkDissection(stencil).ranks();
}

} // namespace driftwell
