#include "local_moments.hpp"

#include "driftwell/sgd/modified_equation.hpp"
#include "linear_sgd.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int substeps = 4; ///< of the classical Runge-Kutta method in one eta

MatrixXd single_gradients(const sgd::Loss& loss, const VectorXd& w) {
  const std::vector<std::uint32_t> all = sgd::all_samples(loss.samples());
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(static_cast<Index>(loss.samples()), w.size());
  sgd::Workspace workspace;
  loss.sample_gradients(w.data(), {all, nullptr}, rows.data(), workspace);
  return rows;
}

struct Moments {
  VectorXd mean;
  MatrixXd covariance;
};

/// The equation as the engine makes it, its moments in Gaussian closure.
class Closure {
public:
  Closure(const SgdEvidence& sgd, int order, double eta) : equation_(sgd.loss(), options(sgd, order)), T_(eta * sgd.batch_factor() / 2) {}

  [[nodiscard]] Moments rate(const Moments& at) {
    const Index d = at.mean.size();
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(at.covariance);
    const MatrixXd root = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
    Moments result{VectorXd::Zero(d), MatrixXd::Zero(d, d)};
    const double reach = std::sqrt(static_cast<double>(d)), share = 0.5 / static_cast<double>(d);
    for (Index i = 0; i < d; ++i)
      for (const double side : {-reach, reach}) {
        const VectorXd away = side * root.col(i), b = drift(at.mean + away);
        result.mean += share * b;
        result.covariance += share * (b * away.transpose() + away * b.transpose());
      }
    result.covariance += 2 * T_ * equation_.projected_noise(at.mean.data(), MatrixXd::Identity(d, d), workspace_);
    return result;
  }

private:
  static sgd::ModifiedEquationOptions options(const SgdEvidence& sgd, int order) {
    sgd::ModifiedEquationOptions o;
    o.order = order;
    o.factor = sgd.batch_factor();
    return o;
  }
  [[nodiscard]] VectorXd drift(const VectorXd& w) {
    VectorXd b(w.size());
    equation_.drift(w.data(), T_, b.data(), workspace_);
    return b;
  }

  sgd::ModifiedEquation equation_;
  double T_;
  sgd::Workspace workspace_;
};

Moments advanced(Closure& closure, const VectorXd& w, double eta) {
  Moments x{w, MatrixXd::Zero(w.size(), w.size())};
  const double h = eta / substeps;
  const auto moved = [](const Moments& from, double t, const Moments& rate) { return Moments{from.mean + t * rate.mean, from.covariance + t * rate.covariance}; };
  for (int k = 0; k < substeps; ++k) {
    const Moments a = closure.rate(x), b = closure.rate(moved(x, h / 2, a)), c = closure.rate(moved(x, h / 2, b)), d = closure.rate(moved(x, h, c));
    x.mean += h / 6 * (a.mean + 2 * b.mean + 2 * c.mean + d.mean);
    x.covariance += h / 6 * (a.covariance + 2 * b.covariance + 2 * c.covariance + d.covariance);
  }
  return x;
}

/// Of the covariance of the terms in that of the mean of b of them, drawn independently of the past: with replacement 1/b; without, what is drawn cannot come again.
double spread_of_batch(const SgdEvidence& sgd) {
  const auto N = static_cast<double>(sgd.loss().samples()), b = static_cast<double>(sgd.batch());
  return sgd.options().sampling == sgd::Sampling::with_replacement ? 1 / b : (1 - (b - 1) / (N - 1)) / b;
}

} // namespace

LocalErrors local_errors(const SgdEvidence& sgd, const VectorXd& w, int order, double eta, std::size_t halvings) {
  const MatrixXd rows = single_gradients(sgd.loss(), w);
  const VectorXd g = rows.colwise().mean();
  const MatrixXd apart = rows.rowwise() - g.transpose();
  const MatrixXd square = g * g.transpose() + spread_of_batch(sgd) / static_cast<double>(rows.rows()) * (apart.transpose() * apart);
  LocalErrors errors;
  for (std::size_t i = 0; i <= halvings; ++i, eta /= 2) {
    Closure closure(sgd, order, eta);
    const Moments sde = advanced(closure, w, eta);
    const VectorXd shift = sde.mean - w;
    errors.mean.push_back((shift + eta * g).norm());
    errors.second.push_back((sde.covariance + shift * shift.transpose() - eta * eta * square).norm());
  }
  return errors;
}

Measured local_order(const std::vector<double>& errors) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) slopes.push_back(std::log2(errors[i] / errors[i + 1]));
  return limit_of_halvings(slopes);
}

double short_step(const SgdEvidence& sgd, const VectorXd& w) {
  const std::vector<std::uint32_t> all = sgd::all_samples(sgd.loss().samples());
  sgd::Workspace workspace;
  VectorXd g(w.size()), Hg(w.size());
  sgd.loss().gradient(w.data(), {all, nullptr}, g.data(), workspace);
  if (!(g.norm() > 0)) g.setOnes();
  sgd.loss().hessian_product(w.data(), {all, nullptr}, g.data(), Hg.data(), workspace);
  const double curvature = Hg.norm() / g.norm();
  return curvature > 0 ? 1 / (16 * curvature) : 1.0 / 16;
}

} // namespace driftwell::theorems
