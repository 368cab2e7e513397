// State reduction: entrywise accuracy over hundreds of temperatures, and dense solves on random chains.
#include "engine.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/state_reduction.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

using namespace engine;

namespace {

struct Chain {
  Eigen::SparseMatrix<double> rates;
  VectorXd killing;
  std::vector<int> ranks;
};

/// A ring with random chords, so that every state reaches every other; rates over `decades` decades.
Chain random_chain(int n, double decades, bool killed, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Eigen::Triplet<double>> entries;
  const auto rate = [&] { return std::pow(10, -decades * uniform(random)); };
  for (int k = 0; k < n; ++k) {
    entries.emplace_back((k + 1) % n, k, rate());
    for (int chord = 0; chord < 2; ++chord)
      if (const int l = static_cast<int>(uniform(random) * n); l != k) entries.emplace_back(l, k, rate());
  }
  Chain chain{Eigen::SparseMatrix<double>(n, n), VectorXd::Zero(n), std::vector<int>(static_cast<std::size_t>(n))};
  chain.rates.setFromTriplets(entries.begin(), entries.end());
  if (killed)
    for (int k = 0; k < n; k += 7) chain.killing[k] = rate();
  std::iota(chain.ranks.begin(), chain.ranks.end(), 0);
  std::shuffle(chain.ranks.begin(), chain.ranks.end(), random);
  return chain;
}

MatrixXd outflow(const Chain& chain) { // K - Q^T
  MatrixXd M = -MatrixXd(chain.rates).transpose();
  M.diagonal().setZero();
  const VectorXd exit = -M.rowwise().sum();
  M.diagonal() = exit + chain.killing;
  return M;
}

} // namespace

TEST_CASE("state reduction agrees with dense solves on random chains, in any order") {
  std::mt19937 random(7);
  for (const int n : {2, 3, 17, 90, 260}) {
    CAPTURE(n);
    const Chain open = random_chain(n, 1, true, random);
    const StateReduction reduction(open.rates, open.killing, open.ranks);
    const MatrixXd M = outflow(open);
    const VectorXd b = VectorXd::Random(n).cwiseAbs();
    const VectorXd x = reduction.collected(b.cast<long double>()).cast<double>(), y = reduction.occupied(b.cast<long double>()).cast<double>();
    CHECK((M * x - b).cwiseAbs().maxCoeff() < 1e-11 * x.maxCoeff());
    CHECK((M.transpose() * y - b).cwiseAbs().maxCoeff() < 1e-11 * y.maxCoeff());
    CHECK(((M.fullPivLu().solve(b) - x).array() / x.array()).abs().maxCoeff() < 1e-9);
    const Chain closed = random_chain(n, 1, false, random);
    const VectorXd p = StateReduction(closed.rates, closed.killing, closed.ranks).stationary().cast<double>();
    MatrixXd P = outflow(closed).transpose();
    P.row(0).setOnes();
    CHECK(((P.fullPivLu().solve(VectorXd::Unit(n, 0)) - p).array() / p.array()).abs().maxCoeff() < 1e-9);
  }
}

TEST_CASE("the order of elimination does not matter, entry by entry, over 300 decades of rates") {
  std::mt19937 random(11);
  for (const double decades : {20.0, 300.0}) {
    Chain chain = random_chain(80, decades, false, random);
    const auto p = StateReduction(chain.rates, chain.killing, chain.ranks).stationary();
    std::shuffle(chain.ranks.begin(), chain.ranks.end(), random);
    const auto q = StateReduction(chain.rates, chain.killing, chain.ranks).stationary();
    REQUIRE(p.minCoeff() > 0);
    CHECK(static_cast<double>(((p - q).array() / q.array()).abs().maxCoeff()) < 1e-12);
  }
}

TEST_CASE("birth-death chains over barriers of up to 400 temperatures: the product formula, entry by entry") {
  for (const double barrier : {4.0, 40.0, 400.0}) {
    CAPTURE(barrier);
    const int n = 600;
    std::vector<Eigen::Triplet<double>> entries;
    std::vector<long double> log_p(n, 0);
    std::vector<double> up(n), down(n);
    for (int k = 0; k + 1 < n; ++k) {
      const double x = 3.4 * k / (n - 1) - 1.7, y = 3.4 * (k + 1) / (n - 1) - 1.7;
      const double z = barrier * (std::pow(y * y - 1, 2) - std::pow(x * x - 1, 2)) + 0.01 * barrier * (y - x);
      up[static_cast<std::size_t>(k)] = bernoulli(z);
      down[static_cast<std::size_t>(k)] = bernoulli(-z);
      entries.emplace_back(k + 1, k, bernoulli(z));
      entries.emplace_back(k, k + 1, bernoulli(-z));
      log_p[static_cast<std::size_t>(k) + 1] = log_p[static_cast<std::size_t>(k)] + std::log(static_cast<long double>(up[static_cast<std::size_t>(k)]) / down[static_cast<std::size_t>(k)]);
    }
    Eigen::SparseMatrix<double> rates(n, n);
    rates.setFromTriplets(entries.begin(), entries.end());
    const Grid grid({axis(0, 1, n)});
    const auto p = StateReduction(rates, VectorXd(), grid.dissection_ranks()).stationary();
    long double worst = 0;
    for (int k = 0; k < n; ++k) worst = std::max(worst, std::abs(std::log(p[k] / p[0]) - log_p[static_cast<std::size_t>(k)]));
    CHECK(static_cast<double>(worst) < 1e-11);
    // Mean passage from state 0 to the last: sum over k of 1/(p_k up_k) sum_{i<=k} p_i.
    VectorXd killing = VectorXd::Zero(n - 1);
    killing[n - 2] = up[static_cast<std::size_t>(n - 2)];
    Eigen::SparseMatrix<double> left = rates.topLeftCorner(n - 1, n - 1);
    std::vector<int> ranks = Grid({axis(0, 1, n - 1)}).dissection_ranks();
    const auto tau = StateReduction(left, killing, ranks).collected(StateReduction::Vector::Ones(n - 1));
    long double below = 0, sum = 0;
    for (int k = 0; k + 1 < n; ++k) {
      const long double weight = std::exp(log_p[static_cast<std::size_t>(k)]);
      below += weight;
      sum += below / (weight * up[static_cast<std::size_t>(k)]);
    }
    CHECK(static_cast<double>(std::abs(tau[0] / sum - 1)) < 1e-10);
    if (barrier == 400) CHECK(tau[0] > 1e150L);
  }
}

TEST_CASE("a metastable double well that rotates: basin weights and times are right where 1e-16 of the flow decides") {
  // Circulation q(-d_y f, d_x f) keeps exp(-f/T): f tilted, barrier about 60 T, deeper well on the right by 2c.
  const double T = 0.25 / 60;
  const auto weights = [&](std::size_t cells) {
    const Grid grid({axis(-1.5, 1.5, cells), axis(-0.5, 0.5, cells / 2)});
    const Generator generator =
        build_generator(model({{"x", "y"}, "(x^2-1)^2/4 - 0.002*x + y^2/2", {"-0.5*y", "0.5*(x*(x^2-1) - 0.002)"}, {}, T}), grid);
    REQUIRE_FALSE(generator.reversible());
    const SteadyState steady = steady_state(generator);
    CHECK(steady.log_p.minCoeff() < -100);
    double left = 0, exact_left = 0, exact = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      const double x = grid.centre(k)[0], y = grid.centre(k)[1], w = std::exp(-((x * x - 1) * (x * x - 1) / 4 - 0.002 * x + y * y / 2) / T);
      exact += w;
      if (x < 0) left += steady.p[static_cast<Index>(k)], exact_left += w;
    }
    return std::pair(left, exact_left / exact);
  };
  const auto [coarse, ignored] = weights(60);
  const auto [fine, exact] = weights(120);
  CHECK(exact == Approx(0.2776).epsilon(0.02)); // not one half
  CHECK(std::abs(fine - exact) < 0.05 * exact);
  CHECK(std::abs(fine - exact) < 0.4 * std::abs(coarse - exact));
}

TEST_CASE("a driven ring: the current is the same through every link though p spans 200 decades") {
  const Grid grid({ring(0, 6.283185307179586, 400)});
  const Generator generator = build_generator(model({{"x"}, "cos(x)", {"0.001"}, {}, 0.004}), grid);
  const SteadyState steady = steady_state(generator);
  CHECK(steady.log_p.minCoeff() < -450);
  const auto p = state_reduction(generator).stationary();
  const auto& edge = generator.rates().edges()[0];
  std::vector<double> flow;
  for (Index k = 0; k < 400; ++k) {
    const long double there = p[k] * edge.up[k], back = p[(k + 1) % 400] * edge.down_data()[k];
    if (std::abs(there - back) > 1e-3L * there) flow.push_back(static_cast<double>(there - back));
  }
  REQUIRE(flow.size() > 3);
  for (const double f : flow) CHECK(f == Approx(flow[0]).epsilon(1e-9));
}

TEST_CASE("states that are left for ever, and chains in parts") {
  Eigen::SparseMatrix<double> rates(4, 4); // 0 -> 1 <-> 2, and 3 alone
  rates.insert(1, 0) = 2;
  rates.insert(2, 1) = 1;
  rates.insert(1, 2) = 3;
  for (const std::vector<int>& ranks : {std::vector<int>{0, 1, 2, 3}, std::vector<int>{3, 2, 1, 0}}) {
    CHECK_THROWS_AS(StateReduction(rates, VectorXd(), ranks).stationary(), NumericalFailure);
    CHECK_THROWS_AS(StateReduction(rates, VectorXd::Unit(4, 1), ranks).collected(StateReduction::Vector::Ones(4)), NumericalFailure);
  }
  rates.insert(0, 3) = 1;
  for (const std::vector<int>& ranks : {std::vector<int>{0, 1, 2, 3}, std::vector<int>{3, 2, 1, 0}, std::vector<int>{1, 0, 3, 2}}) {
    const auto p = StateReduction(rates, VectorXd(), ranks).stationary();
    CHECK(static_cast<double>(p[1]) == Approx(0.75).epsilon(1e-15));
    CHECK(p[0] == 0);
    CHECK(p[3] == 0);
  }
}
