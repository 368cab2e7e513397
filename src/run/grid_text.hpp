#pragma once
#include "driftwell/grid/grid.hpp"

#include <string>

namespace driftwell::run {

/// "256 x 256"
[[nodiscard]] inline std::string cells_text(const Grid& grid) {
  std::string text;
  for (const Axis& axis : grid.axes()) text += (text.empty() ? "" : " x ") + std::to_string(axis.cells);
  return text;
}

} // namespace driftwell::run
