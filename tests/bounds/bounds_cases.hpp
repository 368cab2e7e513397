#pragma once
// Shared by the tests of the room.
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace bounds_cases {

using namespace driftwell::bounds;
using driftwell::expression::Expression;
using driftwell::expression::Symbols;
using driftwell::expression::Tape;

inline Expression in(const std::vector<std::string>& names, const std::string& text) {
  Symbols symbols;
  symbols.variables = names;
  return Expression::parse(text, symbols);
}

inline const std::string mueller_brown =
    "-200*exp(-(x-1)^2-10*y^2) - 100*exp(-x^2-10*(y-0.5)^2) - 170*exp(-6.5*(x+0.5)^2+11*(x+0.5)*(y-1.5)-6.5*(y-1.5)^2)"
    " + 15*exp(0.7*(x+1)^2+0.6*(x+1)*(y-1)+0.7*(y-1)^2)";

/// `value` lies in the enclosure, which is at most `tolerance` wide.
inline void encloses(const Enclosure& e, double value, double tolerance) {
  INFO(fmt::format("[{:.15g}, {:.15g}] after {} boxes, value {:.15g}", e.lower, e.upper, e.boxes, value));
  const double rounding = 1e-11 * (1 + std::abs(value)); // of the reference value
  CHECK(e.lower <= value + rounding);
  CHECK(e.upper >= value - rounding);
  CHECK(e.upper - e.lower <= tolerance);
  CHECK(e.reached);
  CHECK(e.defined);
}

/// A point of the box; its corners now and then.
inline std::vector<double> random_point(const Box& box, std::mt19937_64& random) {
  std::vector<double> x;
  for (const Interval& side : box) {
    const double u = std::uniform_real_distribution(-0.2, 1.2)(random);
    x.push_back(side.lower + (side.upper - side.lower) * std::min(1.0, std::max(0.0, u)));
  }
  return x;
}

} // namespace bounds_cases
