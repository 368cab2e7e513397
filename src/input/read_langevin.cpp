// [langevin]: the cloud of particles.
#include "input/read_box.hpp"
#include "input/read_langevin_series.hpp"
#include "input/sections.hpp"
#include "input/values.hpp"

#include <array>
#include <limits>

namespace driftwell::input {
namespace {

constexpr std::int64_t most_particles = 2'000'000'000;

Setting<std::int64_t> integer_or(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {integer(*value, least, most), value->origin(), true};
}

void read_walls(const Table& table, std::size_t dimension, LangevinSpec& spec) {
  if (table.find("lower") || table.find("upper")) {
    spec.walls = read_box(table, dimension);
    return;
  }
  if (const auto boundary = table.find("boundary"))
    throw invalid(table.key_origin("boundary"), "'boundary' needs the box it belongs to",
                  {"lower and upper beside it; without them the walls are those of [fokker_planck]", {}, {}});
}

void read_method(const Table& table, LangevinSpec& spec) {
  static const std::array<std::string, 3> methods{"plain", "extrapolation", "multilevel"};
  spec.method = {"plain", table.origin(), {}};
  if (const auto value = table.find("method")) spec.method = keyword(*value, methods);
  if (const auto value = table.find("estimate")) spec.estimate = expression(*value);
  if (const auto value = table.find("standard_error")) spec.standard_error = Setting<double>{positive(*value), value->origin(), true};
  const bool plain = spec.method.value == "plain";
  if (!plain && !spec.standard_error)
    throw invalid(spec.method.origin, "method = \"" + spec.method.value + "\" needs the accuracy it goes for",
                  {"standard_error = 1e-3 beside it", {}, {}});
  for (const std::string_view key : {"standard_error", "estimate"})
    if (plain && table.find(key))
      throw invalid(table.key_origin(key), "'" + std::string(key) + "' is used only with another method",
                    {"method = \"extrapolation\" or \"multilevel\"", {}, {}});
  for (const std::string_view key : {"snapshots", "kept", "log_partition", "target", "series", "distance_to"})
    if (!plain && table.find(key))
      throw invalid(table.key_origin(key), "'" + std::string(key) + "' is used only with method = \"plain\"",
                    {"method = \"plain\", or the line taken out", {}, {}});
}

} // namespace

LangevinSpec read_langevin(const Node& section, const Origin& origin, std::size_t dimension, bool momenta) {
  const Table table(section, "langevin", origin);
  LangevinSpec spec;
  spec.origin = origin;
  const Value dt = table.require("dt");
  spec.dt = {positive(dt), dt.origin(), true};
  spec.particles = integer_or(table, "particles", 10'000, 2, most_particles);
  spec.stepper = {"auto", origin, {}};
  if (const auto value = table.find("stepper")) spec.stepper = text(*value);
  spec.seed = integer_or(table, "seed", 1, 0, std::numeric_limits<std::int64_t>::max());
  spec.snapshots = integer_or(table, "snapshots", 2, 0, 1'000'000);
  spec.kept = integer_or(table, "kept", 10'000, 1, most_particles);
  spec.checkpoint_seconds = {30, origin, false};
  if (const auto value = table.find("checkpoint_seconds")) {
    spec.checkpoint_seconds = {number(*value), value->origin(), true};
    if (spec.checkpoint_seconds.value < 0) value->out_of_range();
  }
  read_walls(table, dimension, spec);
  if (const auto value = table.find("target")) spec.target = expression(*value);
  if (const auto value = table.find("series")) spec.series = read_langevin_series(*value);
  if (const auto value = table.find("distance_to")) {
    if (!value->is_table()) value->wrong_type();
    spec.distance_to = read_law(*value->node, value->origin(), "distance_to", dimension, momenta);
  }
  if (const auto value = table.find("log_partition")) spec.log_partition = Setting<double>{number(*value), value->origin(), true};
  read_method(table, spec);
  return spec;
}

} // namespace driftwell::input
