#include "elimination_order.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace driftwell {

namespace {

/// Neighbours l > k of every state, of the pattern made symmetric.
std::vector<std::vector<int>> later_neighbours(const Eigen::SparseMatrix<double>& ordered) {
  std::vector<std::vector<int>> later(static_cast<std::size_t>(ordered.cols()));
  for (int k = 0; k < ordered.outerSize(); ++k)
    for (Eigen::SparseMatrix<double>::InnerIterator it(ordered, k); it; ++it)
      if (it.row() != k) later[static_cast<std::size_t>(std::min<Eigen::Index>(it.row(), k))].push_back(static_cast<int>(std::max<Eigen::Index>(it.row(), k)));
  for (auto& list : later) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return later;
}

/// a without its entries below `least`, joined with b.
std::vector<int> joined(const std::vector<int>& a, const std::vector<int>& b, int least) {
  std::vector<int> result;
  const auto from = std::lower_bound(a.begin(), a.end(), least);
  std::set_union(from, a.end(), std::lower_bound(b.begin(), b.end(), least), b.end(), std::back_inserter(result));
  return result;
}

} // namespace

std::vector<Front> elimination_fronts(const Eigen::SparseMatrix<double>& ordered) {
  const auto n = static_cast<int>(ordered.cols());
  const auto later = later_neighbours(ordered);
  std::vector<Front> fronts;
  std::vector<std::vector<int>> waiting(static_cast<std::size_t>(n)); // fronts whose beyond starts at this state
  for (int k = 0; k < n; ++k) {
    std::vector<int> beyond = later[static_cast<std::size_t>(k)];
    for (const int child : waiting[static_cast<std::size_t>(k)]) beyond = joined(fronts[static_cast<std::size_t>(child)].beyond, beyond, k + 1);
    Front* last = fronts.empty() ? nullptr : &fronts.back();
    // The front just before k, if k comes next in it, takes k in: exactly without fill, or while it is small.
    if (last && !last->beyond.empty() && last->beyond[0] == k &&
        (beyond.size() < last->beyond.size() + static_cast<std::size_t>(last->count) / 8 || last->count < 12)) {
      auto& own = waiting[static_cast<std::size_t>(k)];
      own.erase(std::find(own.begin(), own.end(), static_cast<int>(fronts.size()) - 1));
      const int here = static_cast<int>(fronts.size()) - 1;
      for (const int child : own) fronts[static_cast<std::size_t>(child)].parent = here;
      ++last->count;
      last->beyond = std::move(beyond);
    } else {
      const int here = static_cast<int>(fronts.size());
      for (const int child : waiting[static_cast<std::size_t>(k)]) fronts[static_cast<std::size_t>(child)].parent = here;
      fronts.push_back({k, 1, std::move(beyond), -1});
    }
    const Front& front = fronts.back();
    if (!front.beyond.empty()) waiting[static_cast<std::size_t>(front.beyond[0])].push_back(static_cast<int>(fronts.size()) - 1);
  }
  return fronts;
}

} // namespace driftwell
