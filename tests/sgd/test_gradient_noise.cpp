// D and what is said about it: enumeration of batches, three ways to the same eigenvalues, Lanczos against dense.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <cmath>

using namespace driftwell;
using namespace driftwell::sgd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::unique_ptr<Loss> network(std::size_t samples, std::size_t features, std::vector<std::size_t> hidden) {
  LossOptions options;
  options.hidden = std::move(hidden);
  return LossCatalogue::find("mlp")->make()->make(options, std::make_shared<const Dataset>(gaussian_mixture({samples, features, 3, 2, 5})));
}

VectorXd weights(const Loss& loss) {
  VectorXd w(static_cast<Index>(loss.dimension()));
  for (Index j = 0; j < w.size(); ++j) w[j] = std::sin(1.0 + 7.0 * static_cast<double>(j));
  return w;
}

/// Calls visit(batch) for every batch: all tuples, or all subsets.
template <class Visit> void enumerate(std::size_t N, std::size_t b, bool replace, const Visit& visit) {
  std::vector<std::uint32_t> batch(b, 0);
  const std::function<void(std::size_t, std::uint32_t)> place = [&](std::size_t k, std::uint32_t from) {
    if (k == b) return visit(batch);
    for (std::uint32_t i = replace ? 0 : from; i < N; ++i) {
      batch[k] = i;
      place(k + 1, i + 1);
    }
  };
  place(0, 0);
}

} // namespace

TEST_CASE("covariance of a batch's gradient: the formulas are what the enumeration of all batches gives") {
  const auto loss = network(6, 2, {2});
  const VectorXd w = weights(*loss);
  const MatrixXd D = gradient_covariance(*loss, w.data());
  for (const bool replace : {true, false})
    for (const std::size_t b : {1UL, 2UL, 3UL, 6UL}) {
      if (replace && b == 6) continue;
      CAPTURE(replace, b);
      VectorXd mean = VectorXd::Zero(w.size()), g(w.size());
      MatrixXd second = MatrixXd::Zero(w.size(), w.size());
      double count = 0;
      Workspace workspace;
      enumerate(6, b, replace, [&](const std::vector<std::uint32_t>& batch) {
        loss->gradient(w.data(), {batch, nullptr}, g.data(), workspace);
        mean += g;
        second += g * g.transpose();
        ++count;
      });
      mean /= count;
      const MatrixXd exact = second / count - mean * mean.transpose();
      const double factor = batch_factor(6, b, replace ? Sampling::with_replacement : Sampling::without_replacement);
      CHECK((exact - factor * D).norm() < 1e-14);
      if (b < 6) CHECK(exact.norm() > 1e-3);
    }
}

TEST_CASE("eigenvalues of D: covariance, Gram matrix and Lanczos agree; rank, mean, spread and trace by hand") {
  for (const std::size_t samples : {20UL, 300UL}) { // fewer and more samples than the 43 weights
    const auto loss = network(samples, 5, {5});
    const VectorXd w = weights(*loss);
    REQUIRE(loss->dimension() == 48);
    const MatrixXd D = gradient_covariance(*loss, w.data());
    const VectorXd exact = SymmetricEigen(D).eigenvalues().reverse();
    const GradientNoise noise = measure_noise(*loss, w.data());
    CHECK(noise.method == (samples == 20 ? "gram" : "covariance"));
    for (Index k = 0; k < std::min<Index>(noise.eigenvalues.size(), 19); ++k) CHECK(noise.eigenvalues[k] == Approx(exact[k]).epsilon(1e-10).margin(1e-14 * exact[0]));
    CHECK(noise.trace == Approx(D.trace()).epsilon(1e-12));
    CHECK(noise.mean == Approx(exact.mean()).epsilon(1e-12));
    CHECK(noise.std == Approx(std::sqrt((exact.array() - exact.mean()).square().mean())).epsilon(1e-10));
    CHECK(noise.rank == static_cast<std::size_t>((exact.array() > exact[0] * 48 * 0x1p-52).count()));
    if (samples == 20) CHECK(noise.rank == 19);
    NoiseOptions tiny;
    tiny.dense_work = 1;
    tiny.leading = 6;
    const GradientNoise lanczos = measure_noise(*loss, w.data(), tiny);
    CHECK(lanczos.method == "lanczos");
    for (Index k = 0; k < 6; ++k) CHECK(lanczos.eigenvalues[k] == Approx(exact[k]).epsilon(1e-9));
    CHECK(lanczos.trace == Approx(D.trace()).epsilon(1e-12));
    CHECK(std::isnan(lanczos.std));
    for (Index k = 0; k < 6; ++k) CHECK(lanczos.alignment[k] == Approx(noise.alignment[k]).epsilon(1e-6).margin(1e-9));
  }
}

TEST_CASE("leading eigenpairs of matrices, degenerate ones and indefinite ones included") {
  for (const int kind : {0, 1, 2, 3}) {
    CAPTURE(kind);
    const Index n = 40;
    VectorXd values(n);
    for (Index i = 0; i < n; ++i) values[i] = kind == 0 ? std::pow(0.7, i) : kind == 1 ? (i < 5 ? 2.0 : 1.0) : kind == 2 ? std::cos(i) : 0.0;
    MatrixXd random = MatrixXd::NullaryExpr(n, n, [](Index i, Index j) { return std::sin(static_cast<double>(i * 41 + j * j + 1)); });
    const MatrixXd Q = Eigen::HouseholderQR<MatrixXd>(random).householderQ();
    const MatrixXd A = Q * values.asDiagonal() * Q.transpose();
    const Eigenpairs pairs = leading_eigenpairs([&](const double* v, double* r) { Eigen::Map<VectorXd>(r, n) = A * Eigen::Map<const VectorXd>(v, n); }, 40, 5);
    std::sort(values.begin(), values.end(), std::greater<>());
    for (Index k = 0; k < 5; ++k) {
      CHECK(pairs.values[k] == Approx(values[k]).epsilon(1e-9).margin(1e-12));
      CHECK((A * pairs.vectors.col(k) - pairs.values[k] * pairs.vectors.col(k)).norm() < 1e-8);
    }
    CHECK((pairs.vectors.transpose() * pairs.vectors - MatrixXd::Identity(5, 5)).norm() < 1e-10);
  }
}

TEST_CASE("alignment: 1 where noise and Hessian share their directions, the right angle where they do not") {
  LossOptions options;
  options.hessian = {{3, 0, 0}, {0, 2, 0}, {0, 0, 1}};
  options.covariance = {{1, 0, 0}, {0, 0.5, 0}, {0, 0, 0.1}};
  const auto same = LossCatalogue::find("quadratic")->make()->make(options, nullptr);
  const std::vector<double> w(3, 0.0);
  const GradientNoise aligned = measure_noise(*same, w.data());
  CHECK((aligned.alignment - VectorXd::Ones(3)).norm() < 1e-12);
  const double c = std::cos(0.3), s = std::sin(0.3);
  options.covariance = {{c * c, c * s, 0}, {c * s, s * s, 0}, {0, 0, 0}};
  const auto turned = LossCatalogue::find("quadratic")->make()->make(options, nullptr);
  const GradientNoise rotated = measure_noise(*turned, w.data());
  CHECK(rotated.alignment[0] == Approx(c * c).epsilon(1e-10));
  CHECK(rotated.rank == 1);
  CHECK(rotated.anisotropy == Approx(2).epsilon(1e-12)); // d - 1
}

TEST_CASE("Newton in a trust region finds minima of networks and never climbs") {
  const auto loss = network(60, 3, {4});
  const VectorXd w = 0.3 * weights(*loss);
  LossOptions options;
  options.hidden = {4};
  options.weight_decay = 1e-2;
  const auto decayed = LossCatalogue::find("mlp")->make()->make(options, std::make_shared<const Dataset>(gaussian_mixture({60, 3, 3, 2, 5})));
  const Minimum minimum = minimise(*decayed, {w.data(), w.data() + w.size()});
  CHECK(minimum.converged);
  CHECK(minimum.gradient_norm < 1e-9);
  CHECK(minimum.loss < full_loss(*decayed, w.data()));
  CHECK(SymmetricEigen(full_hessian(*decayed, minimum.weights.data())).eigenvalues()[0] > -1e-8);
}
