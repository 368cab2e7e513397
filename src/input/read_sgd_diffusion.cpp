// [sgd] diffusion and projection: the modified equations beside SGD, and the directions in which both are looked at.
#include "input/read_sgd_diffusion.hpp"

#include <array>

namespace driftwell::input {
namespace {

constexpr std::size_t most_directions = 3;

Setting<std::vector<std::int64_t>> orders(const Table& table, const SgdSpec& spec) {
  const auto value = table.find("order");
  if (!value) return {spec.momentum.value > 0 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 2}, table.origin(), false};
  Setting<std::vector<std::int64_t>> result{{}, value->origin(), true};
  if (!value->is_list()) result.value = {integer(*value, 1, 2)};
  else
    for (std::size_t i = 0; i < value->node->items.size(); ++i) {
      const std::int64_t order = integer(value->entry(i), 1, 2);
      if (!result.value.empty() && order <= result.value.back()) value->entry(i).out_of_range();
      result.value.push_back(order);
    }
  if (result.value.empty()) value->wrong_type();
  return result;
}

SgdDiffusionSpec diffusion(const Value& value, const SgdSpec& sgd) {
  if (!value.is_table()) value.wrong_type();
  const Table table(*value.node, "sgd.diffusion", value.origin());
  SgdDiffusionSpec spec;
  spec.origin = value.origin();
  spec.order = orders(table, sgd);
  static const std::array<std::string, 2> kinds{"state_dependent", "at_minimum"};
  spec.noise = {kinds[0], table.origin(), {}};
  if (const auto found = table.find("noise")) spec.noise = keyword(*found, kinds);
  if (const auto found = table.find("dt")) {
    spec.dt = Setting<double>{number(*found), found->origin(), true};
    if (!(spec.dt->value > 0)) found->out_of_range();
  }
  spec.stepper = {"small_noise_heun", table.origin(), {}};
  if (const auto found = table.find("stepper")) spec.stepper = text(*found);
  if (const auto found = table.find("particles")) spec.particles = Setting<std::int64_t>{integer(*found, 100, 10'000'000), found->origin(), true};
  return spec;
}

std::vector<std::vector<double>> directions(const Value& value) {
  if (!value.is_list() || value.node->items.empty() || value.node->items.size() > most_directions) value.wrong_type();
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    const Value row = value.entry(i);
    if (!row.is_list() || row.node->items.empty()) row.wrong_type();
    rows.emplace_back();
    double square = 0;
    for (std::size_t j = 0; j < row.node->items.size(); ++j) {
      rows.back().push_back(number(row.entry(j)));
      square += rows.back().back() * rows.back().back();
    }
    if (!(square > 0)) throw invalid(row.origin(), "a direction of length 0", {"a vector other than 0", {}, {}});
  }
  return rows;
}

} // namespace

void read_sgd_diffusion(const Table& section, SgdSpec& spec) {
  if (const auto value = section.find("diffusion")) spec.diffusion = diffusion(*value, spec);
  const auto value = section.find("projection");
  if (value && !spec.diffusion)
    throw invalid(value->origin(), "'projection' without 'diffusion'", {"diffusion = { order = [1, 2] } beside it", {}, {}});
  SgdProjectionSpec& projection = spec.projection;
  projection.origin = value ? value->origin() : section.origin();
  projection.principal_components = {2, projection.origin, false};
  projection.fokker_planck = {true, projection.origin, false};
  projection.cells = {0, projection.origin, false};
  projection.degree = {3, projection.origin, false};
  if (value) {
    if (!value->is_table()) value->wrong_type();
    const Table table(*value->node, "sgd.projection", value->origin());
    table.exclude("directions", "principal_components", "one choice of directions");
    if (const auto found = table.find("directions")) projection.directions = Setting<std::vector<std::vector<double>>>{directions(*found), found->origin(), true};
    if (const auto found = table.find("principal_components")) projection.principal_components = {integer(*found, 1, 3), found->origin(), true};
    if (const auto found = table.find("fokker_planck")) {
      if (found->node->kind != Node::Kind::boolean) found->wrong_type();
      projection.fokker_planck = {found->node->truth, found->origin(), true};
    }
    if (const auto found = table.find("cells")) projection.cells = {integer(*found, 16, 4096), found->origin(), true};
    if (const auto found = table.find("degree")) projection.degree = {integer(*found, 1, 5), found->origin(), true};
  }
  const std::size_t m = projection.directions ? projection.directions->value.size() : static_cast<std::size_t>(projection.principal_components.value);
  if (projection.cells.value == 0) projection.cells.value = m == 1 ? 256 : 64;
}

} // namespace driftwell::input
