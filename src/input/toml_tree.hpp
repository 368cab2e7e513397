#pragma once
// A TOML document as a plain tree in which every key and every value knows its place. The rest of the room sees only
// this: the TOML library stays in toml_tree.cpp, and a tree can also be changed (overrides.cpp).
#include "driftwell/core/source.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell::input {

struct Member;

struct Node {
  enum class Kind { string, integer, number, boolean, date, list, table };
  Kind kind = Kind::table;
  Origin origin{};
  std::size_t begin = 0;    ///< byte of the source where it begins
  std::string text;         ///< of a string: its value; of other scalars: as spelled in the file
  double number = 0;        ///< of an integer or a number; may be inf or nan
  std::int64_t integer = 0; ///< of an integer
  bool truth = false;       ///< of a boolean
  std::vector<Node> items;
  std::vector<Member> members; ///< in the order of the file

  [[nodiscard]] bool is_number() const { return kind == Kind::integer || kind == Kind::number; }
  [[nodiscard]] const Member* find(std::string_view name) const;
};

struct Member {
  std::string name;
  Origin origin{};       ///< of the key
  std::size_t begin = 0; ///< byte of the source where the key begins
  Node value;
};

/// "the string \"a\"", "a table", "the integer 3": what was found, for a message.
[[nodiscard]] std::string describe(const Node& node);

/// A text cut to 40 bytes, for a message.
[[nodiscard]] std::string brief(std::string_view text);

/// Parses source->text. Throws InvalidExperiment with the place and plain words.
[[nodiscard]] Node parse_toml(const std::shared_ptr<const Source>& source);

/// What a TOML parser says about a text that is none: its words, and the byte where it stopped.
struct SyntaxError {
  std::string description;
  std::size_t offset = 0;
};

/// As parse_toml, but reports the raw error instead of throwing; true when the tree is complete.
[[nodiscard]] bool try_parse_toml(const std::shared_ptr<const Source>& source, Node& tree, SyntaxError& error);

/// The origin of the bytes [begin, end) of a source.
[[nodiscard]] Origin origin_at(const std::shared_ptr<const Source>& source, std::size_t begin, std::size_t end);

} // namespace driftwell::input
