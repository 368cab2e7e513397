// [stationary]: what the steady state is analysed for.
#include "input/sections.hpp"
#include "input/values.hpp"

#include <algorithm>
#include <array>

namespace driftwell::input {
namespace {

constexpr std::array grid_keys{"lower", "upper", "cells", "stretch", "boundary"};

/// A grid of its own where one of its keys is given.
std::optional<GridSpec> own_grid(const Table& table, std::size_t dimension, const GridSpec* other) {
  if (std::any_of(grid_keys.begin(), grid_keys.end(), [&](const char* key) { return table.find(key).has_value(); })) {
    GridSpec grid;
    read_grid(table, dimension, grid);
    return grid;
  }
  if (other == nullptr)
    throw invalid(table.origin(), "[stationary] has no grid", {"lower, upper and cells here, or in a section [fokker_planck]", {}, {}});
  return std::nullopt;
}

bool absorbs(const GridSpec& grid) {
  return std::any_of(grid.boundary.begin(), grid.boundary.end(),
                     [](const auto& walls) { return walls[0] == Boundary::absorbing || walls[1] == Boundary::absorbing; });
}

void read_start(const Table& table, std::size_t dimension, const GridSpec& grid, StationarySpec& spec) {
  const auto value = table.find("start");
  if (!value) return;
  spec.start = Setting<std::vector<double>>{numbers(*value, dimension), value->origin(), true};
  for (std::size_t a = 0; a < dimension; ++a)
    if (const double x = spec.start->value[a]; x < grid.lower.value[a] || x > grid.upper.value[a])
      throw invalid(value->origin(), "the start lies outside the box", {"a point between lower and upper", {}, {}});
  if (!spec.target && !absorbs(grid))
    throw invalid(value->origin(), "a start is where a passage begins, and there is no target", {"target = \"a condition\", or a wall that absorbs", {}, {}});
}

} // namespace

StationarySpec read_stationary(const Node& section, const Origin& origin, std::size_t dimension, const GridSpec* grid) {
  const Table table(section, "stationary", origin);
  if (dimension > 3)
    throw invalid(origin, "a stationary analysis on a grid is possible in 1 to 3 dimensions; the model has " + std::to_string(dimension));
  StationarySpec spec;
  spec.origin = origin;
  spec.grid = own_grid(table, dimension, grid);
  const GridSpec& used = spec.grid ? *spec.grid : *grid;
  spec.eigenvalues = {6, origin, false};
  if (const auto value = table.find("eigenvalues")) spec.eigenvalues = {integer(*value, 0, 100), value->origin(), true};
  if (const auto value = table.find("source")) spec.source = text(*value);
  if (const auto value = table.find("target")) spec.target = text(*value);
  if (spec.source && !spec.target)
    throw invalid(spec.source->origin, "a source without a target", {"both source and target, or target alone", {}, {}});
  if (spec.source && absorbs(used))
    throw invalid(spec.source->origin, "transition paths need a steady state, and a wall absorbs", {"reflecting or periodic walls, or target alone", {}, {}});
  read_start(table, dimension, used, spec);
  static const std::vector<std::string> methods{"auto", "closed_form", "state_reduction", "direct", "iterative"};
  spec.method = {"auto", origin, {}};
  if (const auto value = table.find("method")) spec.method = keyword(*value, methods);
  return spec;
}

} // namespace driftwell::input
