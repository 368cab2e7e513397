#pragma once
// Basins of attraction of the minima of f on a grid, and the mass of exp(-f/T) in each.
#include "driftwell/theorems/subject.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell::theorems {

struct Basin {
  std::vector<double> place; ///< of the minimum, to rounding (Newton's method on the formula)
  double loss = 0;           ///< L = f there
  double log_determinant = 0;
  double largest_curvature = 0;
  double barrier = 0;        ///< least rise over a ridge to another basin, on the grid; infinity: there is no other
};

class Basins {
public:
  /// Throws NotApplicable: no minimum in the box, a degenerate one, one on a wall, more than 64.
  explicit Basins(const Level& level);

  [[nodiscard]] std::size_t size() const { return basins_.size(); }
  [[nodiscard]] const Basin& operator[](std::size_t i) const { return basins_[i]; } ///< deepest first
  /// Sums of probabilities of cells.
  [[nodiscard]] std::vector<double> masses(const Eigen::VectorXd& p) const;
  /// Integral of exp(-(f - L_i)/T) over basin i, by the midpoint rule of the cells.
  [[nodiscard]] double integral(std::size_t i, double temperature) const;
  /// What the midpoint rule may be wrong by, relatively: for a Gaussian whose narrowest width is s = sqrt(T/largest curvature), cells of width h
  /// leave 2 exp(-2 pi^2 s^2/h^2) an axis (Poisson's sum).
  [[nodiscard]] double quadrature_error(std::size_t i, double temperature) const;

private:
  void find(const Level& level);
  void refine(const Level& level, Basin& basin) const;
  void assign(const Level& level, const std::vector<std::size_t>& cells);
  void find_barriers(const Level& level);
  const Level& level_;
  std::vector<Basin> basins_;
  std::vector<std::size_t> owner_; ///< of each cell
};

} // namespace driftwell::theorems
