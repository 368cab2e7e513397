#pragma once
// Which states are eliminated together, and which states their elimination touches.
#include <Eigen/SparseCore>

#include <vector>

namespace driftwell {

/// States first .. first + count - 1 (in the order of elimination) and the later ones they are joined to by then.
struct Front {
  int first = 0, count = 0;
  std::vector<int> beyond; ///< increasing
  int parent = -1;         ///< the front that eliminates beyond[0]; -1: none left
};

/// Fronts of a pattern whose rows and columns already stand in the order of elimination. States are gathered where that adds
/// little fill: a front of a few dozen states is worth more than the zeros it stores.
[[nodiscard]] std::vector<Front> elimination_fronts(const Eigen::SparseMatrix<double>& ordered);

} // namespace driftwell
