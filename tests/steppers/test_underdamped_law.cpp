// Stationary laws of the splittings, without statistics: on the circle by the transfer matrix of one step, of a spring by its moments.
#include "transfer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

using namespace driftwell;
using namespace transfer;

namespace {

constexpr double T = 0.5;

Model model(const std::string& potential, double friction) {
  Equation equation;
  equation.names = {"q"};
  equation.potential = engine::formula(potential, {"q"});
  equation.temperature = T;
  equation.friction = friction;
  return Model(equation);
}

/// Values of Lagrange's polynomials on the nodes at p.
VectorXd lagrange(const std::vector<double>& nodes, double p) {
  VectorXd values = VectorXd::Ones(static_cast<Index>(nodes.size()));
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (std::size_t j = 0; j < nodes.size(); ++j)
      if (i != j) values[static_cast<Index>(i)] *= (p - nodes[j]) / (nodes[i] - nodes[j]);
  return values;
}

/// Errors of E cos q, E sin q and E p^2 in the stationary law of the scheme: functions live on equal points of the circle times Gauss's nodes of p.
std::array<double, 3> errors(const std::string& name, double friction, double dt) {
  constexpr int points = 24, momenta = 12;
  const Model m = model("1 - cos(q) + 0.3*sin(2*q)", friction);
  const Dynamics dynamics(m);
  const auto stepper = StepperCatalogue::find(name)->make();
  const std::size_t variates = name == "obabo" ? 2 : 1;
  const Nodes p = gauss(momenta), xi = gauss(10);
  std::vector<double> nodes;
  for (const double v : p.value) nodes.push_back(std::sqrt(T) * v);
  const std::size_t q = xi.value.size(), combinations = variates == 2 ? q * q : q;
  std::vector<std::vector<double>> x(2), main(variates);
  std::vector<double> weight;
  for (int j = 0; j < points; ++j)
    for (const double momentum : nodes)
      for (std::size_t c = 0; c < combinations; ++c) {
        x[0].push_back(2 * M_PI * j / points);
        x[1].push_back(momentum);
        main[0].push_back(xi.value[c % q]);
        if (variates == 2) main[1].push_back(xi.value[c / q]);
        weight.push_back(xi.weight[c % q] * (variates == 2 ? xi.weight[c / q] : 1));
      }
  one_step(*stepper, dynamics, x, {main}, {}, dt);
  constexpr Index size = points * momenta;
  MatrixXd step = MatrixXd::Zero(size, size);
  for (std::size_t k = 0; k < weight.size(); ++k) {
    const auto row = static_cast<Index>(k / combinations);
    const VectorXd in_p = lagrange(nodes, x[1][k]);
    for (int j = 0; j < points; ++j) step.block(row, j * momenta, 1, momenta) += weight[k] * Circle::cardinal(x[0][k] - 2 * M_PI * j / points, points) * in_p.transpose();
  }
  MatrixXd f(size, 3);
  for (Index r = 0; r < size; ++r) {
    const double at = 2 * M_PI * static_cast<double>(r / momenta) / points, momentum = nodes[static_cast<std::size_t>(r % momenta)];
    f.row(r) << std::cos(at), std::sin(at), momentum * momentum;
  }
  for (int doubling = 0; doubling < 22; ++doubling) {
    step = (step * step).eval();
    step.array().colwise() /= step.rowwise().sum().array(); // mass does not drift with rounding
  }
  const Eigen::RowVector3d mean = (step * f).row(0);
  double Z = 0, cosine = 0, sine = 0;
  for (int j = 0; j < 400; ++j) {
    const double at = 2 * M_PI * j / 400, w = std::exp(-(1 - std::cos(at) + 0.3 * std::sin(2 * at)) / T);
    Z += w, cosine += w * std::cos(at), sine += w * std::sin(at);
  }
  return {std::abs(mean[0] - cosine / Z), std::abs(mean[1] - sine / Z), std::abs(mean[2] - T)};
}

/// Exponent of dt in the error of E cos q alone, or in the largest of all.
double slope(const std::string& name, double friction, bool positions) {
  const auto size = [&](double dt) {
    const auto e = errors(name, friction, dt);
    return positions ? e[0] : *std::max_element(e.begin(), e.end());
  };
  return std::log2(size(0.4) / size(0.2));
}

} // namespace

TEST_CASE("splittings have the stationary order they declare, in positions and momenta") {
  for (const std::string& name : StepperCatalogue::names()) {
    const StepperTraits traits = StepperCatalogue::find(name)->make()->traits();
    if (!traits.underdamped) continue;
    INFO(name);
    CHECK(slope(name, 1, false) == Approx(traits.stationary_order).margin(0.2));
    CHECK(slope(name, 1, true) == Approx(traits.stationary_order).margin(0.2));
  }
}

TEST_CASE("positions with strong friction: order 4 of baoab, order 2 of obabo") {
  CHECK(slope("baoab", 1e6, true) == Approx(4).margin(0.4));
  CHECK(slope("obabo", 1e6, true) == Approx(2).margin(0.2));
}

TEST_CASE("a spring: baoab's law of positions is exact for every step and friction, obabo's is not") {
  for (const double friction : {0.3, 2.0}) {
    const Model m = model("1.5*q^2", friction);
    const Dynamics dynamics(m);
    const double dt = 0.5;
    const auto variance = [&](const std::string& name) {
      const std::size_t variates = name == "obabo" ? 2 : 1;
      const auto stepper = StepperCatalogue::find(name)->make();
      // The step is linear: (q, p) -> M (q, p) + N xi. Columns from unit vectors.
      std::vector<std::vector<double>> x{{1, 0, 0, 0}, {0, 1, 0, 0}}, main(variates, std::vector<double>(4));
      main[0][2] = 1;
      if (variates == 2) main[1][3] = 1;
      one_step(*stepper, dynamics, x, {main}, {}, dt);
      Eigen::Matrix2d M, N, S = Eigen::Matrix2d::Zero();
      M << x[0][0], x[0][1], x[1][0], x[1][1];
      N << x[0][2], x[0][3], x[1][2], x[1][3];
      for (int n = 0; n < 20'000; ++n) S = (M * S * M.transpose() + N * N.transpose()).eval();
      return S(0, 0);
    };
    CHECK(variance("baoab") == Approx(T / 3).epsilon(1e-12));
    // Of velocity Verlet: 1 / (k (1 - k dt^2 / 4)).
    CHECK(variance("obabo") == Approx(T / 3 / (1 - 3 * dt * dt / 4)).epsilon(1e-12));
  }
}
