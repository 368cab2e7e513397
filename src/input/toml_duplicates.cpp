#include "input/toml_duplicates.hpp"

#include "input/toml_context.hpp"

#include <cctype>
#include <optional>

namespace driftwell::input {
namespace {

/// The part between the first pair of quotes: "cannot redefine existing integer 'a.b'" -> a.b
std::string quoted_name(const std::string& description) {
  const std::size_t from = description.find('\''), to = description.rfind('\'');
  const bool found = from != std::string::npos && to > from;
  const std::size_t as = description.find("' as ");
  return found ? description.substr(from + 1, (as != std::string::npos ? as : to) - from - 1) : "";
}

const Member* walk(const Node& table, std::string_view path) {
  const Node* node = &table;
  const Member* member = nullptr;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    if (node->kind == Node::Kind::list && !node->items.empty()) node = &node->items.back();
    member = node->find(path.substr(0, dot));
    if (member == nullptr) return nullptr;
    node = &member->value;
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return member;
}

/// The first place of a key behind the { of an inline table.
std::optional<std::size_t> first_in_table(const std::string& text, std::size_t begin, const std::string& name) {
  const auto in_word = [&](std::size_t at) {
    return std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_';
  };
  for (std::size_t at = text.find(name, begin); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t next = text.find_first_not_of(" \t", at + name.size());
    if (!in_word(at - 1) && next != std::string::npos && text[next] == '=') return at;
  }
  return std::nullopt;
}

/// The first place, found by parsing what stands before the line of the second.
std::optional<Origin> first_place(const std::shared_ptr<const Source>& source, std::size_t byte,
                                  const std::string& name) {
  const std::string& text = source->text;
  const Stretch line = line_at(text, byte);
  if (const Context context = context_at(text, byte); !line.text.starts_with('[') && !context.brackets.empty()) {
    const auto in_table = first_in_table(text, context.brackets.back() + 1, name);
    return in_table ? std::optional(origin_at(source, *in_table, *in_table + name.size())) : std::nullopt;
  }
  const auto before = std::make_shared<const Source>(Source{source->name, text.substr(0, line.begin)});
  Node tree;
  SyntaxError ignored;
  if (!try_parse_toml(before, tree, ignored)) return std::nullopt;
  const bool is_header = line.text.starts_with('[');
  const std::string section = is_header ? "" : section_before(text, line.begin);
  const Member* member = walk(tree, section.empty() ? name : section + "." + name);
  if (member == nullptr) return std::nullopt;
  Origin origin = member->origin;
  origin.source = source;
  return origin;
}

} // namespace

InvalidExperiment duplicate_error(const std::shared_ptr<const Source>& source, const SyntaxError& error) {
  const std::string& text = source->text;
  std::string name = quoted_name(error.description);
  const Stretch line = line_at(text, error.offset);
  const bool is_header = line.text.starts_with('[');
  // The parser stops behind the '=': the key itself is what a person looks for.
  std::size_t begin = is_header ? line.begin : text.rfind(name, error.offset);
  if (begin == std::string::npos || begin < line.begin) begin = line.begin;
  if (!is_header && text.compare(begin, name.size(), name) != 0) { // quoted: as it is written there
    const std::string_view key = line.text.substr(0, line.text.find('='));
    name = key.substr(0, key.find_last_not_of(" \t") + 1);
  }
  const std::size_t length = is_header ? line.text.size() : name.size();
  const bool is_quoted = name.starts_with('\'') || name.starts_with('"');
  const std::string what = is_header   ? "section [" + brief(name) + "]"
                           : is_quoted ? brief(name)
                                       : "'" + brief(name) + "'";
  Hints hints;
  if (const auto first = first_place(source, error.offset, name))
    hints.notes.push_back(what + " is given first " +
                          (first->line == origin_at(source, begin, begin).line
                               ? "in column " + std::to_string(first->column) + " of this line"
                               : "in line " + std::to_string(first->line)));
  if (is_header && error.description.find("as table") != std::string::npos &&
      error.description.find("existing array") == std::string::npos)
    hints.notes.push_back("a key and a section cannot have the same name");
  return invalid(origin_at(source, begin, begin + length), what + " is given twice", hints);
}

} // namespace driftwell::input
