// [sgd]: what is looked at besides the cloud: first passages, directions, spectra.
#include "input/read_sgd_probes.hpp"

#include <array>

namespace driftwell::input {
namespace {

Setting<std::int64_t> count(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {integer(*value, least, most), value->origin(), true};
}

/// Keys that only another one gives a meaning.
void needs(const Table& table, bool there, std::initializer_list<std::string_view> keys, const std::string& other) {
  for (const std::string_view key : keys)
    if (!there && table.find(key)) throw invalid(table.key_origin(key), "'" + std::string(key) + "' has no meaning here", {other + " beside it", {}, {}});
}

std::vector<std::vector<double>> vectors(const Value& value) {
  std::vector<std::vector<double>> all;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    const Value row = value.entry(i);
    if (!row.is_list() || row.node->items.empty()) row.wrong_type();
    all.emplace_back();
    for (std::size_t j = 0; j < row.node->items.size(); ++j) all.back().push_back(number(row.entry(j)));
  }
  if (all.empty()) value.wrong_type();
  return all;
}

} // namespace

void read_sgd_probes(const Table& table, SgdSpec& spec) {
  if (const auto value = table.find("target")) spec.target = text(*value);
  needs(table, spec.target.has_value(), {"target_every"}, "target = \"a condition\"");
  spec.target_every = count(table, "target_every", 1, 1, 1'000'000'000);
  spec.spectrum = {false, table.origin(), false};
  if (const auto value = table.find("spectrum")) {
    if (value->node->kind != Node::Kind::boolean) value->wrong_type();
    spec.spectrum = {value->node->truth, value->origin(), true};
  }
  needs(table, spec.spectrum.value, {"spectrum_every", "spectrum_length"}, "spectrum = true");
  spec.spectrum_every = count(table, "spectrum_every", 1, 1, 1'000'000'000);
  spec.spectrum_length = count(table, "spectrum_length", 256, 8, 1 << 20);
  spec.directions = {spec.spectrum.value ? "principal" : "", table.origin(), {}};
  if (const auto value = table.find("directions")) {
    static const std::array<std::string, 3> words{"principal", "hessian", "random"};
    if (value->is_list()) {
      spec.directions = {"list", value->origin(), {}};
      spec.directions_at = Setting<std::vector<std::vector<double>>>{vectors(*value), value->origin(), true};
    } else {
      spec.directions = keyword(*value, words);
    }
  }
  needs(table, !spec.directions.value.empty() && !spec.directions_at, {"direction_count"}, "directions = \"principal\", \"hessian\" or \"random\"");
  spec.direction_count = count(table, "direction_count", 3, 1, 100);
}

} // namespace driftwell::input
