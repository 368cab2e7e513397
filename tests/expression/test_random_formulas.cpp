// Parser, simplification, derivative, program and tape at once: random formulas against the slow evaluator.
#include "formulas.hpp"

#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>

using namespace driftwell::expression;
using formulas::Point;

namespace {

const Symbols& xyz() {
  static const Symbols symbols = [] {
    Symbols s;
    s.variables = {"x", "y", "z"};
    return s;
  }();
  return symbols;
}

double value_at(const Expression& e, const Point& p) {
  const double point[] = {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  return Tape({e}, 3)(point)[0];
}

Point random_point(formulas::Generator& generator) {
  Point p;
  for (auto& x : p)
    x = generator.real(-2, 2);
  return p;
}

void check_values(std::uint64_t seed, int count) {
  formulas::Generator generator(seed);
  int compared = 0;
  for (int i = 0; i < count; ++i) {
    const auto tree = generator.tree(2 + static_cast<int>(generator.below(5)));
    const std::string text = formulas::text_of(*tree);
    const Expression e = Expression::parse(text, xyz());
    const std::string again = e.str(xyz().variables);
    INFO(text << "\n" << again);
    const Expression back = Expression::parse(again, xyz());
    if (again.find("/0)") == std::string::npos) // inf - inf and NaN - NaN are not 0
      CHECK((back - e).is_constant(0.0)); // the very same formula
    for (int k = 0; k < 4; ++k) {
      const Point p = random_point(generator);
      const formulas::Bounded exact = formulas::evaluate(*tree, p);
      if (!(std::abs(exact.value) < 1e300L) || !(exact.loss < 1e300L) || exact.loss > 1e10L * (1 + std::abs(exact.value)) || formulas::undecided(*tree, p))
        continue;
      ++compared;
      const long double allowed = 4 * exact.loss * 0x1p-52L + 1e-300L;
      const double found = value_at(e, p);
      CAPTURE(found, static_cast<double>(exact.value), static_cast<double>(allowed));
      CHECK(std::abs(found - exact.value) <= allowed);
      CHECK(std::abs(value_at(back, p) - exact.value) <= allowed);
    }
  }
  CHECK(compared > count);
}

void check_derivatives(std::uint64_t seed, int count) {
  formulas::Generator generator(seed);
  int compared = 0;
  for (int i = 0; i < count; ++i) {
    const auto tree = generator.tree(2 + static_cast<int>(generator.below(4)));
    const std::string text = formulas::text_of(*tree);
    const Expression e = Expression::parse(text, xyz());
    const std::vector<Expression> gradient = e.gradient(3);
    INFO(text);
    const Point p = random_point(generator);
    for (std::size_t v = 0; v < 3; ++v) {
      const auto difference = [&](long double h) {
        Point up = p, down = p;
        up[v] += h;
        down[v] -= h;
        return (formulas::evaluate(*tree, up).value - formulas::evaluate(*tree, down).value) / (2 * h);
      };
      const long double coarse = difference(1e-5L);
      const long double fine = difference(5e-6L);
      const formulas::Bounded at = formulas::evaluate(*tree, p);
      const bool smooth = std::isfinite(fine) && std::abs(coarse - fine) < 1e-7L * (1 + std::abs(fine)) && std::abs(fine) < 1e8L && at.loss < 1e6L;
      if (!smooth || formulas::undecided(*tree, p))
        continue;
      ++compared;
      const double found = value_at(gradient[v], p);
      INFO("d/d" << xyz().variables[v] << " = " << gradient[v].str(xyz().variables));
      CAPTURE(found, static_cast<double>(fine), static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2]));
      CHECK(std::abs(found - fine) <= 1e-6L * (1 + std::abs(fine)));
      const double alone = value_at(e.derivative(v), p);
      CHECK(std::abs(alone - found) <= 1e-9 * (1 + std::abs(found)));
    }
  }
  CHECK(compared > count);
}

} // namespace

TEST_CASE("random formulas have the value of the slow evaluator") { check_values(1, 2000); }
TEST_CASE("random formulas have the derivative of finite differences") { check_derivatives(2, 1500); }
TEST_CASE("very many random formulas", "[slow]") {
  check_values(3, 40'000);
  check_derivatives(4, 30'000);
}

TEST_CASE("second derivatives are symmetric") {
  formulas::Generator generator(9);
  for (int i = 0; i < 300; ++i) {
    const std::string text = formulas::text_of(*generator.tree(4));
    const Expression e = Expression::parse(text, xyz());
    const Point p = random_point(generator);
    const double xy = value_at(e.derivative(0).derivative(1), p);
    const double yx = value_at(e.derivative(1).derivative(0), p);
    INFO(text);
    if (std::isfinite(xy) && std::isfinite(yx) && std::abs(xy) < 1e6)
      CHECK(xy == Approx(yx).epsilon(1e-6).margin(1e-6));
  }
}
