#pragma once
// M = (I - gamma A_1) ... (I - gamma A_d), one tridiagonal factor an axis: exact in one dimension, within gamma^2 of
// I - gamma Q otherwise, and O(cells) to apply. What somebody who wants CVODE to be fast on a product grid would write.
#include "chain.hpp"

#include <vector>

namespace bench {

class LinePreconditioner {
public:
  explicit LinePreconditioner(const Chain& chain, int threads) : chain_(chain), threads_(threads) {}
  void factorise(double gamma);
  /// x <- M^-1 x
  void solve(double* x) const;

private:
  const Chain& chain_;
  int threads_;
  double gamma_ = 0;
  std::vector<std::vector<double>> inverse_, lower_; ///< 1 / pivot, multiplier of the cell below
};

} // namespace bench
