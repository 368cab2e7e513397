#pragma once
// What surrounds a byte of a TOML text: strings and brackets that are open there. Right up to the first error.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell::input {

/// The byte behind the string literal that opens at `at`, or behind the end of its line (of the text, for the
/// multi-line kinds) when it is never closed.
[[nodiscard]] std::size_t skip_string(const std::string& text, std::size_t at);

struct Context {
  std::optional<std::size_t> string; ///< where the string begins that reaches over the byte
  std::vector<std::size_t> brackets; ///< where the open [ and { are, outermost first
};

[[nodiscard]] Context context_at(const std::string& text, std::size_t byte);

/// The stretch [begin, end) of a text, with its words.
struct Stretch {
  std::size_t begin = 0, end = 0;
  std::string_view text;
};

/// The line around a byte, without its end.
[[nodiscard]] Stretch line_at(const std::string& text, std::size_t byte);

/// The path of the section that a byte is in: the header that opens last before it; "" before the first one.
[[nodiscard]] std::string section_before(const std::string& text, std::size_t byte);

/// The bare value around a byte: back to '=' or ',' or a bracket, on to the end of the value (of the line, outside of
/// lists and inline tables), a comment left out.
[[nodiscard]] Stretch bare_value(const std::string& text, std::size_t byte);

} // namespace driftwell::input
