#pragma once
// A linear operator on a grid that couples each cell with its neighbours along the axes, in the layout that the
// matrix-free propagators stream through, and as a sparse matrix for the factorising ones.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <cstddef>
#include <span>
#include <vector>

namespace driftwell {

/// (A u)_k = diagonal_k u_k + sum_a [ up_a(k-s_a) u(k-s_a) + down_a(k) u(k+s_a) ].
/// up and down belong to edges, stored at the lower cell of the edge; the edge of a last layer wraps around (and its
/// coefficients are 0 where the axis is not periodic). A symmetric operator shares one array for both.
class Stencil {
public:
  struct Edges {
    Eigen::VectorXd up;   ///< coefficient lower cell -> upper cell
    Eigen::VectorXd down; ///< upper -> lower; empty: same as up
    [[nodiscard]] const double* down_data() const { return down.size() ? down.data() : up.data(); }
  };

  Stencil(const Grid& grid, Eigen::VectorXd diagonal, std::vector<Edges> edges);

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(diagonal_.size()); }
  [[nodiscard]] bool symmetric() const { return symmetric_; }
  [[nodiscard]] const Eigen::VectorXd& diagonal() const { return diagonal_; }
  [[nodiscard]] const std::vector<Edges>& edges() const { return edges_; }

  [[nodiscard]] Eigen::VectorXd operator*(const Eigen::VectorXd& u) const;

  /// A target of recurrence(): y += c out + e u, while both are in the cache.
  struct Accumulate {
    double* y;
    double c, e;
  };
  /// out = a (A u) + b u + c out, then the accumulations, in one sweep over memory. c = 0 ignores what out held.
  void recurrence(const double* u, double* out, double a, double b, double c, std::span<const Accumulate> sums) const;

  /// An interval that holds the real parts of the spectrum (Gershgorin), as its lower end; the upper end is <= 0 for
  /// generators.
  [[nodiscard]] double spectral_bound() const;

  /// identity * alpha + A * beta, column-major; a symmetric operator gives its lower triangle only. With ranks, cell k is
  /// row and column ranks[k].
  [[nodiscard]] Eigen::SparseMatrix<double> matrix(double alpha, double beta, const std::vector<int>& ranks = {}) const;

  /// diag(1/s) A diag(s), s > 0.
  [[nodiscard]] Stencil scaled(const Eigen::VectorXd& s) const;

  /// Every edge (k, l, a): k lower, l upper cell along axis a. `visit(a, k, l)`.
  template <class Visit> void for_each_edge(const Visit& visit) const {
    for (std::size_t a = 0; a < edges_.size(); ++a)
      for (const Grid::EdgeRun& run : grid_.edge_runs(a))
        for (std::size_t i = 0; i < run.count; ++i) visit(a, run.first + i, run.neighbour + i);
  }

private:
  void row(std::size_t i, std::size_t j, const double* u, double* out, double a, double b, double c) const;

  Grid grid_;
  Eigen::VectorXd diagonal_;
  std::vector<Edges> edges_;
  Eigen::VectorXd zeros_; ///< stands for a missing neighbour row
  bool symmetric_;
};

} // namespace driftwell
