// Divergences in closed form, free energy with joint errors.
#include "cloud.hpp"

#include "driftwell/estimators/divergence.hpp"
#include "driftwell/estimators/free_energy.hpp"

#include <Eigen/Dense>

using namespace cloud;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// KL(N(m, S), N(0, 1)) for S = diag(s^2)
double gaussian_kl(std::size_t d, double m, double s) { return static_cast<double>(d) * ((s * s + m * m - 1) / 2 - std::log(s)); }

Cloud scaled(std::size_t d, std::size_t n, std::uint64_t seed, double m, double s) {
  Random random(seed);
  return make(d, n, [&] { return m + s * random.normal(); });
}

Numbers potential_of(const Cloud& c) { // |x|^2 / 2
  Numbers phi(c.size());
  for (const auto& column : c.data)
    for (std::size_t i = 0; i < phi.size(); ++i) phi[i] += column[i] * column[i] / 2;
  return phi;
}

double log_partition(std::size_t d, double T) { return static_cast<double>(d) / 2 * std::log(2 * M_PI * T); }

} // namespace

TEST_CASE("Gaussian KL: unbiased, covered, equal to the formula") {
  const std::size_t d = 3, n = 40;
  const VectorXd mean = VectorXd::Zero(3);
  const MatrixXd one = MatrixXd::Identity(3, 3);
  for (const auto& [m, s] : std::vector<std::pair<double, double>>{{0, 1}, {0.5, 1}, {0.3, 0.7}}) {
    const double truth = gaussian_kl(d, m, s);
    const Estimate b = bias(1000, truth, [&](std::uint64_t seed) { return kl_gaussian(scaled(d, n, seed, m, s).columns(), n, mean, one).value; });
    CAPTURE(m, s, b.value, b.standard_error);
    CHECK(std::abs(b.value) < 4 * b.standard_error);
    if (m != 0) covers(coverage(200, truth, [&](std::uint64_t seed) { return kl_gaussian(scaled(d, 400, seed, m, s).columns(), 400, mean, one); }));
  }
  MatrixXd S(2, 2);
  S << 2, 0.5, 0.5, 1;
  const Cloud c = gaussian(2, 200'000, 5);
  const VectorXd shift = VectorXd::Constant(2, 0.5);
  const double truth = (S.inverse().trace() - 2 + shift.dot(S.inverse() * shift) + std::log(S.determinant())) / 2;
  const Estimate e = kl_gaussian(c.columns(), c.size(), shift, S);
  CHECK(std::abs(e.value - truth) < 4 * e.standard_error);
}

TEST_CASE("two-sample KL covers the truth and falls to zero") {
  covers(coverage(200, gaussian_kl(2, 0.5, 1), [](std::uint64_t s) {
    const Cloud p = scaled(2, 400, s, 0.5, 1), q = scaled(2, 400, s + 777'777, 0, 1);
    return kl_two_sample(p.columns(), 400, q.columns(), 400);
  }));
  covers(coverage(200, 0.0, [](std::uint64_t s) {
    const Cloud p = gaussian(1, 300, s), q = gaussian(1, 500, s + 777'777);
    return kl_two_sample(p.columns(), 300, q.columns(), 500);
  }));
  for (const std::size_t d : {1u, 3u}) {
    const Cloud p = scaled(d, 20'000, 1, 0.3, 0.8), q = scaled(d, 30'000, 2, 0, 1);
    const Estimate e = kl_two_sample(p.columns(), p.size(), q.columns(), q.size());
    CAPTURE(d, e.value, e.standard_error);
    CHECK(std::abs(e.value - gaussian_kl(d, 0.3, 0.8)) < 4 * e.standard_error + (d == 3 ? 0.02 : 0));
  }
}

TEST_CASE("two-sample KL agrees with brute force") {
  const Cloud p = gaussian(2, 130, 1), q = scaled(2, 150, 2, 0.2, 1.5);
  const auto kth = [&](const Cloud& c, std::size_t i, std::size_t k, bool self) {
    Numbers squares;
    for (std::size_t j = 0; j < c.size(); ++j)
      if (!self || j != i) squares.push_back(std::hypot(p.data[0][i] - c.data[0][j], p.data[1][i] - c.data[1][j]));
    std::sort(squares.begin(), squares.end());
    return squares[k - 1];
  };
  double sum = 0;
  for (std::size_t i = 0; i < 130; ++i) sum += 2 * std::log(kth(q, i, 4, false) / kth(p, i, 4, true)) / 130;
  NeighbourOptions o;
  o.whiten = false;
  CHECK(kl_two_sample(p.columns(), 130, q.columns(), 150, o).value == Approx(sum + std::log(150.0 / 129)).epsilon(1e-10));
}

TEST_CASE("free energy: the decomposition is an identity, the errors are joint") {
  const double T = 0.7;
  const std::size_t d = 2, n = 2000;
  const Cloud c = scaled(d, n, 3, 0.2, 0.9);
  const NeighbourEntropy entropy = neighbour_entropy(c.columns(), n);
  const FreeEnergy F = free_energy(potential_of(c), entropy, T, log_partition(d, T));
  CHECK(F.free_energy.value == Approx(F.mean_potential.value - T * F.entropy.value));
  CHECK(F.kl->value == Approx(F.free_energy.value / T + log_partition(d, T)));
  CHECK(F.entropy.value == Approx(entropy.entropy.value));
  CHECK(F.entropy.standard_error == Approx(entropy.entropy.standard_error));
  CHECK(F.covariance > 0);
  const double joint = std::pow(F.mean_potential.standard_error, 2) + std::pow(T * F.entropy.standard_error, 2) - 2 * T * F.covariance;
  CHECK(F.free_energy.standard_error == Approx(std::sqrt(joint)));
  CHECK(F.free_energy.standard_error < 0.7 * std::hypot(F.mean_potential.standard_error, T * F.entropy.standard_error));
}

TEST_CASE("free energy and KL cover the truth, far from the steady state, at it, and with few queries") {
  const auto of = [](std::size_t n, double m, double s, std::uint64_t seed, std::size_t queries = 0) {
    const Cloud c = scaled(2, n, seed, m, s);
    NeighbourOptions o;
    o.queries = queries;
    o.bias_particles = 0;
    o.seed = seed;
    return free_energy(potential_of(c), neighbour_entropy(c.columns(), n, o), 1, log_partition(2, 1));
  };
  const auto F = [](double m, double s) { return gaussian_kl(2, m, s) - log_partition(2, 1); };
  covers(coverage(200, F(1, 0.5), [&](std::uint64_t s) { return of(400, 1, 0.5, s).free_energy; }));
  covers(coverage(200, gaussian_kl(2, 1, 0.5), [&](std::uint64_t s) { return *of(400, 1, 0.5, s).kl; }));
  covers(coverage(200, 0.0, [&](std::uint64_t s) { return *of(2000, 0, 1, s).kl; }));
  covers(coverage(200, gaussian_kl(2, 1, 0.5), [&](std::uint64_t s) { return *of(2000, 1, 0.5, s, 300).kl; }));
  // The control variate: near the steady state almost all of the entropy's noise is that of Phi, known from all particles.
  const FreeEnergy few = of(20'000, 0, 1.1, 9, 400);
  CHECK(few.entropy.standard_error < 0.75 * std::sqrt(1.0 / 400));
  covers(coverage(200, 2 * (0.5 * std::log(2 * M_PI * M_E) + std::log(0.5)), [&](std::uint64_t s) { return of(2000, 1, 0.5, s, 300).entropy; }));
}

TEST_CASE("divergences refuse hostile clouds") {
  Cloud c = gaussian(2, 50, 1);
  const VectorXd zero = VectorXd::Zero(2);
  const MatrixXd one = MatrixXd::Identity(2, 2);
  MatrixXd bad = one;
  bad(0, 1) = 0.5;
  CHECK_THROWS_AS(kl_gaussian(c.columns(), 50, zero, bad), std::invalid_argument);
  CHECK_THROWS_AS(kl_gaussian(c.columns(), 50, zero, -one), std::invalid_argument);
  CHECK_THROWS_AS(kl_gaussian(c.columns(), 50, VectorXd::Zero(3), one), std::invalid_argument);
  CHECK_THROWS_AS(kl_gaussian(c.columns(), 3, zero, one), NumericalFailure);
  CHECK_THROWS_AS(kl_two_sample(c.columns(), 50, c.columns(), 50), NumericalFailure);
  CHECK_THROWS_AS(kl_two_sample(c.columns(), 50, gaussian(1, 50, 1).columns(), 50), std::invalid_argument);
  const NeighbourEntropy entropy = neighbour_entropy(c.columns(), 50);
  CHECK_THROWS_AS(free_energy(Numbers(49), entropy, 1), std::invalid_argument);
  CHECK_THROWS_AS(free_energy(Numbers(50), entropy, 0), std::invalid_argument);
  CHECK_THROWS_AS(free_energy(Numbers(50, NAN), entropy, 1), NumericalFailure);
  c.data[1] = c.data[0];
  CHECK_THROWS_AS(kl_gaussian(c.columns(), 50, zero, one), NumericalFailure);
  c = gaussian(1, 100, 1);
  const Cloud same = c;
  CHECK_NOTHROW(kl_two_sample(c.columns(), 100, same.columns(), 100)); // the first neighbour is at 0, not the fourth
  c.data[0] = Numbers(100, 1.0);
  CHECK_THROWS_AS(kl_two_sample(c.columns(), 100, same.columns(), 100), NumericalFailure);
  CHECK_THROWS_AS(kl_two_sample(same.columns(), 100, c.columns(), 0), NumericalFailure);
}
