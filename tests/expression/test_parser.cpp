// Texts and their values; bad texts and what the person who wrote them is told, where.
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>
#include <string>

using namespace driftwell::expression;

namespace {

Symbols plane() {
  Symbols symbols;
  symbols.variables = {"x", "y"};
  symbols.parameters = {{"lambda", 1.5}, {"k_1", 4.0}};
  return symbols;
}

Symbols indexed(std::size_t dimension) {
  Symbols symbols;
  symbols.indexed = true;
  symbols.variables.resize(dimension);
  symbols.parameters = {{"lambda", 1.5}};
  return symbols;
}

double value(const std::string& text, const Symbols& symbols, const std::vector<double>& point) {
  return Tape({Expression::parse(text, symbols)}, point.size())(point)[0];
}

} // namespace

TEST_CASE("texts have their values") {
  struct Row {
    const char* text;
    double value;
  };
  const double x = 0.75, y = -2.0;
  const Row rows[] = {
      {"1", 1}, {".5", 0.5}, {"1e-3", 1e-3}, {"2.5E+2", 250}, {"3.", 3}, {"pi", std::numbers::pi}, {"x", x}, {" x\t\n+ y ", x + y},
      {"1 - 2 - 3", -4}, {"2*3+4", 10}, {"2+3*4", 14}, {"8/4/2", 1}, {"8/4*2", 4}, {"2^3^2", 512}, {"-x^2", -x * x}, {"(-x)^2", x * x},
      {"2^-1", 0.5}, {"2^-x", std::pow(2, -x)}, {"-2^2", -4}, {"--x", x}, {"-+-x", x}, {"+x", x}, {"2*-x", -2 * x}, {"x - -y", x + y}, {"x--y", x + y},
      {"(x^2-1)^2/4 + y^2/2", std::pow(x * x - 1, 2) / 4 + y * y / 2}, {"lambda*x", 1.5 * x}, {"k_1*x", 4 * x}, {"x*y/k_1", x * y / 4},
      {"exp(x)", std::exp(x)}, {"log(x)", std::log(x)}, {"log1p(x)", std::log1p(x)}, {"expm1(x)", std::expm1(x)}, {"sqrt(x)", std::sqrt(x)},
      {"sin(y)", std::sin(y)}, {"cos(y)", std::cos(y)}, {"tan(x)", std::tan(x)}, {"asin(x)", std::asin(x)}, {"acos(x)", std::acos(x)}, {"atan(y)", std::atan(y)},
      {"sinh(y)", std::sinh(y)}, {"cosh(y)", std::cosh(y)}, {"tanh(y)", std::tanh(y)}, {"erf(x)", std::erf(x)}, {"abs(y)", 2}, {"sign(y)", -1},
      {"min(x, y)", y}, {"max(x, y)", x}, {"max(y, 3, x)", 3}, {"min(1, 2, y, x)", y}, {"pow(x, 3)", x * x * x}, {"pow(x, y)", std::pow(x, y)}, {"x^y", std::pow(x, y)},
      {"relu(y)", 0}, {"relu(x)", x}, {"softplus(x)", std::log1p(std::exp(x))}, {"sigmoid(y)", 1 / (1 + std::exp(-y))}, {"step(x)", 1}, {"step(y)", 0},
      {"where(x < y, 1, 2)", 2}, {"where(x > y, 1, 2)", 1}, {"where(x <= x, 1, 2)", 1}, {"where(x >= y+10, 1, 2)", 2}, {"where(x == x, 1, 2)", 1},
      {"where(x != x, 1, 2)", 2}, {"where(x < 1, where(y < 0, 10, 20), 30)", 10}, {"sum(i, 1, 4, i)", 10}, {"sum(i, 1, 3, x^i)", x + x * x + x * x * x},
      {"sum(i, 3, 2, x)", 0}, {"sum(i, 1, 2, sum(j, 1, i, i*j))", 1 + 2 + 4}, {"sum(n, -1, 1, n*x + 1)", 3}, {"0*x", 0}, {"x - x", 0}, {"x^0", 1}, {"x/2", x / 2},
      {"1/x", 1 / x}, {"x/x", 1}, {"1e308*10", INFINITY}, {"x*1e-320", x * 1e-320}, {"2e0x0", -99}};
  for (const Row& row : rows) {
    INFO(row.text);
    if (row.value == -99) {
      CHECK_THROWS_AS(value(row.text, plane(), {x, y}), ParseError);
      continue;
    }
    const double found = value(row.text, plane(), {x, y});
    CHECK((found == row.value || found == Approx(row.value).epsilon(1e-14).margin(0)));
  }
  CHECK(value("sum(i, 1, d, x[i]^2)", indexed(3), {1, 2, 3}) == 14);
  CHECK(value("sum(i, 1, d-1, (x[i+1]-x[i])^2)", indexed(3), {1, 2, 4}) == 5);
  CHECK(value("sum(i, 1, d-1, (x[i+1]-x[i])^2)", indexed(1), {1}) == 0); // empty sum
  CHECK(value("x[2*1]*x[d]", indexed(3), {1, 2, 4}) == 8);
  CHECK(value("sum(i,1,d,sum(j,1,i,x[i]*x[j]))", indexed(2), {3, 5}) == 9 + 15 + 25);
}

TEST_CASE("'e' and names of functions as far as possible stay free for users") {
  Symbols symbols;
  symbols.variables = {"e", "d", "i", "x1", "_t"};
  CHECK(value("e*d*i*x1*_t", symbols, {1, 2, 3, 4, 5}) == 120);
}

TEST_CASE("bad texts") {
  struct Row {
    const char *text, *fragment;
    std::size_t offset, length;
    const char *allowed = "", *nearest = "";
  };
  const Row rows[] = {
      {"", "empty", 0, 0}, {"  ", "empty", 0, 2}, {"x +", "formula ends", 3, 0}, {"*x", "found '*'", 0, 1}, {"x + * y", "found '*'", 4, 1},
      {"2x", "an operator is missing between '2' and 'x'", 1, 1, "+ - * / ^"}, {"x y", "missing between 'x' and 'y'", 2, 1}, {"2(x)", "missing between '2' and '('", 1, 1},
      {"(x)(y)", "missing between ')' and '('", 3, 1}, {"x + lamda", "unknown name 'lamda'", 4, 5, "x, y, lambda, k_1 and pi", "lambda"},
      {"exq(x)", "unknown function 'exq'", 0, 3, "exp", "exp"}, {"sine(x)", "unknown function", 0, 4, "", "sin"}, {"e^x", "unknown name 'e'", 0, 1, "", "exp(1)"},
      {"exp", "needs its arguments", 0, 3}, {"2*sin + 1", "needs its arguments", 2, 3}, {"x(1)", "is not a function", 0, 1}, {"pi(2)", "is not a function", 0, 2},
      {"exp()", "'exp' takes 1 argument, found 0", 0, 3}, {"exp(x, y)", "takes 1 argument, found 2", 0, 3}, {"min(x)", "takes at least 2 arguments, found 1", 0, 3},
      {"where(x<1, 2)", "takes 3 arguments, found 2", 0, 5}, {"pow(x)", "takes 2 arguments, found 1", 0, 3}, {"sum(i,1,2)", "takes 4 arguments, found 3", 0, 3},
      {"(x + (y)", "this '(' is never closed", 0, 1}, {"x + y)", "this ')' closes nothing", 5, 1}, {"exp(x", "never closed", 3, 1}, {"(x]", "does not fit", 2, 1}, {"()", "nothing stands between", 1, 1},
      {"x, y", "only used between the arguments", 1, 1}, {"x < y", "can only be the first argument of where", 2, 1}, {"(x < y)*2", "first argument of where", 3, 1},
      {"where(x, 1, 2)", "is a comparison", 6, 1}, {"where(1 < x < 2, 1, 2)", "cannot be chained", 12, 1}, {"where(x<1,2,3", "never closed", 5, 1},
      {"x = 3", "nothing can be assigned", 2, 1}, {"x == 3", "first argument of where", 2, 2}, {"x ** 2", "powers are written with ^", 2, 2, "", "^"}, {"x && y", "joined by the words and, or, not", 2, 1},
      {"x; y", "';' does not belong", 1, 1}, {"x ? 1 : 2", "'?' means nothing", 2, 1}, {"x\x01", "control character", 1, 1}, {"x\xc2\xb2", "ASCII", 1, 2, "", "^2"}, {"2\xc3\x97x", "ASCII", 1, 2, "", "*"},
      {"\xce\xbb", "ASCII", 0, 2}, {"x \xff", "ASCII", 2, 1}, {"1e999", "outside the range", 0, 5}, {"1e-999", "outside the range", 0, 6}, {"1.2.3", "two decimal points", 0, 4}, {".", "a number is expected", 0, 1},
      {"1e", "missing between '1' and 'e'", 1, 1}, {"x[1]", "has no index", 0, 1}, {"2[1]", "only indexed variables", 1, 1}, {"sum(x,1,2,x)", "already means something else", 4, 1},
      {"sum(1,1,2,x)", "name of its index", 4, 1}, {"sum(i,1,x,i)", "known beforehand", 8, 1}, {"sum(i,1,2.5,i)", "whole number", 8, 3}, {"sum(i,1,1e12,x)", "too large to be written out", 0, 15, "100000"},
      {"sum(i,1,1000,sum(j,1,1000,x*i+j))", "too large to be written out", 13, 19}, {"sum(i,1,2,sum(i,1,2,x))", "already means something else", 14, 1}, {"i", "unknown name 'i'", 0, 1},
      {"exp(x) = 3", "nothing can be assigned", 7, 1}, {"x^", "formula ends", 2, 0}, {"sum(i,1,0,q)", "unknown name 'q'", 10, 1}, {"nan", "unknown name", 0, 3}, {"inf", "unknown name", 0, 3}};
  for (const Row& row : rows) {
    INFO(row.text);
    try {
      (void)Expression::parse(row.text, plane());
      FAIL_CHECK("accepted");
    } catch (const ParseError& error) {
      INFO(error.what() << " | allowed: " << error.allowed << " | nearest: " << error.nearest);
      CHECK(std::string(error.what()).find(row.fragment) != std::string::npos);
      CHECK(error.offset == row.offset);
      CHECK(error.length == row.length);
      CHECK(error.allowed.find(row.allowed) != std::string::npos);
      if (*row.nearest != '\0')
        CHECK(error.nearest == row.nearest);
    }
  }
}

TEST_CASE("bad texts with indexed variables") {
  struct Row {
    const char *text, *fragment;
    std::size_t offset, length;
    const char *allowed = "", *nearest = "";
  };
  const Row rows[] = {
      {"x", "needs an index", 0, 1, "x[1] to x[10]"}, {"x[0]", "x[0] does not exist", 0, 4, "x[1] to x[10]"}, {"1 + x[11]", "x[11] does not exist", 4, 5}, {"x[1.5]", "whole number", 2, 3},
      {"x[]", "index is missing", 2, 1}, {"x[x[1]]", "known beforehand", 2, 4}, {"x(1)", "not a function", 0, 1}, {"x[1", "never closed", 1, 1}, {"x1", "unknown name 'x1'", 0, 2, "", "x[1]"},
      {"sum(i,1,d,x[i+1])", "x[11] does not exist (with i = 10)", 10, 6}, {"x[1e300]", "whole number", 2, 5}, {"x[-1]", "x[-1] does not exist", 0, 5}, {"x[1 2]", "missing between", 4, 1}};
  for (const Row& row : rows) {
    INFO(row.text);
    try {
      (void)Expression::parse(row.text, indexed(10));
      FAIL_CHECK("accepted");
    } catch (const ParseError& error) {
      INFO(error.what());
      CHECK(std::string(error.what()).find(row.fragment) != std::string::npos);
      CHECK(error.offset == row.offset);
      CHECK(error.length == row.length);
      CHECK(error.allowed.find(row.allowed) != std::string::npos);
      if (*row.nearest != '\0')
        CHECK(error.nearest == row.nearest);
    }
  }
}

TEST_CASE("formulas simplify and print") {
  struct Row {
    const char *text, *shown;
  };
  const Row rows[] = {{"x+0", "x"}, {"1*x", "x"}, {"x*0", "0"}, {"x^1", "x"}, {"x*x", "x^2"}, {"x*x*x", "x^3"}, {"x-x", "0"}, {"--x", "x"}, {"2*x+3*x", "5*x"}, {"x+1+2", "x + 3"},
                      {"2*(3*x)", "6*x"}, {"x/x", "x/x"}, {"1/x", "1/x"}, {"3/x", "3/x"}, {"x^2*x^3", "x^5"}, {"(x*y)^2", "x^2*y^2"}, {"x^0.5", "sqrt(x)"}, {"sqrt(x)^2", "sqrt(x)^2"},
                      {"log(exp(x))", "log(exp(x))"}, {"x^2^3", "x^8"}, {"(x^y)^2", "(x^y)^2"}, {"-x^2", "-x^2"}, {"(x-1)*(y-1)", "(x - 1)*(y - 1)"}, {"x-(y-x)", "2*x - y"},
                      {"where(x>1,x,0)", "where(1 < x, x, 0)"}, {"max(y,x,x)", "max(x, y)"}, {"exp(0)", "1"}, {"-(x-y)*x", "x*(-x + y)"}, {"x^-2", "1/x^2"}, {"0.1*(x-1)", "0.1*(x - 1)"}};
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(Expression::parse(row.text, plane()).str({"x", "y"}) == row.shown);
  }
}

TEST_CASE("conditions: sets of points, and the first argument of where") {
  const auto holds = [](const std::string& text, double x, double y) {
    const Condition condition = parse_condition(text, plane());
    return Tape({condition.indicator}, 2)(std::vector<double>{x, y})[0];
  };
  for (const double x : {-2.0, 0.0, 0.5, 3.0})
    for (const double y : {-1.0, 0.0, 2.0}) {
      CAPTURE(x, y);
      CHECK(holds("x < y", x, y) == (x < y));
      CHECK(holds("x^2 + y^2 <= lambda and not y > 0", x, y) == (x * x + y * y <= 1.5 && !(y > 0)));
      CHECK(holds("x < 0 and y < 0 or x > 0 and y > 0", x, y) == ((x < 0 && y < 0) || (x > 0 && y > 0)));
      CHECK(holds("(x < 0 or y < 1) and (x > -1 or y > 1)", x, y) == ((x < 0 || y < 1) && (x > -1 || y > 1)));
      CHECK(holds("not (x < 0 or (x + 1)*y == 2)", x, y) == !(x < 0 || (x + 1) * y == 2));
      CHECK(holds("(x)*2 < (y) and ((x >= -1))", x, y) == (x * 2 < y && x >= -1));
      CHECK(holds("not not x != y", x, y) == (x != y));
      CHECK(value("where(x < 0 or not y < 1, x, y + where(x > 1 and y < 1, 5, 7))", plane(), {x, y}) == (x < 0 || !(y < 1) ? x : y + (x > 1 && y < 1 ? 5 : 7)));
    }
  CHECK(parse_condition("sqrt(x) < 1 and y > 2", plane()).compared.size() == 4);
  const auto refused = [](const std::string& text) {
    try {
      (void)parse_condition(text, plane());
    } catch (const ParseError& error) {
      return std::string(error.what()) + " @" + std::to_string(error.offset);
    }
    return std::string("nothing");
  };
  CHECK(refused("x") == "a comparison is expected here @0");
  CHECK(refused("x < 1 and y") == "a comparison is expected here @10");
  CHECK(refused("(x) and y < 1") == "a comparison is expected here @1");
  CHECK(refused("x < y < 1") == "comparisons cannot be chained; write a < b and b < c @6");
  CHECK(refused("x < 1 and") == "the formula ends where a number, a name or '(' is expected @9");
  CHECK(refused("x < 1 y > 2") == "an operator is missing between '1' and 'y' @6");
  CHECK(refused("x and y") == "a comparison is expected here @0");
  CHECK_THROWS_AS(parse_condition(std::string(3000, '(') + "x<1" + std::string(3000, ')'), plane()), ParseError);
  std::string text = "x < 0";
  for (int i = 1; i < 3000; ++i) text += " or x == " + std::to_string(i);
  CHECK(holds(text, 2999, 0) == 1);
  CHECK(holds(text, 2999.5, 0) == 0);
}
