// Exit times with censoring, and crossings of a wall between two steps.
#include "cloud.hpp"

#include "driftwell/estimators/exit_times.hpp"

using namespace cloud;

namespace {

Numbers exponential(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  return make(1, n, [&] { return random.exponential(); }).data[0];
}

double normal_tail(double x) { return std::erfc(x / std::sqrt(2.0)) / 2; }

} // namespace

TEST_CASE("exit times without censoring are a plain sample") {
  const Numbers t = exponential(300, 1);
  const ExitTimes e = exit_times(t, 1e6);
  const Estimate mean = mean_of(t, "t");
  CHECK(e.exits == 300);
  CHECK(e.mean.value == Approx(mean.value));
  CHECK(e.mean.standard_error == Approx(mean.standard_error).epsilon(1e-9));
  CHECK(e.restricted_mean.value == Approx(mean.value));
  CHECK(e.survival.survival.back().value == Approx(0).margin(1e-15));
}

TEST_CASE("Kaplan-Meier by hand") {
  const Numbers time{1, 2, 2, 3, 4, 5};
  const std::vector<char> left{1, 1, 0, 1, 0, 1};
  const ExitTimes e = exit_times(time, left, 0);
  CHECK(e.survival.time == Numbers{1, 2, 3, 5});
  const double s1 = 5.0 / 6, s2 = s1 * 4 / 5, s3 = s2 * 2 / 3;
  CHECK(e.survival.survival[0].value == Approx(s1));
  CHECK(e.survival.survival[1].value == Approx(s2));
  CHECK(e.survival.survival[2].value == Approx(s3));
  CHECK(e.survival.survival[3].value == 0);
  CHECK(e.survival.survival[1].standard_error == Approx(s2 * std::sqrt(1.0 / 30 + 1.0 / 20)));
  CHECK(e.restricted_mean.value == Approx(1 + s1 + s2 + 2 * s3));
  CHECK(e.tail_rate.value == Approx(4.0 / 17));
  CHECK(e.tail_rate.standard_error == Approx(2.0 / 17));
}

TEST_CASE("errors of exit times cover the truth under censoring") {
  covers(coverage(200, 1, [](std::uint64_t s) { return exit_times(exponential(400, s), 0.8).mean; }));
  covers(coverage(200, 1, [](std::uint64_t s) { return exit_times(exponential(400, s), 0.8, 0).mean; }));
  covers(coverage(200, 1, [](std::uint64_t s) { return exit_times(exponential(400, s), 0.8).tail_rate; }));
  covers(coverage(200, -std::expm1(-0.8), [](std::uint64_t s) { return exit_times(exponential(400, s), 0.8).restricted_mean; }));
  // Everyone watched for a time of their own.
  covers(coverage(200, 1, [](std::uint64_t s) {
    Random random(s);
    Numbers time;
    std::vector<char> left;
    for (int i = 0; i < 400; ++i) {
      const double t = random.exponential(), watched = 0.3 + 1.5 * random.uniform();
      time.push_back(std::min(t, watched));
      left.push_back(t <= watched);
    }
    return exit_times(time, left).mean;
  }));
  covers(coverage(200, std::exp(-0.5), [](std::uint64_t s) {
    const ExitTimes e = exit_times(exponential(300, s), 0.8);
    std::size_t j = 0;
    while (e.survival.time[j + 1] <= 0.5) ++j;
    return e.survival.survival[j];
  }));
}

TEST_CASE("exit times refuse what has no answer") {
  const Numbers none{NAN, INFINITY, 3};
  CHECK_THROWS_WITH(exit_times(none, 1), Catch::Contains("0 of 3 particles left"));
  CHECK_THROWS_AS(exit_times(Numbers{0.5}, 1), NumericalFailure);
  CHECK_THROWS_AS(exit_times(Numbers{-0.5, 0.1, 0.2}, 1), NumericalFailure);
  CHECK_THROWS_AS(exit_times(Numbers{0.5, 0.2}, 0), std::invalid_argument);
  CHECK_THROWS_AS(exit_times(Numbers{0.5, 0.2}, std::vector<char>{1}), std::invalid_argument);
  CHECK_THROWS_AS(exit_times(Numbers{0.5, NAN}, std::vector<char>{1, 1}), NumericalFailure);
  CHECK_THROWS_AS(exit_times(Numbers{0.5, 0.2, 2}, 1, 0.9), NumericalFailure); // a survivor and no rate
  CHECK_NOTHROW(exit_times(Numbers{0.5, 0.5, 0.5}, 1));
}

TEST_CASE("bridge crossings: reflection principle, ends, finely drawn paths") {
  CHECK(bridge_crossing_probability(0, 0.5, 1, 0.2) == Approx(std::exp(-2 * 1 * 0.5 / 0.2)));
  CHECK(bridge_crossing_probability(0, 0.5, -1, 0.2) == Approx(std::exp(-2 * 1 * 1.5 / 0.2)));
  CHECK(bridge_crossing_probability(0, 2, 1, 0.2) == 1);
  CHECK(bridge_crossing_probability(0, 1, 1, 0.2) == 1);
  CHECK(bridge_crossing_probability(0, 0.5, 1, 0) == 0);
  CHECK_THROWS_AS(bridge_crossing_probability(0, NAN, 1, 0.2), std::invalid_argument);
  CHECK_THROWS_AS(bridge_crossing_probability(0, 1, 1, -1), std::invalid_argument);
  // P(max > a) of Brownian motion = 2 P(W > a): average of the bridge over the end.
  double total = 0;
  const int points = 200'000;
  for (int i = 0; i < points; ++i) {
    const double x1 = -8 + 16 * (i + 0.5) / points;
    total += 16.0 / points * std::exp(-x1 * x1 / 2) / std::sqrt(2 * M_PI) * bridge_crossing_probability(0, x1, 0.7, 1);
  }
  CHECK(total == Approx(2 * normal_tail(0.7)).epsilon(1e-6));
}

TEST_CASE("crossing times have the law of the first passage") {
  // P(tau <= t) from 0 to a, unconditioned: 2 P(W_t > a). Draw the end, then whether, then when.
  Random random(5);
  const double wall = 0.7;
  const int n = 200'000;
  for (const double t : {0.2, 0.5, 0.9}) {
    int before = 0;
    Random draw(17);
    for (int i = 0; i < n; ++i) {
      const double x1 = draw.normal();
      if (draw.uniform() > bridge_crossing_probability(0, x1, wall, 1)) continue;
      before += bridge_crossing_time(0, x1, wall, 1, draw.normal(), draw.uniform()) <= t ? 1 : 0;
    }
    const double p = 2 * normal_tail(wall / std::sqrt(t));
    CHECK(std::abs(before / static_cast<double>(n) - p) < 4.5 * std::sqrt(p * (1 - p) / n));
  }
  CHECK(bridge_crossing_time(0, 3, 1, 0, 1, 0.5) == Approx(1.0 / 3));
  CHECK(bridge_crossing_time(1, 3, 1, 0.1, 1, 0.5) == 0);
  const double end = bridge_crossing_time(0, 1, 1, 0.1, 0.3, 0.5);
  CHECK((end > 0 && end < 1));
  for (const double tiny : {1e-300, 1e-12, 1.0, 1e12}) {
    const double t = bridge_crossing_time(0, 1 + tiny, 1, 1e-3, -4, 0.999999);
    CHECK((t >= 0 && t <= 1));
  }
}

TEST_CASE("walls seen at the ends of steps only: shift and bridge take the error away") {
  // Brownian motion from 0, exit from (-1, 1): mean time 1. Steps of variance 0.04.
  const double h = 0.04, shift = monitored_wall_shift(std::sqrt(h));
  CHECK(monitored_wall_shift(1) == Approx(0.5825971579390106));
  const auto mean_time = [&](double wall, bool bridge) {
    Random random(3);
    Numbers times;
    for (int i = 0; i < 20'000; ++i) {
      double x = 0, t = 0;
      for (;;) {
        const double next = x + std::sqrt(h) * random.normal();
        const bool out = std::abs(next) >= wall;
        const double p = bridge ? bridge_crossing_probability(x, next, wall, h) + bridge_crossing_probability(x, next, -wall, h) : out;
        if (out || random.uniform() < p) {
          const double met = next > 0 ? wall : -wall;
          t += h * (bridge ? bridge_crossing_time(x, next, met, h, random.normal(), random.uniform()) : 1);
          break;
        }
        x = next;
        t += h;
      }
      times.push_back(t);
    }
    return mean_of(times, "t");
  };
  const Estimate plain = mean_time(1, false), shifted = mean_time(1 - shift, false), bridged = mean_time(1, true);
  CHECK(plain.value > 1.2);
  CHECK(std::abs(shifted.value - 1) < 0.03);
  CHECK(std::abs(bridged.value - 1) < 4 * bridged.standard_error);
}
