// The one file that includes the TOML library: it takes seconds to compile, and its errors need translating.
#ifndef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#endif
#define TOML_ENABLE_FORMATTERS 0
// The schema is four levels deep. The parser and the destructor of its tree recurse, so depth is stack.
#define TOML_MAX_NESTED_VALUES 32
// Three assertions of toml++ 3.3 fail on texts such as "[=" and "a = }" for which the code behind them has the right
// error. They must neither abort (debug builds) nor become assumptions of the optimiser (NDEBUG, clang).
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include "input/toml_guard.hpp"
#include "input/toml_syntax.hpp"
#include "input/toml_tree.hpp"

#include <algorithm>

namespace driftwell::input {
namespace {

/// Turns the parser's line and column (counted in characters) into bytes of the source.
class Places {
public:
  explicit Places(std::shared_ptr<const Source> source) : source_(std::move(source)) {
    lines_.push_back(0);
    const std::string& text = source_->text;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') lines_.push_back(i + 1);
  }

  [[nodiscard]] std::size_t offset(const toml::source_position& at) {
    const std::string& text = source_->text;
    const std::size_t line = std::min<std::size_t>(at.line > 0 ? at.line - 1 : 0, lines_.size() - 1);
    const std::size_t column = at.column > 0 ? at.column - 1 : 0;
    // Values of one line come one after the other, and a line can be megabytes long: go on from the last place.
    if (line != line_ || column < column_) {
      line_ = line;
      column_ = 0;
      byte_ = lines_[line];
    }
    while (column_ < column && byte_ < text.size() && text[byte_] != '\n') {
      do ++byte_;
      while (byte_ < text.size() && (static_cast<unsigned char>(text[byte_]) & 0xC0U) == 0x80U);
      ++column_;
    }
    return byte_;
  }

  [[nodiscard]] Origin origin(const toml::source_region& region) {
    const std::size_t begin = offset(region.begin);
    const std::size_t line = line_, end = std::max(begin + 1, offset(region.end));
    return {source_, line + 1, begin - lines_[line] + 1, end - begin};
  }

  [[nodiscard]] std::size_t begin(const Origin& origin) const { return lines_[origin.line - 1] + origin.column - 1; }

private:
  std::shared_ptr<const Source> source_;
  std::vector<std::size_t> lines_;
  std::size_t line_ = 0, column_ = 0, byte_ = 0;
};

Node convert(const toml::node& from, Places& places);

void convert_table(const toml::table& from, Node& node, Places& places) {
  for (auto&& [key, value] : from) {
    Member member{std::string(key.str()), places.origin(key.source()), 0, {}};
    member.begin = places.begin(member.origin);
    member.value = convert(value, places);
    node.members.push_back(std::move(member));
  }
  const auto earlier = [](const Member& a, const Member& b) {
    return std::pair(a.origin.line, a.origin.column) < std::pair(b.origin.line, b.origin.column);
  };
  std::sort(node.members.begin(), node.members.end(), earlier);
}

Node convert(const toml::node& from, Places& places) {
  Node node;
  node.origin = places.origin(from.source());
  node.begin = places.begin(node.origin);
  using Kind = Node::Kind;
  switch (from.type()) {
  case toml::node_type::table:
    node.kind = Kind::table;
    convert_table(*from.as_table(), node, places);
    return node;
  case toml::node_type::array:
    node.kind = Kind::list;
    node.items.reserve(from.as_array()->size());
    for (auto&& item : *from.as_array()) node.items.push_back(convert(item, places));
    return node;
  case toml::node_type::string:
    node.kind = Kind::string;
    node.text = from.as_string()->get();
    return node;
  case toml::node_type::integer:
    node.kind = Kind::integer;
    node.integer = from.as_integer()->get();
    node.number = static_cast<double>(node.integer);
    break;
  case toml::node_type::floating_point:
    node.kind = Kind::number;
    node.number = from.as_floating_point()->get();
    break;
  case toml::node_type::boolean:
    node.kind = Kind::boolean;
    node.truth = from.as_boolean()->get();
    break;
  default: node.kind = Kind::date; break;
  }
  node.text = node.origin.source->text.substr(node.begin, node.origin.length);
  return node;
}

} // namespace

std::string brief(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (text.size() <= longest) return std::string(text);
  std::size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

const Member* Node::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::string describe(const Node& node) {
  switch (node.kind) {
  case Node::Kind::string: return "the string \"" + brief(node.text) + "\"";
  case Node::Kind::integer: return "the integer " + brief(node.text);
  case Node::Kind::number: return "the number " + brief(node.text);
  case Node::Kind::boolean: return "the boolean " + node.text;
  case Node::Kind::date: return "the date " + brief(node.text);
  case Node::Kind::list: break;
  case Node::Kind::table: return "a table";
  }
  return node.items.empty() ? "an empty list" : "a list of " + std::to_string(node.items.size());
}

Origin origin_at(const std::shared_ptr<const Source>& source, std::size_t begin, std::size_t end) {
  const std::string& text = source->text;
  begin = std::min(begin, text.size());
  const auto to = text.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto line = static_cast<std::size_t>(std::count(text.begin(), to, '\n')) + 1;
  const std::size_t before = begin > 0 ? text.rfind('\n', begin - 1) : std::string::npos;
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return {source, line, begin - start + 1, std::max(begin + 1, end) - begin};
}

bool try_parse_toml(const std::shared_ptr<const Source>& source, Node& tree, SyntaxError& error) {
  Places places(source);
  try {
    const toml::table table = toml::parse(std::string_view(source->text));
    tree = convert(table, places);
    return true;
  } catch (const toml::parse_error& problem) {
    error = {std::string(problem.description()), places.offset(problem.source().begin)};
    return false;
  }
}

Node parse_toml(const std::shared_ptr<const Source>& source) {
  refuse_hostile_toml(source);
  Node tree;
  SyntaxError error;
  if (try_parse_toml(source, tree, error)) return tree;
  throw syntax_error(source, error);
}

} // namespace driftwell::input
