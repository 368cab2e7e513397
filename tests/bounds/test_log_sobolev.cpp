#include "driftwell/bounds/log_sobolev.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace driftwell::bounds;
using driftwell::expression::Symbols;

namespace {

Expression in_x(const std::string& text) {
  Symbols symbols;
  symbols.variables = {"x"};
  return Expression::parse(text, symbols);
}

void print(const std::string& name, const Convexification& c) {
  fmt::print("{}: rho {:.10g} kappa {:.10g} osc {:.10g} {}\n", name, c.rho, c.kappa, c.oscillation, c.reason);
}

} // namespace

TEST_CASE("exploring") {
  for (const double t : {1.0, 0.5, 0.1}) {
    fmt::print("T = {}\n", t);
    for (const std::string text : {"x^2/2", "(x^2-1)^2/4", "x^4/4", "x^2/2 + (1-cos(5*x))/4", "abs(x)", "sqrt(1+x^2)"}) {
      print(text, best_convexification(in_x(text), t, Interval(-4, 4)));
      print(text, best_convexification(in_x(text), t, Interval::whole()));
      const LineConstants c = line_constants(in_x(text), t, {-4, 4});
      fmt::print("   poincare [{:.6g}, {:.6g}] log-sobolev [{:.6g}, {:.6g}] median {}\n", c.poincare.lower, c.poincare.upper, c.log_sobolev.lower, c.log_sobolev.upper, c.median);
    }
  }
}
