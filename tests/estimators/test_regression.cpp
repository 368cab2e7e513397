// Weighted lines: against the normal equations solved by a dense solver, and errors against the scatter over many sets of data.
#include "driftwell/core/error.hpp"
#include "driftwell/estimators/regression.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <random>

using namespace driftwell;
using namespace driftwell::estimators;

namespace {

struct Data {
  std::vector<double> x;
  std::vector<Estimate> y;
};

Data noisy(std::mt19937_64& random, std::size_t n, double slope, double intercept, double offset = 0) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.1, 2);
  Data data;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = offset + uniform(random), error = 0.1 * uniform(random);
    data.x.push_back(x);
    data.y.push_back({intercept + slope * x + error * normal(random), error});
  }
  return data;
}

} // namespace

TEST_CASE("a line without noise is found, with R^2 = 1 and no chi^2") {
  Data data;
  for (double x : {0.5, 1.0, 3.0, -2.0}) {
    data.x.push_back(x);
    data.y.push_back({3 - 2 * x, 0.1 + std::abs(x)});
  }
  const Line line = weighted_line(data.x, data.y);
  CHECK(line.slope.value == Approx(-2).epsilon(1e-14));
  CHECK(line.intercept.value == Approx(3).epsilon(1e-14));
  CHECK(line.r_squared == Approx(1).epsilon(1e-14));
  CHECK(line.chi_squared < 1e-25);
  CHECK(line.degrees == 2);
  CHECK(line.at(10) == Approx(-17));
}

TEST_CASE("random lines agree with weighted normal equations in a dense solver") {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 50; ++trial) {
    const Data data = noisy(random, 3 + static_cast<std::size_t>(trial), 1.5, -0.5);
    const auto n = static_cast<Eigen::Index>(data.x.size());
    Eigen::MatrixXd A(n, 2);
    Eigen::VectorXd b(n), raw(n), w(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      w[i] = 1 / data.y[k].standard_error;
      A.row(i) << w[i], w[i] * data.x[k];
      raw[i] = data.y[k].value;
      b[i] = w[i] * raw[i];
    }
    const Eigen::Vector2d fit = A.householderQr().solve(b);
    const Eigen::Matrix2d covariance = (A.transpose() * A).inverse();
    const Line line = weighted_line(data.x, data.y);
    CHECK(line.intercept.value == Approx(fit[0]).epsilon(1e-10));
    CHECK(line.slope.value == Approx(fit[1]).epsilon(1e-10));
    CHECK(line.intercept.standard_error == Approx(std::sqrt(covariance(0, 0))).epsilon(1e-10));
    CHECK(line.slope.standard_error == Approx(std::sqrt(covariance(1, 1))).epsilon(1e-10));
    CHECK(line.chi_squared == Approx((A * fit - b).squaredNorm()).epsilon(1e-8));
    const double mean = w.cwiseAbs2().dot(raw) / w.squaredNorm(), total = (w.array() * (raw.array() - mean)).square().sum();
    CHECK(line.r_squared == Approx(1 - line.chi_squared / total).epsilon(1e-8));
    CHECK(weighted_mean(data.y).value == Approx(mean).epsilon(1e-12));
  }
}

TEST_CASE("errors are those of the scatter, chi^2 that of its degrees, and a far origin costs no digits") {
  std::mt19937_64 random(5);
  double slope = 0, intercept = 0, chi = 0;
  constexpr int sets = 2000;
  for (int k = 0; k < sets; ++k) {
    const Data data = noisy(random, 8, 2, 1);
    const Line line = weighted_line(data.x, data.y);
    slope += std::pow((line.slope.value - 2) / line.slope.standard_error, 2) / sets;
    intercept += std::pow((line.intercept.value - 1) / line.intercept.standard_error, 2) / sets;
    chi += line.chi_squared / sets;
  }
  CHECK(slope == Approx(1).margin(4 * std::sqrt(2.0 / sets)));
  CHECK(intercept == Approx(1).margin(4 * std::sqrt(2.0 / sets)));
  CHECK(chi == Approx(6).margin(4 * std::sqrt(12.0 / sets)));
  Data far = noisy(random, 10, 2, 1);
  const Line near = weighted_line(far.x, far.y);
  for (std::size_t i = 0; i < far.x.size(); ++i) far.y[i].value += 1e8;
  CHECK(weighted_line(far.x, far.y).slope.value == Approx(near.slope.value).epsilon(1e-6));
}

TEST_CASE("what is no set of points on a line is refused") {
  const std::vector<Estimate> y{{1, 0.1}, {2, 0.1}};
  CHECK_THROWS_AS(weighted_line(std::vector<double>{1}, y), std::invalid_argument);
  CHECK_THROWS_AS(weighted_line(std::vector<double>{1, 1}, y), NumericalFailure);
  CHECK_THROWS_AS(weighted_line(std::vector<double>{1, 2}, std::vector<Estimate>{{1, 0.1}, {2, 0.0}}), NumericalFailure);
  CHECK_THROWS_AS(weighted_line(std::vector<double>{1, std::nan("")}, y), NumericalFailure);
  CHECK_THROWS_AS(weighted_mean(std::vector<Estimate>{}), NumericalFailure);
  CHECK_THROWS_AS(weighted_mean(std::vector<Estimate>{{std::nan(""), 1}}), NumericalFailure);
}
