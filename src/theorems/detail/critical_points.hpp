#pragma once
// Minima and saddles of a formula in the box of a grid, by Newton's method on exact derivatives.
#include "driftwell/expression/tape.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <optional>
#include <vector>

namespace driftwell::theorems {

struct CriticalPoint {
  std::vector<double> x;
  double value = 0;
  Eigen::MatrixXd hessian;
  std::size_t index = 0; ///< negative eigenvalues
};

/// f with its first and second derivatives.
class Landscape {
public:
  Landscape(const expression::Expression& f, const Grid& grid);

  /// By value. Newton's method starts from every cell whose Newton step ends less than two cells away, so points closer to each other than cells
  /// may be missed. Degenerate ones (an eigenvalue below 1e-8 of the largest) are left out and counted.
  [[nodiscard]] std::vector<CriticalPoint> critical_points() const;
  [[nodiscard]] std::size_t degenerate() const { return degenerate_; }
  /// The minimum below x that a descent along -|H|^-1 grad f in small steps ends in; nothing where it meets a wall. f never rises on the way.
  [[nodiscard]] std::optional<std::size_t> basin(std::vector<double> x, const std::vector<CriticalPoint>& minima) const;
  [[nodiscard]] const Eigen::VectorXd& values() const { return values_; } ///< f at the centres
  [[nodiscard]] double value(const std::vector<double>& x) const;

private:
  struct Local {
    double value;
    Eigen::VectorXd gradient;
    Eigen::MatrixXd hessian;
  };
  [[nodiscard]] Local at(const std::vector<double>& x) const;
  [[nodiscard]] std::optional<CriticalPoint> refine(std::vector<double> x) const;
  /// Into the period; false: outside the box.
  [[nodiscard]] bool fold(std::vector<double>& x) const;

  const Grid& grid_;
  std::size_t d_;
  expression::Tape tape_;
  Eigen::VectorXd values_;
  mutable std::size_t degenerate_ = 0;
};

} // namespace driftwell::theorems
