#pragma once
// One axis of a spectral grid: nodes, quadrature weights and the derivative between the nodes.
//
// Between walls: Gauss-Lobatto-Legendre nodes xi_i on [-1, 1], spread out by x = asin(alpha xi) / asin(alpha) (Kosloff and
// Tal-Ezer 1993), so that they are nearly equidistant and resolve pi / h everywhere. Weak forms on them have no-flux walls by
// themselves, to the accuracy of the quadrature: the density need not vanish there. Around a period: equidistant nodes and
// trigonometric polynomials.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <cstddef>

namespace driftwell {

struct SpectralAxis {
  /// The box as a driftwell Axis whose centres are the nodes and whose widths are the weights, so that sums over cells are
  /// integrals of spectral accuracy and everything that reads a Grid works.
  Axis axis;
  /// W^(1/2) D W^(-1/2), D_ij the derivative at node i of the cardinal function of node j, W the weights: it acts on
  /// v_i = sqrt(w_i) v(x_i), whose plain scalar product is the integral of the product.
  Eigen::MatrixXd derivative;
  /// Orthogonal: coefficients of v in the orthonormal basis of the axis, by rising wave number.
  Eigen::MatrixXd analysis;
  /// Wave number of a sawtooth that `derivative` does not see (an even number of points around a period), else 0; its
  /// vector is the last row of `analysis`.
  double unseen = 0;
};

/// `box` gives lower, upper, sides and, as `cells`, the number of nodes (>= 4). Throws std::invalid_argument on absorbing sides.
[[nodiscard]] SpectralAxis spectral_axis(const Axis& box);

/// The tensor grid of the nodes.
[[nodiscard]] Grid spectral_grid(const std::vector<SpectralAxis>& axes);

} // namespace driftwell
