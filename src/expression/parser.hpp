#pragma once
// Tokens -> graph, by recursive descent:
//   sum      product (('+' | '-') product)*
//   product  unary (('*' | '/') unary)*
//   unary    ('-' | '+')* power
//   power    primary ('^' unary)?
//   primary  number | name | name '[' sum ']' | name '(' arguments ')' | '(' sum ')'
// A sum(i, first, last, body) reads its body's tokens once for each value of i.
#include "graph.hpp"
#include "lexer.hpp"

#include <string>
#include <unordered_map>

namespace driftwell::expression {

class Parser {
public:
  Parser(Graph& graph, std::string_view text, const Symbols& symbols);
  NodeId run();

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
  bool dry_ = false;    ///< reading the body of an empty sum: indices are not checked
  std::unordered_map<std::string_view, NodeId> names_;
  std::vector<std::pair<std::string_view, long>> bound_;
};

[[nodiscard]] NodeId parse_formula(Graph& graph, std::string_view text, const Symbols& symbols);

} // namespace driftwell::expression
