// Extremes of formulas: worked ones, and random formulas against sampling.
#include "bounds_cases.hpp"
#include "expression/formulas.hpp"

#include "driftwell/bounds/range.hpp"

using namespace bounds_cases;

TEST_CASE("minima and maxima of worked formulas") {
  encloses(minimum(in({"x"}, "(x^2-1)^2/4"), {{-2, 3}}), 0, 1e-8);
  encloses(maximum(in({"x"}, "(x^2-1)^2/4"), {{-2, 3}}), 16, 1e-4);
  encloses(minimum(in({"x", "y"}, mueller_brown), {{-1.5, 1.2}, {-0.2, 2}}), -146.699517209954, 2e-4);
  encloses(maximum(in({"x", "y"}, "x*y*exp(-x^2-y^2)"), {{-3, 3}, {-3, 3}}), 0.5 * std::exp(-1.0), 1e-6);
  encloses(minimum(in({"x", "y"}, "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)"), {{-5.12, 4}, {-5.12, 4}}), 0, 1e-8);
  encloses(minimum(in({"x"}, "abs(x - 0.3) + max(x, -2*x)"), {{-1, 1}}), 0.3, 1e-6);
  encloses(minimum(in({"x"}, "where(x < 0.7, x, x - 1)"), {{0, 1}}), -0.3, 1e-6);
  const Oscillation o = oscillation(in({"x"}, "(1-cos(5*x))/4"), {{-3, 3}});
  CHECK(o.lower <= 0.5);
  CHECK(o.upper >= 0.5);
  CHECK(o.upper - o.lower < 1e-5);
  encloses(largest_norm(in({"x", "y"}, "x^2 + 2*y^2").gradient(2), {{-1, 2}, {-1, 1}}), std::sqrt(32.0), 1e-5);
}

TEST_CASE("monotone formulas are bounded at the ends exactly") {
  const Enclosure e = minimum(in({"x", "y"}, "x^3 - exp(y) + 0.1*x*y"), {{1, 2}, {-1, 1}});
  CHECK(e.boxes < 20);
  CHECK(e.point == std::vector<double>{1, 1});
  CHECK(e.upper - e.lower < 1e-14);
}

TEST_CASE("the minimum at a corner of f between two boxes is not lost") {
  // halving [-1, 1] meets the corner at 0 exactly
  for (const std::string text : {"abs(x)", "max(-x, 2*x)", "relu(x) - 0.5*x", "max(2*x, -x)", "-min(x, -3*x)", "relu(-x) + x/4"})
    encloses(minimum(in({"x"}, text), {{-1, 1}}), 0, 1e-8);
}

TEST_CASE("an enclosure cut short still encloses") {
  const Expression f = in({"x", "y"}, mueller_brown);
  const Box box{{-1.5, 1.2}, {-0.2, 2}};
  for (const std::size_t boxes : {std::size_t{1}, std::size_t{30}, std::size_t{200}}) {
    const Enclosure e = minimum(f, box, {1e-9, 1e-12, boxes});
    CHECK_FALSE(e.reached);
    CHECK(e.lower <= -146.699517209954);
    CHECK(e.upper >= -146.699517209955);
    CHECK(e.boxes <= boxes + 2128); // a round, and a closer look at doubtful boxes
  }
}

TEST_CASE("boxes without bounded sides are refused") {
  CHECK_THROWS_AS(minimum(in({"x"}, "x^2"), Box{Interval::whole()}), std::invalid_argument);
  CHECK_THROWS_AS(minimum(in({"x"}, "x^2"), Box{Interval::empty()}), std::invalid_argument);
  CHECK_THROWS_AS(minimum(Expression(1.0), Box{}), std::invalid_argument);
}

TEST_CASE("undefined and jumping places are told") {
  CHECK_FALSE(minimum(in({"x"}, "log(x)"), {{-1, 1}}, {1e-9, 1e-6, 2000}).defined);
  CHECK(minimum(in({"x"}, "log(x)"), {{0.01, 1}}).defined);
  CHECK(minimum(in({"x"}, "1/(x^2 - x + 1)"), {{-1, 1}}).defined); // a wide box holds a seeming pole
  CHECK_FALSE(minimum(in({"x"}, "step(x)"), {{-1, 1}}).smooth);
  CHECK(minimum(in({"x"}, "step(x^2 + 0.01)"), {{-1, 1}}).smooth);
}

TEST_CASE("random formulas against sampling") {
  formulas::Generator generator(11);
  std::mt19937_64 random(12);
  int compared = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const auto tree = generator.tree(1 + static_cast<int>(generator.below(4)));
    const std::string text = formulas::text_of(*tree);
    const Expression f = in({"x", "y", "z"}, text);
    Box box;
    for (int i = 0; i < 3; ++i) {
      const double a = generator.real(-2, 2);
      box.emplace_back(a, a + generator.real(0.1, 2));
    }
    const Enclosure low = minimum(f, box, {1e-6, 1e-3, 300}), high = maximum(f, box, {1e-6, 1e-3, 300});
    const Tape tape({f}, 3);
    for (int sample = 0; sample < 200; ++sample) {
      const double value = tape(random_point(box, random))[0];
      if (std::isnan(value)) {
        if (low.defined || high.defined) FAIL(text + " is undefined somewhere, and that was not told");
        continue;
      }
      ++compared;
      const double rounding = 1e-9 * (1 + std::abs(value));
      if (low.lower > value + rounding || high.upper < value - rounding)
        FAIL(fmt::format("{} takes {}, outside [{}, {}]", text, value, low.lower, high.upper));
    }
    if (!low.point.empty() && std::isfinite(low.upper)) {
      const double there = tape(low.point)[0];
      if (!(std::abs(there - low.upper) <= 1e-6 * (1 + std::abs(there)))) FAIL(fmt::format("{}: {} at the point, {} told", text, there, low.upper));
    }
  }
  CHECK(compared > 20'000);
}
