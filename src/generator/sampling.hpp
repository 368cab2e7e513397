#pragma once
// Expressions evaluated over a grid, in parallel strips.
#include "driftwell/expression/tape.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// Values of `outputs` at the cell centres moved by `shift`; one vector an output.
[[nodiscard]] std::vector<Eigen::VectorXd> sample(const std::vector<expression::Expression>& outputs, const Grid& grid,
                                                  const std::vector<double>& shift);

/// The same at the cells `cells` only, with axis `axis` put at the coordinate `at`.
[[nodiscard]] std::vector<Eigen::VectorXd> sample_layer(const std::vector<expression::Expression>& outputs,
                                                        const Grid& grid, const std::vector<std::size_t>& cells,
                                                        std::size_t axis, double at);

} // namespace driftwell
