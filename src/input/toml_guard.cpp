// A scan that knows strings and comments and counts dots and commas; it need only be right up to the first error.
#include "input/toml_guard.hpp"

#include "input/toml_context.hpp"
#include "input/toml_tree.hpp"

#include <algorithm>
#include <string>

namespace driftwell::input {
namespace {

constexpr std::size_t most_key_parts = 16;
constexpr std::size_t most_values = 1'000'000;

} // namespace

void refuse_hostile_toml(const std::shared_ptr<const Source>& source) {
  const std::string& text = source->text;
  std::size_t dots = 0, values = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots >= most_key_parts)
      throw invalid(origin_at(source, at, at + 1), "a key of more than " + std::to_string(most_key_parts) + " parts");
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == ']' || c == '{' || c == '}') dots = 0;
    if ((c == '=' || c == ',' || c == '[' || c == '{') && ++values > most_values)
      throw invalid(origin_at(source, at, at + 1), "more than " + std::to_string(most_values) + " values in one file");
    ++at;
  }
}

} // namespace driftwell::input
