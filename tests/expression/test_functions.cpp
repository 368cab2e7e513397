// The elementary functions of the tape against long double, over wide ranges and at the edges of IEEE arithmetic.
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace driftwell::expression;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

std::vector<double> values_at(const std::string& text, const std::vector<double>& x) {
  Symbols symbols;
  symbols.variables = {"x"};
  const Tape tape({Expression::parse(text, symbols)}, 1);
  Tape::Workspace workspace(tape);
  std::vector<double> y(x.size());
  const double* in[] = {x.data()};
  double* out[] = {y.data()};
  tape.evaluate(in, out, x.size(), workspace);
  return y;
}

double one(const std::string& text, double x) { return values_at(text, {x})[0]; }

/// Distance in units of the last place of the exact value.
double ulps(double found, long double exact) {
  const auto nearest = static_cast<double>(exact);
  if (std::isnan(nearest) || std::isnan(found))
    return std::isnan(nearest) && std::isnan(found) ? 0.0 : inf;
  if (std::isinf(nearest) || std::isinf(found))
    return nearest == found ? 0.0 : inf;
  const double size = std::abs(nearest);
  const double unit = std::max(std::nextafter(size, inf) - size, 4.9406564584124654e-324);
  return static_cast<double>(std::abs(static_cast<long double>(found) - exact) / static_cast<long double>(unit));
}

struct Case {
  std::string name;
  std::function<long double(long double)> exact;
  double low, high;  ///< uniform points; with `logarithmic` also magnitudes 1e-300 up to `high`
  bool logarithmic;
  double allowed;    ///< ulp
};

const std::vector<Case>& cases() {
  static const std::vector<Case> list{
      {"exp", [](long double x) { return std::exp(x); }, -745, 710, true, 1.1},
      {"expm1", [](long double x) { return std::expm1(x); }, -50, 710, true, 2.0},
      {"log", [](long double x) { return std::log(x); }, 0, 3, true, 1.0},
      {"log1p", [](long double x) { return std::log1p(x); }, -1, 3, true, 1.6},
      {"sinh", [](long double x) { return std::sinh(x); }, -710, 710, true, 2.3},
      {"cosh", [](long double x) { return std::cosh(x); }, -710, 710, true, 1.6},
      {"tanh", [](long double x) { return std::tanh(x); }, -25, 25, true, 2.5},
      {"sin", [](long double x) { return std::sin(x); }, -1e6, 1e6, true, 1.0},
      {"cos", [](long double x) { return std::cos(x); }, -1e6, 1e6, true, 1.0},
      {"tan", [](long double x) { return std::tan(x); }, -1e6, 1e6, true, 2.5},
      {"asin", [](long double x) { return std::asin(x); }, -1, 1, true, 1.8},
      {"acos", [](long double x) { return std::acos(x); }, -1, 1, true, 1.2},
      {"atan", [](long double x) { return std::atan(x); }, -5, 5, true, 1.8},
      {"erf", [](long double x) { return std::erf(x); }, -7, 7, true, 1.7},
      {"sigmoid", [](long double x) { return 1 / (1 + std::exp(-x)); }, -745, 745, true, 2.3},
      {"softplus", [](long double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }, -745, 745, true, 2.5},
      {"sqrt", [](long double x) { return std::sqrt(x); }, 0, 10, true, 0.5000001},
  };
  return list;
}

std::vector<double> points_of(const Case& c, std::size_t n) {
  std::mt19937_64 random(17);
  std::vector<double> x;
  for (std::size_t i = 0; i < n; ++i)
    x.push_back(std::uniform_real_distribution(c.low, c.high)(random));
  for (std::size_t i = 0; i < n; ++i)
    x.push_back(std::uniform_real_distribution(std::max(c.low, -2.0), std::min(c.high, 2.0))(random));
  if (c.logarithmic)
    for (std::size_t i = 0; i < n; ++i) {
      const double size = std::exp(std::uniform_real_distribution(std::log(1e-300), std::log(c.high))(random));
      x.push_back(c.low < 0 && (i & 1) != 0 && size <= -c.low ? -size : size);
    }
  return x;
}

void compare(std::size_t n) {
  for (const Case& c : cases()) {
    const std::vector<double> x = points_of(c, n);
    const std::vector<double> y = values_at(c.name + "(x)", x);
    double worst = 0.0, where = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const double error = ulps(y[i], c.exact(x[i])); !(error <= worst)) {
        worst = error;
        where = x[i];
      }
    INFO(c.name << ": " << worst << " ulp at " << where);
    CAPTURE(one(c.name + "(x)", where), static_cast<double>(c.exact(where)));
    CHECK(worst <= c.allowed);
  }
}

} // namespace

TEST_CASE("elementary functions stay within their stated error") { compare(20'000); }

TEST_CASE("elementary functions stay within their stated error, many points", "[slow]") { compare(1'000'000); }

TEST_CASE("elementary functions at the edges") {
  struct Edge {
    const char* name;
    double x, y;
  };
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double huge = std::numeric_limits<double>::max();
  const Edge edges[] = {
      {"exp", 0, 1}, {"exp", -inf, 0}, {"exp", inf, inf}, {"exp", 710, inf}, {"exp", -746, 0}, {"exp", huge, inf}, {"exp", -huge, 0},
      {"exp", -745, tiny}, {"exp", tiny, 1}, {"exp", -0.0, 1},
      {"expm1", 0, 0}, {"expm1", -0.0, -0.0}, {"expm1", -inf, -1}, {"expm1", inf, inf}, {"expm1", tiny, tiny}, {"expm1", -huge, -1},
      {"log", 0, -inf}, {"log", -0.0, -inf}, {"log", inf, inf}, {"log", -1, nan_value}, {"log", -inf, nan_value}, {"log", 1, 0},
      {"log", tiny, -744.44007192138122}, {"log", huge, 709.78271289338397},
      {"log1p", 0, 0}, {"log1p", -0.0, -0.0}, {"log1p", -1, -inf}, {"log1p", -2, nan_value}, {"log1p", inf, inf}, {"log1p", tiny, tiny},
      {"log1p", huge, 709.78271289338397},
      {"sqrt", -1, nan_value}, {"sqrt", inf, inf}, {"sqrt", -0.0, -0.0}, {"sqrt", 4, 2},
      {"sin", 0, 0}, {"sin", -0.0, -0.0}, {"sin", inf, nan_value}, {"sin", tiny, tiny}, {"sin", 1e22, -0.8522008497671888},
      {"cos", 0, 1}, {"cos", inf, nan_value}, {"cos", -inf, nan_value}, {"cos", 1e22, 0.523214785395139},
      {"tan", 0, 0}, {"tan", -0.0, -0.0}, {"tan", inf, nan_value}, {"tan", tiny, tiny},
      {"asin", 1, 1.5707963267948966}, {"asin", -1, -1.5707963267948966}, {"asin", 1.5, nan_value}, {"asin", -0.0, -0.0}, {"asin", inf, nan_value},
      {"acos", 1, 0}, {"acos", -1, 3.1415926535897931}, {"acos", -1.5, nan_value}, {"acos", 0, 1.5707963267948966},
      {"atan", inf, 1.5707963267948966}, {"atan", -inf, -1.5707963267948966}, {"atan", -0.0, -0.0}, {"atan", tiny, tiny}, {"atan", huge, 1.5707963267948966},
      {"sinh", inf, inf}, {"sinh", -inf, -inf}, {"sinh", -0.0, -0.0}, {"sinh", tiny, tiny}, {"sinh", 711, inf},
      {"cosh", 0, 1}, {"cosh", inf, inf}, {"cosh", -inf, inf}, {"cosh", 711, inf},
      {"tanh", inf, 1}, {"tanh", -inf, -1}, {"tanh", -0.0, -0.0}, {"tanh", tiny, tiny}, {"tanh", huge, 1},
      {"erf", inf, 1}, {"erf", -inf, -1}, {"erf", 0, 0}, {"erf", -0.0, -0.0}, {"erf", huge, 1},
      {"abs", -0.0, 0}, {"abs", -inf, inf}, {"abs", -3, 3},
      {"sign", -3, -1}, {"sign", 3, 1}, {"sign", 0, 0}, {"sign", -inf, -1},
      {"relu", -3, 0}, {"relu", 3, 3}, {"relu", inf, inf}, {"relu", -inf, 0}, {"relu", 0, 0},
      {"step", -3, 0}, {"step", 0, 0}, {"step", 3, 1}, {"step", inf, 1},
      {"softplus", inf, inf}, {"softplus", -inf, 0}, {"softplus", 1e300, 1e300},
      {"sigmoid", inf, 1}, {"sigmoid", -inf, 0}, {"sigmoid", 0, 0.5},
  };
  for (const Edge& edge : edges) {
    INFO(edge.name << "(" << edge.x << ")");
    const double found = one(std::string(edge.name) + "(x)", edge.x);
    CAPTURE(found, edge.y);
    CHECK((std::isnan(edge.y) ? std::isnan(found) : std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(edge.y)));
  }
  for (const Case& c : cases())
    CHECK(std::isnan(one(c.name + "(x)", nan_value)));
  for (const char* text : {"relu(x)", "step(x)", "sign(x)", "min(x, 1)", "max(1, x)", "min(1, x)", "max(x, 1)", "x^2", "x^1.3", "abs(x)"})
    CHECK(std::isnan(one(text, nan_value)));
}

TEST_CASE("powers") {
  std::mt19937_64 random(5);
  std::vector<double> x;
  for (int i = 0; i < 20'000; ++i)
    x.push_back(std::uniform_real_distribution(0.01, 30.0)(random));
  struct Power {
    const char* text;
    long double exponent;
    double allowed;
  };
  for (const Power& p : {Power{"x^2", 2, 0.5}, {"x^3", 3, 1.4}, {"x^7", 7, 4.5}, {"x^-1", -1, 0.5}, {"x^-2", -2, 1.6}, {"x^0.5", 0.5L, 0.5}, {"x^1.5", 1.5L, 1.4},
                         {"x^-0.5", -0.5L, 1.5}, {"x^2.5", 2.5L, 2}, {"x^1.25", 1.25L, 1.3}, {"x^-3.75", -3.75L, 1.3}, {"x^100", 100, 1.3}}) {
    const std::vector<double> y = values_at(p.text, x);
    double worst = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(worst, ulps(y[i], std::pow(static_cast<long double>(x[i]), p.exponent)));
    INFO(p.text);
    CHECK(worst <= p.allowed);
  }
  CHECK(one("x^3", -2) == -8);
  CHECK(one("x^-3", -2) == -0.125);
  CHECK(one("x^0", nan_value) == 1);
  CHECK(one("2^x", 10) == 1024);
  CHECK(one("pow(x, 3)", -1) == -1);
  CHECK(std::isnan(one("x^1.3", -1)));
  CHECK(one("x^-1", 0) == inf);
}

TEST_CASE("general powers") {
  Symbols symbols;
  symbols.variables = {"x", "y"};
  const Tape tape({Expression::parse("x^y", symbols)}, 2);
  std::mt19937_64 random(8);
  std::vector<double> x, y;
  for (int i = 0; i < 100'000; ++i) {
    const double spread = i % 2 == 0 ? 3.0 : 700.0;
    x.push_back(std::exp(std::uniform_real_distribution(-spread, spread)(random)));
    const double reach = i % 3 == 0 ? 20.0 : 750.0; // |y log x|
    y.push_back(std::uniform_real_distribution(-reach, reach)(random) / std::max(std::abs(std::log(x.back())), 1e-3));
  }
  for (int i = 0; i < 20'000; ++i) { // bases near 1, large exponents
    x.push_back(1.0 + std::uniform_real_distribution(-1e-3, 1e-3)(random));
    y.push_back(std::uniform_real_distribution(-5e5, 5e5)(random));
  }
  Tape::Workspace workspace(tape);
  std::vector<double> z(x.size());
  const double* in[] = {x.data(), y.data()};
  double* out[] = {z.data()};
  tape.evaluate(in, out, x.size(), workspace);
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulps(z[i], std::pow(static_cast<long double>(x[i]), static_cast<long double>(y[i])));
    if (!(error <= worst)) {
      worst = error;
      CAPTURE(x[i], y[i], z[i], worst);
      CHECK(worst <= 1.6);
    }
  }
  struct Edge {
    double x, y, power;
  };
  const double huge = std::numeric_limits<double>::max(), tiny = std::numeric_limits<double>::denorm_min();
  for (const Edge& e : {Edge{0, 1.5, 0}, {0, -1.5, inf}, {-0.0, 3, -0.0}, {-2, 3, -8}, {-2, 0.5, nan_value}, {-8, -3, -1.0 / 512}, {inf, 2.5, inf}, {inf, -2.5, 0}, {2, inf, inf}, {2, -inf, 0},
                        {0.5, inf, 0}, {1, inf, 1}, {1, nan_value, 1}, {nan_value, 0, 1}, {nan_value, 1, nan_value}, {2, nan_value, nan_value}, {2, 1024, inf}, {2, -1074, tiny}, {2, -1080, 0}, {huge, 1, huge},
                        {tiny, 1, tiny}, {2, 0, 1}, {4, -0.5, 0.5}, {10, 3, 1000}, {2, huge, inf}, {0.5, huge, 0}, {2, 1e289, inf}, {2, 1e291, inf}, {1, 1e300, 1}, {tiny, -1, inf}}) {
    const double found = tape(std::vector<double>{e.x, e.y})[0];
    CAPTURE(e.x, e.y, found, e.power);
    CHECK((std::isnan(e.power) ? std::isnan(found) : std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(e.power)));
  }
}
