#pragma once
// Typed reading of a tree: every function either returns a valid value or throws InvalidExperiment that says what was
// found, where, and what is allowed.
#include "driftwell/input/spec.hpp"
#include "input/schema.hpp"
#include "input/toml_tree.hpp"

#include <optional>

namespace driftwell::input {

/// A value with what messages need to know about it.
struct Value {
  const Node* node = nullptr;
  std::string name;      ///< the key it belongs to
  std::string allowed;   ///< from the schema
  bool is_entry = false; ///< an entry of the key's list

  [[nodiscard]] const Origin& origin() const { return node->origin; }
  [[nodiscard]] bool is_list() const { return node->kind == Node::Kind::list; }
  [[nodiscard]] bool is_table() const { return node->kind == Node::Kind::table; }
  [[nodiscard]] Value entry(std::size_t i) const { return {&node->items[i], name, allowed, true}; }
  [[noreturn]] void wrong_type() const;
  [[noreturn]] void out_of_range() const;
};

/// A table of the file seen through its schema. The constructor refuses unknown keys.
class Table {
public:
  Table(const Node& node, std::string_view path, const Origin& origin);
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;
  [[nodiscard]] Value require(std::string_view key) const; ///< throws at the table when the key is missing
  [[nodiscard]] const Origin& origin() const { return origin_; }
  [[nodiscard]] const Origin& key_origin(std::string_view key) const;
  /// Throws when both keys are given, at the second of them.
  void exclude(std::string_view first, std::string_view second, std::string_view why) const;

private:
  const Node& node_;
  const TableSchema& schema_;
  Origin origin_;
};

[[nodiscard]] double number(const Value& value);   ///< finite
[[nodiscard]] double positive(const Value& value); ///< finite and > 0
[[nodiscard]] std::int64_t integer(const Value& value, std::int64_t least, std::int64_t most);
[[nodiscard]] Text text(const Value& value);       ///< a string that is not blank
[[nodiscard]] Text expression(const Value& value); ///< a string that is not blank, or a number
[[nodiscard]] Text keyword(const Value& value, std::span<const std::string> words);

/// The entries of a list that must have one for each variable; in one dimension a plain value stands for a list of one.
[[nodiscard]] std::vector<Value> entries(const Value& value, std::size_t dimension);
[[nodiscard]] std::vector<double> numbers(const Value& value, std::size_t dimension);
/// As numbers(), but a plain number stands for the same one on every axis.
[[nodiscard]] std::vector<double> numbers_or_same(const Value& value, std::size_t dimension);
[[nodiscard]] std::vector<std::vector<double>> matrix(const Value& value, std::size_t dimension);

/// "in line 3", or "by --set model.temperature=1": for the note that names a second place.
[[nodiscard]] std::string place(const Origin& origin);
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun); ///< "1 entry", "3 entries"

} // namespace driftwell::input
