// The time loop: same bits however the work is cut, walls, failures, advice; MALA's law, exact laws.
#include "engine.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/steppers/integrate.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace driftwell;

namespace {

Model underdamped(const std::string& potential, double T, double friction) {
  Equation equation;
  equation.names = {"q"};
  equation.potential = engine::formula(potential, {"q"});
  equation.temperature = T;
  equation.friction = friction;
  return Model(equation);
}

Model model_for(const StepperTraits& traits, const std::string& name) {
  if (traits.underdamped) return underdamped("(q^2-1)^2/4", 0.5, 0.7);
  engine::ModelText text{.names = {"x", "y", "z"}, .potential = name == "exact_ou" ? "x^2/2 + y^2 + x*y/2 + z^2" : "(x^2-1)^2/4 + y^2/2 + 0.2*x*y + z^2/2", .temperature = 0.5};
  if (traits.noise == NoiseClass::general) text.tensor = {{"1 + 0.3*sin(y)", "0.3*cos(x)", "0"}, {"0.3*cos(x)", "0.8 + 0.2*x^2", "0.1"}, {"0", "0.1", "1"}};
  if (traits.noise == NoiseClass::commutative) text.diffusion = {"1 + x^2/4", "1", "1 + z^2/4"};
  return engine::model(text);
}

struct Cut {
  int threads = 2;
  std::size_t block = 0;
  std::vector<std::uint64_t> stops{41};
  std::size_t shards = 1;
};

/// All rows of 300 particles after 41 steps.
std::vector<double> result(const Dynamics& dynamics, const Stepper& stepper, const Cut& cut, const Walls& walls = {}) {
  constexpr std::size_t particles = 300;
  omp_set_num_threads(cut.threads);
  const std::size_t rows = stepper.traits().underdamped ? 2 * dynamics.dimension() : dynamics.dimension();
  std::vector<double> all(rows * particles + particles);
  for (std::size_t shard = 0; shard < cut.shards; ++shard) {
    const std::size_t from = particles * shard / cut.shards, until = particles * (shard + 1) / cut.shards;
    Ensemble ensemble(rows, until - from, from);
    StartLaw law{.kind = StartLaw::Kind::uniform, .lower = std::vector<double>(dynamics.dimension(), -0.4), .upper = std::vector<double>(dynamics.dimension(), 0.5)};
    fill_positions(ensemble, dynamics.dimension(), law, 3);
    if (rows > dynamics.dimension()) fill_momenta(ensemble, dynamics.dimension(), 0.5, 3);
    std::uint64_t at = 0;
    for (const std::uint64_t stop : cut.stops) {
      Integrator(dynamics, stepper, 3, {0, 0.01}, {.walls = walls, .block = cut.block}).advance(ensemble, at, stop);
      at = stop;
    }
    for (std::size_t i = 0; i < rows; ++i) std::copy(ensemble.row(i).begin(), ensemble.row(i).end(), all.begin() + static_cast<std::ptrdiff_t>(i * particles + from));
    for (std::size_t k = 0; k < ensemble.death_time().size(); ++k) all[rows * particles + from + k] = ensemble.death_time()[k];
  }
  omp_set_num_threads(2);
  return all;
}

Walls box(std::size_t d, WallKind low, WallKind high, double lower = -0.6, double upper = 0.7) {
  Walls walls;
  for (std::size_t i = 0; i < d; ++i) walls.axes.push_back({lower, upper, low, high});
  return walls;
}

} // namespace

TEST_CASE("Same bits for any threads, blocks, shards and restarts, every stepper, with and without walls") {
  for (const std::string& name : StepperCatalogue::names()) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const Model model = model_for(stepper->traits(), name);
    const Dynamics dynamics(model);
    const std::size_t d = dynamics.dimension();
    for (const Walls& walls : {Walls{}, box(d, WallKind::reflecting, WallKind::reflecting), box(d, WallKind::periodic, WallKind::periodic),
                               box(d, WallKind::absorbing, WallKind::reflecting)}) {
      INFO(name << ", " << (walls.any() ? static_cast<int>(walls.axes[0].low) : 0));
      const std::vector<double> base = result(dynamics, *stepper, {}, walls);
      CHECK(base == result(dynamics, *stepper, {.threads = 1, .block = 37}, walls));
      CHECK(base == result(dynamics, *stepper, {.stops = {1, 20, 21, 41}}, walls));
      CHECK(base == result(dynamics, *stepper, {.shards = 3}, walls));
      CHECK(std::all_of(base.begin(), base.end(), [](double x) { return !std::isnan(x); }));
    }
  }
}

TEST_CASE("Another seed gives another path") {
  const Model model = model_for({.strong_order = 0, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::additive}, "");
  const Dynamics dynamics(model);
  const auto stepper = StepperCatalogue::find("euler_maruyama")->make();
  Ensemble a(3, 10), b(3, 10);
  Integrator(dynamics, *stepper, 1, {0, 0.01}).advance(a, 0, 10);
  Integrator(dynamics, *stepper, 2, {0, 0.01}).advance(b, 0, 10);
  CHECK(!std::equal(a.data().begin(), a.data().end(), b.data().begin()));
}

namespace {

double mean(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }
double variance(std::span<const double> x) {
  const double m = mean(x);
  double sum = 0;
  for (const double v : x) sum += (v - m) * (v - m);
  return sum / static_cast<double>(x.size());
}

} // namespace

TEST_CASE("Exact transition: mean and covariance of a rotating Ornstein-Uhlenbeck process after one long step") {
  engine::ModelText text{.names = {"x", "y"}, .potential = "x^2/2 + y^2/2 - x", .force = {"5*y", "-5*x"}, .temperature = 0.7, .tensor = {{"1", "0.5"}, {"0.5", "1"}}};
  const Model model = engine::model(text);
  const Dynamics dynamics(model);
  constexpr double t = 0.8;
  Ensemble ensemble(2, 200'000);
  StartLaw law{.kind = StartLaw::Kind::point, .mean = {2, -1}};
  fill_positions(ensemble, 2, law, 1);
  Integrator(dynamics, *StepperCatalogue::find("exact_ou")->make(), 1, {0, t}).advance(ensemble, 0, 1);
  // moments by a fine Runge-Kutta integration of their equations: m' = M m + c, S' = M S + S M^T + 2 T D
  Eigen::Matrix2d M, D, S = Eigen::Matrix2d::Zero();
  M << -1, 5, -5, -1;
  D << 1, 0.5, 0.5, 1;
  Eigen::Vector2d m(2, -1);
  const Eigen::Vector2d c(1, 0);
  constexpr int steps = 20'000;
  for (int k = 0; k < steps; ++k) { // midpoint rule
    const double h = t / steps;
    const Eigen::Vector2d middle = m + 0.5 * h * (M * m + c);
    const Eigen::Matrix2d half = S + 0.5 * h * (M * S + S * M.transpose() + 1.4 * D);
    m += h * (M * middle + c);
    S += h * (M * half + half * M.transpose() + 1.4 * D);
  }
  const double n = 200'000;
  CHECK(mean(ensemble.row(0)) == Approx(m[0]).margin(4 * std::sqrt(S(0, 0) / n)));
  CHECK(mean(ensemble.row(1)) == Approx(m[1]).margin(4 * std::sqrt(S(1, 1) / n)));
  CHECK(variance(ensemble.row(0)) == Approx(S(0, 0)).margin(4 * S(0, 0) * std::sqrt(2 / n)));
  CHECK(variance(ensemble.row(1)) == Approx(S(1, 1)).margin(4 * S(1, 1) * std::sqrt(2 / n)));
  double cross = 0;
  for (std::size_t k = 0; k < 200'000; ++k) cross += (ensemble.row(0)[k] - m[0]) * (ensemble.row(1)[k] - m[1]);
  CHECK(cross / n == Approx(S(0, 1)).margin(4 * std::sqrt((S(0, 0) * S(1, 1) + S(0, 1) * S(0, 1)) / n)));
}

TEST_CASE("MALA has the right stationary law at a step where Euler-Maruyama is far off") {
  const Model model = engine::model({.names = {"x"}, .potential = "(x^2-1)^2/4 + x/10", .temperature = 0.3});
  const Dynamics dynamics(model);
  double Z = 0, exact = 0, second = 0;
  for (double x = -6; x < 6; x += 1e-3) {
    const double w = std::exp(-(std::pow(x * x - 1, 2) / 4 + x / 10) / 0.3);
    Z += w, exact += w * x, second += w * x * x;
  }
  const auto moments = [&](const char* name) {
    Ensemble ensemble(1, 100'000);
    fill_positions(ensemble, 1, {.kind = StartLaw::Kind::gaussian, .mean = {0}, .covariance = {{0.1}}}, 1);
    Integrator(dynamics, *StepperCatalogue::find(name)->make(), 1, {0, 0.2}).advance(ensemble, 0, 300);
    return std::pair{mean(ensemble.row(0)), variance(ensemble.row(0)) + std::pow(mean(ensemble.row(0)), 2)};
  };
  const auto mala = moments("mala");
  CHECK(mala.first == Approx(exact / Z).margin(4 * std::sqrt(second / Z / 1e5)));
  CHECK(mala.second == Approx(second / Z).margin(0.01));
  CHECK(std::abs(moments("euler_maruyama").second - second / Z) > 0.02);
}

TEST_CASE("Walls: uniform between reflecting ones, uniform on the circle, momenta turn round") {
  const Model model = engine::model({.names = {"x"}, .potential = "", .force = {"0.5"}, .temperature = 0.5});
  const Dynamics free(engine::model({.names = {"x"}, .potential = "", .temperature = 0.5}));
  const Dynamics drifting(model);
  const auto stepper = StepperCatalogue::find("euler_maruyama")->make();
  for (const bool periodic : {false, true}) {
    Ensemble ensemble(1, 50'000);
    fill_positions(ensemble, 1, {.kind = StartLaw::Kind::point, .mean = {0.1}}, 1);
    const WallKind kind = periodic ? WallKind::periodic : WallKind::reflecting;
    Integrator(periodic ? drifting : free, *stepper, 1, {0, 0.01}, {.walls = box(1, kind, kind, 0, 1)}).advance(ensemble, 0, 200);
    const auto x = ensemble.row(0);
    CHECK(*std::min_element(x.begin(), x.end()) >= 0);
    CHECK(*std::max_element(x.begin(), x.end()) <= 1);
    CHECK(mean(x) == Approx(0.5).margin(4 * std::sqrt(1.0 / 12 / 50'000)));
    CHECK(variance(x) == Approx(1.0 / 12).margin(0.002));
  }
  // Without noise to speak of: a ball between walls, energy kept.
  const Model ball = underdamped("0", 1e-30, 1e-12);
  const Dynamics flight(ball);
  Ensemble one(2, 1);
  one.row(0)[0] = 0.25;
  one.row(1)[0] = 1;
  Integrator(flight, *StepperCatalogue::find("baoab")->make(), 1, {0, 1.0 / 64}, {.walls = box(1, WallKind::reflecting, WallKind::reflecting, 0, 1)}).advance(one, 0, 96);
  CHECK(one.row(0)[0] == Approx(0.25)); // 1.5 further: to 1.75, reflected at 1
  CHECK(one.row(1)[0] == Approx(-1));
}

TEST_CASE("Mean first-passage time of free diffusion from (-1, 1): right to O(dt) with the bridge, too long without") {
  const Model model = engine::model({.names = {"x"}, .potential = "", .temperature = 0.5}); // E tau = (1 - x^2)/(2 T) = 1, Var = 2/3
  const Dynamics dynamics(model);
  constexpr std::size_t particles = 40'000;
  const auto passage = [&](bool bridge) {
    Ensemble ensemble(1, particles);
    Walls walls = box(1, WallKind::absorbing, WallKind::absorbing, -1, 1);
    walls.bridge = bridge;
    Integrator(dynamics, *StepperCatalogue::find("euler_maruyama")->make(), 1, {0, 0.05}, {.walls = walls}).advance(ensemble, 0, 400);
    const auto x = ensemble.row(0);
    CHECK(std::all_of(x.begin(), x.end(), [](double v) { return std::abs(v) == 1.0; }));
    return std::vector<double>(ensemble.death_time().begin(), ensemble.death_time().end());
  };
  const auto with = passage(true), without = passage(false);
  CHECK(mean(with) == Approx(1).margin(4 * std::sqrt(2.0 / 3 / particles) + 0.002));
  CHECK(variance(with) == Approx(2.0 / 3).margin(0.03));
  CHECK(mean(without) > 1.1);
}

TEST_CASE("Particles that leave the finite numbers are reported with place and advice") {
  const Model model = engine::model({.names = {"x"}, .potential = "x^4/4 - x^2/2", .temperature = 1});
  const Dynamics dynamics(model);
  const auto message = [&](int threads, std::size_t block) -> std::string {
    omp_set_num_threads(threads);
    Ensemble ensemble(1, 2000, 70);
    try {
      Integrator(dynamics, *StepperCatalogue::find("euler_maruyama")->make(), 1, {2, 0.25}, {.block = block}).advance(ensemble, 10, 4000);
    } catch (const NumericalFailure& failure) {
      return failure.what();
    }
    return "";
  };
  const std::string text = message(1, 512);
  CHECK(text.find("particle ") == 0);
  CHECK(text.find(" left the finite numbers in step ") != std::string::npos);
  CHECK(text.find("dt is too large") != std::string::npos);
  CHECK(text.substr(0, text.find('\n')) == message(2, 64).substr(0, text.find('\n')));
  omp_set_num_threads(2);
  Ensemble tamed(1, 2000, 70);
  Integrator(dynamics, *StepperCatalogue::find("tamed_euler")->make(), 1, {2, 0.5}).advance(tamed, 10, 4000);
  CHECK(variance(tamed.row(0)) < 3);
}

TEST_CASE("The stable step of linear drifts is the reciprocal of their largest rate") {
  const Model stiff = engine::model({.names = {"x", "y"}, .potential = "x^2/2 + 50*y^2", .temperature = 1});
  Ensemble ensemble(2, 100);
  fill_positions(ensemble, 2, {.kind = StartLaw::Kind::gaussian, .mean = {0, 0}, .covariance = {{1, 0}, {0, 1}}}, 1);
  CHECK(stable_dt(Dynamics(stiff), ensemble) == Approx(0.01).epsilon(0.01));
  const Model flat = engine::model({.names = {"x", "y"}, .potential = "x", .temperature = 1});
  CHECK(stable_dt(Dynamics(flat), ensemble) > 1e4);
}

TEST_CASE("Models a stepper cannot do are refused with a reason") {
  const Model general = engine::model({.names = {"x", "y"}, .potential = "x^2", .diffusion = {"1 + y^2", "1 + x^2"}, .temperature = 1});
  const Model kinetic = underdamped("q^2/2", 1, 1);
  const Dynamics dynamics(general), phase(kinetic);
  for (const char* name : {"milstein", "leimkuhler_matthews", "exact_ou", "mala", "baoab"})
    CHECK_THROWS_AS(Integrator(dynamics, *StepperCatalogue::find(name)->make(), 1, {0, 0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Integrator(phase, *StepperCatalogue::find("euler_maruyama")->make(), 1, {0, 0.1}), std::invalid_argument);
}
