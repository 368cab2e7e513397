// The kinetic equation against answers known otherwise: gaps, Gaussians, the overdamped limit, the cell problem of a drift.
#include "kinetic_models.hpp"

#include <catch2/catch.hpp>

#include <Eigen/Dense>
#include <unsupported/Eigen/MatrixFunctions>

#include <cmath>

using namespace kinetic_models;
using Eigen::Matrix2d;
using Eigen::Vector2d;

TEST_CASE("leading eigenvalue of the quadratic well: gamma/2, then (gamma - sqrt(gamma^2 - 4))/2") {
  for (const double gamma : {0.2, 0.5, 1.0, 1.9, 2.5, 4.0, 10.0}) {
    CAPTURE(gamma);
    const Setup s(model("q^2/2", 1, gamma), {-12, 12, false}, 128, 64);
    const auto lambda = s.L.eigenvalues(1).at(0);
    const double real = gamma <= 2 ? gamma / 2 : (gamma - std::sqrt(gamma * gamma - 4)) / 2;
    CHECK(-lambda.real() == Approx(real).epsilon(1e-9));
    CHECK(lambda.imag() == Approx(gamma < 2 ? std::sqrt(1 - gamma * gamma / 4) : 0).margin(1e-8));
  }
}

TEST_CASE("leading eigenvalue of the quartic double well, as tabled") {
  CHECK(-Setup(model("(q^2-1)^2/4", 0.1, 1), {-3, 3, false}, 128, 64).L.eigenvalues(1).at(0).real() == Approx(0.02251921).epsilon(3e-7));
  CHECK(-Setup(model("(q^2-1)^2/4", 1, 1), {-5, 5, false}, 128, 64).L.eigenvalues(1).at(0).real() == Approx(0.71809641).epsilon(1e-8));
}

TEST_CASE("mean shift in the quadratic well: KL as tabled, and a staircase") {
  const Setup s(model("q^2/2", 1, 0.5), {-12, 12, false}, 128, 64);
  const double step = M_PI / std::sqrt(1 - 0.0625); // the mean momentum is 0 here
  const auto rows = s.run(gaussian(2, 0, 1, 1), {0, 1, step, 5, 2 * step});
  CHECK(rows[0].at("kl")[0] == Approx(2).epsilon(1e-10));
  CHECK(rows[1].at("kl")[0] == Approx(1.615351461428).epsilon(1e-11));
  CHECK(rows[3].at("kl")[0] == Approx(0.174895764764).epsilon(1e-11));
  for (const int i : {0, 2, 4}) {
    CHECK(std::abs(rows[static_cast<std::size_t>(i)].at("dissipation")[0]) < 1e-10);
    CHECK(rows[static_cast<std::size_t>(i)].at("fisher_information")[0] < 1e-9);
  }
  CHECK(rows[1].at("kl_decay_rate")[0] > 0.5);
  for (const auto& row : rows) {
    CHECK(row.at("mass")[0] == Approx(1).epsilon(1e-13));
    CHECK(row.at("dissipation")[0] == Approx(-0.5 * row.at("fisher_information")[0]).epsilon(1e-7).margin(1e-10));
    CHECK(row.at("free_energy")[0] == Approx(row.at("mean_potential")[0] - row.at("entropy")[0]).epsilon(1e-12));
    CHECK(row.at("mean_potential")[0] == Approx(row.at("mean_loss")[0] + row.at("mean_kinetic_energy")[0]).epsilon(1e-12));
  }
}

TEST_CASE("any Gaussian in a quadratic well stays one: moments from the matrix exponential, KL from the moments") {
  const double T = 0.4, gamma = 0.7, a = 1.8;
  const Setup s(model("0.9*(q-0.3)^2", T, gamma), {-7, 7, false}, 128, 64);
  Matrix2d F, S0, S_ss, noise;
  F << 0, 1, -a, -gamma;
  S0 << 0.15, 0.05, 0.05, 0.3;
  S_ss << T / a, 0, 0, T;
  const Vector2d m0(0.6, -0.5), m_ss(0.3, 0);
  const std::vector<double> times{0, 0.3, 1.7, 6, 20};
  const auto rows = s.run(gaussian(m0[0], m0[1], S0(0, 0), S0(1, 1), S0(0, 1)), times);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const Matrix2d E = (times[i] * F).exp(), S = S_ss + E * (S0 - S_ss) * E.transpose();
    const Vector2d m = m_ss + E * (m0 - m_ss);
    const double kl = 0.5 * ((S_ss.inverse() * S).trace() - 2 + (m - m_ss).dot(S_ss.inverse() * (m - m_ss)) - std::log(S.determinant() / S_ss.determinant()));
    CAPTURE(times[i]);
    CHECK(rows[i].at("kl")[0] == Approx(kl).epsilon(1e-6).margin(1e-12));
    CHECK(rows[i].at("mean")[0] == Approx(m[0]).epsilon(1e-8));
    CHECK(rows[i].at("mean")[1] == Approx(m[1]).epsilon(1e-8).margin(1e-9));
    CHECK(rows[i].at("covariance")[0] == Approx(S(0, 0)).epsilon(1e-8));
    CHECK(rows[i].at("covariance")[1] == Approx(S(0, 1)).epsilon(1e-7).margin(1e-9));
    CHECK(rows[i].at("covariance")[3] == Approx(S(1, 1)).epsilon(1e-8));
    CHECK(rows[i].at("entropy")[0] == Approx(1 + std::log(2 * M_PI) + 0.5 * std::log(S.determinant())).epsilon(1e-6));
  }
}

TEST_CASE("large friction: gamma times the gap is the overdamped gap, and the error falls as 1/gamma^2") {
  const double overdamped = 0.1347779837473546; // beta = 5
  double before = 0;
  for (const double gamma : {10.0, 20.0, 40.0}) {
    const Setup s(model("(q^2-1)^2/4", 0.2, gamma), {-4, 4, false}, 96, 24);
    const double error = std::abs(-gamma * s.L.eigenvalues(1).at(0).real() - overdamped);
    CAPTURE(gamma, error);
    CHECK(error < 0.2 / (gamma * gamma));
    if (before > 0) CHECK(before / error == Approx(4).epsilon(0.05));
    before = error;
  }
}

TEST_CASE("large friction: the law of q at time gamma t is the overdamped one at t") {
  const double gamma = 100, T = 0.5; // Ornstein-Uhlenbeck: KL of the mean shift m^2/(2T) exp(-2t)
  const Setup s(model("q^2/2", T, gamma), {-9, 9, false}, 96, 16);
  const auto rows = s.run(gaussian(1, 0, T, T), {0, gamma * 0.5, gamma * 2});
  CHECK(rows[1].at("kl")[0] == Approx(std::exp(-1.0) / (2 * T)).epsilon(4 / gamma / gamma * 10));
  CHECK(rows[2].at("kl")[0] == Approx(std::exp(-4.0) / (2 * T)).epsilon(4 / gamma / gamma * 10));
}

TEST_CASE("a constant force on a circle without potential: a shifted Maxwell law, entropy production F^2/(gamma T)") {
  const double F = 0.4, gamma = 0.8, T = 0.5;
  const Setup s(model("0", T, gamma, "0.4"), {0, 2, true}, 21, 48);
  const auto steady = s.space.observe(s.space.steady());
  CHECK(steady.at("mean")[1] == Approx(F / gamma).epsilon(1e-12));
  CHECK(steady.at("covariance")[3] == Approx(T).epsilon(1e-10));
  CHECK(s.space.entropy_production() == Approx(F * F / (gamma * T)).epsilon(1e-12));
  CHECK(steady.at("kl")[0] < 1e-14);
  const Eigen::VectorXd q = Eigen::VectorXd::Constant(1, 0.7), p = Eigen::VectorXd::LinSpaced(7, -1, 2);
  const Eigen::MatrixXd rho = s.space.density(s.space.steady(), q, p);
  for (Eigen::Index j = 0; j < p.size(); ++j)
    CHECK(rho(0, j) == Approx(0.5 * std::exp(-std::pow(p[j] - F / gamma, 2) / (2 * T)) / std::sqrt(2 * M_PI * T)).epsilon(1e-10));
}

TEST_CASE("free flight on a circle: the momentum relaxes, the Fourier modes are known") {
  // Without force <exp(ikq)> of a start at rest in q is known: q - q0 is Gaussian for Maxwell momenta, variance 2T(gt - 1 + e^-gt)/g^2.
  const double gamma = 0.9, T = 0.3, t = 1.5, L = 2 * M_PI;
  const Setup s(model("0", T, gamma, "0"), {0, L, true}, 63, 48);
  const auto law = gaussian(3, 0, 0.16, T);
  Eigen::VectorXd last;
  (void)kinetic::evolve(s.L, kinetic::project(s.L, law).u, {t}, 1e-11, [&](std::size_t, const Eigen::VectorXd& u) { last = u; });
  const Eigen::VectorXd q = Eigen::VectorXd::LinSpaced(9, 0.2, 6), rho = s.space.marginal(last, q);
  const double variance = 0.16 + 2 * T * (gamma * t - 1 + std::exp(-gamma * t)) / (gamma * gamma);
  for (Eigen::Index i = 0; i < q.size(); ++i) {
    double sum = 0;
    for (int image = -6; image <= 6; ++image) sum += std::exp(-std::pow(q[i] - 3 - image * L, 2) / (2 * variance));
    CHECK(rho[i] == Approx(sum / std::sqrt(2 * M_PI * variance)).epsilon(1e-8));
  }
}
