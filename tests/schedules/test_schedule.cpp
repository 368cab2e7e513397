// Schedule: values, ranges, jumps.
#include "driftwell/model/schedule.hpp"
#include "engine.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using Kind = Schedule::Interpolation;

namespace {

Schedule formula(const std::string& text) { return Schedule(engine::formula(text, {"t"})); }

} // namespace

TEST_CASE("tables hold their end values; steps are continuous from the right") {
  const Schedule linear({1, 3, 7}, {2, 4, 1}, Kind::linear), step({1, 3, 7}, {2, 4, 1}, Kind::step);
  CHECK(linear.value(0) == 2);
  CHECK(linear.value(2) == 3);
  CHECK(linear.value(5) == 2.5);
  CHECK(linear.value(9) == 1);
  CHECK(step.value(0) == 2);
  CHECK(step.value(3) == 4);
  CHECK(step.value(std::nextafter(3, 0)) == 2);
  CHECK(step.value(7) == 1);
  CHECK(linear.breakpoints(7) == std::vector<double>{1, 3});
  CHECK(linear.range(4).least == 2);
  CHECK(linear.range(4).most == 4);
  CHECK(linear.range(10).least == 1);
  CHECK_THROWS_AS(Schedule({0, 1}, {1}, Kind::step), std::invalid_argument);
  CHECK_THROWS_AS(Schedule({0, 0}, {1, 2}, Kind::step), std::invalid_argument);
  CHECK_THROWS_AS(Schedule({}, {}, Kind::step), std::invalid_argument);
}

TEST_CASE("numbers, constant formulas and flat tables are constant") {
  CHECK(Schedule(0.25).constant());
  CHECK(formula("0.5/2").constant());
  CHECK(formula("0.5/2").value(17) == 0.25);
  CHECK(Schedule::sgd(Schedule(0.1), formula("2*4")).constant());
  CHECK(Schedule::sgd(Schedule(0.1), Schedule(8.0)).value(3) == 0.1 / 16);
  CHECK(Schedule({0, 1}, {2, 2}, Kind::step).constant());
  CHECK_FALSE(formula("1 + t").constant());
}

TEST_CASE("the range of a formula includes extrema between the samples") {
  // 37 periods: no extremum falls on a sample.
  const Schedule wave = formula("1.5 + sin(74*pi*t/10)");
  const Schedule::Range range = wave.range(10);
  CHECK(range.least == Approx(0.5).epsilon(1e-12));
  CHECK(range.most == Approx(2.5).epsilon(1e-12));
}

TEST_CASE("a schedule that is not positive and finite is refused where it is not") {
  const auto where = [](const Schedule& schedule) {
    try {
      (void)schedule.range(10);
    } catch (const ScheduleError& error) {
      return error.t;
    }
    return -1.0;
  };
  CHECK(where(formula("0.5 - 0.1*t")) == Approx(5).margin(0.01));
  CHECK(where(formula("0.1*t")) == 0);
  CHECK(where(formula("(t-3.1234)^2 - 1e-8")) == Approx(3.1234).margin(1e-3)); // thinner than the samples are apart
  CHECK(where(formula("1/(t-5)^2")) == 5);
  CHECK(where(formula("log(8-t) + 100")) == Approx(8).margin(0.01));
  CHECK(where(Schedule::sgd(Schedule(0.1), formula("9.5-t"))) == Approx(9.5).margin(0.01));
  CHECK(where(Schedule::sgd(formula("exp(60*t)"), formula("exp(-60*t)"))) > 5);
  CHECK(where(formula("0.1 + exp(-t)")) == -1);
}

TEST_CASE("jumps of formulas are found to the last digit, slopes and kinks are none") {
  const auto jumps = [](const std::string& text) { return formula(text).breakpoints(10); };
  const std::vector<double> found = jumps("1 + step(t - 1.3) + where(t < 7.77, 1, 3) + 0.1*sin(t)");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == Approx(1.3).epsilon(1e-15));
  CHECK(found[1] == Approx(7.77).epsilon(1e-15));
  for (const double jump : found) {
    const Schedule T = formula("1 + step(t - 1.3) + where(t < 7.77, 1, 3) + 0.1*sin(t)");
    CHECK(T.value(jump) - T.value(std::nextafter(jump, 0)) > 0.9);
  }
  CHECK(jumps("exp(-t/3)").empty());
  CHECK(jumps("1 + abs(t - 2.2) + max(0, t - 5.1)").empty());
  CHECK(jumps("1.1 + tanh(200*(t - 4.4))").empty());
  CHECK(jumps("1 + sqrt(t)").empty());
  CHECK(jumps("2 + sin(100*t)").empty());
  CHECK(Schedule::sgd(formula("1 + step(t-2)"), Schedule({1, 2, 4}, {1, 2, 3}, Kind::step)).breakpoints(10).size() >= 3);
}
