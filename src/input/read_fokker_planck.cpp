// [fokker_planck]: the grid, its walls and the method.
#include "input/read_box.hpp"
#include "input/sections.hpp"
#include "input/values.hpp"

#include <cmath>
#include <limits>

namespace driftwell::input {
namespace {

constexpr std::int64_t most_cells = std::numeric_limits<std::int32_t>::max(); // sparse matrices index with 32 bits

void read_cells(const Table& table, std::size_t dimension, GridSpec& spec) {
  const Value value = table.require("cells");
  spec.cells = {{}, value.origin(), true};
  std::int64_t product = 1;
  if (value.is_list()) (void)entries(value, dimension);
  for (std::size_t i = 0; i < dimension; ++i) {
    const std::int64_t cells = integer(entry_or_all(value, i), 4, std::numeric_limits<std::int64_t>::max());
    if (cells > most_cells / product)
      throw invalid(value.origin(), "more than " + std::to_string(most_cells) + " cells in all",
                    {"fewer cells", {}, {}});
    product *= cells;
    spec.cells.value.push_back(cells);
  }
}

void read_wasserstein(const Table& table, std::size_t dimension, FokkerPlanckSpec& spec) {
  spec.wasserstein = {false, table.origin(), false};
  const auto value = table.find("wasserstein");
  if (!value) return;
  if (value->node->kind != Node::Kind::boolean) value->wrong_type();
  spec.wasserstein = {value->node->truth, value->origin(), true};
  if (spec.wasserstein.value && dimension > 2)
    throw invalid(value->origin(), "a Wasserstein distance is computed in 1 and 2 dimensions; the model has " + std::to_string(dimension),
                  {"wasserstein = false, or no such key", {}, {}});
}

} // namespace

void read_grid(const Table& table, std::size_t dimension, GridSpec& grid) {
  grid.origin = table.origin();
  static_cast<BoxSpec&>(grid) = read_box(table, dimension);
  read_cells(table, dimension, grid);
  if (const auto value = table.find("stretch"))
    for (const Value& map : entries(*value, dimension)) grid.stretch.push_back(expression(map));
}

FokkerPlanckSpec read_fokker_planck(const Node& section, const Origin& origin, std::size_t dimension) {
  const Table table(section, "fokker_planck", origin);
  FokkerPlanckSpec spec;
  spec.propagator = {"auto", origin, {}};
  if (const auto value = table.find("propagator")) spec.propagator = text(*value);
  const bool spectral = spec.propagator.value == "spectral";
  if (dimension > (spectral ? 6 : 3))
    throw invalid(origin,
                  "a density on a grid is possible in 1 to 3 dimensions; the model has " + std::to_string(dimension),
                  {{}, {}, {dimension > 6 ? "even the spectral propagator ends at 6" : "propagator = \"spectral\" goes to 6 where the potential is smooth"}});
  read_grid(table, dimension, spec);
  spec.tolerance = {1e-9, origin, false};
  if (const auto value = table.find("tolerance")) {
    spec.tolerance = {number(*value), value->origin(), true};
    if (!(spec.tolerance.value > 1e-14 && spec.tolerance.value < 1)) value->out_of_range();
  }
  spec.snapshots = {11, origin, false};
  if (const auto value = table.find("snapshots"))
    spec.snapshots = {integer(*value, 0, 1'000'000), value->origin(), true};
  if (const auto value = table.find("dt")) spec.dt = Setting<double>{positive(*value), value->origin(), true};
  spec.hermite = {64, origin, false};
  if (const auto value = table.find("hermite")) spec.hermite = {integer(*value, 6, 1000), value->origin(), true};
  read_wasserstein(table, dimension, spec);
  return spec;
}

void check_kinetic(const Node& section, const Origin& origin, const Spec& spec) {
  const Table table(section, "fokker_planck", origin);
  const FokkerPlanckSpec& f = *spec.fokker_planck;
  if (!spec.model.friction) {
    if (f.hermite.given)
      throw invalid(table.key_origin("hermite"), "'hermite' is for models with friction", {"no 'hermite', or 'friction' in [model]", {}, {}});
    return;
  }
  if (spec.model.variables.size() != 1)
    throw invalid(origin, "the density of an underdamped model is possible with 1 variable; the model has " + std::to_string(spec.model.variables.size()));
  for (const std::string_view key : {"stretch", "propagator", "dt", "wasserstein"})
    if (table.find(key) && !(key == "propagator" && f.propagator.value == "auto") && !(key == "wasserstein" && !f.wasserstein.value))
      throw invalid(table.key_origin(key), "'" + std::string(key) + "' cannot be combined with 'friction'", {"no such key in the section of an underdamped model", {}, {}});
  for (const Boundary side : f.boundary[0])
    if (side == Boundary::absorbing)
      throw invalid(f.boundary_origin, "absorbing walls cannot be combined with 'friction' yet", {"\"reflecting\" or \"periodic\"", {}, {}});
  if (f.cells.value[0] < 12 || f.cells.value[0] > 2000)
    throw invalid(f.cells.origin, "an underdamped model has from 12 to 2000 cells: they are the nodes of a spectral method", {"64 to 200 for a smooth potential", {}, {}});
}

OutputSpec read_output(const Node& section, const Origin& origin) {
  const Table table(section, "output", origin);
  OutputSpec output;
  if (const auto value = table.find("keep_bits"))
    output.keep_bits = Setting<std::int64_t>{integer(*value, 1, 52), value->origin(), true};
  return output;
}

} // namespace driftwell::input
