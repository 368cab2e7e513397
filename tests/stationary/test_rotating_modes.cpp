// Eigenvalues without detailed balance from products alone: against the factor, the dense decomposition and the rotating Ornstein-Uhlenbeck process.
#include "engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace engine;

namespace {

void agree(const Generator& generator, std::size_t count, double tolerance) {
  const SteadyState steady = steady_state(generator);
  const Eigenmodes direct = eigenmodes(generator, steady, count), products = eigenmodes(generator, steady, count, true);
  const double scale = std::abs(direct.values.back());
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i, direct.values[i], products.values[i]);
    CHECK(std::abs(products.values[i] - direct.values[i]) < tolerance * scale);
    CHECK(products.residuals[i] < 1e-11);
    CHECK(products.bounds[i] < 1e-9 * scale);
  }
  const auto m = static_cast<Index>(count);
  CHECK((products.left.transpose() * products.right - Eigen::MatrixXcd::Identity(m, m)).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(products.right.colwise().sum().cwiseAbs().maxCoeff() < 1e-9);
}

Generator turning(double speed, std::size_t n) {
  return build_generator(model({{"x", "y", "z"}, "0.4*x^2+0.4*y^2+z^2", {std::to_string(speed) + "*y", std::to_string(-speed) + "*x", "0"}, {}, 0.3}),
                         Grid({axis(-2.6, 2.6, n), axis(-2.6, 2.6, n), axis(-1.8, 1.8, n)}));
}

} // namespace

TEST_CASE("products alone find the modes of the factor: a slowest pair that is complex, and one that is not the nearest to 0") {
  agree(turning(1.5, 10), 4, 1e-9);
  agree(build_generator(model({{"x", "y"}, "(x^2-1)^2/4+(y^2-1)^2/4+0.1*x*y", {"0.6*y", "-0.6*x"}, {}, 0.06}), Grid({axis(-2, 2, 40), axis(-2, 2, 36)})), 5, 1e-9);
}

TEST_CASE("products alone order by the real part where that is not the distance from 0; where the factor misses them they come to its help") {
  const Generator generator = turning(12, 9); // the pair turns by 13 radians in its lifetime
  const SteadyState steady = steady_state(generator);
  const Eigen::VectorXcd all = dense(generator.rates()).eigenvalues();
  std::vector<std::complex<double>> exact(all.data(), all.data() + all.size());
  std::sort(exact.begin(), exact.end(), [](auto a, auto b) { return a.real() > b.real() + 1e-9 || (a.real() > b.real() - 1e-9 && a.imag() > b.imag()); });
  for (const bool iteratively : {true, false}) {
    const auto values = leading_eigenvalues(generator, steady, 4, iteratively);
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(values[i] - exact[i + 1]) < 1e-8);
  }
  CHECK(std::any_of(exact.begin() + 1, exact.begin() + 5, [&](auto value) { return std::abs(value) > 1.5 * std::abs(exact[5]); }));
}

TEST_CASE("products alone, rotating Ornstein-Uhlenbeck: -1 +- i omega to second order, whatever the speed") {
  for (const double omega : {0.5, 3.0, 8.0}) {
    std::vector<std::complex<double>> first;
    for (const std::size_t cells : {40u, 80u}) {
      const std::string w = std::to_string(omega);
      const Generator generator = build_generator(model({{"x", "y"}, "x^2/2+y^2/2", {w + "*y", "-" + w + "*x"}}), Grid({axis(-5, 5, cells), axis(-5, 5, cells)}));
      first.push_back(leading_eigenvalues(generator, steady_state(generator), 2, true).at(0));
    }
    CAPTURE(omega, first[0], first[1]);
    CHECK(extrapolated(first[1].real(), first[0].real()) == Approx(-1).margin(0.02 * (1 + omega)));
    CHECK(extrapolated(first[1].imag(), first[0].imag()) == Approx(omega).epsilon(0.02));
  }
}

TEST_CASE("products alone on random forces and full noise: every pair is one of the factor") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::mt19937 random(seed);
    const auto c = [&] { return std::to_string(4 * (random() / 4294967296.0) - 2); };
    ModelText text{{"x", "y"}, "(x^2-1)^2/4+y^2/2", {c() + "*y+" + c() + "*x*y", c() + "*x"}, {}, 0.1 + 0.1 * seed};
    if (seed % 2) text.tensor = {{"1", "0.6"}, {"0.6", "1+0.3*x^2"}};
    CAPTURE(seed, text.force);
    agree(build_generator(model(text), Grid({axis(-2.1, 2, 34), axis(-1.9, 2, 38)})), 4, 1e-8);
  }
}

TEST_CASE("products alone in three dimensions against the factor, 24 cells an axis", "[slow]") {
  agree(turning(4, 24), 4, 1e-8);
  agree(build_generator(model({{"x", "y", "z"}, "(x^2-1)^2/4+(y^2-1)^2/4+(z^2-1)^2/4+0.1*x*y+0.05*y*z", {"0.5*y", "-0.5*x", "0.2*x"}, {}, 0.1}),
                        Grid({axis(-2, 2, 24), axis(-2, 2, 24), axis(-2, 2, 24)})),
        4, 1e-8);
}
