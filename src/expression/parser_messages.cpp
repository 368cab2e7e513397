// What the parser says to the person who wrote the formula.
#include "parser.hpp"

#include "driftwell/core/source.hpp"


namespace driftwell::expression {

namespace {

constexpr std::size_t names_shown = 12;

bool starts_operand(Sign sign) { return sign == Sign::number || sign == Sign::name || sign == Sign::open; }

} // namespace

void Parser::fail(const std::string& message, const Token& at, std::string allowed, std::string nearest) const {
  throw ParseError(message, at.offset, at.length, std::move(allowed), std::move(nearest));
}

std::string Parser::describe(const Token& token) const {
  return token.sign == Sign::end ? std::string("the end of the formula") : std::string("'").append(word(token)).append("'");
}

std::string Parser::bound_values() const {
  std::string text;
  for (const auto& [name, value] : bound_)
    text += (text.empty() ? " (with " : ", ") + std::string(name) + " = " + std::to_string(value);
  return text.empty() ? text : text + ")";
}

std::string Parser::known_names() const {
  std::vector<std::string> names;
  if (symbols_.indexed)
    names.push_back(symbols_.base + "[1] to " + symbols_.base + "[" + std::to_string(symbols_.variables.size()) + "]");
  else
    names = symbols_.variables;
  for (const auto& parameter : symbols_.parameters)
    names.push_back(parameter.first);
  for (const auto& entry : bound_)
    names.emplace_back(entry.first);
  if (symbols_.indexed)
    names.emplace_back("d");
  const std::size_t more = names.size() > names_shown ? names.size() - names_shown : 0;
  names.resize(names.size() - more);
  names.emplace_back("pi");
  if (more != 0)
    return list_of(names, ",") + " (and " + std::to_string(more) + " more)";
  return list_of(names);
}

void Parser::refuse_unknown(const Token& name) const {
  const std::string text(word(name));
  if (now().sign == Sign::open) {
    const auto& functions = callable_names();
    fail("unknown function '" + text + "'", name, list_of(functions), nearest_name(text, functions));
  }
  std::vector<std::string> candidates;
  if (!symbols_.indexed)
    candidates = symbols_.variables;
  else
    candidates.push_back(symbols_.base);
  for (const auto& parameter : symbols_.parameters)
    candidates.push_back(parameter.first);
  for (const auto& entry : bound_)
    candidates.emplace_back(entry.first);
  candidates.emplace_back("pi");
  std::string nearest = nearest_name(text, candidates);
  const std::string& base = symbols_.base; // x3 for x[3]
  const std::string_view digits = symbols_.indexed && text.starts_with(base) ? std::string_view(text).substr(base.size()) : std::string_view{};
  if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos)
    nearest = base + "[" + std::string(digits) + "]";
  if (text == "e" && nearest.empty())
    nearest = "exp(1)";
  fail("unknown name '" + text + "'", name, known_names(), nearest);
}

void Parser::refuse_bare_function(const Token& name) const {
  const std::string text(word(name));
  fail("'" + text + "' is a function and needs its arguments in round brackets", name, text + "(...)");
}

void Parser::refuse_operand() const {
  const Token& token = now();
  if (token.sign == Sign::end)
    fail("the formula ends where a number, a name or '(' is expected", token);
  if (token.sign == Sign::close && tokens_[at_ - 1].sign == Sign::open)
    fail("nothing stands between these brackets", token);
  fail("a number, a name or '(' is expected here, found " + describe(token), token);
}

void Parser::refuse_leftover() const {
  const Token& token = now();
  if (token.sign >= Sign::less && token.sign <= Sign::not_equal)
    fail("a comparison can only be the first argument of where(a < b, value if so, value if not)", token);
  if (token.sign == Sign::name && (word(token) == "and" || word(token) == "or"))
    fail(describe(token) + " joins comparisons, in the first argument of where() and in sets", token);
  if (starts_operand(token.sign) && at_ != 0) {
    const Token& before = tokens_[at_ - 1];
    fail("an operator is missing between " + describe(before) + " and " + describe(token), token, "+ - * / ^");
  }
  if (token.sign == Sign::open_index)
    fail("only indexed variables take an index in square brackets", token);
  if (token.sign == Sign::comma)
    fail("a ',' is only used between the arguments of a function", token);
  fail("unexpected " + describe(token), token);
}

} // namespace driftwell::expression
