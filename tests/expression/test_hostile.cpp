// Texts made to hurt: refused at once, or computed within the limits; never a crash, a hang or a dependence on the locale.
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <clocale>
#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>

using namespace driftwell::expression;

namespace {

Symbols one_variable() {
  Symbols symbols;
  symbols.variables = {"x"};
  return symbols;
}

/// Parses, differentiates and compiles; true when the text was accepted. Anything but ParseError or length_error escapes.
bool survives(const std::string& text, const Symbols& symbols) {
  try {
    const Expression e = Expression::parse(text, symbols);
    const std::vector<Expression> gradient = e.gradient(symbols.variables.size());
    const Tape tape(gradient, symbols.variables.size());
    (void)tape(std::vector<double>(symbols.variables.size(), 0.5));
    return true;
  } catch (const ParseError& error) {
    CHECK(error.offset <= text.size());
    CHECK(error.offset + error.length <= text.size());
    return false;
  } catch (const std::length_error&) {
    return false;
  }
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i)
    text += piece;
  return text;
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("huge texts are refused by their length") {
  for (const char* piece : {"(", ")", "x", "-", "x+", "[", "1"}) {
    const std::string text = repeated(piece, 20'000'000 / std::string(piece).size());
    CHECK(seconds([&] { CHECK_FALSE(survives(text, one_variable())); }) < 0.1);
  }
}

TEST_CASE("deep and long texts") {
  Symbols roomy = one_variable();
  roomy.limits.length = 10'000'000;
  CHECK_FALSE(survives(repeated("(", 100'000), roomy));
  CHECK_FALSE(survives(repeated("(", 100'000) + "x" + repeated(")", 100'000), roomy));
  CHECK_FALSE(survives(repeated("exp(", 100'000) + "x" + repeated(")", 100'000), roomy));
  CHECK_FALSE(survives(repeated("x^", 100'000) + "x", roomy));
  CHECK(survives(repeated("-", 100'001) + "x", roomy));
  CHECK(survives(repeated("(", 150) + "x" + repeated(")", 150), one_variable()));
  CHECK(survives(repeated("exp(", 150) + "x" + repeated(")", 150), one_variable()));
  CHECK_FALSE(survives(repeated("(", 201) + "x" + repeated(")", 201), one_variable()));
  CHECK(survives(repeated("x+", 30'000) + "x", one_variable()));
  CHECK(survives(repeated("x*", 30'000) + "x", one_variable()));
  CHECK(survives(repeated("exp(x)/", 9'000) + "x", one_variable()));
  CHECK_FALSE(survives(repeated("x+", 30'000), one_variable()));
  roomy.limits.depth = 1'000'000; // the parser keeps its own bound
  CHECK_FALSE(survives(repeated("(", 500'000) + "x" + repeated(")", 500'000), roomy));
  CHECK_FALSE(survives(repeated("x^", 500'000) + "x", roomy));
  CHECK(survives(repeated("-(", 900) + "x" + repeated(")", 900), roomy));
}

TEST_CASE("sums cannot blow up") {
  const double time = seconds([] {
    for (const char* text : {"sum(i,1,1e12,x)", "sum(i,-1e15,1e15,x)", "sum(i,1,1000,sum(j,1,1000,x^i*j))", "sum(i,1,100,sum(j,1,100,sum(k,1,100,i*j*k*x)))", "sum(i,1,1e300,x)",
                             "sum(i,1,99999,sum(j,1,2,sum(k,1,2,1)))"})
      CHECK_FALSE(survives(text, one_variable()));
    CHECK(survives("sum(i,1,10000,exp(-(x-i/100)^2))", one_variable()));
    (void)survives("sum(i,1,100000,1)", one_variable());
    (void)survives("sum(i,1,100000," + repeated("1+", 20'000) + "1)", one_variable());
    (void)survives("sum(i,1,100000,exp(x/i)*sin(x*i))", one_variable());
  });
  CHECK(time < 10.0);
}

TEST_CASE("graphs that operators make deep or wide") {
  Expression e = Expression::variable(0);
  for (int i = 0; i < 20'000; ++i)
    e = sqrt(e + Expression(1.0));
  const Tape deep({e, e.derivative(0)}, 1);
  CHECK(std::isfinite(deep(std::vector<double>{0.5})[0]));
  Expression sum, product(1.0);
  for (int i = 0; i < 20'000; ++i) {
    sum = sum + pow(Expression::variable(static_cast<std::size_t>(i % 500)), Expression(2.0 + i % 7)) * Expression(1.0 + i);
    product = product * (Expression::variable(0) + Expression(1.0 + i));
  }
  CHECK(sum.gradient(500).size() == 500);
  CHECK(Tape(sum.gradient(500), 500).outputs() == 500);
  CHECK(Tape({product.derivative(0)}, 1).outputs() == 1);
  Expression doubling = Expression::variable(0);
  for (int i = 0; i < 200; ++i)
    doubling = log(doubling * doubling + doubling + Expression(1.5)); // 3^200 leaves as text
  CHECK_THROWS_AS(doubling.str({"x"}), std::length_error);
  CHECK(std::isfinite(Tape({doubling.derivative(0)}, 1)(std::vector<double>{0.5})[0]));
}

TEST_CASE("derivatives of derivatives stay bounded") {
  Expression e = Expression::parse("exp(sin(x)*exp(x)/(1+x^2))", one_variable());
  try {
    for (int i = 0; i < 60; ++i)
      e = e.derivative(0);
  } catch (const std::length_error&) {
    SUCCEED();
  }
}

namespace {

void random_bytes(int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::string pieces[] = {"x", "[", "]", "(", ")", "+", "-", "*", "/", "^", ",", "<", ">", "=", "!", "1", "2.5", "1e9", ".", "exp", "log", "where", "sum", "min", "i", "d", "pi", " ", "\xce", "0", "sum(i,1,3,", "x[i]", "where(x[1]<2,"};
  Symbols symbols;
  symbols.indexed = true;
  symbols.variables.resize(3);
  int accepted = 0;
  for (int n = 0; n < count; ++n) {
    std::string text;
    const std::size_t length = random() % 24;
    for (std::size_t i = 0; i < length; ++i)
      text += n % 4 == 0 ? std::string(1, static_cast<char>(random())) : pieces[random() % std::size(pieces)];
    accepted += survives(text, n % 2 == 0 ? symbols : one_variable()) ? 1 : 0;
  }
  CHECK(accepted > 0);
}

} // namespace

TEST_CASE("random bytes never crash") { random_bytes(100'000, 1); }
TEST_CASE("many random bytes never crash", "[slow]") { random_bytes(2'000'000, 2); }

TEST_CASE("mutated formulas never crash") {
  std::mt19937_64 random(3);
  const std::string good = "sum(i,1,3,(x^2-1)^2/4 + where(x < 1.5, exp(-x), max(x, 2, i))) + 0.05*sum(j,1,2,j*(x-j)^2)";
  for (int n = 0; n < 20'000; ++n) {
    std::string text = good;
    for (std::size_t i = 1 + random() % 3; i-- > 0;) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
      case 0: text.erase(at, 1 + random() % 3); break;
      case 1: text.insert(at, 1, good[random() % good.size()]); break;
      default: text[at] = good[random() % good.size()];
      }
    }
    (void)survives(text, one_variable());
  }
}

TEST_CASE("the locale does not matter") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"})
    if (std::setlocale(LC_ALL, name) != nullptr)
      break;
  const Expression e = Expression::parse("1.5*x + 0.25", one_variable());
  CHECK(e.str({"x"}) == "1.5*x + 0.25");
  CHECK(Tape({e}, 1)(std::vector<double>{2.0})[0] == 3.25);
  CHECK(Tape({e}, 1).listing().find(',') == std::string::npos);
  std::setlocale(LC_ALL, before.c_str());
}
