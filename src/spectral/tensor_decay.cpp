#include "driftwell/spectral/tensor_decay.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <utility>

namespace driftwell {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index strip = 512;
constexpr Index parallel_from = 60'000;

} // namespace

void TensorDecay::add_axis(const MatrixXd& A, VectorXd rest, std::size_t before, std::size_t after) {
  gradient_.emplace_back(A, before, after);
  divergence_.emplace_back(-A.transpose(), before, after);
  work_.emplace_back(rest.size());
  rest_.push_back(std::move(rest));
}

void TensorDecay::apply(const double* u, double* y) const {
  const std::size_t d = gradient_.size();
  const Index n = rest_[0].size();
  for (std::size_t a = 0; a < d; ++a) gradient_[a].multiply(u, work_[a].data());
#pragma omp parallel if (n > parallel_from)
  {
    std::vector<double> buffer(d * strip);
#pragma omp for schedule(static)
    for (Index first = 0; first < n; first += strip) {
      const Index count = std::min(strip, n - first);
      for (std::size_t a = 0; a < d; ++a) {
        double* g = work_[a].data() + first;
        const double* rest = rest_[a].data() + first;
        for (Index k = 0; k < count; ++k) g[k] += rest[k] * u[first + k];
      }
      for (std::size_t a = 0; a < d; ++a) {
        double* flux = buffer.data() + a * strip;
        std::fill_n(flux, count, 0.0);
        for (std::size_t b = 0; b < d; ++b) {
          const double *g = work_[b].data() + first, *factor = kappa(a, b).data() + first;
          for (Index k = 0; k < count; ++k) flux[k] += factor[k] * g[k];
        }
      }
      std::fill_n(y + first, count, 0.0);
      for (std::size_t a = 0; a < d; ++a) {
        const double *flux = buffer.data() + a * strip, *rest = rest_[a].data() + first;
        for (Index k = 0; k < count; ++k) y[first + k] -= rest[k] * flux[k];
        std::copy_n(flux, count, work_[a].data() + first);
      }
    }
  }
  for (std::size_t a = 0; a < d; ++a) divergence_[a].multiply_add(work_[a].data(), y);
}

double TensorDecay::operations() const {
  const auto d = static_cast<double>(gradient_.size());
  double sum = 2 * d * (d + 2) * static_cast<double>(rest_[0].size());
  for (const AxisMatrix& m : gradient_) sum += 2 * m.operations();
  return sum;
}

MatrixXd TensorDecay::at(Index k) const {
  const auto d = static_cast<Index>(dimension_);
  MatrixXd matrix(d, d);
  for (Index a = 0; a < d; ++a)
    for (Index b = 0; b < d; ++b) matrix(a, b) = kappa(static_cast<std::size_t>(a), static_cast<std::size_t>(b))[k];
  return matrix;
}

double TensorDecay::inverse_form(const VectorXd& j, Index k) const { return j.dot(at(k).llt().solve(j)); }

TensorDecay::Flattest TensorDecay::flattest() const {
  Flattest result{0, 1};
  for (Index k = 0; k < kappa_[0].size(); ++k) {
    const VectorXd values = SymmetricEigen(at(k), Eigen::EigenvaluesOnly).eigenvalues();
    const double top = values[values.size() - 1], ratio = top > 0 ? values[0] / top : -1;
    if (!(ratio >= result.ratio)) result = {k, ratio};
  }
  return result;
}

} // namespace driftwell
