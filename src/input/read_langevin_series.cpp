// series = { ... } of [langevin]: what is sampled along the paths.
#include "input/read_langevin_series.hpp"

namespace driftwell::input {
namespace {

Setting<std::int64_t> count(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {integer(*value, least, most), value->origin(), true};
}

/// 0 switches off; what is smaller than `least` otherwise has no meaning.
Setting<std::int64_t> count_or_none(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const Setting<std::int64_t> setting = count(table, key, fallback, 0, most);
  if (setting.value != 0 && setting.value < least) table.find(key)->out_of_range();
  return setting;
}

} // namespace

LangevinSeriesSpec read_langevin_series(const Value& value) {
  if (!value.is_table()) value.wrong_type();
  const Table table(*value.node, "langevin.series", value.origin());
  LangevinSeriesSpec spec;
  spec.origin = value.origin();
  if (const auto of = table.find("of")) {
    if (!of->is_list()) spec.of.push_back(expression(*of));
    else
      for (std::size_t i = 0; i < of->node->items.size(); ++i) spec.of.push_back(expression(of->entry(i)));
    if (spec.of.empty()) of->wrong_type();
  }
  spec.every = count(table, "every", 1, 1, 1'000'000'000);
  spec.from = {0, table.origin(), false};
  if (const auto from = table.find("from")) {
    spec.from = {number(*from), from->origin(), true};
    if (spec.from.value < 0) from->out_of_range();
  }
  spec.particles = count(table, "particles", 1000, 2, 2'000'000'000);
  spec.lags = count(table, "lags", 100, 0, 1'000'000);
  spec.segment = count_or_none(table, "segment", 256, 8, 1 << 20);
  if (const auto plane = table.find("plane")) {
    if (!plane->is_list() || plane->node->items.size() != 2) plane->wrong_type();
    for (std::size_t i = 0; i < 2; ++i) spec.plane.push_back(expression(plane->entry(i)));
  }
  if (const auto centre = table.find("centre")) {
    if (spec.plane.empty()) throw invalid(table.key_origin("centre"), "'centre' has no meaning here", {"plane = [\"x\", \"y\"] beside it", {}, {}});
    if (!centre->is_list() || centre->node->items.size() != 2) centre->wrong_type();
    spec.centre = numbers(*centre, 2);
  } else
    spec.centre = {0, 0};
  return spec;
}

} // namespace driftwell::input
