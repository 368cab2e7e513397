#include "lexer.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace driftwell::expression {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Bytes of the UTF-8 character that starts here (1 for a stray byte).
std::size_t character_length(std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  const std::size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  std::size_t length = 1;
  while (length < wanted && length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xc0) == 0x80)
    ++length;
  return length;
}

/// What to type instead of the usual look-alikes.
std::string replacement_of(std::string_view character) {
  if (character == "\xc2\xb7" || character == "\xc3\x97" || character == "\xe2\x8b\x85")
    return "*";
  if (character == "\xe2\x88\x92" || character == "\xe2\x80\x93" || character == "\xe2\x80\x94")
    return "-";
  if (character == "\xc2\xb2")
    return "^2";
  if (character == "\xc2\xb3")
    return "^3";
  if (character == "\xcf\x80")
    return "pi";
  if (character == "\xc3\xb7")
    return "/";
  if (character == "\xe2\x89\xa4")
    return "<=";
  if (character == "\xe2\x89\xa5")
    return ">=";
  return {};
}

Token read_number(std::string_view text, std::size_t start) {
  Token token{Sign::number, start, 0};
  const char* const begin = text.data() + start;
  const auto result = std::from_chars(begin, text.data() + text.size(), token.value);
  token.length = static_cast<std::size_t>(result.ptr - begin);
  if (result.ec == std::errc::invalid_argument)
    throw ParseError("a number is expected after this point", start, 1);
  if (result.ec == std::errc::result_out_of_range || !std::isfinite(token.value))
    throw ParseError("the number is outside the range of double precision", start, token.length, "about 1e-308 to 1e308");
  const std::size_t end = start + token.length;
  if (end < text.size() && text[end] == '.')
    throw ParseError("a number with two decimal points", start, token.length + 1);
  return token;
}

[[noreturn]] void refuse_character(std::string_view text, std::size_t at) {
  const std::size_t length = character_length(text.substr(at));
  const auto byte = static_cast<unsigned char>(text[at]);
  const std::string_view character = text.substr(at, length);
  if (character == "&" || character == "|" || character == "!")
    throw ParseError("conditions are joined by the words and, or, not", at, length);
  if (character == ";")
    throw ParseError("a formula is one expression; ';' does not belong in it", at, length);
  if (byte >= 0x20 && byte < 0x7f)
    throw ParseError("the character '" + std::string(character) + "' means nothing in a formula", at, length, "+ - * / ^ ( ) [ ] , < <= > >= == !=");
  if (byte < 0x20 || byte == 0x7f)
    throw ParseError("a control character does not belong in a formula", at, length);
  throw ParseError("only plain ASCII letters and signs can be used in a formula", at, length, {}, replacement_of(character));
}

Token read_sign(std::string_view text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  switch (text[at]) {
  case '+': return {Sign::plus, at, 1};
  case '-': return {Sign::minus, at, 1};
  case '*':
    if (next == '*')
      throw ParseError("powers are written with ^", at, 2, {}, "^");
    return {Sign::times, at, 1};
  case '/': return {Sign::over, at, 1};
  case '^': return {Sign::power, at, 1};
  case '(': return {Sign::open, at, 1};
  case ')': return {Sign::close, at, 1};
  case '[': return {Sign::open_index, at, 1};
  case ']': return {Sign::close_index, at, 1};
  case ',': return {Sign::comma, at, 1};
  case '<': return next == '=' ? Token{Sign::less_equal, at, 2} : Token{Sign::less, at, 1};
  case '>': return next == '=' ? Token{Sign::greater_equal, at, 2} : Token{Sign::greater, at, 1};
  case '=':
    if (next != '=')
      throw ParseError("nothing can be assigned in a formula; a comparison is written ==", at, 1);
    return {Sign::equal, at, 2};
  case '!':
    if (next == '=')
      return {Sign::not_equal, at, 2};
    break;
  default: break;
  }
  refuse_character(text, at);
}

void match_brackets(std::vector<Token>& tokens, std::size_t depth) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Sign sign = tokens[i].sign;
    if (sign == Sign::open || sign == Sign::open_index) {
      open.push_back(i);
      if (open.size() > depth)
        throw ParseError("brackets are nested too deeply", tokens[i].offset, 1, "at most " + std::to_string(depth) + " levels");
    } else if (sign == Sign::close || sign == Sign::close_index) {
      const char* const name = sign == Sign::close ? "')'" : "']'";
      if (open.empty())
        throw ParseError(std::string("this ") + name + " closes nothing", tokens[i].offset, 1);
      const std::size_t partner = open.back();
      open.pop_back();
      if ((tokens[partner].sign == Sign::open) != (sign == Sign::close))
        throw ParseError(std::string("this ") + name + " does not fit the bracket it closes", tokens[i].offset, 1);
      tokens[i].partner = partner;
      tokens[partner].partner = i;
    }
  }
  if (!open.empty())
    throw ParseError(std::string("this ") + (tokens[open.back()].sign == Sign::open ? "'('" : "'['") + " is never closed", tokens[open.back()].offset, 1);
}

} // namespace

std::vector<Token> tokenise(std::string_view text, const Limits& limits) {
  if (text.size() > limits.length)
    throw ParseError("the formula is too long: " + std::to_string(text.size()) + " bytes", 0, 1, "at most " + std::to_string(limits.length) + " bytes");
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    if (is_digit(c) || c == '.') {
      tokens.push_back(read_number(text, at));
    } else if (is_letter(c)) {
      std::size_t end = at;
      while (end < text.size() && (is_letter(text[end]) || is_digit(text[end])))
        ++end;
      tokens.push_back({Sign::name, at, end - at});
    } else {
      tokens.push_back(read_sign(text, at));
    }
    at = tokens.back().offset + tokens.back().length;
  }
  if (tokens.empty())
    throw ParseError("the formula is empty", 0, text.size());
  match_brackets(tokens, limits.depth);
  const std::size_t end = tokens.back().offset + tokens.back().length;
  tokens.push_back({Sign::end, end, 0});
  return tokens;
}

} // namespace driftwell::expression
