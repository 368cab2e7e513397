#pragma once
// How the weights of oblique offsets grow with the distance from a reflecting wall, so that no flux passes it to second order.
//
// In the continuum the flux D grad u is parallel to the wall. On the lattice a cell at depth j (0 next to the wall) sees, for a
// linear u with n . D grad u = 0, the unbalanced flux sum_i w_i [c_i(j) - c_i(j - m_i)] e_i . grad u, with m_i the normal step of offset i
// and c_i(j) the factor on the edge from depth j to j + m_i. It vanishes at every depth if c_i(j) - c_i(j - m_i) = m_i gamma(j),
// sum gamma = 1, since sum w_i m_i e_i = D n. Inside, c_i must reach 1 in every residue class modulo m_i: the
// convolution of uniform laws on {0 .. m_i - 1}, one an offset, is such a gamma for all of them. What the ramp takes away
// from the flow along the wall is (1 - a(j)) times the Schur complement of the oblique part, a(j) = (C(j) + C(j-1))/2, C the
// sums of gamma; it is given back along the wall. Cutting edges at the wall instead leaves an error of first order.
#include <cstddef>
#include <map>
#include <vector>

namespace driftwell {

class WallRamp {
public:
  /// Normal steps of the offsets, all >= 1.
  explicit WallRamp(const std::vector<int>& steps);

  /// Depth from which on nothing is left of the wall, for edges by their end nearer to it.
  [[nodiscard]] std::size_t reach() const { return law_.size(); }
  /// c of an offset with this normal step, on the edge whose nearer end lies at `depth`.
  [[nodiscard]] double factor(int step, std::size_t depth) const;
  /// 1 - a(depth).
  [[nodiscard]] double taken(std::size_t depth) const;

private:
  [[nodiscard]] double sum_to(std::size_t depth) const;
  std::vector<double> law_; ///< gamma
};

/// Ramps by their steps: neighbours share them.
class WallRamps {
public:
  const WallRamp& of(const std::vector<int>& steps);

private:
  std::map<std::vector<int>, WallRamp> made_;
};

} // namespace driftwell
