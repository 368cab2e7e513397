// Intervals hold what they promise: exact arithmetic in quadruple precision, elementary functions in extended precision, and
// random formulas on random boxes at random points.
#include "formulas.hpp"

#include "driftwell/expression/interval_tape.hpp"
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace driftwell::expression;

namespace {

Expression in_xyz(const std::string& text) {
  Symbols symbols;
  symbols.variables = {"x", "y", "z"};
  return Expression::parse(text, symbols);
}

Image image_of(const std::string& text, const Box& box) { return IntervalTape({in_xyz(text)}, 3)(box)[0]; }

/// Ends from 1e-300 to 1e300, both signs, zeros and infinities now and then.
Interval random_interval(formulas::Generator& random) {
  const auto end = [&] {
    switch (random.below(12)) {
    case 0: return 0.0;
    case 1: return Interval::infinity;
    case 2: return -Interval::infinity;
    case 3: return std::ldexp(random.real(-1, 1), static_cast<int>(random.below(2000)) - 1000);
    case 4: return std::floor(random.real(-5, 5));
    default: return random.real(-3, 3);
    }
  };
  const double a = end(), b = random.below(4) == 0 ? a : end();
  return std::isinf(a) && a == b ? Interval(1.0) : Interval(std::min(a, b), std::max(a, b));
}

double point_of(const Interval& a, formulas::Generator& random) {
  const double low = std::max(a.lower, -1e3), high = std::min(a.upper, 1e3);
  const double x = random.below(3) == 0 ? low : random.below(2) == 0 ? high : low + (high - low) * random.real(0, 1);
  return a.contains(x) ? x : a.middle();
}

bool holds(const Interval& a, __float128 value) {
  return (std::isinf(a.lower) || static_cast<__float128>(a.lower) <= value) && (std::isinf(a.upper) || value <= static_cast<__float128>(a.upper));
}

} // namespace

TEST_CASE("interval arithmetic contains the exact results") {
  formulas::Generator random(1);
  for (int trial = 0; trial < 200'000; ++trial) {
    const Interval a = random_interval(random), b = random_interval(random);
    const double x = point_of(a, random), y = point_of(b, random);
    const __float128 qx = x, qy = y;
    const auto check = [&](const char* what, const Interval& result, __float128 exact) {
      if (holds(result, exact)) return;
      FAIL(fmt::format("{} of [{}, {}] and [{}, {}] is [{}, {}], which lacks x = {}, y = {}", what, a.lower, a.upper, b.lower, b.upper, result.lower,
                       result.upper, x, y));
    };
    check("sum", a + b, qx + qy);
    check("difference", a - b, qx - qy);
    check("product", a * b, qx * qy);
    if (y != 0) check("quotient", a / b, qx / qy);
    check("square", square(a), qx * qx);
    check("cube", integer_power(a, 3), qx * qx * qx);
    if (x != 0) check("inverse square", integer_power(a, -2), 1 / (qx * qx));
    check("hull", hull(a, b), qx);
    check("abs", abs(a), x < 0 ? -qx : qx);
  }
}

TEST_CASE("interval arithmetic is sharp") {
  CHECK(Interval(1.0) / Interval(4.0) == Interval(0.25));
  CHECK(Interval(2.0) * Interval(3.0, 4.0) == Interval(6.0, 8.0));
  CHECK(Interval(-1.0, 2.0) * Interval(-3.0, 1.0) == Interval(-6.0, 3.0));
  CHECK(square(Interval(-1.0, 2.0)) == Interval(0.0, 4.0));
  CHECK(integer_power(Interval(-2.0, 1.0), 3) == Interval(-8.0, 1.0));
  CHECK(Interval(1.0) / Interval(0.0, 2.0) == Interval(0.5, Interval::infinity));
  CHECK(Interval(1.0) / Interval(-1.0, 2.0) == Interval::whole());
  CHECK((Interval(1.0) / Interval(0.0)).is_empty());
  CHECK(Interval::whole() * Interval(0.0) == Interval(0.0));
  CHECK(sqrt(Interval(4.0, 9.0)) == Interval(2.0, 3.0));
  const Interval third = Interval(1.0) / Interval(3.0);
  CHECK(third.upper == std::nextafter(third.lower, 1));
  CHECK(Interval(1e308) + Interval(1e308) == Interval(std::numeric_limits<double>::max(), Interval::infinity));
  CHECK((Interval::whole() + Interval(1.0, 2.0)) == Interval::whole());
}

TEST_CASE("elementary functions on intervals") {
  using Real = long double;
  struct Case {
    std::string name;
    Real (*of)(Real);
    double low, high;
  };
  const std::vector<Case> cases{{"exp", std::exp, -745, 709}, {"log", std::log, 1e-300, 1e3}, {"log1p", std::log1p, -0.999, 50}, {"expm1", std::expm1, -50, 700},
    {"sqrt", std::sqrt, 0, 1e6}, {"sin", std::sin, -40, 40}, {"cos", std::cos, -40, 40}, {"tan", std::tan, -1.57, 1.57}, {"asin", std::asin, -1, 1},
    {"acos", std::acos, -1, 1}, {"atan", std::atan, -1e3, 1e3}, {"sinh", std::sinh, -700, 700}, {"cosh", std::cosh, -700, 700}, {"tanh", std::tanh, -25, 25},
    {"erf", std::erf, -7, 7}, {"abs", std::fabs, -2, 2},
    {"sigmoid", [](Real x) { return 1 / (1 + std::exp(-x)); }, -700, 700}, {"softplus", [](Real x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }, -700, 700}};
  formulas::Generator random(2);
  for (const Case& c : cases) {
    const IntervalTape tape({in_xyz(c.name + "(x)")}, 1);
    for (int trial = 0; trial < 4000; ++trial) {
      const double centre = random.real(c.low, c.high), reach = std::ldexp(1.0, static_cast<int>(random.below(60)) - 50);
      const double a = std::max(c.low, centre - reach), b = random.below(3) == 0 ? a : std::min(c.high, centre + reach);
      const Image image = tape(Box{{a, b}})[0];
      if (!image.defined || !image.continuous) FAIL(fmt::format("{} is flagged on [{}, {}]", c.name, a, b));
      Real least = std::numeric_limits<Real>::infinity(), most = -least;
      for (int i = 0; i <= 20; ++i) {
        const Real value = c.of(i == 20 ? b : a + (b - a) * (i / 20.0));
        least = std::min(least, value);
        most = std::max(most, value);
        if (!(image.range.lower <= value && value <= image.range.upper))
          FAIL(fmt::format("{} of [{:.17g}, {:.17g}] is [{:.17g}, {:.17g}], which lacks {:.20g}", c.name, a, b, image.range.lower, image.range.upper, value));
      }
      if (a == b && !(image.range.upper - image.range.lower <= 2e-15 * std::fabs(static_cast<double>(least)) + 1e-300))
        FAIL(fmt::format("{}({:.17g}) is as wide as [{:.17g}, {:.17g}]", c.name, a, image.range.lower, image.range.upper));
    }
  }
  CHECK(image_of("sin(x)", {{1, 2}, 0.0, 0.0}).range.upper == 1);
  CHECK(image_of("cos(x)", {{-1, 1}, 0.0, 0.0}).range.upper == 1);
  CHECK(image_of("cos(x)", {{3, 4}, 0.0, 0.0}).range.lower == -1);
  CHECK(image_of("cos(x)", {Interval::whole(), 0.0, 0.0}).range == Interval(-1, 1));
}

TEST_CASE("what may be undefined or jump is flagged") {
  const auto flags = [](const std::string& text, const Interval& x) {
    const Image image = image_of(text, {x, 0.0, 0.0});
    return std::string(image.defined ? "d" : "-") + (image.continuous ? "c" : "-");
  };
  CHECK(flags("log(x)", {0.5, 2}) == "dc");
  CHECK(flags("log(x)", {0, 2}) == "--");
  CHECK(flags("1/x", {-1, 1}) == "--");
  CHECK(flags("1/x", {1, 2}) == "dc");
  CHECK(flags("sqrt(x)", {-1, 1}) == "--");
  CHECK(flags("sqrt(x)", {0, 1}) == "dc");
  CHECK(flags("x^1.5", {0, 1}) == "dc");
  CHECK(flags("x^1.5", {-1, 1}) == "--");
  CHECK(flags("x^-0.5", {0, 1}) == "--");
  CHECK(flags("tan(x)", {1, 2}) == "--");
  CHECK(flags("acos(x)", {0, 2}) == "--");
  CHECK(flags("step(x)", {-1, 1}) == "d-");
  CHECK(flags("step(x)", {1, 2}) == "dc");
  CHECK(flags("abs(x)", {-1, 1}) == "dc");
  CHECK(flags("where(x > 0, log(x), 0)", {-2, -1}) == "dc");
  CHECK(flags("where(x > 0, log(x), 0)", {1, 2}) == "dc");
  CHECK(flags("where(x > 0, 1, 0)", {-1, 2}) == "d-");
  CHECK(image_of("log(x)", {{-2, -1}, 0.0, 0.0}).range.is_empty());
  CHECK(image_of("sqrt(x)", {{-2, 4}, 0.0, 0.0}).range == Interval(0, 2));
  CHECK(image_of("3*x^2 - 1", {{-2, 4}, 0.0, 0.0}).range == Interval(-1, 47));
  CHECK(image_of("3*x^2 - 1", {{2, Interval::infinity}, 0.0, 0.0}).range == Interval(11, Interval::infinity));
  CHECK(image_of("exp(-x^2)", {Interval::whole(), 0.0, 0.0}).range.upper <= 1 + 1e-15);
}

TEST_CASE("random formulas on random boxes") {
  formulas::Generator random(3);
  int compared = 0, undefined = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    const auto tree = random.tree(1 + static_cast<int>(random.below(5)));
    const std::string text = formulas::text_of(*tree);
    Box box;
    for (int i = 0; i < 3; ++i) {
      const double a = random.real(-3, 3), width = std::ldexp(1.0, -static_cast<int>(random.below(12)));
      box.emplace_back(a, random.below(5) == 0 ? a : a + width);
    }
    const Image image = image_of(text, box);
    const Tape tape({in_xyz(text)}, 3);
    for (int sample = 0; sample < 20; ++sample) {
      formulas::Point point;
      for (std::size_t i = 0; i < 3; ++i) point[i] = point_of(box[i], random);
      const formulas::Bounded value = formulas::evaluate(*tree, point);
      if (formulas::undecided(*tree, point)) continue;
      const long double doubt = std::ldexp(value.loss, -52);
      if (std::isnan(value.value)) { // unless simplified away, as 0*log(x) is
        if (!std::isnan(tape(std::vector<double>{double(point[0]), double(point[1]), double(point[2])})[0])) continue;
        ++undefined;
        if (image.defined) FAIL(fmt::format("{} is not defined at {} {} {} but not flagged", text, double(point[0]), double(point[1]), double(point[2])));
      } else if (std::isfinite(value.value) && std::isfinite(doubt)) {
        ++compared;
        if (!(image.range.lower <= value.value + doubt && value.value - doubt <= image.range.upper))
          FAIL(fmt::format("{} at {} {} {} is {}, not in [{}, {}]", text, double(point[0]), double(point[1]), double(point[2]), double(value.value),
                           image.range.lower, image.range.upper));
      }
    }
  }
  CHECK(compared > 50'000);
  CHECK(undefined > 1000);
}

TEST_CASE("intervals shrink with the box") {
  const std::string text = "(x^2 - y)^2*exp(-x*y) + sin(3*x)/(2 + cos(y)) + sqrt(1 + z^2)*tanh(x - z)";
  const Tape tape({in_xyz(text)}, 3);
  const std::vector<double> point{0.3, -0.7, 1.1};
  const double value = tape(point)[0];
  for (const double width : {1e-1, 1e-3, 1e-6, 0.0}) {
    const Image image = image_of(text, {{0.3, 0.3 + width}, {-0.7, -0.7 + width}, {1.1, 1.1 + width}});
    CHECK(image.range.lower <= value + 1e-15);
    CHECK(image.range.upper >= value - 1e-15);
    CHECK(image.range.width() <= 12 * width + 2e-14);
  }
}
