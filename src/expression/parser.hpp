#pragma once
// Tokens -> graph, by recursive descent:
//   sum      product (('+' | '-') product)*
//   product  unary (('*' | '/') unary)*
//   unary    ('-' | '+')* power
//   power    primary ('^' unary)?
//   primary  number | name | name '[' sum ']' | name '(' arguments ')' | '(' sum ')'
// and for the first argument of where(), and for sets:
//   condition all ('or' all)*
//   all       one ('and' one)*
//   one       'not' one | '(' condition ')' | sum ('<' | '<=' | '>' | '>=' | '==' | '!=') sum
// A sum(i, first, last, body) reads its body's tokens once for each value of i.
#include "graph.hpp"
#include "lexer.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace driftwell::expression {

class Parser {
public:
  Parser(Graph& graph, std::string_view text, const Symbols& symbols);
  NodeId run();
  /// The condition as 1 or 0, then both sides of each of its comparisons.
  std::vector<NodeId> run_condition();

private:
  NodeId parse_sum();
  NodeId parse_product();
  NodeId parse_unary();
  NodeId parse_power();
  NodeId parse_primary();
  NodeId parse_name();

  // parser_calls.cpp
  NodeId parse_call(const Token& name);
  NodeId parse_where();
  NodeId parse_written_out(const Token& name);
  NodeId parse_body(const Token& name, long first, long last, std::size_t body, std::size_t close);
  NodeId parse_indexed(const Token& name);
  long whole_number(const char* what);

  // parser_conditions.cpp
  struct Condition {
    enum class Kind { comparison, all, either, negated } kind;
    std::vector<Condition> parts;
    Comparison comparison;
    NodeId left, right; ///< of a comparison
  };
  Condition parse_condition();
  Condition parse_all();
  Condition parse_one();
  Condition parse_comparison();
  [[nodiscard]] bool closes_condition(std::size_t close) const;
  NodeId choose(const Condition& condition, NodeId yes, NodeId no);
  [[nodiscard]] bool take_word(std::string_view text);

  // parser_messages.cpp
  [[noreturn]] void fail(const std::string& message, const Token& at, std::string allowed = {}, std::string nearest = {}) const;
  [[noreturn]] void refuse_unknown(const Token& name) const;
  [[noreturn]] void refuse_bare_function(const Token& name) const;
  [[noreturn]] void refuse_operand() const;   ///< the current token cannot start an operand
  [[noreturn]] void refuse_leftover() const;  ///< the current token cannot follow a complete formula
  [[nodiscard]] std::string describe(const Token& token) const;
  [[nodiscard]] std::string known_names() const;
  [[nodiscard]] std::string bound_values() const; ///< " (with i = 3)" inside sums

  [[nodiscard]] const Token& now() const { return tokens_[at_]; }
  [[nodiscard]] std::string_view word(const Token& token) const { return text_.substr(token.offset, token.length); }
  [[nodiscard]] bool take(Sign sign);
  void enter(const Token& at);

  Graph& graph_;
  std::string_view text_;
  const Symbols& symbols_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t steps_ = 0;
  double copies_ = 1.0; ///< how many times the sums around this point repeat it
  bool inside_where_ = false;
  std::vector<NodeId> compared_; ///< sides of comparisons read so far
  bool dry_ = false;    ///< reading the body of an empty sum: indices are not checked
  std::unordered_map<std::string_view, NodeId> names_;
  std::vector<std::pair<std::string_view, long>> bound_;
};

[[nodiscard]] NodeId parse_formula(Graph& graph, std::string_view text, const Symbols& symbols);
[[nodiscard]] std::vector<NodeId> parse_condition(Graph& graph, std::string_view text, const Symbols& symbols);

/// Runs `read` with the graph's limits set for a text, and its overflow as a ParseError.
template <class Read> void within_limits(Graph& graph, std::string_view text, const Symbols& symbols, const Read& read) {
  if (text.size() > symbols.limits.length)
    throw ParseError("the formula is too long: " + std::to_string(text.size()) + " bytes", 0, 1,
                     "at most " + std::to_string(symbols.limits.length) + " bytes");
  graph.allow(4 * symbols.limits.nodes + 2 * symbols.variables.size() + symbols.parameters.size());
  try {
    read();
  } catch (const std::length_error& error) {
    throw ParseError(error.what(), 0, text.size(), "at most " + std::to_string(symbols.limits.nodes) + " operations");
  }
}

} // namespace driftwell::expression
