// Log-spaced times over eight decades in one run: KL at each of them, relative to itself, beside solutions in extended precision
// that know nothing of propagators: eigenfunctions of the symmetric form, or powers of a Taylor series.
#include "engine.hpp"

#include <Eigen/Eigenvalues>
#include <catch2/catch.hpp>

using namespace engine;

namespace {

using Real = long double;
using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;

/// 0, 1e-4, 1e-3, ..., 1e4
std::vector<double> decades() {
  std::vector<double> times{0};
  for (int i = -4; i <= 4; ++i) times.push_back(std::pow(10.0, i));
  return times;
}

/// sum q (r log r - r + 1), r = 1 + d
Real kl_of(const Vector& q, const Vector& d) {
  Real sum = 0;
  for (Index k = 0; k < q.size(); ++k) {
    const Real x = d[k];
    sum += q[k] * (x <= -1 ? 1 : std::abs(x) < 1e-4L ? x * x * (0.5L - x / 6 + x * x / 12) : (1 + x) * std::log1p(x) - x);
  }
  return sum;
}

/// Reversible chains: u(t) = V exp(tL) V^T u(0), the steady mode left out.
std::vector<Real> kl_by_modes(const Run& run, const std::vector<double>& times) {
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(dense(run.generator.symmetrised()).cast<Real>());
  const Vector q = run.steady.p.cast<Real>(), s = q.cwiseSqrt();
  Vector c = eigen.eigenvectors().transpose() * (run.p[0].cast<Real>() - q).cwiseQuotient(s);
  c[c.size() - 1] = 0;
  std::vector<Real> result;
  for (const double t : times) result.push_back(kl_of(q, (eigen.eigenvectors() * c.cwiseProduct((t * eigen.eigenvalues()).array().exp().matrix())).cwiseQuotient(s)));
  return result;
}

/// Any chain: exp(1e-4 Q) as a Taylor series, and its tenth powers.
std::vector<Real> kl_by_powers(const Run& run, const std::vector<double>& times) {
  const Matrix step = dense(run.generator.rates()).cast<Real>() * static_cast<Real>(times[1]);
  Matrix P = Matrix::Identity(step.rows(), step.cols()), term = P;
  for (int k = 1; k < 25; ++k) P += term = (term * step).eval() / k;
  const Vector q = run.steady.p.cast<Real>(), start = run.p[0].cast<Real>();
  std::vector<Real> result{kl_of(q, (start - q).cwiseQuotient(q))};
  for (std::size_t i = 1; i < times.size(); ++i) {
    result.push_back(kl_of(q, (P * start - q).cwiseQuotient(q)));
    const Matrix two = P * P, four = two * two;
    P = four * four * two;
  }
  return result;
}

/// As far as rounding of the start lets it be relative.
void compare(const Run& run, const std::vector<Real>& exact, double least) {
  std::size_t compared = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    if (exact[i] < least) continue;
    CAPTURE(i, static_cast<double>(exact[i]), run.at("kl", i));
    CHECK(std::abs(run.at("kl", i) / static_cast<double>(exact[i]) - 1) < 1e-7);
    ++compared;
  }
  CHECK(compared >= 8);
}

} // namespace

TEST_CASE("eight decades of times: a double well in one dimension") {
  const Grid grid({axis(-2, 2, 160)});
  const Model m = model({{"x"}, "(x^2-1)^2/4", {}, {}, 0.035});
  for (const std::string name : {"krylov", "auto"}) {
    CAPTURE(name);
    const Run run = evolve(m, grid, gaussian(grid, {-1}, 0.1), decades(), name);
    compare(run, kl_by_modes(run, decades()), 1e-20);
  }
}

TEST_CASE("eight decades of times: a coupled double well in two dimensions") {
  const Grid grid({axis(-2, 2, 18), axis(-2, 2, 12)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2 + 0.2*x*y", {}, {}, 0.04});
  const Run run = evolve(m, grid, gaussian(grid, {-1, 0.2}, 0.15), decades());
  compare(run, kl_by_modes(run, decades()), 1e-20);
}

TEST_CASE("eight decades of times: without detailed balance") {
  const Grid grid({axis(-2, 2, 12), axis(-2, 2, 9)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y/5", "x/5"}, {}, 0.05});
  const Run run = evolve(m, grid, gaussian(grid, {-1, 0.2}, 0.2), decades());
  compare(run, kl_by_powers(run, decades()), 1e-14);
}
