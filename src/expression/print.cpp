// Graph -> text in the grammar of the parser. An explicit stack of pieces stands in for recursion: formulas put
// together by operators can be deeper than any call stack.
#include "graph.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>

namespace driftwell::expression {

namespace {

enum Level : int { level_sum, level_product, level_power, level_atom };

constexpr std::size_t longest_text = 1 << 24; ///< a graph with much sharing can be exponentially long as text

std::string number_text(double value) {
  if (std::isnan(value))
    return "(0/0)";
  if (std::isinf(value))
    return value > 0 ? "(1/0)" : "(-1/0)";
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

struct Piece {
  std::string text;          ///< printed as it is when node is Graph::none
  NodeId node = Graph::none;
  int level = level_sum;     ///< looser nodes get parentheses
};

class Printer {
public:
  Printer(const Graph& graph, const std::vector<std::string>& names) : graph_(graph), names_(names) {}

  std::string run(NodeId root) {
    std::vector<Piece> stack{{{}, root, level_sum}};
    while (!stack.empty()) {
      const Piece piece = std::move(stack.back());
      stack.pop_back();
      if (piece.node == Graph::none) {
        text_ += piece.text;
      } else {
        pieces_.clear();
        const bool brackets = level_of(piece.node) < piece.level;
        if (brackets)
          put("(");
        expand(piece.node);
        if (brackets)
          put(")");
        stack.insert(stack.end(), std::make_move_iterator(pieces_.rbegin()), std::make_move_iterator(pieces_.rend()));
      }
      if (text_.size() + stack.size() > longest_text)
        throw std::length_error("the formula is too long to be written out");
    }
    return std::move(text_);
  }

private:
  void put(std::string text) { pieces_.push_back({std::move(text)}); }
  void put(NodeId node, int level) { pieces_.push_back({{}, node, level}); }

  [[nodiscard]] int level_of(NodeId id) const {
    const Node& node = graph_[id];
    switch (node.kind) {
    case Kind::constant: return std::signbit(node.value) && std::isfinite(node.value) ? level_sum : level_atom;
    case Kind::linear: return level_sum;
    case Kind::product: return node.count == 1 && graph_.operands(id)[0].factor > 0.0 ? level_power : level_product;
    case Kind::power: return level_power;
    default: return level_atom;
    }
  }

  void expand(NodeId id) {
    const Node& node = graph_[id];
    switch (node.kind) {
    case Kind::constant: return put(number_text(node.value));
    case Kind::variable: return put(node.first < names_.size() ? names_[node.first] : "x[" + std::to_string(node.first + 1) + "]");
    case Kind::linear: return expand_linear(id);
    case Kind::product: return expand_product(id);
    case Kind::power:
      put(graph_.operand(id, 0), level_atom);
      put("^");
      return put(graph_.operand(id, 1), level_power);
    case Kind::call:
      put(std::string(name_of(node.function())) + "(");
      for (std::size_t i = 0; i < node.count; ++i) {
        if (i != 0)
          put(", ");
        put(graph_.operand(id, i), level_sum);
      }
      return put(")");
    case Kind::select:
      put("where(");
      put(graph_.operand(id, 0), level_sum);
      put(" " + std::string(symbol_of(node.comparison())) + " ");
      for (std::size_t i = 1; i < 4; ++i) {
        put(graph_.operand(id, i), level_sum);
        put(i == 3 ? ")" : ", ");
      }
      return;
    }
  }

  void expand_linear(NodeId id) {
    bool first = true;
    const auto sign = [&](double value) {
      const bool minus = value < 0.0 && std::isfinite(value);
      put(first ? (minus ? "-" : "") : (minus ? " - " : " + "));
      first = false;
      return std::isfinite(value) ? std::abs(value) : value;
    };
    for (const Operand& term : graph_.operands(id)) {
      const bool leading = first;
      const double size = sign(term.factor);
      if (graph_[term.node].kind == Kind::product && level_of(term.node) == level_product) {
        // -1*(a - b)*c: a bare minus would be read into the bracket
        expand_product(term.node, leading && term.factor == -1.0 && starts_with_sum(term.node) ? "1" : size == 1.0 ? "" : number_text(size));
        continue;
      }
      if (size != 1.0)
        put(number_text(size) + "*");
      put(term.node, level_product);
    }
    const double constant = graph_[id].value;
    if (constant != 0.0)
      put(number_text(sign(constant)));
  }

  [[nodiscard]] bool starts_with_sum(NodeId product) const {
    for (const Operand& factor : graph_.operands(product))
      if (factor.factor > 0.0)
        return factor.factor == 1.0 && graph_[factor.node].kind == Kind::linear;
    return false;
  }

  void expand_product(NodeId id, std::string number = {}) {
    bool first = number.empty();
    put(std::move(number));
    for (const Operand& factor : graph_.operands(id)) {
      if (factor.factor < 0.0)
        continue;
      put(first ? "" : "*");
      first = false;
      expand_factor(factor.node, factor.factor);
    }
    if (first)
      put("1");
    for (const Operand& factor : graph_.operands(id)) {
      if (factor.factor > 0.0)
        continue;
      put("/");
      expand_factor(factor.node, -factor.factor);
    }
  }

  void expand_factor(NodeId base, double exponent) {
    put(base, exponent == 1.0 ? level_power : level_atom);
    if (exponent != 1.0) {
      put("^");
      put(number_text(exponent));
    }
  }

  const Graph& graph_;
  const std::vector<std::string>& names_;
  std::string text_;
  std::vector<Piece> pieces_;
};

} // namespace

std::string text_of(const Graph& graph, NodeId root, const std::vector<std::string>& names) { return Printer(graph, names).run(root); }

} // namespace driftwell::expression
