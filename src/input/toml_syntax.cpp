// One rule for each way in which a person's text is not TOML; the parser's own words are the last resort.
#include "input/toml_syntax.hpp"

#include "input/schema.hpp"
#include "input/toml_context.hpp"
#include "input/toml_duplicates.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace driftwell::input {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A text in the quotes that need no escapes.
std::string quoted(std::string_view text) {
  const char quote = contains(text, "\"") || contains(text, "\\") ? '\'' : '"';
  return quote + brief(text) + quote;
}

class Explainer {
public:
  Explainer(std::shared_ptr<const Source> source, const SyntaxError& error)
      : source_(std::move(source)), text_(source_->text), words_(error.description),
        at_(std::min(error.offset, text_.size())), context_(context_at(text_, at_)) {}

  [[nodiscard]] InvalidExperiment explain() const {
    using Rule = std::optional<InvalidExperiment> (Explainer::*)() const;
    for (const Rule rule :
         {&Explainer::depth, &Explainer::escape, &Explainer::open_string, &Explainer::key, &Explainer::header,
          &Explainer::inline_table, &Explainer::list, &Explainer::follower, &Explainer::value})
      if (auto error = (this->*rule)()) return *std::move(error);
    const std::size_t colon = words_.find(": ");
    return at(at_, at_ + 1, "this is not TOML: " + (colon == std::string::npos ? words_ : words_.substr(colon + 2)));
  }

private:
  std::shared_ptr<const Source> source_;
  const std::string& text_;
  std::string words_;
  std::size_t at_;
  Context context_;

  [[nodiscard]] bool says(std::string_view part) const { return contains(words_, part); }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  [[nodiscard]] bool at_line_end() const { return here() == '\n' || here() == '\r'; }

  [[nodiscard]] InvalidExperiment at(std::size_t begin, std::size_t end, const std::string& message,
                                     Hints hints = {}) const {
    return invalid(origin_at(source_, begin, end), message, hints);
  }

  [[nodiscard]] std::optional<InvalidExperiment> depth() const {
    if (!says("maximum nested value depth")) return std::nullopt;
    return at(at_, at_ + 1, "lists or tables nested too deep", {"at most 32 levels", {}, {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> escape() const {
    if (!says("escape sequence") && !says("unicode scalar")) return std::nullopt;
    const std::size_t slash = text_.rfind('\\', at_);
    const std::size_t begin = slash == std::string::npos ? at_ : slash;
    if (begin + 1 < text_.size() && (text_[begin + 1] == 'u' || text_[begin + 1] == 'U'))
      return at(begin, begin + 2, "this escape is no character",
                {"\\u and 4, or \\U and 8, hexadecimal digits", {}, {}});
    return at(begin, begin + 2, "unknown escape '" + text_.substr(begin, 2) + "' in a text",
              {"\\\\ for a backslash, or single quotes '...', in which it stands for itself", {}, {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> open_string() const {
    if (!says("string:") || !(says("end-of-file") || says("control characters"))) return std::nullopt;
    const std::size_t begin = context_.string.value_or(at_);
    const std::string three(3, text_[std::min(begin, text_.size() - 1)]);
    if (text_.compare(begin, 3, three) == 0 && says("end-of-file"))
      return at(begin, begin + 3, "this text is never closed", {three + " at its end", {}, {}});
    if (!at_line_end()) return at(at_, at_ + 1, "a control character in a text", {"an escape, e.g. \\u0001", {}, {}});
    return at(
        begin, line_at(text_, begin).end, "this text has no closing quote",
        {std::string(1, three[0]) + " at its end, in the same line; or " + three + " at both ends, for several lines",
         {},
         {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> key() const {
    const Stretch line = line_at(text_, at_);
    if (says("expected keys, tables") && here() == '=')
      return at(at_, at_ + 1, "no key before '='", {"key = value", {}, {}});
    for (const std::string_view mark : {"//", "--", ";", "%", "!"})
      if (line.text.starts_with(mark))
        return at(line.begin, line.begin + mark.size(), "a comment begins with #", {"# ...", {}, {}});
    if (!says("expected keys, tables") && !says("key-value pair: expected '='") &&
        !says("key-value pair: encountered end-of-file"))
      return std::nullopt;
    if (here() == ':') return at(at_, at_ + 1, "a key is followed by '=', not ':'", {"key = value", {}, {}});
    const std::size_t equals = line.text.find('=');
    if (equals == std::string_view::npos)
      return at(line.begin, line.end, "this line is neither a section nor a key with its value",
                {"[section], key = value, or # and a comment", {}, {}});
    if (context_.brackets.empty() && equals > 0) {
      const std::string_view key = line.text.substr(0, line.text.find_last_not_of(" \t", equals - 1) + 1);
      return at(line.begin, line.begin + key.size(), "'" + brief(key) + "' is no key",
                {"one word of letters, digits, _ and -", nearest_key(key), {}});
    }
    return at(at_, at_ + 1, "'=' is missing here", {"key = value", {}, {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> header() const {
    const Stretch line = line_at(text_, at_);
    if (!says("table header") && !(says("parsing key:") && line.text.starts_with('['))) return std::nullopt;
    const std::size_t from = line.text.find_first_not_of("[ "), to = line.text.find_last_not_of("] ");
    const bool is_empty = from == std::string_view::npos || to == std::string_view::npos || to < from;
    const std::string_view name = is_empty ? "" : line.text.substr(from, to - from + 1);
    const std::string nearest = nearest_key(name);
    return at(line.begin, line.end, "this is no section header",
              {"[name] alone in its line, where name is one word", nearest == name ? "" : nearest, {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> inline_table() const {
    if (!says("inline table")) return std::nullopt;
    const std::size_t open = context_.brackets.empty() ? at_ : context_.brackets.back();
    if (at_line_end())
      return at(open, line_at(text_, open).end, "this table { ... } is not closed in its line",
                {"the whole table in one line, or a section of its own, e.g. [initial.gaussian]", {}, {}});
    if (says("dangling comma"))
      return at(at_, at_ + 1, "nothing between ',' and '}'", {"no comma after the last value", {}, {}});
    if (says("expected comma"))
      return at(at_, at_ + 1, "a comma is missing before this", {"{ key = value, key = value }", {}, {}});
    return at(at_, at_ + 1, "a key is missing here", {"{ key = value, key = value }", {}, {}});
  }

  [[nodiscard]] std::optional<InvalidExperiment> list() const {
    if (!says("parsing array")) return std::nullopt;
    const std::size_t open = context_.brackets.empty() ? at_ : context_.brackets.back();
    const Stretch line = line_at(text_, at_);
    const bool in_next_line = line.begin > open && line.begin == at_;
    if (says("end-of-file") || (in_next_line && (contains(line.text, "=") || here() == '[')))
      return at(open, open + 1, "this list is not closed", {"] after its last entry", {}, {}});
    if (here() == '}') return at(at_, at_ + 1, "a list that begins with [ ends with ]", {"]", {}, {}});
    if (here() == ',') return at(at_, at_ + 1, "nothing between two commas", {"one comma between two entries", {}, {}});
    if (const auto number = number_words(bare_value(text_, at_)); number && !says("comma or")) return number;
    return at(at_, at_ + 1, "a comma is missing before this", {"[1, 2, 3]", {}, {}});
  }

  /// A complete value, and then something more.
  [[nodiscard]] std::optional<InvalidExperiment> follower() const {
    const Stretch line = line_at(text_, at_);
    if (here() == ';' && at_ + 1 >= line.end && context_.brackets.empty())
      return at(at_, at_ + 1, "no ';' behind a value", {"a new line for the next key", {}, {}});
    if (!says("expected a comment or whitespace") || at_ <= line.begin) return std::nullopt;
    const char before = text_[text_.find_last_not_of(" \t", at_ - 1)];
    if (before == '"' || before == '\'')
      return at(at_, at_ + 1, "something follows the closing quote",
                {std::string("nothing but a comment there; a ") + before + " inside a text is written " +
                     (before == '"' ? "'...\"...'" : "\"...'...\""),
                 {},
                 {}});
    if (before == ']' || before == '}')
      return at(at_, line.end, std::string("something follows the closing ") + before,
                {"one value for each key, and a new line for the next key", {}, {}});
    if (here() == ',' && at_ + 1 >= line.end)
      return at(at_, at_ + 1, "no comma behind a value", {"a new line for the next key", {}, {}});
    if (text_[at_ - 1] == ' ' || text_[at_ - 1] == '\t')
      return at(at_, line.end, "something follows the value",
                {"one value for each key, and a new line for the next key", {}, {}});
    return std::nullopt;
  }

  [[nodiscard]] std::optional<InvalidExperiment> value() const {
    const Stretch word = bare_value(text_, at_);
    if (word.text.empty()) {
      const std::string allowed = allowed_here();
      return at(at_, at_ + 1, "no value behind '='", {allowed.empty() ? "key = value" : allowed, {}, {}});
    }
    if (word.text.starts_with('=')) return at(word.begin, word.begin + 1, "one '=' too many", {"key = value", {}, {}});
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; };
    if (std::none_of(word.text.begin(), word.text.end(), is_word))
      return at(word.begin, word.end, "this is no value: " + brief(word.text), {allowed_here(), {}, {}});
    if (word.text.starts_with("\xE2\x80\x9C") || word.text.starts_with("\xE2\x80\x9D") ||
        word.text.starts_with("\xE2\x80\x98"))
      return at(word.begin, word.end, "these are typographic quotes", {"plain ones: \"...\"", {}, {}});
    if (auto error = number_words(word)) return error;
    std::string lower(word.text.substr(0, 8));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    if (lower == "true" || lower == "false")
      return at(word.begin, word.end, "'" + std::string(word.text) + "' is no value",
                {"true or false, in small letters", lower, {}});
    const bool calculation = word.text.find_first_not_of("0123456789.eE_+-*/^() ") == std::string_view::npos;
    return at(word.begin, word.end,
              calculation ? "a number cannot be a calculation" : "a text needs quotes: " + quoted(word.text),
              {allowed_here(), {}, {}});
  }

  /// What the schema says about the key of this line; "" when it is inside of a table, or no key.
  [[nodiscard]] std::string allowed_here() const {
    const std::string_view line = line_at(text_, at_).text;
    const std::string_view key = line.substr(0, line.find_first_of(" \t="));
    const bool nested =
        std::any_of(context_.brackets.begin(), context_.brackets.end(), [&](std::size_t b) { return text_[b] == '{'; });
    return nested ? "" : std::string(allowed_for(section_before(text_, at_), key));
  }

  /// Numbers as people write them and TOML does not.
  [[nodiscard]] std::optional<InvalidExperiment> number_words(const Stretch& word) const {
    std::string_view digits = word.text;
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    const std::string sign(word.text.substr(0, word.text.size() - digits.size()));
    const std::string_view letters = contains(digits, ",") ? "0123456789.,eE_+- " : "0123456789.,eE_+-";
    const bool plain = !digits.empty() && digits.find_first_not_of(letters) == std::string_view::npos &&
                       std::any_of(digits.begin(), digits.end(), is_digit);
    if (!plain) return std::nullopt;
    const auto wrong = [&](const std::string& message, const std::string& allowed) {
      return at(word.begin, word.end, message, {allowed, {}, {}});
    };
    const std::string found(digits);
    if (says("64 bits")) return wrong("this integer has more than 64 bits", sign + brief(found) + ".0, a number");
    if (found.size() > 40) return wrong("this is no number that TOML knows", "numbers such as 10, 0.5, 1e-3 and 1_000");
    if (says("could not be interpreted")) return wrong("this number is out of range", "numbers up to 1.79e308");
    if (digits.front() == '.') return wrong("a number needs a digit before its point", sign + "0" + found);
    if (const std::size_t point = found.find('.');
        point != std::string::npos && (point + 1 == found.size() || !is_digit(found[point + 1])))
      return wrong("a number needs a digit after its point",
                   sign + found.substr(0, point + 1) + "0" + found.substr(point + 1));
    if (says("leading zero")) {
      const std::size_t first = found.find_first_not_of('0');
      return wrong("a number cannot begin with 0", sign + (first == std::string::npos ? "0" : found.substr(first)));
    }
    if (const std::size_t comma = found.find(','); comma != std::string::npos && comma + 1 < found.size()) {
      const bool is_list = found.find_first_of("., ", comma + 1) != std::string::npos || found.find('.') < comma;
      if (is_list) return wrong("several numbers need brackets around them", "[" + sign + found + "]");
      std::string point = found;
      point[comma] = '.';
      return wrong("a number has a point, not a comma", sign + point + "; or [" + sign + found + "], a list");
    }
    return wrong("this is no number that TOML knows", "numbers such as 10, 0.5, 1e-3 and 1_000");
  }
};

} // namespace

InvalidExperiment syntax_error(const std::shared_ptr<const Source>& source, const SyntaxError& error) {
  if (error.description.find("cannot redefine") != std::string::npos) return duplicate_error(source, error);
  return Explainer(source, error).explain();
}

} // namespace driftwell::input
