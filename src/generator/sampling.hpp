#pragma once
// Expressions evaluated over a grid, in parallel strips.
#include "driftwell/expression/tape.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <vector>

namespace driftwell {

/// Three-point Gauss-Legendre on [0, 1].
inline constexpr std::array<double, 3> gauss_nodes{0.11270166537925831, 0.5, 0.8872983346207417};
inline constexpr std::array<double, 3> gauss_weights{5.0 / 18, 8.0 / 18, 5.0 / 18};

/// A periodic potential evaluated a period away differs by rounding: then the value on the lattice is the exact one.
[[nodiscard]] inline double unless_rounding(double beyond, double on_lattice) {
  return std::abs(beyond - on_lattice) < 1e-11 * (1 + std::abs(on_lattice)) ? on_lattice : beyond;
}

/// Values of `outputs` at the cell centres; one vector an output.
[[nodiscard]] std::vector<Eigen::VectorXd> sample(const std::vector<expression::Expression>& outputs, const Grid& grid);

/// The same with the coordinate of cell i along `axis` replaced by at[i].
[[nodiscard]] std::vector<Eigen::VectorXd> sample_moved(const std::vector<expression::Expression>& outputs, const Grid& grid,
                                                        std::size_t axis, const std::vector<double>& at);

/// The same at the cells `cells` only, with axis `axis` put at the coordinate `at`.
[[nodiscard]] std::vector<Eigen::VectorXd> sample_layer(const std::vector<expression::Expression>& outputs,
                                                        const Grid& grid, const std::vector<std::size_t>& cells,
                                                        std::size_t axis, double at);

/// The same at given points: points[a][i] is coordinate a of point i.
[[nodiscard]] std::vector<Eigen::VectorXd> sample_points(const std::vector<expression::Expression>& outputs,
                                                         const std::vector<std::vector<double>>& points);

} // namespace driftwell
