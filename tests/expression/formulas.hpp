#pragma once
// Random formulas for the tests, each with a slow and obvious evaluator that also bounds the rounding error.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace formulas {

/// A value with a bound on what any reasonable order of operations may lose, in units of 2^-52.
struct Bounded {
  long double value, size, loss; ///< size: sum of |terms| where the value is a sum
};

struct Tree {
  std::string op; ///< "1.5", "x", "+", "neg", "exp", "where<", ...
  std::vector<std::unique_ptr<Tree>> parts;
};

inline std::string text_of(const Tree& t) {
  const auto part = [&](std::size_t i) { return text_of(*t.parts[i]); };
  if (t.parts.empty())
    return t.op;
  if (t.op == "neg")
    return "(-" + part(0) + ")";
  if (t.parts.size() == 2 && t.op.size() == 1)
    return "(" + part(0) + " " + t.op + " " + part(1) + ")";
  if (t.op.starts_with("^"))
    return "(" + part(0) + ")" + t.op;
  if (t.op.starts_with("where"))
    return "where(" + part(0) + t.op.substr(5) + part(1) + ", " + part(2) + ", " + part(3) + ")";
  std::string text = t.op + "(";
  for (std::size_t i = 0; i < t.parts.size(); ++i)
    text += (i == 0 ? "" : ", ") + part(i);
  return text + ")";
}

using Point = std::array<long double, 3>;

inline Bounded evaluate(const Tree& t, const Point& point);

/// f(a) with derivative `slope`.
inline Bounded through(const Bounded& a, long double value, long double slope) {
  return {value, std::abs(value), std::abs(slope) * a.loss + 4 * std::abs(value)};
}

inline Bounded evaluate_call(const std::string& f, const Bounded& a) {
  const long double x = a.value;
  if (f == "exp") return through(a, std::exp(x), std::exp(x));
  if (f == "log") return through(a, std::log(x), 1 / x);
  if (f == "sqrt") return through(a, std::sqrt(x), 0.5L / std::sqrt(x));
  if (f == "sin") return through(a, std::sin(x), std::cos(x));
  if (f == "cos") return through(a, std::cos(x), std::sin(x));
  if (f == "tanh") return through(a, std::tanh(x), 1);
  if (f == "atan") return through(a, std::atan(x), 1);
  if (f == "erf") return through(a, std::erf(x), 1.2L);
  if (f == "abs") return through(a, std::abs(x), 1);
  if (f == "relu") return through(a, x > 0 ? x : 0, 1);
  if (f == "sigmoid") return through(a, 1 / (1 + std::exp(-x)), 0.3L);
  if (f == "softplus") return through(a, (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))), 1);
  if (f == "log1p") return through(a, std::log1p(x), 1 / (1 + x));
  if (f == "expm1") return through(a, std::expm1(x), std::exp(x));
  if (f == "cosh") return through(a, std::cosh(x), std::sinh(x));
  if (f == "sinh") return through(a, std::sinh(x), std::cosh(x));
  return {NAN, 0, 0};
}

inline Bounded evaluate(const Tree& t, const Point& point) {
  if (t.parts.empty()) {
    const long double value = t.op == "x" ? point[0] : t.op == "y" ? point[1] : t.op == "z" ? point[2] : static_cast<long double>(std::stod(t.op));
    return {value, std::abs(value), 0};
  }
  const Bounded a = evaluate(*t.parts[0], point);
  if (t.op == "neg")
    return {-a.value, a.size, a.loss};
  if (t.op.starts_with("^")) {
    const long double n = std::stod(t.op.substr(t.op[1] == '(' ? 2 : 1));
    const long double value = std::pow(a.value, n);
    return {value, std::abs(value), std::abs(n * std::pow(a.value, n - 1)) * a.loss + 10 * std::abs(value)};
  }
  if (t.parts.size() == 1)
    return evaluate_call(t.op, a);
  const Bounded b = evaluate(*t.parts[1], point);
  if (t.op == "+" || t.op == "-")
    return {t.op == "+" ? a.value + b.value : a.value - b.value, a.size + b.size, a.loss + b.loss + 8 * (a.size + b.size)};
  if (t.op == "*")
    return {a.value * b.value, a.size * b.size, a.size * b.loss + b.size * a.loss + 8 * a.size * b.size};
  if (t.op == "/") {
    const long double value = a.value / b.value;
    return {value, std::abs(a.size / b.value), (a.loss + std::abs(value) * b.loss) / std::abs(b.value) + 8 * std::abs(a.size / b.value)};
  }
  if (t.op == "min" || t.op == "max") {
    const bool first = t.op == "min" ? a.value < b.value : a.value > b.value;
    return {first ? a.value : b.value, first ? a.size : b.size, std::max(a.loss, b.loss)};
  }
  const bool yes = t.op == "where<" ? a.value < b.value : a.value >= b.value;
  return evaluate(*t.parts[yes ? 2 : 3], point);
}

/// Whether a comparison on the way to the value is too close to call in double precision.
inline bool undecided(const Tree& t, const Point& point) {
  if (t.op.starts_with("where") || t.op == "min" || t.op == "max" || t.op == "abs" || t.op == "relu") {
    const Bounded a = evaluate(*t.parts[0], point);
    const Bounded b = t.parts.size() > 1 ? evaluate(*t.parts[1], point) : Bounded{0, 0, 0};
    if (!(std::abs(a.value - b.value) > 1e-12L * (1 + a.size + b.size + a.loss + b.loss)))
      return true;
  }
  return std::any_of(t.parts.begin(), t.parts.end(), [&](const auto& part) { return undecided(*part, point); });
}

class Generator {
public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::unique_ptr<Tree> tree(int depth) {
    auto t = std::make_unique<Tree>();
    const auto pick = [&](std::initializer_list<const char*> list) { return *(list.begin() + below(list.size())); };
    const auto parts = [&](int n) {
      for (int i = 0; i < n; ++i)
        t->parts.push_back(tree(depth - 1 - static_cast<int>(below(2))));
    };
    if (depth <= 0) {
      t->op = pick({"x", "y", "z", "x", "y", "z", "1", "2", "0.5", "3", "0", "1.25", "0.1", "7"});
      return t;
    }
    switch (below(12)) {
    case 0: case 1: case 2: t->op = "+"; parts(2); break;
    case 3: case 4: t->op = "-"; parts(2); break;
    case 5: case 6: case 7: t->op = "*"; parts(2); break;
    case 8: t->op = pick({"/", "min", "max", "neg"}); parts(t->op == "neg" ? 1 : 2); break;
    case 9: t->op = pick({"^2", "^3", "^2", "^4", "^(-1)", "^(-2)", "^1.5", "^0.5", "^0", "^1"}); parts(1); break;
    case 10: t->op = pick({"where<", "where>="}); parts(4); break;
    default:
      t->op = pick({"exp", "log", "sqrt", "sin", "cos", "tanh", "atan", "erf", "abs", "relu", "sigmoid", "softplus", "log1p", "expm1", "cosh", "sinh"});
      parts(1);
    }
    return t;
  }

  double real(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

private:
  std::mt19937_64 random_;
};

} // namespace formulas
