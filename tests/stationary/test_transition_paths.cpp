// Transition paths against closed forms in one dimension, a dense second implementation, and their own balance.
#include "engine.hpp"

#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/transition_paths.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

Region beyond(const Generator& generator, double at, bool above, std::size_t axis = 0) {
  return Region(generator, [=](const std::vector<std::vector<double>>& points) {
    std::vector<bool> in(points[axis].size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = above ? points[axis][i] > at : points[axis][i] < at;
    return in;
  });
}

double integral(double lower, double upper, const std::function<double(double)>& f) {
  const int n = 20000;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += f(lower + (upper - lower) * (i + 0.5) / n);
  return sum * (upper - lower) / n;
}

struct Measured {
  TransitionPaths paths;
  FirstPassage passage;
  Grid grid;
};

Measured well(double T, std::size_t cells, double a, double b) {
  const Grid grid({axis(-2.5, 2.5, cells)});
  const Model m = model({{"x"}, "(x^2-1)^2/4", {}, {}, T});
  const Generator generator = build_generator(m, grid);
  const Region to = beyond(generator, b, true);
  return {transition_paths(generator, steady_state(generator), beyond(generator, a, false), to), first_passage(generator, to), grid};
}

} // namespace

TEST_CASE("one dimension: committor, rate, duration and passage are the closed forms, to second order") {
  const double T = 0.2, a = -0.83, b = 0.77; // no cell ends there
  const auto f = [](double x) { return std::pow(x * x - 1, 2) / 4; };
  const auto up = [&](double x) { return std::exp(f(x) / T); };
  const auto down = [&](double x) { return std::exp(-f(x) / T); };
  const double resistance = integral(a, b, up), Z = integral(-2.5, 2.5, down);
  const auto committor = [&](double x) { return x < a ? 0 : x > b ? 1 : integral(a, x, up) / resistance; };
  const double rate = T / (Z * resistance);
  double share = 0, reactive = 0, passage = 0;
  {
    const int n = 40000;
    double q = 0, inner = integral(-2.5, a, down), h = (b - a) / n;
    share = inner;
    for (int i = 0; i < n; ++i) { // cumulative: q to the middle of each piece
      const double x = a + (i + 0.5) * h, half = up(x) * h / 2 / resistance;
      q += half;
      share += down(x) * (1 - q) * h;
      reactive += down(x) * q * (1 - q) * h;
      q += half;
      inner += down(x) * h / 2;
      passage += up(x) * inner * h / T; // from a
      inner += down(x) * h / 2;
    }
  }
  std::vector<std::array<double, 4>> error;
  for (const std::size_t cells : {100u, 200u, 400u, 800u}) {
    const Measured m = well(T, cells, a, b);
    CHECK(m.paths.imbalance < 1e-12);
    CHECK((m.paths.forward + m.paths.backward - VectorXd::Ones(m.grid.size())).cwiseAbs().maxCoeff() < 1e-12); // detailed balance
    double worst = 0;
    for (std::size_t k = 0; k < cells; ++k) worst = std::max(worst, std::abs(m.paths.forward[static_cast<Index>(k)] - committor(m.grid.centre(k)[0])));
    error.push_back({std::abs(m.paths.rate / rate - 1), worst, std::abs(m.paths.rate_from / (rate * Z / share) - 1), std::abs(m.paths.duration / (reactive / Z / rate) - 1)});
    // The current is the rate everywhere between the sets; all of it reversible.
    for (std::size_t k = 0; k < cells; ++k)
      if (const double x = m.grid.centre(k)[0]; x > a + 0.1 && x < b - 0.1) CHECK(m.paths.reversible[0][static_cast<Index>(k)] == Approx(m.paths.rate).epsilon(1e-9));
    CHECK(m.paths.irreversible[0].cwiseAbs().maxCoeff() < 1e-10 * m.paths.rate);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i, error[0][i], error[1][i], error[2][i], error[3][i]);
    CHECK(error[3][i] < 2e-4);
    CHECK(std::log2(error[0][i] / error[3][i]) / 3 > 1.7);
  }
  std::vector<double> tau;
  for (const std::size_t cells : {200u, 800u}) {
    const Measured m = well(T, cells, a, b);
    tau.push_back(std::abs(interpolate(m.grid, m.passage.mean, {a}) / passage - 1));
  }
  CHECK(tau[1] < 1e-4);
  CHECK(tau[0] / tau[1] > 8);
}

TEST_CASE("variance of the passage time: Brownian motion from a mirror to a wall") {
  // T = 1, mirror at 0, target from 1 on: mean (1 - x^2)/2, variance (1 - x^4)/6.
  const Grid grid({axis(0, 1.3, 403)});
  const Generator generator = build_generator(model({{"x"}, "0*x"}), grid);
  const FirstPassage passage = first_passage(generator, beyond(generator, 1, true));
  for (const double x : {0.1, 0.4, 0.8}) {
    CHECK(interpolate(grid, passage.mean, {x}) == Approx((1 - x * x) / 2).epsilon(1e-5));
    CHECK(interpolate(grid, passage.variance, {x}) == Approx((1 - std::pow(x, 4)) / 6).epsilon(1e-4));
  }
}

TEST_CASE("two dimensions out of detailed balance: dense solves of the textbook equations agree") {
  const Grid grid({axis(-1.6, 1.6, 14), ring(0, 2, 11)});
  const Generator generator = build_generator(model({{"x", "y"}, "(x^2-1)^2/4", {"0.3*sin(3.141592653589793*y)", "1 - x^2"}, {}, 0.3}), grid);
  const SteadyState steady = steady_state(generator);
  std::vector<bool> in_from(grid.size()), in_to(grid.size());
  for (std::size_t k = 0; k < grid.size(); ++k) {
    in_from[k] = grid.centre(k)[0] < -0.9;
    in_to[k] = grid.centre(k)[0] > 0.7 && grid.centre(k)[1] < 1;
  }
  const TransitionPaths paths = transition_paths(generator, steady, Region(in_from), Region(in_to));
  const MatrixXd Q = dense(generator.rates());
  const auto n = static_cast<Index>(grid.size());
  MatrixXd P = Q;
  P.row(0).setOnes();
  const VectorXd p = P.fullPivLu().solve(VectorXd::Unit(n, 0));
  CHECK((p - steady.p).cwiseAbs().maxCoeff() < 1e-13);
  const auto committor = [&](const MatrixXd& L, const std::vector<bool>& zero, const std::vector<bool>& one) { // L q = 0
    MatrixXd M = L;
    VectorXd right = VectorXd::Zero(n);
    for (Index k = 0; k < n; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (!zero[cell] && !one[cell]) continue;
      M.row(k) = VectorXd::Unit(n, k).transpose();
      right[k] = one[cell];
    }
    return VectorXd(M.fullPivLu().solve(right));
  };
  const VectorXd forward = committor(Q.transpose(), in_from, in_to);
  const VectorXd backward = committor(p.cwiseInverse().asDiagonal() * Q * p.asDiagonal(), in_to, in_from);
  CHECK((forward - paths.forward).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((backward - paths.backward).cwiseAbs().maxCoeff() < 1e-12);
  double rate = 0;
  MatrixXd flow = MatrixXd::Zero(n, n);
  for (Index k = 0; k < n; ++k)
    for (Index l = 0; l < n; ++l)
      if (k != l) flow(k, l) = p[k] * backward[k] * Q(l, k) * forward[l];
  for (Index k = 0; k < n; ++k)
    if (in_from[static_cast<std::size_t>(k)]) rate += flow.row(k).sum();
  CHECK(paths.rate == Approx(rate).epsilon(1e-12));
  CHECK(paths.rate_from == Approx(rate / p.dot(backward)).epsilon(1e-12));
  CHECK(paths.rate_to == Approx(rate / p.dot(VectorXd(1 - backward.array()))).epsilon(1e-12));
  CHECK(paths.duration == Approx((p.array() * forward.array() * backward.array()).sum() / rate).epsilon(1e-12));
  CHECK(paths.imbalance < 1e-12);
  // Current along the ring at one cell: the mean of its two faces.
  const std::size_t k = 7 * 11 + 4;
  const auto net = [&](std::size_t i, std::size_t j) { return flow(static_cast<Index>(i), static_cast<Index>(j)) - flow(static_cast<Index>(j), static_cast<Index>(i)); };
  const double h = grid.axis(1).spacing(), expected = (net(k - 1, k) + net(k, k + 1)) / 2 * h / grid.volume(k);
  CHECK(paths.reversible[1][static_cast<Index>(k)] + paths.irreversible[1][static_cast<Index>(k)] == Approx(expected).epsilon(1e-10));
  CHECK(std::abs(paths.irreversible[1][static_cast<Index>(k)]) > 1e-4);
  // Passage to the same target.
  const FirstPassage passage = first_passage(generator, Region(in_to));
  MatrixXd M = Q.transpose();
  VectorXd right = -VectorXd::Ones(n);
  for (Index i = 0; i < n; ++i)
    if (in_to[static_cast<std::size_t>(i)]) {
      M.row(i) = VectorXd::Unit(n, i).transpose();
      right[i] = 0;
    }
  const Eigen::FullPivLU<MatrixXd> lu(M);
  const VectorXd tau = lu.solve(right);
  VectorXd twice = -2 * tau;
  for (Index i = 0; i < n; ++i) twice[i] *= !in_to[static_cast<std::size_t>(i)];
  const VectorXd variance = lu.solve(twice).array() - tau.array().square();
  CHECK((tau - passage.mean).cwiseAbs().maxCoeff() < 1e-11 * tau.maxCoeff());
  CHECK((variance - passage.variance).cwiseAbs().maxCoeff() < 1e-10 * variance.maxCoeff());
}

TEST_CASE("sets that make no sense are refused") {
  const Grid grid({axis(-2, 2, 40)});
  const Generator generator = build_generator(model({{"x"}, "x^2/2"}), grid);
  const SteadyState steady = steady_state(generator);
  const auto below = [&](double at) { return beyond(generator, at, false); };
  const auto above = [&](double at) { return beyond(generator, at, true); };
  CHECK_THROWS_WITH(transition_paths(generator, steady, below(-3), above(1)), Catch::Contains("'from' holds no cell"));
  CHECK_THROWS_WITH(transition_paths(generator, steady, below(-1), above(3)), Catch::Contains("'to' holds no cell"));
  CHECK_THROWS_WITH(transition_paths(generator, steady, below(0.5), above(0)), Catch::Contains("overlap"));
  CHECK_THROWS_WITH(transition_paths(generator, steady, below(0), above(0)), Catch::Contains("touch"));
  const Generator open = build_generator(model({{"x"}, "x^2/2"}), Grid({axis(-2, 2, 40, Boundary::absorbing)}));
  CHECK_THROWS_WITH(transition_paths(open, steady_state(open), below(-1), above(1)), Catch::Contains("absorb"));
}
