// Initial laws, walls, drift and noise on blocks.
#include "engine.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/ensemble/dynamics.hpp"
#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/ensemble/matrix_product.hpp"
#include "driftwell/ensemble/walls.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

using namespace driftwell;

namespace {

/// Mean and covariance of two rows.
struct Moments {
  double mean[2] = {0, 0}, covariance[2][2] = {{0, 0}, {0, 0}};
  explicit Moments(const Ensemble& e) {
    const auto n = static_cast<double>(e.particles());
    for (int i = 0; i < 2; ++i)
      for (const double x : e.row(static_cast<std::size_t>(i))) mean[i] += x / n;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        for (std::size_t k = 0; k < e.particles(); ++k)
          covariance[i][j] += (e.row(static_cast<std::size_t>(i))[k] - mean[i]) * (e.row(static_cast<std::size_t>(j))[k] - mean[j]) / n;
  }
};

StartLaw gaussian(std::vector<double> mean, std::vector<std::vector<double>> covariance) {
  return {.kind = StartLaw::Kind::gaussian, .mean = std::move(mean), .covariance = std::move(covariance)};
}

constexpr std::size_t many = 100'000;

} // namespace

TEST_CASE("Initial laws have their moments") {
  Ensemble e(2, many);
  fill_positions(e, 2, gaussian({1, -2}, {{2, 0.6}, {0.6, 0.5}}), 1);
  const Moments g(e);
  CHECK(g.mean[0] == Approx(1).margin(4 * std::sqrt(2.0 / many)));
  CHECK(g.mean[1] == Approx(-2).margin(4 * std::sqrt(0.5 / many)));
  CHECK(g.covariance[0][0] == Approx(2).margin(4 * 2 * std::sqrt(2.0 / many)));
  CHECK(g.covariance[0][1] == Approx(0.6).margin(4 * std::sqrt(1.36 / many)));
  CHECK(g.covariance[1][1] == Approx(0.5).margin(4 * 0.5 * std::sqrt(2.0 / many)));

  fill_positions(e, 2, {.kind = StartLaw::Kind::uniform, .lower = {-1, 2}, .upper = {1, 5}}, 1);
  const Moments u(e);
  CHECK(u.mean[1] == Approx(3.5).margin(4 * std::sqrt(0.75 / many)));
  CHECK(u.covariance[0][0] == Approx(1.0 / 3).margin(0.004));
  CHECK(u.covariance[0][1] == Approx(0).margin(4 * std::sqrt(0.25 / many)));

  StartLaw mixture{.kind = StartLaw::Kind::mixture, .weights = {1, 3}, .parts = {{.kind = StartLaw::Kind::point, .mean = {4, 0}}, gaussian({0, 1}, {{1, 0}, {0, 1}})}};
  fill_positions(e, 2, mixture, 1);
  double points = 0;
  for (std::size_t k = 0; k < many; ++k) points += e.row(0)[k] == 4 && e.row(1)[k] == 0;
  CHECK(points / many == Approx(0.25).margin(4 * std::sqrt(0.1875 / many)));
  CHECK(Moments(e).mean[1] == Approx(0.75).margin(4 * std::sqrt(0.9375 / many)));

  // x^2 e^{-x^2/2} from a broader Gaussian: variance 3
  StartLaw density{.kind = StartLaw::Kind::density, .parts = {gaussian({0, 0}, {{4, 0}, {0, 1}})}};
  density.log_ratio = [](std::span<const double> x) { return 2 * std::log(std::abs(x[0])) - x[0] * x[0] * (0.5 - 0.125); };
  density.log_bound = 2 * std::log(std::sqrt(1 / 0.375)) - 1;
  fill_positions(e, 2, density, 1);
  CHECK(Moments(e).covariance[0][0] == Approx(3).margin(0.05));
  CHECK(Moments(e).covariance[1][1] == Approx(1).margin(0.02));
}

TEST_CASE("A particle's start depends on its number and the seed alone") {
  const StartLaw law = gaussian({0, 0}, {{1, 0.2}, {0.2, 1}});
  Ensemble all(2, 100), shard(2, 30, 50), other(2, 100);
  fill_positions(all, 2, law, 9);
  fill_positions(shard, 2, law, 9);
  fill_positions(other, 2, law, 10);
  for (std::size_t k = 0; k < 30; ++k) CHECK(shard.row(1)[k] == all.row(1)[50 + k]);
  CHECK(other.row(0)[0] != all.row(0)[0]);
  Ensemble phase(4, 1000);
  fill_momenta(phase, 2, 4.0, 9);
  double square = 0;
  for (const double p : phase.row(3)) square += p * p / 1000;
  CHECK(square == Approx(4).margin(4 * 4 * std::sqrt(2.0 / 1000)));
}

TEST_CASE("Singular covariances are drawn, indefinite ones and wrong sizes refused") {
  Ensemble e(2, 1000);
  fill_positions(e, 2, gaussian({0, 0}, {{1, 2}, {2, 4}}), 1);
  for (std::size_t k = 0; k < 1000; ++k) CHECK(e.row(1)[k] == Approx(2 * e.row(0)[k]).margin(1e-12));
  fill_positions(e, 2, gaussian({0, 3}, {{0, 0}, {0, 1}}), 1);
  CHECK(e.row(0)[7] == 0);
  CHECK_THROWS_AS(fill_positions(e, 2, gaussian({0, 0}, {{1, 2}, {2, 3}}), 1), std::invalid_argument);
  CHECK_THROWS_AS(fill_positions(e, 2, gaussian({0}, {{1}}), 1), std::invalid_argument);
  StartLaw never{.kind = StartLaw::Kind::density, .parts = {gaussian({0, 0}, {{1, 0}, {0, 1}})}};
  never.log_ratio = [](std::span<const double>) { return -1e9; };
  CHECK_THROWS_AS(fill_positions(e, 2, never, 1), NumericalFailure);
}

TEST_CASE("Folding is reflecting or wrapping as often as it takes") {
  const AxisWalls both{-1, 2, WallKind::reflecting, WallKind::reflecting}, ring{-1, 2, WallKind::periodic, WallKind::periodic};
  for (double x = -30; x < 30; x += 0.0137) {
    double slow = x, turned = x;
    while (slow < -1 || slow > 2) slow = slow < -1 ? -2 - slow : 4 - slow;
    while (turned < -1) turned += 3;
    while (turned >= 2) turned -= 3;
    CHECK(folded(x, both) == Approx(slow).margin(1e-12));
    CHECK(std::remainder(folded(x, ring) - turned, 3.0) == Approx(0).margin(1e-12));
    CHECK((folded(x, ring) >= -1 && folded(x, ring) < 2));
  }
  CHECK(folded(-3, {-1, 2, WallKind::reflecting, WallKind::none}) == 1);
  CHECK(folded(5, {-1, 2, WallKind::reflecting, WallKind::none}) == 5);
  CHECK(std::isnan(folded(NAN, both)));
  CHECK(std::isnan(folded(INFINITY, ring)));
  CHECK_THROWS_AS((Walls{{{0, 1, WallKind::periodic, WallKind::none}}}.check(1)), std::invalid_argument);
  CHECK_THROWS_AS((Walls{{{1, 0, WallKind::reflecting, WallKind::reflecting}}}.check(1)), std::invalid_argument);
  CHECK_THROWS_AS((Walls{{both}}.check(2)), std::invalid_argument);
}

namespace {

struct Points {
  RowBuffer x;
  std::size_t n = 300;
  explicit Points(std::size_t d) : x(d) { NoiseStream(5, Purpose::test).normals(0, n, 0, x.rows()); }
  [[nodiscard]] std::vector<double> at(std::size_t k) const {
    std::vector<double> point;
    for (std::size_t i = 0; i < x.size(); ++i) point.push_back(x[i][k]);
    return point;
  }
};

void check_root(const Model& model, double T) {
  const Dynamics dynamics(model, T);
  const std::size_t d = model.dimension();
  const Points points(d);
  RowBuffer sigma(d * d), xi(d), noise(d), variance(d);
  Dynamics::Workspace workspace(dynamics);
  NoiseStream(6, Purpose::test).normals(0, points.n, 1, xi.rows());
  dynamics.amplitude(points.x.const_rows(), sigma.rows(), points.n, T, workspace);
  dynamics.noise(points.x.const_rows(), xi.const_rows(), noise.rows(), points.n, T, workspace);
  dynamics.variance(points.x.const_rows(), variance.rows(), points.n, T, workspace);
  std::vector<Expression> entries;
  for (std::size_t i = 0; i < d * d; ++i) entries.push_back(model.diffusion(i / d, i % d));
  const expression::Tape D(entries, d);
  for (std::size_t k = 0; k < points.n; ++k) {
    const auto exact = D(points.at(k));
    for (std::size_t i = 0; i < d; ++i) {
      double out = 0;
      for (std::size_t j = 0; j < d; ++j) {
        double product = 0;
        for (std::size_t m = 0; m < d; ++m) product += sigma[i * d + m][k] * sigma[j * d + m][k];
        REQUIRE(product == Approx(2 * T * exact[i * d + j]).margin(1e-6)); // singular pivots below 1e-13 D are dropped
        out += sigma[i * d + j][k] * xi[j][k];
      }
      REQUIRE(noise[i][k] == Approx(out).margin(1e-12));
      REQUIRE(variance[i][k] == Approx(2 * T * exact[i * d + i]).margin(1e-14));
    }
  }
}

} // namespace

TEST_CASE("The root of the noise, squared, is 2 T D: constant, diagonal, full, singular") {
  const std::vector<std::string> xyz{"x", "y", "z"};
  const auto with = [&](std::vector<std::string> diagonal, std::vector<std::vector<std::string>> tensor) {
    return engine::model({.names = xyz, .potential = "x^2", .diffusion = std::move(diagonal), .temperature = 1, .tensor = std::move(tensor)});
  };
  check_root(with({}, {}), 0.3);
  check_root(with({"2", "0", "0.5"}, {}), 0.3);
  check_root(with({"x^2", "1+y^2", "1"}, {}), 0.3);
  check_root(with({}, {{"2", "0.5", "0"}, {"0.5", "1", "0.3"}, {"0", "0.3", "1"}}), 0.3);
  check_root(with({}, {{"1", "1", "0"}, {"1", "1", "0"}, {"0", "0", "0"}}), 0.3);
  check_root(with({}, {{"2+sin(y)", "0.5*cos(z)", "0"}, {"0.5*cos(z)", "1+x^2", "0.3"}, {"0", "0.3", "1"}}), 0.3);
  check_root(with({}, {{"x^2", "x*y", "x*z"}, {"x*y", "y^2", "y*z"}, {"x*z", "y*z", "z^2"}}), 0.3); // rank one
  CHECK_THROWS_AS(Dynamics(with({}, {{"1", "2", "0"}, {"2", "1", "0"}, {"0", "0", "1"}})), std::invalid_argument);
}

TEST_CASE("An indefinite D(x) gives NaN, not a wrong number") {
  const Dynamics dynamics(engine::model({.names = {"x", "y"}, .potential = "0", .temperature = 1, .tensor = {{"1", "2+x^2"}, {"2+x^2", "1"}}}));
  const Points points(2);
  RowBuffer sigma(4);
  Dynamics::Workspace workspace(dynamics);
  dynamics.amplitude(points.x.const_rows(), sigma.rows(), points.n, 1, workspace);
  CHECK(std::isnan(sigma[3][0]));
}

TEST_CASE("The drift follows a temperature schedule, also where the noise or a circulation adds to it") {
  const Model model = engine::model({.names = {"x", "y"}, .potential = "(x^2-1)^2/4 + x*y + y^2", .diffusion = {"1 + x^2", "2 + sin(y)"}, .temperature = 1,
                                     .interpretation = Interpretation::anti_ito, .circulation = {{"0", "cos(x)"}, {"-cos(x)", "0"}}});
  const Dynamics dynamics(model, Schedule(engine::formula("0.5 + t", {"t"})));
  const Points points(2);
  RowBuffer b(2);
  Dynamics::Workspace workspace(dynamics);
  for (const double t : {0.0, 0.7, 3.0}) {
    const double T = dynamics.temperature(t);
    CHECK(T == Approx(0.5 + t));
    dynamics.drift(points.x.const_rows(), b.rows(), points.n, T, workspace);
    const Model there = model.with_temperature(T);
    const expression::Tape exact({there.drift(0), there.drift(1)}, 2);
    for (std::size_t k = 0; k < points.n; ++k)
      for (std::size_t i = 0; i < 2; ++i) REQUIRE(b[i][k] == Approx(exact(points.at(k))[i]).epsilon(1e-12));
  }
}

TEST_CASE("Noise classes are recognised") {
  const auto kind = [](std::vector<std::string> diagonal, std::vector<std::vector<std::string>> tensor = {}) {
    return Dynamics(engine::model({.names = {"x", "y"}, .potential = "x", .diffusion = std::move(diagonal), .temperature = 1, .tensor = std::move(tensor)})).noise_class();
  };
  CHECK(kind({}) == NoiseClass::additive);
  CHECK(kind({}, {{"2", "1"}, {"1", "2"}}) == NoiseClass::additive);
  CHECK(kind({"1+x^2", "2"}) == NoiseClass::diagonal);
  CHECK(kind({"1+y^2", "2"}) == NoiseClass::general);
  CHECK(kind({}, {{"1+x^2", "0.1"}, {"0.1", "2"}}) == NoiseClass::general);
}

TEST_CASE("A dense linear drift becomes a matrix product; the bits of a particle do not depend on its block") {
  for (const std::size_t d : {16, 33, 100}) {
    std::vector<std::string> names;
    Equation equation;
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> coefficient(-1, 1);
    for (std::size_t i = 0; i < d; ++i) {
      names.push_back("x" + std::to_string(i));
      Expression row(0.5);
      for (std::size_t j = 0; j < d; ++j) row = row + Expression(coefficient(random)) * Expression::variable(j);
      equation.force.push_back(row);
    }
    equation.names = names;
    const Model model(equation);
    const Dynamics dynamics(model);
    CHECK(dynamics.linear_drift());
    std::vector<Expression> b;
    for (std::size_t i = 0; i < d; ++i) b.push_back(model.drift(i));
    const expression::Tape tape(b, d);
    const Points points(d);
    RowBuffer all(d), part(d), slow(d);
    Dynamics::Workspace workspace(dynamics);
    expression::Tape::Workspace space(tape);
    dynamics.drift(points.x.const_rows(), all.rows(), points.n, 1, workspace);
    tape.evaluate(points.x.const_rows(), slow.rows(), points.n, space);
    for (const std::size_t n : {1, 7, 64, 100}) {
      std::vector<const double*> shifted;
      for (std::size_t i = 0; i < d; ++i) shifted.push_back(points.x[i] + 50);
      dynamics.drift(shifted, part.rows(), n, 1, workspace);
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t k = 0; k < n; ++k) REQUIRE(part[i][k] == all[i][50 + k]);
    }
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t k = 0; k < points.n; ++k) REQUIRE(all[i][k] == Approx(slow[i][k]).margin(1e-12 * static_cast<double>(d)));
  }
}
