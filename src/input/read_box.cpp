#include "input/read_box.hpp"

#include <cmath>

namespace driftwell::input {
namespace {

void read_domain(const Table& table, std::size_t dimension, BoxSpec& box) {
  const Value lower = table.require("lower"), upper = table.require("upper");
  box.lower = {numbers_or_same(lower, dimension), lower.origin(), true};
  box.upper = {numbers_or_same(upper, dimension), upper.origin(), true};
  for (std::size_t i = 0; i < dimension; ++i) {
    const double length = box.upper.value[i] - box.lower.value[i];
    if (length > 0 && std::isfinite(length)) continue;
    const Value low = entry_or_all(lower, i), high = entry_or_all(upper, i);
    throw invalid(high.origin(),
                  std::string(length > 0 ? "the domain is too wide: found " : "'upper' is not above 'lower': found ") +
                      high.node->text + " over " + low.node->text,
                  {"upper > lower on every axis", {}, {"'lower' is given " + place(low.origin())}});
  }
}

Boundary read_wall(const Value& value) {
  static const std::vector<std::string> words{"reflecting", "periodic", "absorbing"};
  const std::string word = keyword(value, words).value;
  return word == words[0] ? Boundary::reflecting : word == words[1] ? Boundary::periodic : Boundary::absorbing;
}

/// One word for both sides of an axis, or a pair [lower, upper].
std::array<Boundary, 2> read_walls(const Value& value) {
  if (!value.is_list()) {
    const Boundary both = read_wall(value);
    return {both, both};
  }
  if (value.node->items.size() != 2)
    throw invalid(value.origin(),
                  "'boundary' has " + counted(value.node->items.size(), "entry") + " for the 2 sides of an axis",
                  {value.allowed, {}, {}});
  const std::array<Boundary, 2> walls{read_wall(value.entry(0)), read_wall(value.entry(1))};
  if ((walls[0] == Boundary::periodic) != (walls[1] == Boundary::periodic))
    throw invalid(value.origin(), "'boundary' is periodic on one side only",
                  {"periodic on both sides of an axis, or on none", {}, {}});
  return walls;
}

void read_boundary(const Table& table, std::size_t dimension, BoxSpec& box) {
  const auto value = table.find("boundary");
  box.boundary_origin = value ? value->origin() : table.origin();
  if (!value) {
    box.boundary.assign(dimension, {Boundary::reflecting, Boundary::reflecting});
    return;
  }
  if (!value->is_list()) {
    box.boundary.assign(dimension, read_walls(*value));
    return;
  }
  const bool one_pair = dimension == 1 && value->node->items.size() == 2 && !value->entry(0).is_list();
  if (one_pair)
    throw invalid(
        value->origin(), "'boundary' has 2 entries for 1 variable",
        {value->allowed, {}, {"for the two sides of one axis: boundary = [[\"reflecting\", \"absorbing\"]]"}});
  for (const Value& axis : entries(*value, dimension)) box.boundary.push_back(read_walls(axis));
}

} // namespace

BoxSpec read_box(const Table& table, std::size_t dimension) {
  BoxSpec box;
  read_domain(table, dimension, box);
  read_boundary(table, dimension, box);
  return box;
}

} // namespace driftwell::input
