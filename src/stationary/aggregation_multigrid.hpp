#pragma once
// An approximate inverse of a killed chain too large to eliminate, for Krylov methods.
#include "killed_rows.hpp"

#include <vector>

namespace driftwell {

/// Multigrid by aggregation of strongly coupled pairs, twice a level (Notay 2010, 2012): states are joined where
///   harmonic mean of w_k A_kk and w_l A_ll   over   the flow (w_k r_kl + w_l r_lk) / 2
/// is least, so that blocks follow the strong couplings, whatever their direction (stretched cells, oblique links, metastable
/// parts). The chain of blocks is the aggregated one with weights w inside a block, stationary ones for choice: constants and w
/// are then kept exactly. A Gauss-Seidel sweep goes before the correction and one in the opposite order after it; coarse levels are
/// solved by two Galerkin steps (K-cycle), the coarsest by its inverse from state reduction. No diagonal
/// is formed as a difference anywhere. Memory is some 30 numbers a state of a chain with 6 neighbours.
class AggregationMultigrid {
public:
  /// log_weight: logarithms of w, up to a constant.
  AggregationMultigrid(KilledRows rows, Eigen::VectorXd log_weight);

  /// x ~ A^-1 r; nothing is kept between calls, but the map is not linear.
  void apply(const Eigen::VectorXd& r, Eigen::VectorXd& x) const;
  /// A x on the finest level.
  void multiply(const Eigen::VectorXd& x, Eigen::VectorXd& result) const { product(levels_.front(), x, result); }
  /// w, at most 1.
  [[nodiscard]] const Eigen::VectorXd& weight() const { return levels_.front().weight; }
  [[nodiscard]] const KilledRows& rows() const { return levels_.front().rows; }
  [[nodiscard]] Eigen::Index size() const { return rows().size(); }
  /// Entries of all levels over those of the finest.
  [[nodiscard]] double complexity() const;

private:
  struct Level {
    KilledRows rows;
    Eigen::VectorXd exits;            ///< the diagonal
    std::vector<std::int32_t> block;  ///< of each state: its state one level up
    Eigen::VectorXd share;            ///< weight of each state in its block
    Eigen::VectorXd weight;           ///< w, at most 1
  };
  static void product(const Level& level, const Eigen::VectorXd& x, Eigen::VectorXd& result);
  static void sweep(const Level& level, const Eigen::VectorXd& r, Eigen::VectorXd& x, bool backwards);
  void cycle(std::size_t depth, const Eigen::VectorXd& r, Eigen::VectorXd& x) const;
  void krylov_cycle(std::size_t depth, const Eigen::VectorXd& r, Eigen::VectorXd& x) const;

  std::vector<Level> levels_;
  Eigen::MatrixXd inverse_; ///< of the coarsest level
};

} // namespace driftwell
