// Eigenfunctions: Hermite polynomials of the Ornstein-Uhlenbeck process, rotating pairs, dense decompositions.
#include "driftwell/core/eigen_systems.hpp"
#include "engine.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

void check_modes(const Generator& generator, const Eigenmodes& modes, double tolerance) {
  const auto m = modes.right.cols();
  for (const double r : modes.residuals) CHECK(r < tolerance);
  CHECK((modes.left.transpose() * modes.right - Eigen::MatrixXcd::Identity(m, m)).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(modes.right.colwise().sum().cwiseAbs().maxCoeff() < 1e-9); // no mass
  CHECK(modes.right.rows() == static_cast<Index>(generator.size()));
}

} // namespace

TEST_CASE("Ornstein-Uhlenbeck: eigenvalues -n, left functions are Hermite polynomials, into the tails") {
  const Grid grid({axis(-8, 8, 1600)});
  const Generator generator = build_generator(model({{"x"}, "x^2/2"}), grid);
  const SteadyState steady = steady_state(generator);
  const Eigenmodes modes = eigenmodes(generator, steady, 4);
  check_modes(generator, modes, 1e-11);
  for (std::size_t i = 0; i < 4; ++i) CHECK(modes.values[i].real() == Approx(-(double(i) + 1)).epsilon(1e-4));
  for (std::size_t k = 0; k < grid.size(); k += 40) {
    const double x = grid.centre(k)[0];
    if (std::abs(x) > 6) continue;
    const auto cell = static_cast<Index>(k);
    CHECK(std::abs(modes.left(cell, 0).real()) == Approx(std::abs(x)).epsilon(2e-3));
    CHECK(modes.left(cell, 1).real() == Approx((x * x - 1) / std::sqrt(2)).epsilon(5e-3).margin(1e-3));
    CHECK(modes.right(cell, 2).real() == Approx(steady.p[cell] * modes.left(cell, 2).real()).epsilon(1e-6).margin(1e-30));
  }
}

TEST_CASE("rotating Ornstein-Uhlenbeck: a complex pair with the function x +- iy") {
  std::vector<std::complex<double>> first;
  for (const std::size_t cells : {60u, 120u}) {
    const Grid grid({axis(-5.5, 5.5, cells), axis(-5.5, 5.5, cells)});
    const Generator generator = build_generator(model({{"x", "y"}, "x^2/2 + y^2/2", {"2*y", "-2*x"}}), grid);
    const SteadyState steady = steady_state(generator);
    const Eigenmodes modes = eigenmodes(generator, steady, 2);
    check_modes(generator, modes, 1e-10);
    first.push_back(modes.values[0]);
    CHECK(std::abs(modes.values[1] - std::conj(modes.values[0])) < 1e-9);
    for (std::size_t k = 7; k < grid.size(); k += 311) {
      const auto c = grid.centre(k);
      const double r = std::hypot(c[0], c[1]);
      if (r < 0.5 || r > 3) continue;
      CHECK(std::abs(modes.left(static_cast<Index>(k), 0)) == Approx(r / std::sqrt(2)).epsilon(cells == 120 ? 2e-2 : 6e-2));
    }
  }
  CHECK(extrapolated(first[1].real(), first[0].real()) == Approx(-1).margin(2e-3));
  CHECK(extrapolated(first[1].imag(), first[0].imag()) == Approx(2).margin(2e-3));
}

TEST_CASE("eigenmodes of small and larger chains agree with a dense decomposition") {
  for (const std::size_t cells : {7u, 12u}) {
    const Grid grid({axis(-1.8, 1.8, cells), axis(-1.5, 1.5, cells)});
    const Generator generator = build_generator(model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-1.2*y", "0.7*x"}, {}, 0.4}), grid);
    const SteadyState steady = steady_state(generator);
    const Eigenmodes modes = eigenmodes(generator, steady, 5);
    check_modes(generator, modes, 1e-11);
    const driftwell::GeneralEigen all(dense(generator.rates()));
    std::vector<double> parts;
    for (Index i = 0; i < all.eigenvalues().size(); ++i) parts.push_back(all.eigenvalues()[i].real());
    std::sort(parts.rbegin(), parts.rend());
    for (std::size_t i = 0; i < 5; ++i) CHECK(modes.values[i].real() == Approx(parts[i + 1]).epsilon(1e-9));
    const MatrixXd Q = dense(generator.rates());
    for (Index i = 0; i < 5; ++i) {
      const Eigen::VectorXcd rest = Q.transpose().cast<std::complex<double>>() * modes.left.col(i) - modes.values[static_cast<std::size_t>(i)] * modes.left.col(i);
      CHECK(rest.cwiseAbs().maxCoeff() < 1e-8 * Q.cwiseAbs().maxCoeff());
    }
  }
}
