#include "driftwell/bounds/curvature.hpp"
#include "driftwell/bounds/range.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace driftwell::bounds;
using driftwell::expression::Symbols;

namespace {

Expression in(const std::vector<std::string>& names, const std::string& text) {
  Symbols symbols;
  symbols.variables = names;
  return Expression::parse(text, symbols);
}

void encloses(const Enclosure& e, double value, double tolerance) {
  INFO(fmt::format("[{:.15g}, {:.15g}] after {} boxes, value {:.15g}", e.lower, e.upper, e.boxes, value));
  CHECK(e.lower <= value + 1e-12 * (1 + std::abs(value)));
  CHECK(e.upper >= value - 1e-12 * (1 + std::abs(value)));
  CHECK(e.upper - e.lower <= tolerance);
  CHECK(e.reached);
}

} // namespace

TEST_CASE("curvatures of worked models") {
  const Expression well = in({"x"}, "(x^2-1)^2/4");
  encloses(convexity(well, {{-2, 2}}), -1, 1e-8);
  encloses(largest_curvature(well, {{-2, 2}}), 11, 2e-5);
  encloses(gradient_lipschitz(well, {{-2, 2}}), 11, 2e-5);
  const Expression kleinberg = in({"x"}, "x^2/2 + (1-cos(5*x))/4");
  encloses(gradient_lipschitz(kleinberg, {{-3, 3}}), 1 + 25.0 / 4, 1e-5);
  encloses(one_point_convexity(kleinberg.gradient(1), {0}, {{-3, 3}}), -0.357710176320, 1e-6);
}

TEST_CASE("Mueller and Brown's surface on its box") {
  const Expression f = in({"x", "y"}, "-200*exp(-(x-1)^2-10*y^2) - 100*exp(-x^2-10*(y-0.5)^2) - 170*exp(-6.5*(x+0.5)^2+11*(x+0.5)*(y-1.5)-6.5*(y-1.5)^2)"
                                      " + 15*exp(0.7*(x+1)^2+0.6*(x+1)*(y-1)+0.7*(y-1)^2)");
  const Box box{{-1.5, 1.2}, {-0.2, 2}};
  encloses(minimum(f, box), -146.699517209954, 2e-4);
  const Enclosure e = convexity(f, box);
  CHECK(e.reached);
  INFO(fmt::format("[{:.15g}, {:.15g}] after {} boxes", e.lower, e.upper, e.boxes));
  CHECK(e.boxes < 20000);
}
