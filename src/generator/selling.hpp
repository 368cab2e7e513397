#pragma once
// Selling's decomposition of a symmetric positive matrix into lattice directions (Selling 1874; Fehrenbach & Mirebeau 2014).
//
//   D = sum_i w_i e_i e_i^T,   w_i >= 0, e_i integer:   3 terms in two dimensions, 6 in three
#include <Eigen/Core>

#include <array>
#include <span>

namespace driftwell {

struct LatticeTerm {
  std::array<int, 3> offset{}; ///< its first non-zero entry is positive
  double weight = 0;
};

class Selling {
public:
  /// 2 or 3 dimensions; offsets stay within `limits`, one an axis.
  explicit Selling(std::array<int, 3> limits, int dimension);

  /// Terms of D with positive weight. Nearly singular matrices have unbounded offsets: D then gains
  /// on its diagonal the smallest of 2^j tr D / (10 L)^2, j = 0, 1, ..., that brings them within the limits (L the
  /// largest); with limits in proportion to the number of cells, that is O(h^2).
  std::span<const LatticeTerm> decompose(const Eigen::Matrix3d& D);

private:
  using Vector = std::array<int, 3>;
  bool reduce(const Eigen::Matrix3d& D);
  void collect(const Eigen::Matrix3d& D);
  void reset();

  std::array<int, 3> limits_;
  int d_;
  std::array<Vector, 4> base_{}; ///< obtuse superbase, kept from one matrix to the next: neighbours differ little
  std::array<LatticeTerm, 6> terms_{};
  std::size_t count_ = 0;
};

} // namespace driftwell
