// Full diffusion matrices: Selling's decomposition, exact steady states, order at the walls, interpretations.
#include "engine.hpp"
#include "generator/selling.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace engine;

namespace {

/// Rotation by `angle` of diag(1, small), entry by entry.
std::vector<std::vector<std::string>> rotating(const std::string& angle, const std::string& small) {
  const std::string c = "cos(" + angle + ")", s = "sin(" + angle + ")";
  const std::string off = "(1-" + small + ")*" + c + "*" + s;
  return {{c + "^2+" + small + "*" + s + "^2", off}, {off, s + "^2+" + small + "*" + c + "^2"}};
}

Axis sinh_axis(double lower, double upper, std::size_t cells, double strength) {
  return axis(lower, upper, cells).stretched([strength](double s) { return 0.5 + 0.5 * std::sinh(strength * (2 * s - 1)) / std::sinh(strength); });
}

void check_chain(const Generator& generator) {
  const MatrixXd Q = dense(generator.rates());
  VectorXd sums = Q.colwise().sum().transpose();
  if (generator.loss().size()) sums += generator.loss();
  CHECK(sums.cwiseAbs().maxCoeff() < 1e-12 * Q.cwiseAbs().maxCoeff());
  CHECK((Q - MatrixXd(Q.diagonal().asDiagonal())).minCoeff() >= 0);
}

double residual(const Generator& generator, const VectorXd& p) {
  return (generator.rates() * p).cwiseAbs().sum() / (2 * (-generator.rates().diagonal().array() * p.array()).sum());
}

VectorXd gibbs(const Model& m, const Grid& grid) {
  VectorXd p = (-potential_on(m, grid) / m.temperature()).array().exp();
  for (std::size_t k = 0; k < grid.size(); ++k) p[static_cast<Index>(k)] *= grid.volume(k);
  return p / p.sum();
}

} // namespace

TEST_CASE("Selling's decomposition gives the matrix back with weights >= 0") {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (int d = 2; d <= 3; ++d) {
    Selling selling({4000, 4000, 4000}, d);
    for (int trial = 0; trial < 2000; ++trial) {
      MatrixXd A = MatrixXd::NullaryExpr(d, d, [&] { return normal(random); });
      const Eigen::HouseholderQR<MatrixXd> qr(A);
      const MatrixXd R = qr.householderQ();
      VectorXd scales = VectorXd::Ones(d);
      for (int i = 1; i < d; ++i) scales[i] = std::pow(10.0, -4.0 * std::uniform_real_distribution<double>()(random)); // to 10 000 : 1
      Eigen::Matrix3d D = Eigen::Matrix3d::Zero();
      D.topLeftCorner(d, d) = R * scales.asDiagonal() * R.transpose();
      Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
      const auto terms = selling.decompose(D);
      CHECK(terms.size() <= (d == 2 ? 3u : 6u));
      for (const LatticeTerm& term : terms) {
        CHECK(term.weight > 0);
        const Eigen::Vector3d e(term.offset[0], term.offset[1], term.offset[2]);
        sum += term.weight * e * e.transpose();
      }
      CHECK((sum - D).norm() < 1e-10);
    }
  }
  // Limits are kept, at the price of a small lift; a singular matrix with an irrational direction needs one.
  Selling tight({6, 6, 0}, 2);
  const Eigen::Vector3d n(std::cos(0.3), std::sin(0.3), 0);
  for (const LatticeTerm& term : tight.decompose(n * n.transpose())) CHECK(std::max(std::abs(term.offset[0]), std::abs(term.offset[1])) <= 6);
}

TEST_CASE("rotating noise to 1000:1: anti-Ito keeps exp(-f/T) exact, rates >= 0, mass exact") {
  const std::string f = "(x^2-1)^2/4 + y^2/2 + 0.3*x*y";
  for (const std::string small : {"0.02", "0.001"}) {
    const Model m = model({{"x", "y"}, f, {}, {}, 0.5, Interpretation::anti_ito, rotating("0.5*x+0.3*y", small)});
    for (const Grid& grid : {Grid({axis(-2.5, 2.5, 36), axis(-2, 2, 41)}), Grid({sinh_axis(-2.5, 2.5, 36, 1.5), axis(-2, 2, 33)}),
                             Grid({sinh_axis(-2.5, 2.5, 30, 2), sinh_axis(-2, 2, 33, 1)})}) {
      const Generator generator = build_generator(m, grid);
      check_chain(generator);
      REQUIRE(generator.reversible());
      CHECK(residual(generator, gibbs(m, grid)) < 1e-13);
      CHECK((steady_state(generator).p - gibbs(m, grid)).cwiseAbs().sum() < 1e-12);
    }
  }
  // Periodic, and three dimensions.
  const Model ring_model = model({{"x", "y"}, "cos(x) + sin(y)", {}, {}, 0.5, Interpretation::anti_ito, rotating("x", "0.05")});
  const Grid torus({ring(0, 2 * M_PI, 24), ring(0, 2 * M_PI, 30)});
  CHECK(residual(build_generator(ring_model, torus), gibbs(ring_model, torus)) < 1e-13);
  const Model solid = model({{"x", "y", "z"}, "x^4/4 + y^2/2 + z^2 + x*y*z/5", {}, {}, 0.5, Interpretation::anti_ito,
                             {{"1+x^2", "0.5*x*cos(z)", "0.2"}, {"0.5*x*cos(z)", "1", "-0.3*sin(y)"}, {"0.2", "-0.3*sin(y)", "0.5"}}});
  const Grid box({axis(-2, 2, 9), axis(-2, 2, 10), axis(-2, 2, 11)});
  const Generator generator = build_generator(solid, box);
  check_chain(generator);
  CHECK(residual(generator, gibbs(solid, box)) < 1e-13);
}

TEST_CASE("a full matrix: the three readings of the noise have the steady states of theory") {
  // In coordinates u, v turned by 45 degrees D = diag(1 + u^2, 1 + v^2) and f = (u^2 + v^2)/2: two of the theory sheet's
  // one-dimensional models, (1+u^2)^-(1 + beta/2 - s), s the share of the spurious drift, and exp(-beta u^2/2).
  const double beta = 8;
  const std::string u = "((x+y)/sqrt(2))", v = "((y-x)/sqrt(2))";
  const std::string mean = "(1+(" + u + "^2+" + v + "^2)/2)", half = "((" + u + "^2-" + v + "^2)/2)";
  for (const auto& [reading, power] : std::vector<std::pair<Interpretation, double>>{
           {Interpretation::ito, 1 + beta / 2}, {Interpretation::stratonovich, 0.5 + beta / 2}, {Interpretation::anti_ito, 0}}) {
    const Model m = model({{"x", "y"}, "(x^2+y^2)/2", {}, {}, 1 / beta, reading, {{mean, half}, {half, mean}}});
    std::vector<double> error;
    for (const std::size_t cells : {24u, 48u}) {
      const Grid grid({axis(-2.5, 2.5, cells), axis(-2.5, 2.5, cells)});
      const SteadyState steady = steady_state(build_generator(m, grid));
      VectorXd exact(steady.p.size());
      for (std::size_t k = 0; k < grid.size(); ++k) {
        const auto x = grid.centre(k);
        const double a = (x[0] + x[1]) / std::sqrt(2), b = (x[1] - x[0]) / std::sqrt(2);
        exact[static_cast<Index>(k)] = power == 0 ? std::exp(-beta * (a * a + b * b) / 2) : std::pow((1 + a * a) * (1 + b * b), -power);
      }
      error.push_back((steady.p - exact / exact.sum()).cwiseAbs().sum());
    }
    CAPTURE(name_of(reading), error);
    CHECK(error[1] < (power == 0 ? 1e-12 : 2e-3));
    if (power != 0) CHECK(error[0] / error[1] > 3);
  }
}

TEST_CASE("a constant full matrix without drift force: moments of an Ornstein-Uhlenbeck process") {
  // f = |x|^2/2: d Sigma/dt = -2 Sigma + 2 T D, mean m e^-t.
  const MatrixXd D = (MatrixXd(2, 2) << 1, 0.9, 0.9, 1).finished();
  const Model m = model({{"x", "y"}, "(x^2+y^2)/2", {}, {}, 0.25, Interpretation::ito, {{"1", "0.9"}, {"0.9", "1"}}});
  std::vector<std::vector<double>> covariance;
  for (const std::size_t cells : {80u, 160u}) {
    const Grid grid({axis(-3.5, 3.5, cells), axis(-3.5, 3.5, cells)});
    covariance.push_back(evolve(m, grid, gaussian(grid, {0.5, -0.5}, 0.4), {0, 0.7}).series.at("covariance")[1]);
  }
  const double e = std::exp(-1.4);
  for (int i = 0; i < 4; ++i) {
    const double exact = (i % 3 == 0 ? 0.16 * e : 0) + 0.25 * D(i / 2, i % 2) * (1 - e);
    CAPTURE(i);
    CHECK(extrapolated(covariance[1][static_cast<std::size_t>(i)], covariance[0][static_cast<std::size_t>(i)]) == Approx(exact).epsilon(4e-4));
  }
}

TEST_CASE("no flux through walls that cut oblique offsets: eigenvalues of theory, second order") {
  // x in [0, 1] between walls, y periodic, f = 0, D constant: the modes e^{ik(y - x D12/D11)} cos(n pi x) satisfy the no-flux
  // condition; lambda = -(D11 n^2 pi^2 + k^2 (D22 - D12^2/D11)).
  struct Case { double xx, xy, yy; };
  const double k = 2 * M_PI / 1.2;
  for (const Case& c : {Case{1, 0.7, 0.8}, Case{1, 0.3, 0.12}, Case{0.12, 0.3, 1}, Case{1, 0.98, 1}}) {
    const std::vector<std::vector<std::string>> D{{std::to_string(c.xx), std::to_string(c.xy)}, {std::to_string(c.xy), std::to_string(c.yy)}};
    const Model m = model({{"x", "y"}, "0*x", {}, {}, 1, Interpretation::anti_ito, D});
    const double exact = -std::min(c.xx * M_PI * M_PI, k * k * (c.yy - c.xy * c.xy / c.xx));
    std::vector<double> error;
    for (const std::size_t cells : {32u, 64u}) {
      const Grid grid({axis(0, 1, cells), ring(0, 1.2, cells)});
      const Generator generator = build_generator(m, grid);
      error.push_back(std::abs(leading_eigenvalues(generator, steady_state(generator), 1)[0].real() / exact - 1));
    }
    CAPTURE(c.xx, c.xy, c.yy, error);
    CHECK(error[1] < 2e-3);
    CHECK(error[0] / error[1] > 3.4);
  }
}

TEST_CASE("walls where the density is largest: second order in two and three dimensions") {
  for (const std::string potential : {"0*x", "-x-y/2"}) {
    std::vector<double> kl;
    for (const std::size_t cells : {16u, 32u, 64u, 128u}) {
      const Model m = model({{"x", "y"}, potential, {}, {}, 0.5, Interpretation::anti_ito, {{"1", "0.7"}, {"0.7", "0.8"}}});
      const Grid grid({axis(0, 1, cells), axis(0, 1.2, cells)});
      kl.push_back(evolve(m, grid, gaussian(grid, {0.45, 0.6}, 0.1), {0, 0.1}).at("kl", 1));
    }
    const double order = std::log2(std::abs((kl[1] - kl[2]) / (kl[2] - kl[3])));
    CAPTURE(potential, kl, order);
    CHECK(order > 1.75);
    CHECK(order < 2.4);
  }
  // A slab: walls in z, periodic in x and y; lambda = -k^2 times the Schur complement, along x.
  const Model slab = model({{"x", "y", "z"}, "0*x", {}, {}, 1, Interpretation::anti_ito, {{"0.5", "0.1", "0.5"}, {"0.1", "0.6", "0.2"}, {"0.5", "0.2", "1"}}});
  std::vector<double> error;
  for (const std::size_t cells : {12u, 24u}) {
    const Grid grid({ring(0, 2 * M_PI, cells), ring(0, 2 * M_PI, cells), axis(0, 1, cells)});
    const Generator generator = build_generator(slab, grid);
    error.push_back(std::abs(leading_eigenvalues(generator, steady_state(generator), 1)[0].real() + 0.25));
  }
  CAPTURE(error);
  CHECK(error[1] < 0.01);
  CHECK(error[0] / error[1] > 3.2);
}
