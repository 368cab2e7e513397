// The fast kernels against slow and obvious ones.
#include "driftwell/spectral/faber_series.hpp"
#include "driftwell/spectral/spectral_axis.hpp"
#include "driftwell/spectral/tensor_product.hpp"
#include "run/marginals.hpp"
#include "driftwell/core/multiply_strip.hpp"

#include <catch2/catch.hpp>
#include <unsupported/Eigen/MatrixFunctions>

#include <cmath>
#include <stdexcept>

using namespace driftwell;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("a matrix times an axis is three loops") {
  std::srand(7);
  struct Shape { std::size_t before, n, after; };
  for (const auto& [before, n, after] : {Shape{1, 5, 1}, Shape{1, 24, 40}, Shape{40, 24, 1}, Shape{3, 7, 5}, Shape{2, 16, 33}, Shape{17, 9, 2}}) {
    CAPTURE(before, n, after);
    const MatrixXd M = MatrixXd::Random(static_cast<Index>(n), static_cast<Index>(n));
    const VectorXd x = VectorXd::Random(static_cast<Index>(before * n * after));
    VectorXd slow = VectorXd::Zero(x.size()), fast = VectorXd::Constant(x.size(), 1.0), once(x.size());
    for (std::size_t p = 0; p < before; ++p)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
          for (std::size_t q = 0; q < after; ++q)
            slow[static_cast<Index>((p * n + i) * after + q)] += M(static_cast<Index>(i), static_cast<Index>(j)) * x[static_cast<Index>((p * n + j) * after + q)];
    const AxisMatrix matrix(M, before, after);
    matrix.multiply(x.data(), once.data());
    matrix.multiply_add(x.data(), fast.data());
    CHECK((once - slow).cwiseAbs().maxCoeff() < 1e-13);
    CHECK((fast - slow - VectorXd::Ones(x.size())).cwiseAbs().maxCoeff() < 1e-13);
  }
}

TEST_CASE("fused products have the bits of std::fma, number by number") {
  std::srand(9);
  for (const auto& [rows, n] : {std::pair<std::size_t, std::size_t>{1, 3}, {5, 16}, {24, 37}, {64, 64}}) {
    const std::size_t a_row = n + 1, b_row = strip_width + 3, out_row = strip_width + 5;
    const VectorXd a = VectorXd::Random(static_cast<Index>(rows * a_row)), b = VectorXd::Random(static_cast<Index>(n * b_row));
    const VectorXd before = VectorXd::Random(static_cast<Index>(rows * out_row));
    for (const bool add : {false, true}) {
      VectorXd fast = before, slow = before;
      (add ? multiply_add_strip : multiply_strip)(rows, a.data(), a_row, b.data(), b_row, n, fast.data(), out_row);
      multiply_strip_plainly(add, rows, a.data(), a_row, b.data(), b_row, n, slow.data(), out_row);
      CHECK((fast.array() == slow.array()).all());
      CHECK(fast != before);
    }
  }
}

TEST_CASE("nodes integrate and differentiate what they should, to round-off") {
  const SpectralAxis walls = spectral_axis({-2, 3, 48});
  const SpectralAxis circle = spectral_axis({0, 2 * M_PI, 31, {Boundary::periodic, Boundary::periodic}});
  const auto check = [](const SpectralAxis& axis, auto f, auto slope, double integral) {
    double sum = 0, worst = 0;
    VectorXd v(static_cast<Index>(axis.axis.cells));
    for (std::size_t i = 0; i < axis.axis.cells; ++i) {
      sum += axis.axis.width(i) * f(axis.axis.centre(i));
      v[static_cast<Index>(i)] = std::sqrt(axis.axis.width(i)) * f(axis.axis.centre(i));
    }
    const VectorXd d = axis.derivative * v;
    for (std::size_t i = 0; i < axis.axis.cells; ++i)
      worst = std::max(worst, std::abs(d[static_cast<Index>(i)] / std::sqrt(axis.axis.width(i)) - slope(axis.axis.centre(i))));
    CHECK(std::abs(sum - integral) < 1e-10);
    CHECK(worst < 1e-5); // the map is exact to 1e-7, times the largest wave number
    CHECK((axis.analysis * axis.analysis.transpose() - MatrixXd::Identity(v.size(), v.size())).cwiseAbs().maxCoeff() < 1e-12);
  };
  check(walls, [](double x) { return std::exp(-x * x); }, [](double x) { return -2 * x * std::exp(-x * x); }, 1.768288739021943);
  check(circle, [](double x) { return std::exp(std::sin(x)); }, [](double x) { return std::cos(x) * std::exp(std::sin(x)); }, 7.954926521012846);
  for (std::size_t i = 0; i < 48; ++i) CHECK(walls.axis.centre(i) == Approx(1 - walls.axis.centre(47 - i)).margin(1e-13));
}

TEST_CASE("Faber series is the exponential, for flat, round and tall ellipses") {
  std::srand(11);
  const Index n = 30;
  const MatrixXd R = MatrixXd::Random(n, n), S = R * R.transpose(), skew = R - R.transpose();
  const double a = S.operatorNorm() / 2;
  for (const double strength : {0.0, 0.3, 1.0, 3.0}) {
    const MatrixXd L = -S + strength * a / skew.operatorNorm() * skew;
    const Ellipse ellipse{a, 1.05 * strength * a};
    const VectorXd u = VectorXd::Random(n);
    std::vector<VectorXd> out;
    const std::vector<double> times{0, 0.1, 1, 5};
    const FaberReport report =
        faber_series({static_cast<std::size_t>(n), [&](const double* x, double* y) { Eigen::Map<VectorXd>(y, n) = L * Eigen::Map<const VectorXd>(x, n); }}, ellipse, u, times, 1e-13, out, 1e3);
    CAPTURE(strength, report.growth, report.products);
    for (std::size_t i = 0; i < times.size(); ++i) CHECK((out[i] - (times[i] * L).exp() * u).norm() < 1e-10 * u.norm());
  }
  // A map that leaves its ellipse is noticed, not summed up.
  std::vector<VectorXd> out;
  CHECK_THROWS_AS(faber_series({1, [](const double* x, double* y) { *y = -30 * *x; }}, {1, 0}, VectorXd::Ones(1), {20}, 1e-12, out), std::domain_error);
}

TEST_CASE("marginals are sums over the other axes") {
  const Grid grid({{0, 1, 4}, {0, 2, 5}, {0, 3, 6}, {-1, 1, 7}});
  VectorXd p(static_cast<Index>(grid.size()));
  for (Index k = 0; k < p.size(); ++k) p[k] = 1 + std::sin(static_cast<double>(k));
  p /= p.sum();
  for (const std::vector<std::size_t>& kept : {std::vector<std::size_t>{0}, {3}, {0, 2}, {1, 3}, {2, 3}}) {
    const std::vector<double> fast = run::marginal(grid, p, kept);
    std::vector<double> slow(fast.size());
    double cell = 1;
    for (const std::size_t a : kept) cell *= grid.axis(a).spacing();
    for (std::size_t k = 0; k < grid.size(); ++k) {
      std::size_t place = 0;
      for (const std::size_t a : kept) place = place * grid.axis(a).cells + grid.coordinate(k, a);
      slow[place] += p[static_cast<Index>(k)] / cell;
    }
    for (std::size_t i = 0; i < fast.size(); ++i) CHECK(fast[i] == Approx(slow[i]).epsilon(1e-12));
  }
}
