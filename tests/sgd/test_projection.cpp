// Principal components against a dense calculation, fitted equations against the functions they were fitted to.
#include "driftwell/expression/tape.hpp"
#include "driftwell/sgd/moving_fit.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <cmath>

using namespace driftwell;
using namespace driftwell::sgd;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

ProjectedSamples samples(Eigen::Index m, Eigen::Index n, const std::function<VectorXd(const VectorXd&)>& drift, const std::function<MatrixXd(const VectorXd&)>& noise) {
  ProjectedSamples s{MatrixXd(m, n), MatrixXd(m, n), MatrixXd(m * (m + 1) / 2, n)};
  for (Eigen::Index k = 0; k < n; ++k) {
    for (Eigen::Index i = 0; i < m; ++i) s.y(i, k) = 3 + std::sin(1.7 * static_cast<double>(k) + 2.0 * static_cast<double>(i) * static_cast<double>(k));
    s.drift.col(k) = drift(s.y.col(k));
    const MatrixXd D = noise(s.y.col(k));
    for (Eigen::Index i = 0, e = 0; i < m; ++i)
      for (Eigen::Index j = i; j < m; ++j) s.noise(e++, k) = D(i, j);
  }
  return s;
}

} // namespace

TEST_CASE("principal components of trajectories are those of all weights at all times") {
  LossOptions options;
  options.hessian = {{3, 0.5, 0}, {0.5, 1, 0.2}, {0, 0.2, 0.3}};
  const auto loss = LossCatalogue::find("quadratic")->make()->make(options, nullptr);
  ProcessOptions process_options;
  process_options.replicas = 20;
  Process process(*loss, process_options);
  process.start({2, -1, 1});
  Trajectories trajectories(3);
  MatrixXd all(3, 0);
  for (int i = 0; i < 10; ++i) {
    process.advance(5);
    trajectories.add(process);
    all.conservativeResize(3, all.cols() + 20);
    all.rightCols(20) = Eigen::Map<const MatrixXd>(process.weights(0), 3, 20);
  }
  const MatrixXd away = all.colwise() - all.rowwise().mean();
  const Eigen::BDCSVD<MatrixXd> svd(away, Eigen::ComputeThinU);
  const auto components = trajectories.components(2);
  for (Eigen::Index j = 0; j < 2; ++j) {
    CHECK(std::abs(components.directions.col(j).dot(svd.matrixU().col(j))) == Approx(1).epsilon(1e-9));
    CHECK(components.directions.col(j).maxCoeff() >= -components.directions.col(j).minCoeff());
    CHECK(components.explained[j] == Approx(std::pow(svd.singularValues()[j], 2) / away.squaredNorm()).epsilon(1e-9));
  }
  CHECK_THROWS_AS(trajectories.components(4), std::invalid_argument);
  CHECK_THROWS_AS(Trajectories(5000), std::length_error);
  Trajectories still(3);
  Process resting(*loss, process_options);
  still.add(resting);
  CHECK_THROWS_AS(still.components(1), std::domain_error);
}

TEST_CASE("polynomials are found again, as values and as formulas, and stay put beyond the particles") {
  const auto drift = [](const VectorXd& y) { return VectorXd((VectorXd(2) << y[0] - std::pow(y[0] - 3, 3) + y[0] * y[1], 2 - y[1] * y[1] * y[0]).finished()); };
  const auto noise = [](const VectorXd& y) { return MatrixXd((MatrixXd(2, 2) << 2 + y[0] * y[0], y[0] * y[1] / 9, y[0] * y[1] / 9, 3 + y[1]).finished()); };
  const ProjectedEquation equation(samples(2, 400, drift, noise), 3);
  CHECK(equation.degree() == 3);
  CHECK(equation.unexplained() < 1e-20);
  expression::Symbols symbols;
  symbols.variables = {"y1", "y2"};
  std::vector<expression::Expression> formulas;
  for (const std::string& text : {equation.drift_text(0), equation.drift_text(1), equation.noise_text(0, 0), equation.noise_text(0, 1), equation.noise_text(1, 1)})
    formulas.push_back(expression::Expression::parse(text, symbols));
  const expression::Tape tape(formulas, 2);
  for (const double a : {2.1, 2.9, 3.7})
    for (const double b : {2.2, 3.4}) {
      const VectorXd y = (VectorXd(2) << a, b).finished();
      CHECK((equation.drift(y) - drift(y)).norm() < 1e-9);
      CHECK((equation.noise(y) - noise(y)).norm() < 1e-9);
      const std::vector<double> values = tape(std::vector<double>{a, b});
      CHECK(values[0] == Approx(drift(y)[0]).epsilon(1e-9));
      CHECK(values[1] == Approx(drift(y)[1]).epsilon(1e-9));
      CHECK(values[2] == Approx(noise(y)(0, 0)).epsilon(1e-9));
      CHECK(values[3] == Approx(noise(y)(0, 1)).epsilon(1e-9));
      CHECK(values[4] == Approx(noise(y)(1, 1)).epsilon(1e-9));
    }
  CHECK((equation.drift(VectorXd::Constant(2, 9)) - equation.drift(VectorXd::Constant(2, 90))).norm() == 0);
}

TEST_CASE("degrees follow the number of particles; what y does not explain is told; a constant noise stays one") {
  const auto drift = [](const VectorXd& y) { return VectorXd((-y.array() + 0.5 * (40 * y.array()).sin()).matrix()); };
  const auto noise = [](const VectorXd&) { return MatrixXd(MatrixXd::Constant(1, 1, 0.7)); };
  const ProjectedEquation few(samples(1, 25, drift, noise), 5), many(samples(1, 2000, drift, noise), 5);
  CHECK(few.degree() == 1);
  CHECK(many.degree() == 5);
  CHECK(many.unexplained() > 0.1);
  CHECK(many.unexplained() < 0.3); // 1/8 of noise beside 1/2 of the drift, of which the polynomial takes a little
  CHECK(many.noise_text(0, 0).find('y') == std::string::npos);
  CHECK(many.noise(VectorXd::Constant(1, 3))(0, 0) == Approx(0.7).epsilon(1e-12));
  CHECK_THROWS_AS(ProjectedEquation(samples(1, 10, drift, noise), 1), std::domain_error);
  ProjectedSamples flat = samples(1, 100, drift, noise);
  flat.y.setConstant(2);
  CHECK_THROWS_AS(ProjectedEquation(flat, 1), std::domain_error);
}

namespace {

/// A cloud of dy = -A y dt + sqrt(2 D) dW over the time 0.2, its particles placed exactly at mean and covariance, seen at `parts` + 1 times.
struct LinearCloud {
  MatrixXd A = (MatrixXd(2, 2) << 1.5, 0.4, -0.3, 0.7).finished(), D = (MatrixXd(2, 2) << 0.3, 0.1, 0.1, 0.2).finished(), S = 0.05 * MatrixXd::Identity(2, 2);
  VectorXd mean = (VectorXd(2) << 3, -1).finished();
  MatrixXd unit;
  MovingFit fit;
  LinearCloud() {
    unit = MatrixXd::NullaryExpr(2, 400, [](Eigen::Index i, Eigen::Index k) { return std::sin(1.3 * static_cast<double>(k) + 2.1 * static_cast<double>(i * k)); });
    unit = frame_of(unit)->to_z(unit);
  }
  void add(double t) {
    ProjectedSamples s;
    s.y = (MatrixXd(S.llt().matrixL()) * unit).colwise() + mean;
    s.drift = -A * s.y;
    s.noise = VectorXd((VectorXd(3) << D(0, 0), D(0, 1), D(1, 1)).finished()).replicate(1, 400);
    fit.add(s, t);
  }
  void pass(int parts) {
    const int steps = 4800 / parts;
    const double h = 0.2 / 4800;
    for (int part = 1; part <= parts; ++part) {
      for (int n = 0; n < steps; ++n) { // moments of the equation, by Heun's rule
        const VectorXd m = mean - h * A * mean;
        mean -= h / 2 * A * (mean + m);
        const auto rate = [&](const MatrixXd& C) { return MatrixXd(2 * D - A * C - C * A.transpose()); };
        const MatrixXd first = rate(S), second = rate(S + h * first);
        S += h / 2 * (first + second);
      }
      add(0.2 * part / parts);
    }
  }
};

} // namespace

TEST_CASE("a moving fit of a linear equation leaves mean and covariance of the cloud at rest, to the second order in the distance of the times") {
  std::vector<double> means, covariances;
  for (const int parts : {4, 8, 16, 32}) {
    LinearCloud cloud;
    CHECK_FALSE(cloud.fit.close(1));
    cloud.add(0);
    CHECK_FALSE(cloud.fit.close(1)); // one time is no interval
    cloud.pass(parts);
    const auto equation = cloud.fit.close(3);
    REQUIRE(equation);
    // E b = 0 and E[b z^T + z b^T] + 2 D = 0 over z ~ (0, I)
    const VectorXd centre = equation->drift(VectorXd::Zero(2));
    const MatrixXd slope = (MatrixXd(2, 2) << equation->drift(VectorXd::Unit(2, 0)) - centre, equation->drift(VectorXd::Unit(2, 1)) - centre).finished();
    const MatrixXd noise = equation->noise(VectorXd::Zero(2));
    means.push_back(centre.norm());
    covariances.push_back((slope + slope.transpose() + 2 * noise).norm() / noise.norm());
    CHECK((cloud.fit.frame()->scale * cloud.fit.frame()->scale.transpose() - cloud.S).norm() < 1e-10);
    CHECK((cloud.fit.frame()->centre - cloud.mean).norm() < 1e-10);
  }
  INFO(means[0] << ' ' << means[1] << ' ' << means[2] << ' ' << means[3] << "; " << covariances[0] << ' ' << covariances[1] << ' ' << covariances[2] << ' ' << covariances[3]);
  CHECK(std::log2(means[2] / means[3]) == Approx(2).margin(0.2));
  CHECK(std::log2(covariances[2] / covariances[3]) == Approx(2).margin(0.2));
  CHECK(covariances[0] < 0.1);
  CHECK_FALSE(frame_of(MatrixXd::Constant(2, 30, 1.0)));
}
