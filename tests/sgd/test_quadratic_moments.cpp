// Closed forms of SGD on a parabola: against recursions written out, the numbers of the literature, and weak orders.
#include "driftwell/sgd/quadratic_moments.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <cmath>
#include <stdexcept>

using namespace driftwell::sgd;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd matrix(int seed, double shift) {
  const MatrixXd A = MatrixXd::NullaryExpr(4, 4, [seed](Eigen::Index i, Eigen::Index j) { return std::sin(static_cast<double>(seed + 7 * i + 3 * j + i * j)); });
  return A * A.transpose() + shift * MatrixXd::Identity(4, 4);
}

} // namespace

TEST_CASE("moments after k steps are those of the recursion, step by step") {
  const MatrixXd H = matrix(1, 0.3), C = matrix(2, 0);
  const VectorXd start = VectorXd::LinSpaced(4, -1, 2);
  const double eta = 0.05;
  const QuadraticMoments exact(H, C);
  const MatrixXd M = MatrixXd::Identity(4, 4) - eta * H;
  VectorXd mean = start;
  MatrixXd S = MatrixXd::Zero(4, 4);
  for (std::uint64_t k = 1; k <= 200; ++k) {
    mean = M * mean;
    S = M * S * M.transpose() + eta * eta * C;
    if (k % 50 != 0) continue;
    const Moments m = exact.sgd(eta, k, start);
    CHECK((m.mean - mean).norm() < 1e-12);
    CHECK((m.covariance - S).norm() < 1e-12 * S.norm());
  }
  for (int k = 0; k < 20000; ++k) S = M * S * M.transpose() + eta * eta * C;
  CHECK((exact.stationary(eta) - S).norm() < 1e-12 * S.norm());
  for (const bool nesterov : {false, true}) {
    const double mu = 0.7;
    MatrixXd A(8, 8), B(8, 8), X = MatrixXd::Zero(8, 8);
    const MatrixXd I = MatrixXd::Identity(4, 4), keep = nesterov ? MatrixXd(mu * (I - eta * H)) : MatrixXd(mu * I);
    A << I - eta * H, keep, -eta * H, keep;
    B << C, C, C, C;
    for (int k = 0; k < 20000; ++k) X = A * X * A.transpose() + eta * eta * B;
    CHECK((exact.stationary(eta, mu, nesterov) - X.topLeftCorner(4, 4)).norm() < 1e-12 * X.norm());
  }
}

TEST_CASE("one dimension: eta s^2/(b a (2 - eta a)), with momentum 0.513513513514, divergence refused") {
  const MatrixXd a = MatrixXd::Constant(1, 1, 1.7), s = MatrixXd::Constant(1, 1, 0.6 / 4), one = MatrixXd::Ones(1, 1);
  CHECK(QuadraticMoments(a, s).stationary(0.3)(0, 0) == Approx(0.3 * 0.6 / (4 * 1.7 * (2 - 0.3 * 1.7))).epsilon(1e-14));
  CHECK(QuadraticMoments(one, one).stationary(0.1, 0.9, false)(0, 0) == Approx(0.1 * 1.9 / (0.1 * (2 * 1.9 - 0.1))).epsilon(1e-12));
  CHECK(QuadraticMoments(one, one).stationary(0.1, 0.9, false)(0, 0) == Approx(0.513513513514).epsilon(1e-11));
  CHECK_THROWS_AS(QuadraticMoments(one, one).stationary(2.1), std::domain_error);
  CHECK_THROWS_AS(QuadraticMoments(one, one).stationary(5, 0.5, false), std::domain_error);
  CHECK_THROWS_AS(QuadraticMoments(one, -MatrixXd::Identity(2, 2)), std::invalid_argument);
}

TEST_CASE("modified equations: the known errors at eta = 2^-10 and weak orders 1 and 2") {
  // f = x^2 with f+- = (x -+ 1)^2 - 1: curvature 2, noise 4; x0 = 1, T = 1.
  const QuadraticMoments exact(MatrixXd::Constant(1, 1, 2), MatrixXd::Constant(1, 1, 4));
  const VectorXd start = VectorXd::Ones(1);
  const auto errors = [&](int order, double eta) {
    const auto k = static_cast<std::uint64_t>(std::llround(1 / eta));
    const Moments sgd = exact.sgd(eta, k, start), sde = exact.modified_equation(order, eta, 1, start);
    CHECK(sgd.mean[0] == Approx(std::pow(1 - 2 * eta, static_cast<double>(k))).epsilon(1e-13));
    CHECK(sgd.covariance(0, 0) == Approx(eta / (1 - eta) * (1 - std::pow(1 - 2 * eta, 2.0 * static_cast<double>(k)))).epsilon(1e-12));
    const double second = sgd.covariance(0, 0) + sgd.mean[0] * sgd.mean[0] - sde.covariance(0, 0) - sde.mean[0] * sde.mean[0];
    return std::pair{std::abs(sgd.mean[0] - sde.mean[0]), std::abs(second)};
  };
  CHECK(errors(1, 0x1p-10).first == Approx(2.644127690e-4).epsilon(1e-9));
  CHECK(errors(2, 0x1p-10).first == Approx(3.440073906e-7).epsilon(1e-7));
  for (const int order : {1, 2}) {
    const auto coarse = errors(order, 0x1p-7), fine = errors(order, 0x1p-8);
    CHECK(std::log2(coarse.first / fine.first) == Approx(order).margin(order == 1 ? 0.1 : 0.15));
    CHECK(std::log2(coarse.second / fine.second) == Approx(order).margin(order == 1 ? 0.1 : 0.15));
  }
}

TEST_CASE("linear SGD whose loss and implicit potential differ: Sigma, U and Q of the sheet") {
  const LocalPotential local = local_potential(MatrixXd{{2, 0.5}, {0.5, 1}}, MatrixXd{{1, 0}, {0, 0.1}}, 1);
  CHECK((local.covariance - MatrixXd{{37.0 / 70, -4.0 / 35}, {-4.0 / 35, 11.0 / 70}}).norm() < 1e-14);
  CHECK((local.hessian - MatrixXd{{2.244897959184, 1.632653061224}, {1.632653061224, 7.551020408163}}).norm() < 1e-11);
  CHECK(local.circulation(0, 1) == Approx(-0.15).epsilon(1e-12));
  CHECK(local.circulation(1, 0) == Approx(0.15).epsilon(1e-12));
  CHECK(local.distance > 0.3);
}

TEST_CASE("noise like the identity: U = H / c, no circulation; noise like the Hessian: U = I") {
  const MatrixXd H = matrix(3, 0.5);
  const LocalPotential isotropic = local_potential(H, 3 * MatrixXd::Identity(4, 4), 0.2);
  CHECK((isotropic.hessian - H / 3).norm() < 1e-12 * H.norm());
  CHECK(isotropic.circulating < 1e-13);
  CHECK(isotropic.distance < 1e-12);
  const LocalPotential alike = local_potential(H, H, 0.7);
  CHECK((alike.hessian - MatrixXd::Identity(4, 4)).norm() < 1e-12);
  CHECK(std::isnan(local_potential(H, MatrixXd::Zero(4, 4), 1).distance));
  CHECK_THROWS_AS(local_potential(-H, H, 1), std::domain_error);
  const MatrixXd D = matrix(9, 0.1);
  const LocalPotential any = local_potential(H, D, 0.3);
  CHECK((H * any.covariance + any.covariance * H - 0.6 * D).norm() < 1e-13);
  CHECK((any.circulation + any.circulation.transpose()).norm() < 1e-12);
  CHECK(((D + any.circulation) * any.hessian - H).norm() < 1e-10);
  // The distance is a sine and the correlation its cosine; the KL of both Gaussian laws, at its best temperature, by hand.
  CHECK(isotropic.correlation == Approx(1).epsilon(1e-12));
  CHECK(isotropic.factor == Approx(3).epsilon(1e-12));
  CHECK(std::abs(isotropic.divergence) < 1e-12);
  CHECK(any.distance * any.distance + any.correlation * any.correlation == Approx(1).epsilon(1e-12));
  CHECK((any.factor * any.hessian - H).norm() / H.norm() == Approx(any.distance).epsilon(1e-12));
  double least = 1e300;
  for (double T = 0.01; T < 3; T *= 1.001) {
    const MatrixXd A = H * any.covariance / T;
    least = std::min(least, (A.trace() - 4 - std::log(A.determinant())) / 2);
  }
  CHECK(any.divergence == Approx(least).epsilon(1e-4));
  CHECK(std::isinf(local_potential(H, MatrixXd::Zero(4, 4), 1).divergence));
}
