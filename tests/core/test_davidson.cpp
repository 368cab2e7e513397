// Davidson's method on random matrices against dense decompositions.
#include "driftwell/core/davidson.hpp"
#include "driftwell/core/faber_coefficients.hpp"

#include <Eigen/Dense>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace driftwell;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Complex = std::complex<double>;

namespace {

/// Rightmost first.
bool before(Complex a, Complex b) { return a.real() > b.real() || (a.real() == b.real() && a.imag() > b.imag()); }

DavidsonProblem problem_of(const MatrixXd& A, Index wanted, bool symmetric) {
  DavidsonProblem problem;
  problem.apply = [&A](const VectorXd& v, VectorXd& w) { w = A * v; };
  problem.precondition = [&A](const VectorXd& r, Complex theta) {
    return VectorXd(r.array() / (A.diagonal().array() - theta.real() + 0.01)); // its diagonal; never exactly singular
  };
  problem.before = before;
  problem.accuracy = [](Complex, Complex) { return 1e-10; };
  problem.symmetric = symmetric;
  problem.wanted = wanted;
  problem.block = wanted + 1;
  problem.most = 24;
  return problem;
}

} // namespace

TEST_CASE("Davidson's method finds the rightmost eigenvalues of random matrices, symmetric or not, real or complex") {
  const Index n = 120;
  for (Index seed = 1; seed <= 6; ++seed)
    for (const bool symmetric : {true, false}) {
      const MatrixXd noise = noise_columns(n * n, seed).col(seed - 1).reshaped(n, n);
      MatrixXd A = symmetric ? MatrixXd(0.2 * (noise + noise.transpose())) : MatrixXd(0.3 * noise);
      for (Index k = 0; k < n; ++k) A(k, k) -= 0.3 * static_cast<double>(k);
      if (!symmetric) A(0, 1) += 3, A(1, 0) -= 3; // a pair
      std::vector<Complex> all;
      const auto spectrum = A.eigenvalues().eval();
      for (Index k = 0; k < n; ++k) all.push_back(spectrum[k]);
      std::sort(all.begin(), all.end(), before);
      const DavidsonProblem problem = problem_of(A, 3, symmetric);
      const DavidsonResult found = davidson(problem, noise_columns(n, 4), 2000);
      CAPTURE(seed, symmetric, found.excess, found.products);
      REQUIRE(found.excess <= 1);
      REQUIRE(found.values.size() >= 3);
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(std::abs(found.values[i] - all[i]) < 1e-8);
        const Eigen::VectorXcd u = found.vectors.col(static_cast<Index>(i));
        CHECK(u.norm() == Approx(1).epsilon(1e-9));
        CHECK((A.cast<Complex>() * u - found.values[i] * u).norm() < 2e-10);
      }
    }
}

TEST_CASE("Davidson's method says when it does not get there, and takes no more vectors than there are") {
  const MatrixXd A = noise_columns(400, 1).reshaped(20, 20);
  DavidsonProblem problem = problem_of(A, 3, false);
  CHECK(davidson(problem, noise_columns(20, 4), 5).excess > 1);
  problem.most = 50;
  CHECK(davidson(problem, noise_columns(20, 4), 1000).excess <= 1); // the whole space
}
