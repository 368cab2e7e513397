#pragma once
// A linear operator on a grid that couples each cell with its neighbours along the axes, and (tensor noise) with cells
// at other lattice offsets, in the layout that the matrix-free propagators stream through, and as a sparse matrix for
// the factorising ones.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <array>
#include <cstddef>
#include <cstdint>
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

  /// Couplings that are no axis neighbours: cell `lower[i]` and the cell `steps[i]` indices away, `upper[i]`.
  struct Links {
    std::vector<std::int32_t> lower, upper;
    std::vector<std::array<std::int16_t, 3>> steps;
    Eigen::VectorXd up;   ///< coefficient lower -> upper
    Eigen::VectorXd down; ///< upper -> lower; empty: same as up
    [[nodiscard]] std::size_t size() const { return lower.size(); }
    [[nodiscard]] const double* down_data() const { return down.size() ? down.data() : up.data(); }
    /// The same cells coupled in the same order?
    [[nodiscard]] bool same_pairs(const Links& other) const { return lower == other.lower && upper == other.upper; }
  };

  Stencil(const Grid& grid, Eigen::VectorXd diagonal, std::vector<Edges> edges, Links links = {});

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(diagonal_.size()); }
  [[nodiscard]] bool symmetric() const { return symmetric_; }
  [[nodiscard]] const Eigen::VectorXd& diagonal() const { return diagonal_; }
  [[nodiscard]] const std::vector<Edges>& edges() const { return edges_; }
  [[nodiscard]] const Links& links() const { return links_; }

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
  /// Every coupled pair, axis neighbours and links alike: `visit(k, l, up, down, steps)`, up the coefficient k -> l, steps the
  /// way from k to l in cells, one number an axis.
  template <class Visit> void for_each_step(const Visit& visit) const {
    std::array<int, 3> steps{};
    const std::span<const int> way(steps.data(), edges_.size());
    for_each_edge([&](std::size_t a, std::size_t k, std::size_t l) {
      steps = {};
      steps[a] = 1;
      visit(k, l, edges_[a].up[static_cast<Eigen::Index>(k)], edges_[a].down_data()[k], way);
    });
    for (std::size_t i = 0; i < links_.size(); ++i) {
      steps = {links_.steps[i][0], links_.steps[i][1], links_.steps[i][2]};
      visit(static_cast<std::size_t>(links_.lower[i]), static_cast<std::size_t>(links_.upper[i]),
            links_.up[static_cast<Eigen::Index>(i)], links_.down_data()[i], way);
    }
  }
  /// The same without the way: `visit(k, l, up, down)`.
  template <class Visit> void for_each_link(const Visit& visit) const {
    for_each_step([&](std::size_t k, std::size_t l, double up, double down, std::span<const int>) { visit(k, l, up, down); });
  }

private:
  /// Links by rows, for products.
  struct Rows {
    std::vector<std::int32_t> start, column;
    std::vector<double> value;
  };
  void build_rows();
  void add_rows(std::size_t first, std::size_t count, const double* u, double* out, double a) const;
  void row(std::size_t i, std::size_t j, const double* u, double* out, double a, double b, double c) const;

  Grid grid_;
  Eigen::VectorXd diagonal_;
  std::vector<Edges> edges_;
  Links links_;
  Rows rows_;
  Eigen::VectorXd zeros_; ///< stands for a missing neighbour row
  bool symmetric_;
};

} // namespace driftwell
