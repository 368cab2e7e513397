// Evaluation: the same bits whatever the number of points, their place, the thread and the instruction set;
// outputs of every kind; derivatives at corners.
#include "formulas.hpp"

#include "driftwell/expression/tape.hpp"
#include "expression/kernel_angles.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <bit>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <thread>

using namespace driftwell::expression;
namespace math = driftwell::math;

namespace {

Symbols plane() {
  Symbols symbols;
  symbols.variables = {"x", "y", "z"};
  return symbols;
}

/// Every function, in formulas that keep several registers alive.
const char* const everything[] = {
    "exp(x)*log(abs(y)+1) - sin(z*x)^3/(2+cos(y))", "tanh(x*y)+erf(z)-sinh(x/3)*cosh(y/3)", "where(x<y, sqrt(x^2+1), atan(z)) + max(x,y,z)*min(x,2)",
    "asin(x/4)+acos(y/4)+tan(z)+log1p(x^2)+expm1(y)", "relu(x)+softplus(y)*sigmoid(z)+step(x)+sign(y)+abs(z)", "(x^2+1)^1.3 + (y^2+1)^-0.5 + x^5", "x", "2.5", "y*1e6", "sin(1e7*x)"};

std::vector<Expression> all_outputs() {
  std::vector<Expression> outputs;
  for (const char* text : everything) {
    outputs.push_back(Expression::parse(text, plane()));
    for (const Expression& partial : outputs.back().gradient(3))
      outputs.push_back(partial);
  }
  return outputs;
}

using Columns = std::vector<std::vector<double>>;

Columns inputs(std::size_t n) {
  formulas::Generator generator(11);
  Columns in(3, std::vector<double>(n));
  for (auto& column : in)
    for (double& x : column)
      x = generator.real(-3, 3);
  return in;
}

Columns evaluate(const Tape& tape, const Columns& in, std::size_t start, std::size_t n, std::size_t shift) {
  Tape::Workspace workspace(tape);
  Columns out(tape.outputs(), std::vector<double>(n + shift));
  std::vector<const double*> from;
  std::vector<double*> to;
  for (const auto& column : in)
    from.push_back(column.data() + start);
  for (auto& column : out)
    to.push_back(column.data() + shift);
  tape.evaluate(from, to, n, workspace);
  for (auto& column : out)
    column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(shift));
  return out;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (a != a && b != b); }

} // namespace

TEST_CASE("the same bits for every number of points and every place in the strip") {
  const Tape tape(all_outputs(), 3);
  const std::size_t n = 3001;
  const Columns in = inputs(n);
  const Columns whole = evaluate(tape, in, 0, n, 0);
  for (const std::size_t length : {1UL, 2UL, 3UL, 7UL, 8UL, 9UL, 63UL, 64UL, 65UL, 511UL, 512UL, 513UL, 1024UL, 2500UL})
    for (const std::size_t start : {0UL, 1UL, 5UL, 500UL})
      for (const std::size_t shift : {0UL, 1UL, 3UL}) {
        const Columns part = evaluate(tape, in, start, length, shift);
        std::size_t different = 0;
        for (std::size_t o = 0; o < part.size(); ++o)
          for (std::size_t i = 0; i < length; ++i)
            different += same_bits(part[o][i], whole[o][start + i]) ? 0 : 1;
        INFO(length << " points from " << start << ", shifted by " << shift);
        CHECK(different == 0);
      }
  std::size_t different = 0;
  for (std::size_t i = 0; i < n; i += 50) {
    const double point[] = {in[0][i], in[1][i], in[2][i]};
    const std::vector<double> alone = tape(point);
    for (std::size_t o = 0; o < alone.size(); ++o)
      different += same_bits(alone[o], whole[o][i]) ? 0 : 1;
  }
  CHECK(different == 0);
}

TEST_CASE("the same bits in every instruction set") {
  // driftwell/core/elementary.hpp compiled here is the portable version; the tape takes the best this machine has.
  struct Pair {
    const char* text;
    double (*portable)(double);
  };
  const Pair pairs[] = {
      {"exp(x)", [](double x) { return math::exp(x); }}, {"log(x)", [](double x) { return math::log(x); }}, {"log1p(x)", [](double x) { return math::log1p(x); }},
      {"expm1(x)", [](double x) { return math::expm1(x); }}, {"sin(x)", [](double x) { return math::sin(x); }}, {"cos(x)", [](double x) { return math::cos(x); }},
      {"tan(x)", [](double x) { return math::tan(x); }}, {"asin(x)", [](double x) { return math::asin(x); }}, {"acos(x)", [](double x) { return math::acos(x); }},
      {"atan(x)", [](double x) { return math::atan(x); }}, {"sinh(x)", [](double x) { return math::sinh(x); }}, {"cosh(x)", [](double x) { return math::cosh(x); }},
      {"tanh(x)", [](double x) { return math::tanh(x); }}, {"erf(x)", [](double x) { return math::erf(x); }}, {"sigmoid(x)", [](double x) { return math::sigmoid(x); }},
      {"softplus(x)", [](double x) { return math::softplus(x); }}, {"x*x*x-2.5*x+0.1", [](double x) { return x * x * x - 2.5 * x + 0.1; }}};
  formulas::Generator generator(3);
  std::vector<double> x(20'000);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = i % 3 == 0 ? generator.real(-1, 1) : i % 3 == 1 ? generator.real(-800, 800) : std::ldexp(generator.real(-1, 1), static_cast<int>(generator.below(2000)) - 1040);
  for (const Pair& pair : pairs) {
    if (std::string(pair.text) == "x*x*x-2.5*x+0.1")
      continue; // the factored form rounds differently; arithmetic is covered by the test above
    Symbols symbols;
    symbols.variables = {"x"};
    const Tape tape({Expression::parse(pair.text, symbols)}, 1);
    const Columns out = evaluate(tape, {x}, 0, x.size(), 0);
    std::size_t different = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool library = (pair.text[0] == 's' || pair.text[0] == 'c' || pair.text[0] == 't') && std::abs(x[i]) > math::largest_angle && std::strlen(pair.text) == 6;
      different += library || same_bits(out[0][i], pair.portable(x[i])) ? 0 : 1;
    }
    INFO(pair.text);
    CHECK(different == 0);
  }
}

TEST_CASE("outputs of every kind") {
  const Expression x = Expression::variable(0), y = Expression::variable(1);
  const Expression s = Expression::parse("exp(x)+y", plane());
  const Tape tape({x, y, Expression(2.5), s, s, x, s * Expression(2.0), Expression()}, 3);
  CHECK(tape.dimension() == 3);
  CHECK(tape.outputs() == 8);
  const double point[] = {0.0, 3.0, 7.0};
  CHECK(tape(point) == std::vector<double>{0, 3, 2.5, 4, 4, 0, 8, 0});
  CHECK(tape.listing().find("exp(in1)") != std::string::npos);
  CHECK(Tape({}, 2).outputs() == 0);
  CHECK(Tape().outputs() == 0);
  const Tape no_inputs({Expression(3.0)}, 0);
  CHECK(no_inputs(std::vector<double>{}) == std::vector<double>{3.0});
  std::vector<double> untouched(4, 9.0);
  const double* in[] = {untouched.data(), untouched.data(), untouched.data()};
  std::vector<double*> out(8, untouched.data());
  Tape::Workspace workspace(tape);
  tape.evaluate(in, out, 0, workspace);
  CHECK(untouched == std::vector<double>(4, 9.0));
}

TEST_CASE("misuse is refused") {
  CHECK_THROWS_AS(Tape({Expression::variable(2)}, 2), std::invalid_argument);
  const Tape small({Expression::variable(0)}, 1);
  const Tape large(all_outputs(), 3);
  Tape::Workspace workspace(small);
  std::vector<double> data(3, 1.0);
  std::vector<const double*> in(3, data.data());
  std::vector<double> results(large.outputs());
  std::vector<double*> out;
  for (double& result : results)
    out.push_back(&result);
  CHECK_THROWS_AS(large.evaluate(in, out, 1, workspace), std::invalid_argument);
  CHECK_THROWS_AS(large.evaluate(std::span(in).first(2), out, 1, workspace), std::invalid_argument);
  Tape::Workspace right(large);
  small.evaluate(std::span(in).first(1), std::span(out).first(1), 1, right); // a larger workspace will do
  CHECK(results[0] == 1.0);
  CHECK_THROWS_AS(Expression::variable(0).constant(), std::logic_error);
}

TEST_CASE("one tape in many threads, and formulas built in many threads") {
  const Expression shared = Expression::parse(everything[0], plane());
  const Tape tape(all_outputs(), 3);
  const Columns in = inputs(2000);
  const Columns expected = evaluate(tape, in, 0, 2000, 0);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        const Columns out = evaluate(tape, in, 0, 2000, 0);
        for (std::size_t o = 0; o < out.size(); ++o)
          for (std::size_t i = 0; i < 2000; ++i)
            wrong += same_bits(out[o][i], expected[o][i]) ? 0 : 1;
        const Expression own = shared * Expression(1.0 + t) + shared.derivative(static_cast<std::size_t>(repeat % 3));
        const Expression other = Expression::parse(everything[1], plane()) + own - shared;
        const double point[] = {0.3, -0.2, 0.9};
        const double found = Tape({other.derivative(0), other}, 3)(point)[1];
        const std::vector<double> parts = Tape({shared, shared.derivative(static_cast<std::size_t>(repeat % 3)), Expression::parse(everything[1], plane())}, 3)(point);
        wrong += std::abs(found - (parts[0] * t + parts[1] + parts[2])) < 1e-12 * (1 + std::abs(found)) ? 0 : 1;
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a chain of 1000 coordinates") {
  const std::clock_t start = std::clock(); // of the processor: others may use the machine
  Symbols symbols;
  symbols.indexed = true;
  symbols.variables.resize(1000);
  const Expression chain = Expression::parse("sum(i,1,d,(x[i]^2-1)^2/4) + 0.05*sum(i,1,d-1,(x[i+1]-x[i])^2)", symbols);
  const Tape tape(chain.gradient(1000), 1000);
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 1.0);
  CHECK(tape.instructions() < 4000);
  std::vector<double> x(1000);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(static_cast<double>(i));
  const std::vector<double> gradient = tape(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double left = i > 0 ? x[i] - x[i - 1] : 0.0, right = i + 1 < x.size() ? x[i + 1] - x[i] : 0.0;
    CHECK(gradient[i] == Approx(x[i] * (x[i] * x[i] - 1) + 0.1 * (left - right)).margin(1e-14));
  }
  CHECK(chain.depends_on(999));
  CHECK_FALSE(chain.depends_on(1000));
}

TEST_CASE("simple drifts need few instructions") {
  const Expression well = Expression::parse("(x^2-1)^2/4 + y^2/2", plane());
  const auto gradient = well.gradient(2);
  CHECK(Tape({-gradient[0], -gradient[1]}, 2).instructions() == 2);
  CHECK(Tape({well}, 2).instructions() <= 4);
}

TEST_CASE("derivatives at corners and of branches not taken") {
  struct Row {
    const char* text;
    double x, derivative;
  };
  const Row rows[] = {{"abs(x)", 0, 0}, {"abs(x)", -2, -1}, {"relu(x)", 0, 0}, {"relu(x)", 2, 1}, {"step(x)", 0, 0}, {"where(x > 0, log(x), x)", 0, 1},
                      {"where(x > 0, sqrt(x), 3*x)", 0, 3}, {"max(log(x), -5)", 0, 0}, {"min(x, 1)", 2, 0}, {"min(x, 1)", 0.5, 1}, {"x^2", 0, 0}, {"x^3", 0, 0}, {"x^1", 0, 1},
                      {"x^3", -2, 12}, {"x^-1", -2, -0.25}, {"x^1.5", 0, 0}, {"pow(x, 2)", -3, -6}, {"2^x", 0, 0.69314718055994529}, {"x^x", 1, 1}, {"where(x>0, where(x<0, log(x), sqrt(x)), x^2)", -1, -2}};
  for (const Row& row : rows) {
    INFO(row.text << " at " << row.x);
    const Expression derivative = Expression::parse(row.text, plane()).derivative(0);
    CHECK(Tape({derivative}, 3)(std::vector<double>{row.x, 0, 0})[0] == Approx(row.derivative).margin(1e-15));
  }
}
