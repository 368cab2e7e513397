// Errors as a product: the place, the line, a caret under the very characters, what is allowed, the nearest name.
// Everything a person wrote passes through `Glyphs`, so that no control character of a file reaches a terminal.
#include "driftwell/core/source.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace driftwell {
namespace {

constexpr std::size_t window = 100; // widest piece of a source line that is shown, in columns
constexpr std::size_t tab = 4;

/// One character as shown: its text, its width on the screen and the bytes it stands for.
struct Glyph {
  std::string text;
  std::size_t width = 1;
  std::size_t begin = 0, end = 0;
};

struct Decoded {
  std::uint32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

Decoded decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return {lead, 1, false};
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {lead, 1, false};
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[length] || surrogate || code > 0x10FFFF) return {lead, 1, false};
  return {code, length, true};
}

struct Range {
  std::uint32_t first, last;
};

template <std::size_t N> bool within(std::uint32_t code, const std::array<Range, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return code >= r.first && code <= r.last; });
}

/// Characters that move the cursor or reorder the text: never sent to a terminal as they are.
bool unsafe(std::uint32_t code) {
  constexpr std::array<Range, 9> ranges{{{0x00, 0x1F},
                                         {0x7F, 0x9F},
                                         {0xAD, 0xAD},
                                         {0x61C, 0x61C},
                                         {0x200B, 0x200F},
                                         {0x2028, 0x202E},
                                         {0x2060, 0x206F},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFF9, 0xFFFB}}};
  return within(code, ranges);
}

std::size_t width_of(std::uint32_t code) {
  constexpr std::array<Range, 4> none{{{0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
  constexpr std::array<Range, 8> wide{{{0x1100, 0x115F},
                                       {0x2E80, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
  return within(code, none) ? 0 : within(code, wide) ? 2 : 1;
}

std::string escape(std::uint32_t code, bool is_byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const int count = is_byte || code < 0x80 ? 2 : 4;
  std::string text = count == 2 ? "\\x" : "\\u";
  for (int i = count - 1; i >= 0; --i) text += digits[(code >> (4U * static_cast<unsigned>(i))) & 0xFU];
  return text;
}

Glyph glyph_at(std::string_view text, std::size_t at) {
  const Decoded c = decode(text, at);
  Glyph glyph{std::string(text.substr(at, c.length)), 1, at, at + c.length};
  if (c.valid && !unsafe(c.code)) {
    glyph.width = width_of(c.code);
    return glyph;
  }
  glyph.text = escape(c.code, !c.valid);
  glyph.width = glyph.text.size();
  return glyph;
}

/// The text with everything dangerous made visible; line breaks stay when `keep_lines`.
std::string visible(std::string_view text, bool keep_lines) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = glyph_at(text, at);
    out += keep_lines && text[at] == '\n' ? "\n" : text[at] == '\t' ? " " : glyph.text;
    at = glyph.end;
  }
  return out;
}

std::string_view line_of(std::string_view text, std::size_t line) {
  std::size_t begin = 0;
  for (std::size_t n = 1; n < line; ++n) {
    const std::size_t next = text.find('\n', begin);
    if (next == std::string_view::npos) return {};
    begin = next + 1;
  }
  std::string_view found = text.substr(begin, text.find('\n', begin) - begin);
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

/// A piece of a line around the stretch [from, to), as glyphs: whole when it fits, else cut, which costs "...".
class Excerpt {
public:
  Excerpt(std::string_view line, std::size_t from, std::size_t to) {
    // A line can be megabytes long: only what can be visible is looked at.
    const std::size_t reach = 4 * window;
    std::size_t begin = from > reach ? from - reach : 0;
    while (begin > 0 && begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xC0U) == 0x80U) --begin;
    const std::size_t end = std::min(line.size(), from + reach);
    std::size_t columns = 0;
    for (std::size_t at = begin; at < end;) {
      Glyph glyph = glyph_at(line, at);
      if (line[at] == '\t') {
        glyph.width = tab - columns % tab;
        glyph.text.assign(glyph.width, ' ');
      }
      columns += glyph.width;
      at = glyph.end;
      glyphs_.push_back(std::move(glyph));
    }
    cut(from, begin > 0, end < line.size());
    write(from, to);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& carets() const { return carets_; }

private:
  std::vector<Glyph> glyphs_;
  std::string text_, carets_;
  std::size_t first_ = 0, last_ = 0;
  bool cut_left_ = false, cut_right_ = false;

  void cut(std::size_t from, bool more_left, bool more_right) {
    std::size_t total = 0, before = 0;
    for (const Glyph& g : glyphs_) {
      total += g.width;
      if (g.begin < from) before += g.width;
    }
    last_ = glyphs_.size();
    if (total <= window && !more_left && !more_right) return;
    // A third of the window before the caret: the cause is more often to its left, the stretch to its right.
    const std::size_t skip = before > window / 2 ? before - window / 3 : 0;
    std::size_t column = 0;
    while (first_ < glyphs_.size() && column + glyphs_[first_].width <= skip) column += glyphs_[first_++].width;
    last_ = first_;
    for (std::size_t used = 0; last_ < glyphs_.size() && used + glyphs_[last_].width <= window; ++last_)
      used += glyphs_[last_].width;
    cut_left_ = first_ > 0 || more_left;
    cut_right_ = last_ < glyphs_.size() || more_right;
  }

  void write(std::size_t from, std::size_t to) {
    if (cut_left_) {
      text_ = "...";
      carets_ = "   ";
    }
    for (std::size_t i = first_; i < last_; ++i) {
      const Glyph& g = glyphs_[i];
      text_ += g.text;
      carets_.append(g.width, g.begin < to && g.end > from ? '^' : ' ');
    }
    if (cut_right_) text_ += "...";
    if (carets_.find('^') == std::string::npos) carets_ += '^'; // just behind the line: something is missing there
    carets_.erase(carets_.find_last_of('^') + 1);
  }
};

std::size_t characters_before(std::string_view line, std::size_t bytes) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < std::min(bytes, line.size()); ++count) at += decode(line, at).length;
  return count;
}

std::string excerpt(const Origin& origin, std::string_view line) {
  const std::size_t from = std::min(origin.column > 0 ? origin.column - 1 : 0, line.size());
  const Excerpt piece(line, from, from + std::max<std::size_t>(origin.length, 1));
  const std::string number = std::to_string(origin.line);
  const std::string margin(number.size(), ' ');
  return "\n  " + number + " | " + piece.text() + "\n  " + margin + " | " + piece.carets();
}

char folded(char c) { return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

} // namespace

std::string render(const Origin& origin, std::string_view message, const Hints& hints) {
  std::string text;
  std::string_view line;
  if (origin.source) {
    text = visible(origin.source->name, false) + ":";
    if (origin.line > 0) {
      line = line_of(origin.source->text, origin.line);
      const std::size_t column = characters_before(line, origin.column > 0 ? origin.column - 1 : 0) + 1;
      // An argument of the command line is one short line: numbers behind it would read as part of its value.
      if (!origin.source->name.starts_with("--")) text += std::to_string(origin.line) + ":" + std::to_string(column) + ":";
    }
    text += " ";
  }
  text += "error: " + visible(message, true);
  if (origin.source && origin.line > 0) text += excerpt(origin, line);
  if (!hints.allowed.empty()) text += "\n  allowed: " + visible(hints.allowed, false);
  if (!hints.nearest.empty()) text += "\n  did you mean '" + visible(hints.nearest, false) + "'?";
  for (const std::string& note : hints.notes) text += "\n  note: " + visible(note, true);
  return text;
}

InvalidExperiment invalid(const Origin& origin, std::string_view message, const Hints& hints) {
  return InvalidExperiment(render(origin, message, hints));
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  if (name.empty() || name.size() > 64) return {};
  std::string wanted(name);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), folded); // "Reflecting" and "keep-bits" are near misses
  std::size_t best = std::clamp<std::size_t>(name.size() / 3, 1, 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 2 * name.size() + 3) continue;
    std::string other = candidate;
    std::transform(other.begin(), other.end(), other.begin(), folded);
    const std::size_t distance = edits(wanted, other);
    // One letter in place of another one-letter name is no resemblance.
    if (distance >= std::max(wanted.size(), other.size())) continue;
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string list_of(std::span<const std::string> names, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " " + std::string(last) + " " : ", ";
    text += names[i];
  }
  return text;
}

} // namespace driftwell
