// What the discrete equation keeps, on random models, and two independent ways through time and to the operator.
#include "driftwell/expression/tape.hpp"
#include "kinetic_models.hpp"

#include <catch2/catch.hpp>

#include <Eigen/Dense>
#include <fmt/format.h>
#include <unsupported/Eigen/MatrixFunctions>

#include <cmath>
#include <random>
#include <span>

using namespace kinetic_models;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd dense(const kinetic::KineticOperator& L) {
  MatrixXd M(L.size(), L.size());
  for (Index k = 0; k < L.size(); ++k) M.col(k) = L.apply(VectorXd::Unit(L.size(), k));
  return M;
}

std::string random_potential(std::mt19937& random) {
  std::uniform_real_distribution<double> c(-1, 1);
  return fmt::format("q^4/4 + {}*q^3 + {}*q^2 + {}*q + {}*cos(2*q)", 0.4 * c(random), c(random), c(random), 0.5 * c(random));
}

/// d/dt rho by finite differences on a fine (q, p) grid: the equation itself, no basis.
double right_side(const Setup& s, const Model& m, const VectorXd& u, double q, double p) {
  const double h = 2e-3;
  const VectorXd Q = (VectorXd(5) << q - 2 * h, q - h, q, q + h, q + 2 * h).finished(), P = (VectorXd(5) << p - 2 * h, p - h, p, p + h, p + 2 * h).finished();
  const MatrixXd r = s.space.density(u, Q, P);
  const auto first = [h](double a, double b, double c, double d) { return (a - 8 * b + 8 * c - d) / (12 * h); };
  const double dq = first(r(0, 2), r(1, 2), r(3, 2), r(4, 2)), dp = first(r(2, 0), r(2, 1), r(2, 3), r(2, 4));
  const double dpp = (-r(2, 0) + 16 * r(2, 1) - 30 * r(2, 2) + 16 * r(2, 3) - r(2, 4)) / (12 * h * h);
  const expression::Tape drift({m.drift(0)}, 1);
  const double b = drift(std::span(&q, 1))[0];
  return -p * dq - b * dp + m.friction() * (r(2, 2) + p * dp) + m.friction() * m.temperature() * dpp;
}

} // namespace

TEST_CASE("transport is antisymmetric, friction diagonal, for random potentials, on lines, boxes and circles") {
  std::mt19937 random(7);
  for (int i = 0; i < 6; ++i) {
    const bool circle = i % 3 == 2, walls = i % 3 == 1;
    const std::string f = circle ? "cos(q) + 0.3*sin(2*q)" : random_potential(random);
    CAPTURE(f, circle, walls);
    const Setup s(model(f, 0.7, 0.6), walls ? kinetic::PositionBox{-1, 1.3, false} : kinetic::PositionBox{-M_PI, M_PI, circle}, 24, 8);
    const MatrixXd M = dense(s.L), sum = M + M.transpose();
    CHECK((sum - MatrixXd(sum.diagonal().asDiagonal())).norm() <= 1e-13 * M.norm());
    for (Index n = 0; n < 8; ++n)
      for (Index k = s.L.offset(n); k < s.L.offset(n + 1); ++k) REQUIRE(M(k, k) == -0.6 * static_cast<double>(n));
    CHECK(s.L.source().norm() == 0); // exp(-E/T) is stationary and the mass constant, to the last bit
  }
}

TEST_CASE("the evolution agrees with a dense matrix exponential") {
  std::mt19937 random(3);
  for (const double gamma : {0.05, 0.8, 5.0}) {
    const Setup s(model(random_potential(random), 0.5, gamma), {-3, 3, false}, 24, 12);
    const VectorXd start = kinetic::project(s.L, gaussian(0.4, 0.3, 0.2, 0.4)).u;
    const MatrixXd M = dense(s.L);
    const std::vector<double> times{0, 1e-3, 0.1, 0.7, 3, 11, 60};
    int seen = 0;
    (void)kinetic::evolve(s.L, start, times, 1e-11, [&](std::size_t i, const VectorXd& u) {
      const VectorXd exact = (times[i] * M).exp() * start;
      CAPTURE(gamma, times[i]);
      CHECK((u - exact).norm() <= 2e-9 * start.norm() + 1e-7 * exact.norm());
      ++seen;
    });
    CHECK(seen == 7);
  }
}

TEST_CASE("the block factor solves what it says") {
  for (const char* force : {"0", "0.5"}) {
    const Setup s(model("cos(q)", 0.5, 0.4, force), {0, 2 * M_PI, true}, 15, 10);
    const MatrixXd M = dense(s.L);
    const VectorXd b = VectorXd::LinSpaced(s.L.size(), -1, 2);
    const VectorXd x = kinetic::BlockFactor(s.L, 0.3).solve(b);
    CHECK((0.3 * x - M * x - b).norm() < 1e-10 * b.norm());
    CHECK((M * s.L.steady() + s.L.source()).norm() < 1e-11);
  }
}

TEST_CASE("the operator is the equation: against finite differences of the density") {
  struct Case { Model m; kinetic::PositionBox box; };
  const Case cases[] = {{model("(q^2-1)^2/4 + 0.2*q", 0.5, 0.7), {-5, 5, false}}, {model("q^2/2", 0.5, 0.7, "sin(q)"), {-6, 6, false}},
                        {model("cos(q)", 0.5, 0.7, "0.3"), {0, 2 * M_PI, true}}};
  for (const Case& c : cases) {
    const Setup s(c.m, c.box, 128, 40);
    const double centre = c.box.periodic ? 3.0 : 0.3;
    const VectorXd u = kinetic::project(s.L, gaussian(centre, 0.4, &c == cases ? 0.15 : 0.3, 0.4, 0.05)).u;
    const VectorXd rate = s.L.apply(u) + s.L.source(); // the density of a rate has no steady part: take it off
    for (const auto& [q, p] : {std::pair{centre, 0.2}, {centre + 0.4, -0.6}, {centre - 0.5, 1.1}}) {
      const VectorXd Q = VectorXd::Constant(1, q), P = VectorXd::Constant(1, p);
      const double measured = s.space.density(rate, Q, P)(0, 0) - s.space.density(VectorXd::Zero(u.size()), Q, P)(0, 0);
      CHECK(measured == Approx(right_side(s, c.m, u, q, p)).epsilon(1e-4).margin(1e-5));
    }
  }
}

TEST_CASE("KL never rises, its slope is -gamma T I, on random models") {
  std::mt19937 random(11);
  for (int i = 0; i < 3; ++i) {
    const std::string f = random_potential(random);
    const double gamma = i == 0 ? 0.3 : 1.5, T = 0.6;
    CAPTURE(f, gamma);
    const Setup s(model(f, T, gamma), {-4, 4, false}, 128, 72);
    std::vector<double> times;
    for (int k = 0; k <= 80; ++k) times.push_back(0.05 * k);
    const auto rows = s.run(gaussian(0.3, -0.3, 0.15, 0.5), times);
    for (std::size_t k = 1; k < rows.size(); ++k) {
      CHECK(rows[k].at("kl")[0] <= rows[k - 1].at("kl")[0] + 1e-8);
      CHECK(rows[k].at("dissipation")[0] == Approx(-gamma * T * rows[k].at("fisher_information")[0]).epsilon(2e-3).margin(1e-6));
      CHECK(std::abs(rows[k].at("mass")[0] - 1) < 1e-12);
    }
    double fall = 0; // Simpson's rule
    for (std::size_t k = 0; k + 2 < rows.size(); k += 2)
      fall += 0.05 / 3 * (rows[k].at("dissipation")[0] + 4 * rows[k + 1].at("dissipation")[0] + rows[k + 2].at("dissipation")[0]);
    CHECK(fall == Approx(rows.back().at("kl")[0] - rows[0].at("kl")[0]).epsilon(1e-3));
  }
}

TEST_CASE("a box with walls that matter: specular reflection, with the eigenvalues of the unfolded circle") {
  const double T = 0.5, gamma = 5;
  const Setup s(model("0", T, gamma), {0, 1, false}, 40, 32);
  // Free motion between walls is that of even functions on the circle of length 2, whose modes decay with T k^2 / gamma, k = pi j.
  const auto wall = s.L.eigenvalues(2);
  CHECK(wall[0].real() == Approx(-T * M_PI * M_PI / gamma).epsilon(1e-10));
  CHECK(wall[1].real() == Approx(-4 * T * M_PI * M_PI / gamma).epsilon(1e-10));
  const VectorXd q = VectorXd::LinSpaced(5, 0.1, 0.9);
  CHECK((s.space.marginal(VectorXd::Zero(s.L.size()), q).array() - 1).abs().maxCoeff() < 1e-12);
}
