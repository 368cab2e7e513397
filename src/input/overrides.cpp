#include "input/overrides.hpp"

#include "input/load_file.hpp"
#include "input/toml_guard.hpp"
#include "input/toml_syntax.hpp"

namespace driftwell::input {
namespace {

struct Part {
  std::string name;
  std::size_t begin = 0; ///< in the argument
};

std::string trimmed(const std::string& text, std::size_t begin, std::size_t end) {
  while (begin < end && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
  while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return text.substr(begin, end - begin);
}

/// "model.parameters.lambda" -> its parts. Quoted parts are not supported: no key of the schema needs quotes.
std::vector<Part> split(const std::string& argument, std::size_t equals) {
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin <= equals;) {
    const std::size_t end = std::min(argument.find('.', begin), equals);
    std::string name = trimmed(argument, begin, end);
    if (name.empty())
      throw UsageError("--set " + argument + ": a part of the key is empty\n  allowed: --set section.key=value");
    parts.push_back({std::move(name), argument.find_first_not_of(" \t", begin)});
    begin = end + 1;
  }
  if (parts.size() > 16) throw UsageError("--set: a key of more than 16 parts");
  return parts;
}

/// The value behind '=', as TOML; a bare word that is no TOML value is a string.
Node parse_value(const std::shared_ptr<const Source>& source, std::size_t equals) {
  const std::string value = trimmed(source->text, equals + 1, source->text.size());
  // The same text with a plain key of the same length: every place in it is a place in the argument.
  const auto document = std::make_shared<const Source>(
      Source{source->name, "k" + std::string(equals - 1, ' ') + source->text.substr(equals)});
  refuse_hostile_toml(source);
  Node tree;
  SyntaxError error;
  if (try_parse_toml(document, tree, error) && tree.members.size() == 1) return tree.members.front().value;
  if (value.empty())
    throw invalid(origin_at(source, equals, equals + 1), "--set without a value",
                  {"--set section.key=value; an empty text is '\"\"'", {}, {}});
  if (value.find_first_of("\"'[{\n") == 0) throw syntax_error(source, error);
  Node word;
  word.kind = Node::Kind::string;
  word.text = value;
  word.begin = source->text.find(value, equals + 1);
  word.origin = origin_at(source, word.begin, word.begin + value.size());
  return word;
}

/// Places inside the value were found in a document of the same shape: they belong to the argument itself.
void adopt(Node& node, const std::shared_ptr<const Source>& source) {
  node.origin.source = source;
  for (Node& item : node.items) adopt(item, source);
  for (Member& member : node.members) {
    member.origin.source = source;
    adopt(member.value, source);
  }
}

} // namespace

void apply_override(Node& tree, const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError("--set " + argument + ": " + (equals == 0 ? "no key before '='" : "no '='") +
                     "\n  allowed: --set section.key=value");
  const auto source = make_source("--set " + argument, argument);
  const std::vector<Part> parts = split(argument, equals);
  Node value = parse_value(source, equals);
  adopt(value, source);
  Node* table = &tree;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Origin origin = origin_at(source, parts[i].begin, parts[i].begin + parts[i].name.size());
    if (table->kind != Node::Kind::table)
      throw invalid(origin, "no key '" + parts[i].name + "' here: '" + parts[i - 1].name + "' is " + describe(*table),
                    {"--set " + argument.substr(0, parts[i].begin - 1) + "=value, to replace it whole", {}, {}});
    auto* found = const_cast<Member*>(table->find(parts[i].name));
    const bool is_last = i + 1 == parts.size();
    if (found == nullptr) {
      Node created;
      created.origin = origin;
      created.begin = parts[i].begin;
      table->members.push_back({parts[i].name, origin, parts[i].begin, std::move(created)});
      found = &table->members.back();
    }
    if (is_last) {
      found->origin = origin;
      found->begin = parts[i].begin;
      found->value = std::move(value);
    }
    table = &found->value;
  }
}

} // namespace driftwell::input
