// f(w) = (w - m)^T H (w - m) / 2 whose single terms have gradient noise of covariance C everywhere: with C = L L^T the 2d terms
//   l_{2j} and l_{2j+1}: f(w) +- sqrt(d) L_j . w,   L_j the columns of L,
// have mean f and (1/2d) sum_k s_k s_k^T = sum_j L_j L_j^T = C. A finite data set, so that every way of sampling applies to it.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/sgd/loss.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Vector = Eigen::Map<const VectorXd>;

MatrixXd symmetric(const std::vector<std::vector<double>>& rows, const char* name) {
  const auto d = static_cast<Index>(rows.size());
  MatrixXd A(d, d);
  for (Index i = 0; i < d; ++i) {
    if (static_cast<Index>(rows[static_cast<std::size_t>(i)].size()) != d) throw std::invalid_argument(std::string(name) + " is not square");
    for (Index j = 0; j < d; ++j) A(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  }
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < i; ++j)
      if (std::abs(A(i, j) - A(j, i)) > 1e-14 * A.cwiseAbs().maxCoeff()) throw std::invalid_argument(std::string(name) + " is not symmetric");
  return A;
}

class Quadratic final : public Loss {
public:
  explicit Quadratic(const LossOptions& options) {
    if (options.hessian.empty()) throw std::invalid_argument("the quadratic loss needs a hessian");
    H_ = symmetric(options.hessian, "hessian");
    const Index d = H_.rows();
    const MatrixXd C = options.covariance.empty() ? MatrixXd::Identity(d, d) : symmetric(options.covariance, "covariance");
    if (C.rows() != d) throw std::invalid_argument("covariance and hessian are of different sizes");
    m_ = VectorXd::Zero(d);
    if (!options.minimum.empty()) {
      if (static_cast<Index>(options.minimum.size()) != d) throw std::invalid_argument("minimum and hessian are of different sizes");
      m_ = Vector(options.minimum.data(), d);
    }
    const SymmetricEigen modes(C);
    const VectorXd values = modes.eigenvalues();
    if (values[0] < -1e-12 * std::max(1e-300, values[d - 1])) throw std::invalid_argument("covariance has a negative eigenvalue");
    S_.resize(d, 2 * d);
    for (Index j = 0; j < d; ++j) {
      S_.col(2 * j) = std::sqrt(static_cast<double>(d) * std::max(0.0, values[j])) * modes.eigenvectors().col(j);
      S_.col(2 * j + 1) = -S_.col(2 * j);
    }
  }

  [[nodiscard]] std::size_t dimension() const override { return static_cast<std::size_t>(H_.rows()); }
  [[nodiscard]] std::size_t samples() const override { return static_cast<std::size_t>(S_.cols()); }
  [[nodiscard]] std::string description() const override { return "(w - m)^T H (w - m)/2 with gradient noise of constant covariance"; }

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace&) const override {
    const Index d = H_.rows();
    const Vector x(w, d);
    Eigen::Map<VectorXd> g(gradient, d);
    g.setZero();
    for (const std::uint32_t k : batch.samples) g += S_.col(k);
    g /= static_cast<double>(batch.samples.size());
    const double linear = g.dot(x);
    double square = 0;
    for (Index i = 0; i < d; ++i) {
      double sum = 0;
      for (Index j = 0; j < d; ++j) sum += H_(j, i) * (x[j] - m_[j]);
      square += sum * (x[i] - m_[i]);
      g[i] += sum;
    }
    return square / 2 + linear;
  }

  void hessian_product(const double*, const Batch&, const double* v, double* result, Workspace&) const override {
    for (Index i = 0; i < H_.rows(); ++i) {
      result[i] = 0;
      for (Index j = 0; j < H_.rows(); ++j) result[i] += H_(j, i) * v[j];
    }
  }

private:
  MatrixXd H_, S_;
  VectorXd m_;
};

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset>) -> std::unique_ptr<Loss> { return std::make_unique<Quadratic>(options); };

const LossCatalogue::Entry entry{"quadratic", "a parabola with constant gradient noise", [] {
                                   return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"hessian", "covariance", "minimum"}, false, make);
                                 }};

} // namespace

} // namespace driftwell::sgd
