#include "input/values.hpp"

#include "input/text_positions.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::input {
namespace {

/// The sections and tables, other than this one, that know a key.
std::vector<std::string> homes_of(std::string_view key, const TableSchema& here) {
  std::vector<std::string> homes;
  for (const TableSchema& table : all_tables()) {
    const auto has = [&](const KeySchema& k) { return k.name == key; };
    if (table.path != here.path && !table.path.empty() && std::any_of(table.keys.begin(), table.keys.end(), has))
      homes.emplace_back(table.title.substr(3));
  }
  return homes;
}

[[noreturn]] void unknown_key(const Member& member, const TableSchema& schema) {
  Hints hints;
  const std::vector<std::string> names = schema.names();
  const bool is_section = schema.path.empty() && member.value.kind == Node::Kind::table;
  hints.allowed = is_section ? section_list() : schema.path.empty() ? "title, memory_limit, " + section_list() : list_of(names);
  const std::vector<std::string> homes = homes_of(member.name, schema);
  if (homes.empty()) hints.nearest = nearest_name(member.name, names);
  else hints.notes.push_back("'" + member.name + "' is a key of " + list_of(homes));
  const std::string name = brief(member.name), title(schema.title);
  throw invalid(member.origin, is_section ? "unknown section [" + name + "]" : "unknown key '" + name + "' " + title,
                hints);
}

void check_length(const Value& value, std::size_t dimension) {
  const std::size_t size = value.node->items.size();
  if (size == dimension) return;
  throw invalid(value.origin(),
                "'" + value.name + "' has " + counted(size, "entry") + " for " + counted(dimension, "variable"),
                {value.allowed, {}, {}});
}

} // namespace

void Value::wrong_type() const {
  throw invalid(origin(),
                "wrong type " + std::string(is_entry ? "in '" : "for '") + name + "': found " + describe(*node),
                {allowed, {}, {}});
}

void Value::out_of_range() const {
  throw invalid(origin(), "'" + name + "' is out of range: found " + node->text, {allowed, {}, {}});
}

Table::Table(const Node& node, std::string_view path, const Origin& origin)
    : node_(node), schema_(table_schema(path)), origin_(origin) {
  for (const Member& member : node.members) {
    const auto is_it = [&](const KeySchema& key) { return key.name == member.name; };
    if (std::none_of(schema_.keys.begin(), schema_.keys.end(), is_it)) unknown_key(member, schema_);
  }
}

std::optional<Value> Table::find(std::string_view key) const {
  const KeySchema& schema = schema_.key(key);
  const Member* member = node_.find(key);
  if (member == nullptr) return std::nullopt;
  return Value{&member->value, member->name, std::string(schema.allowed), false};
}

Value Table::require(std::string_view key) const {
  if (std::optional<Value> value = find(key)) return *value;
  throw invalid(origin_, std::string(schema_.title.substr(3)) + " needs '" + std::string(key) + "'",
                {std::string(schema_.key(key).allowed), {}, {}});
}

const Origin& Table::key_origin(std::string_view key) const {
  const Member* member = node_.find(key);
  return member == nullptr ? origin_ : member->origin;
}

void Table::exclude(std::string_view first, std::string_view second, std::string_view why) const {
  const Member *a = node_.find(first), *b = node_.find(second);
  if (a == nullptr || b == nullptr) return;
  const bool swapped =
      a->origin.source == b->origin.source ? b->begin < a->begin : a->origin.source->name.starts_with("--set");
  if (swapped) std::swap(a, b);
  throw invalid(b->origin, "'" + a->name + "' and '" + b->name + "' cannot both be given",
                {std::string(why), {}, {"'" + a->name + "' is given " + place(a->origin)}});
}

std::string place(const Origin& origin) {
  const bool is_override = origin.source->name.starts_with("--set");
  return is_override ? "by " + origin.source->name : "in line " + std::to_string(origin.line);
}

std::string counted(std::size_t count, std::string_view noun) {
  std::string word(noun);
  if (count != 1 && word.back() == 'y') word.replace(word.size() - 1, 1, "ies");
  else if (count != 1) word += "s";
  return std::to_string(count) + " " + word;
}

double number(const Value& value) {
  if (!value.node->is_number()) value.wrong_type();
  if (!std::isfinite(value.node->number))
    throw invalid(value.origin(), "'" + value.name + "' must be finite: found " + value.node->text,
                  {value.allowed, {}, {}});
  return value.node->number;
}

double positive(const Value& value) {
  const double x = number(value);
  if (!(x > 0)) value.out_of_range();
  return x;
}

std::int64_t integer(const Value& value, std::int64_t least, std::int64_t most) {
  if (value.node->kind != Node::Kind::integer) value.wrong_type();
  if (value.node->integer < least || value.node->integer > most) value.out_of_range();
  return value.node->integer;
}

Text text(const Value& value) {
  if (value.node->kind != Node::Kind::string) value.wrong_type();
  if (value.node->text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw invalid(value.origin(), "'" + value.name + "' is empty", {value.allowed, {}, {}});
  return make_text(*value.node);
}

Text expression(const Value& value) {
  if (!value.node->is_number()) return text(value);
  (void)number(value);
  return make_text(*value.node);
}

Text keyword(const Value& value, std::span<const std::string> words) {
  Text found = text(value);
  if (std::find(words.begin(), words.end(), found.value) == words.end())
    throw invalid(value.origin(), "unknown '" + value.name + "': found " + describe(*value.node),
                  {value.allowed, nearest_name(found.value, words), {}});
  return found;
}

std::vector<Value> entries(const Value& value, std::size_t dimension) {
  if (!value.is_list()) {
    if (dimension != 1 || value.is_table()) value.wrong_type();
    return {value};
  }
  check_length(value, dimension);
  std::vector<Value> all;
  for (std::size_t i = 0; i < dimension; ++i) all.push_back(value.entry(i));
  return all;
}

std::vector<double> numbers(const Value& value, std::size_t dimension) {
  std::vector<double> all;
  for (const Value& entry : entries(value, dimension)) all.push_back(number(entry));
  return all;
}

std::vector<double> numbers_or_same(const Value& value, std::size_t dimension) {
  if (!value.is_list()) return std::vector<double>(dimension, number(value));
  return numbers(value, dimension);
}

std::vector<std::vector<double>> matrix(const Value& value, std::size_t dimension) {
  std::vector<std::vector<double>> rows;
  if (!value.is_list()) return {numbers(value, dimension)};
  for (const Value& row : entries(value, dimension)) {
    if (!row.is_list()) row.wrong_type();
    rows.push_back(numbers(row, dimension));
  }
  return rows;
}

} // namespace driftwell::input
