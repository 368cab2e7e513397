#include "input/toml_context.hpp"

#include <algorithm>

namespace driftwell::input {
namespace {

constexpr std::string_view blank = " \t\r";

Stretch trimmed(const std::string& text, std::size_t begin, std::size_t end) {
  while (begin < end && blank.find(text[begin]) != std::string_view::npos) ++begin;
  while (end > begin && blank.find(text[end - 1]) != std::string_view::npos) --end;
  return {begin, end, std::string_view(text).substr(begin, end - begin)};
}

} // namespace

std::size_t skip_string(const std::string& text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multi_line = text.compare(at, 3, three) == 0;
  for (std::size_t i = at + (multi_line ? 3 : 1); i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\' && (multi_line || (i + 1 < text.size() && text[i + 1] != '\n'))) ++i;
    else if (!multi_line && (text[i] == quote || text[i] == '\n')) return i + 1;
    else if (multi_line && text.compare(i, 3, three) == 0) {
      i += 3; // up to two more quotes belong to the text
      for (int more = 0; more < 2 && i < text.size() && text[i] == quote; ++more) ++i;
      return i;
    }
  }
  return text.size();
}

Context context_at(const std::string& text, std::size_t byte) {
  Context context;
  for (std::size_t at = 0; at < std::min(byte, text.size());) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = skip_string(text, at);
      if (end > byte || (end == text.size() && end == byte)) context.string = at;
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') context.brackets.push_back(at);
    if ((c == ']' || c == '}') && !context.brackets.empty()) context.brackets.pop_back();
    ++at;
  }
  return context;
}

Stretch line_at(const std::string& text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const std::size_t before = byte > 0 ? text.rfind('\n', byte - 1) : std::string::npos;
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return trimmed(text, begin, std::min(text.find('\n', byte), text.size()));
}

std::string section_before(const std::string& text, std::size_t byte) {
  for (std::size_t end = byte; end > 0;) {
    const Stretch line = line_at(text, end - 1);
    if (line.text.starts_with('[') && line.text.find('=') == std::string_view::npos) {
      const std::size_t from = line.text.find_first_not_of("[ \t"), to = line.text.find(']');
      if (from != std::string_view::npos && to != std::string_view::npos && to > from)
        return std::string(line.text.substr(from, to - from));
    }
    const std::size_t previous = text.rfind('\n', end - 1);
    if (previous == std::string::npos) break;
    end = previous;
  }
  return {};
}

Stretch bare_value(const std::string& text, std::size_t byte) {
  const bool is_nested = !context_at(text, byte).brackets.empty();
  const std::string_view stops = is_nested ? "=,[]{}#\n" : "=#\n";
  std::size_t begin = std::min(byte, text.size());
  while (begin > 0 && stops.find(text[begin - 1]) == std::string_view::npos) --begin;
  std::size_t end = std::max(begin, std::min(byte, text.size()));
  const std::string_view ends = is_nested ? ",]}#\n" : "#\n";
  while (end < text.size() && ends.find(text[end]) == std::string_view::npos) ++end;
  return trimmed(text, begin, end);
}

} // namespace driftwell::input
