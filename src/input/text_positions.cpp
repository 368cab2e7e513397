// Decodes a TOML string a second time, keeping for every byte of the value the byte of the file it came from. The
// parser's value is the reference: should the two ever differ, an error points at the whole value instead.
#include "input/text_positions.hpp"

#include <charconv>
#include <optional>

namespace driftwell::input {
namespace {

class Decoder {
public:
  Decoder(std::string_view text, std::size_t begin, std::size_t end) : text_(text), at_(begin), end_(end) {}

  /// The value of the string literal [begin, end); positions() then has one entry a byte and one for the end.
  bool run() {
    const char quote = peek();
    if (quote != '"' && quote != '\'') return false;
    const std::size_t quotes = text_.compare(at_, 3, std::string(3, quote)) == 0 && end_ - at_ >= 6 ? 3 : 1;
    if (end_ - at_ < 2 * quotes) return false;
    at_ += quotes;
    end_ -= quotes;
    if (quotes == 3) skip_newline();
    while (at_ < end_) {
      if (quote == '"' && peek() == '\\') {
        if (!escape()) return false;
      } else {
        if (peek() == '\r' && peek(1) == '\n') ++at_; // the parser makes one line break of the two
        put(peek(), at_);
        ++at_;
      }
    }
    positions_.push_back(static_cast<std::uint32_t>(end_));
    return true;
  }
  [[nodiscard]] std::string& value() { return value_; }
  [[nodiscard]] std::vector<std::uint32_t>& positions() { return positions_; }

private:
  std::string_view text_;
  std::size_t at_, end_;
  std::string value_;
  std::vector<std::uint32_t> positions_;

  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < end_ ? text_[at_ + ahead] : '\0'; }

  void put(char c, std::size_t from) {
    value_ += c;
    positions_.push_back(static_cast<std::uint32_t>(from));
  }

  bool skip_newline() {
    const std::size_t length = peek() == '\r' && peek(1) == '\n' ? 2 : peek() == '\n' ? 1 : 0;
    at_ += length;
    return length > 0;
  }

  void put_code(std::uint32_t code, std::size_t from) {
    const auto tail = [&](unsigned shift) { put(static_cast<char>(0x80U | ((code >> shift) & 0x3FU)), from); };
    if (code < 0x80) return put(static_cast<char>(code), from);
    if (code < 0x800) put(static_cast<char>(0xC0U | (code >> 6U)), from);
    else if (code < 0x10000) put(static_cast<char>(0xE0U | (code >> 12U)), from);
    else put(static_cast<char>(0xF0U | (code >> 18U)), from);
    if (code >= 0x10000) tail(12);
    if (code >= 0x800) tail(6);
    tail(0);
  }

  bool escape() {
    const std::size_t from = at_++;
    const char c = peek();
    constexpr std::string_view names = "btnfr\"\\e", values = "\b\t\n\f\r\"\\\x1b";
    if (const std::size_t known = names.find(c); known != std::string_view::npos) {
      put(values[known], from);
      ++at_;
      return true;
    }
    if (c == 'u' || c == 'U') return unicode(from, c == 'u' ? 4 : 8);
    return line_continuation();
  }

  bool unicode(std::size_t from, std::size_t digits) {
    if (at_ + 1 + digits > end_) return false;
    std::uint32_t code = 0;
    const char* first = text_.data() + at_ + 1;
    if (std::from_chars(first, first + digits, code, 16).ptr != first + digits) return false;
    at_ += 1 + digits;
    put_code(code, from);
    return true;
  }

  /// A backslash at the end of a line: it and all white space up to the next character are no part of the value.
  bool line_continuation() {
    while (peek() == ' ' || peek() == '\t') ++at_;
    if (!skip_newline()) return false;
    while (at_ < end_ && (peek() == ' ' || peek() == '\t' || skip_newline()))
      if (peek() == ' ' || peek() == '\t') ++at_;
    return true;
  }
};

/// A number in a form the expression parser reads: TOML's 1_000 and 0x10 are no numbers there.
std::string plain_number(const Node& node) {
  char buffer[32];
  const auto end = node.kind == Node::Kind::integer ? std::to_chars(buffer, buffer + sizeof buffer, node.integer).ptr
                                                    : std::to_chars(buffer, buffer + sizeof buffer, node.number).ptr;
  return {buffer, end};
}

Text identical(std::string value, const Origin& origin, std::size_t begin) {
  Text text{std::move(value), origin, {}};
  for (std::size_t i = 0; i <= text.value.size(); ++i) text.positions.push_back(static_cast<std::uint32_t>(begin + i));
  return text;
}

} // namespace

Text make_text(const Node& node) {
  if (node.kind != Node::Kind::string) {
    std::string value = plain_number(node);
    return value == node.text ? identical(std::move(value), node.origin, node.begin)
                              : Text{std::move(value), node.origin, {}};
  }
  // A bare word of an override has no quotes: its characters stand for themselves.
  const std::string& source = node.origin.source->text;
  if (source.compare(node.begin, node.origin.length, node.text) == 0)
    return identical(node.text, node.origin, node.begin);
  Text text{node.text, node.origin, {}};
  Decoder decoder(source, node.begin, node.begin + node.origin.length);
  if (decoder.run() && decoder.value() == node.text) text.positions = std::move(decoder.positions());
  return text;
}

Text make_text(const Member& member) {
  if (member.name.size() != member.origin.length) return {member.name, member.origin, {}}; // quoted
  return identical(member.name, member.origin, member.begin);
}

Origin Text::at(std::size_t offset, std::size_t length) const {
  if (!origin.source || positions.size() != value.size() + 1) return origin;
  const std::size_t first = std::min(offset, value.size());
  const std::size_t last = std::min(first + std::max<std::size_t>(length, 1), value.size());
  return origin_at(origin.source, positions[first], std::max<std::size_t>(positions[last], positions[first] + 1));
}

} // namespace driftwell::input
