#pragma once
// Text -> tokens with positions; brackets are matched here, so that the parser may trust them.
#include "driftwell/expression/expression.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace driftwell::expression {

enum class Sign : std::uint8_t {
  number, name, plus, minus, times, over, power, open, close, open_index, close_index, comma, less, less_equal, greater,
  greater_equal, equal, not_equal, end
};

struct Token {
  Sign sign;
  std::size_t offset, length; ///< bytes of the text
  double value = 0.0;         ///< of a number
  std::size_t partner = 0;    ///< of a bracket: index of the token that closes or opens it
};

/// Ends with an `end` token just behind the last one.
[[nodiscard]] std::vector<Token> tokenise(std::string_view text, const Limits& limits);

} // namespace driftwell::expression
