#pragma once
// Formulas: text -> expression graph -> exact derivatives. See tape.hpp for evaluation.
//
// grammar   + - * / ^ (right-associative), unary minus with -x^2 = -(x^2), parentheses, names of variables, parameters and the constant pi; x[3] or x[i+1] for indexed
//           variables; sum(i, first, last, body) with integer bounds
// condition comparisons < <= > >= == != joined by and, or, not and parentheses: the c of where(c, a, b), and sets of points
// functions exp log log1p expm1 sqrt sin cos tan asin acos atan sinh cosh tanh erf abs sign min max pow relu softplus
//           sigmoid step where sum
// corners   step(0) = sign(0) = 0; abs' = sign, relu' = step, step' = sign' = 0; min and max return NaN for a NaN and
//           have the derivative of the argument they return (at a tie: of the one written first, as the graph stores
//           them); where(c, a, b)' = where(c, a', b')
// Limits keep a hostile text harmless: it can compute, never hang, read or run anything.
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwell::expression {

struct Limits {
  std::size_t length = 64 * 1024; ///< bytes of text
  std::size_t depth = 200;        ///< nesting of the text
  std::size_t nodes = 100'000;    ///< operations of the graph, sums written out; a derivative may add ten times as many
};

/// The names a text may use.
struct Symbols {
  std::vector<std::string> variables;                      ///< "x", "y"; with `indexed`: one a dimension, used as base[i]
  bool indexed = false;                                    ///< variables are x[1] .. x[d]; `d` is then a constant
  std::string base = "x";                                  ///< base name of indexed variables
  std::vector<std::pair<std::string, double>> parameters;  ///< constants by name; they shadow nothing
  Limits limits{};
};

/// What is wrong with a text, where. `allowed` and `nearest` as in core's Hints.
class ParseError : public std::runtime_error {
public:
  ParseError(const std::string& message, std::size_t offset, std::size_t length, std::string allowed = {}, std::string nearest = {})
      : std::runtime_error(message), offset(offset), length(length), allowed(std::move(allowed)), nearest(std::move(nearest)) {}
  std::size_t offset, length; ///< bytes of the text
  std::string allowed, nearest;
};

struct Condition;

class Graph; // hash-consed nodes, private to the room

/// An immutable formula in d variables. Copies are cheap and share their graph; expressions that meet in an operation
/// must have been made with the same variable count. Construction simplifies (constants folded, x*1, x+0, ...) but
/// never cancels x/x, sqrt(x)^2 or log(exp(x)), which could hide a NaN.
/// Threads: every function may be called at the same time from several threads, also on the same or related
/// expressions (a shared graph is locked). Sums are added up in the order in which their terms were first written, so
/// formulas built by one thread at a time have the same bits in every run.
/// Throws std::length_error when a derivative or an operation outgrows the limits.
class Expression {
public:
  Expression();                                             ///< the constant 0
  Expression(double constant);                              // NOLINT: numbers are expressions
  [[nodiscard]] static Expression parse(std::string_view text, const Symbols& symbols);
  [[nodiscard]] static Expression variable(std::size_t index);

  [[nodiscard]] Expression derivative(std::size_t variable) const;
  /// All d first derivatives in one reverse sweep: cost proportional to the formula, not to d times it.
  [[nodiscard]] std::vector<Expression> gradient(std::size_t dimension) const;

  [[nodiscard]] bool is_constant() const;
  [[nodiscard]] bool is_constant(double value) const;       ///< structurally this very number
  [[nodiscard]] double constant() const;                    ///< throws std::logic_error when not is_constant()
  [[nodiscard]] bool depends_on(std::size_t variable) const;
  [[nodiscard]] std::string str(const std::vector<std::string>& names) const; ///< parses back to an equal formula

  friend Expression operator+(const Expression&, const Expression&);
  friend Expression operator-(const Expression&, const Expression&);
  friend Expression operator*(const Expression&, const Expression&);
  friend Expression operator/(const Expression&, const Expression&);
  friend Expression operator-(const Expression&);
  friend Expression exp(const Expression&);
  friend Expression log(const Expression&);
  friend Expression sqrt(const Expression&);
  friend Expression pow(const Expression&, const Expression&);

private:
  friend class Tape;
  friend class IntervalTape;
  friend Condition parse_condition(std::string_view text, const Symbols& symbols);
  struct Impl;
  explicit Expression(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// A set of points: "x^2 + y^2 < 1 and not y > 0".
struct Condition {
  Expression indicator;             ///< 1 where it holds, 0 elsewhere
  std::vector<Expression> compared; ///< both sides of every comparison; where one is NaN the comparison does not hold
};
[[nodiscard]] Condition parse_condition(std::string_view text, const Symbols& symbols);

} // namespace driftwell::expression
