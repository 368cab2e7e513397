#pragma once
// Whether cells resolve the wells of a steady state. In a Gaussian well of width sigma the second difference of Phi/T over cells of
// width h is (h / sigma)^2, and errors of second order are (h / sigma)^2 / 24 of what is computed: passages, eigenvalues, normalisation.
#include "driftwell/grid/grid.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

/// E_ss of the absolute second difference of Phi / T along axis a. Links that touch a cell without density do not count.
[[nodiscard]] double bend_of_cells(const Grid& grid, std::size_t a, const SteadyState& steady);

/// A warning where a cell is wider than the wells along some axis: three grids may then agree by chance, and bars say too little.
[[nodiscard]] std::optional<std::string> unresolved_wells(const Grid& grid, const std::vector<std::string>& names, const SteadyState& steady);

} // namespace driftwell::run
