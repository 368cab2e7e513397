#pragma once
// An order of elimination for chains whose links cross the planes of the grid.
#include "driftwell/generator/stencil.hpp"

#include <vector>

namespace driftwell {

/// ranks[k]: place of cell k. The grid's own nested dissection where only neighbours along the axes are coupled. Else the
/// same idea with the links themselves: a set of cells is halved along its longest side, and the cells of one half that are
/// coupled to the other come last; planes alone would leave halves that still touch, and eliminating them fills in.
[[nodiscard]] std::vector<int> dissection_ranks(const Stencil& stencil);

} // namespace driftwell
