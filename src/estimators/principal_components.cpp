#include "driftwell/estimators/principal_components.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::estimators {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index strip = 2048; ///< parameters a block of the Gram matrix

/// Eigen's products with several threads may add in another order.
class OneThread {
public:
  OneThread() : before_(Eigen::nbThreads()) { Eigen::setNbThreads(1); }
  ~OneThread() { Eigen::setNbThreads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

private:
  int before_;
};

} // namespace

PrincipalComponents::PrincipalComponents(std::size_t parameters, std::size_t rows, std::size_t components, const Options& options)
    : parameters_(parameters), rows_(rows), components_(components), gram_(parameters > options.dense || parameters > rows) {
  if (rows < 2 || components < 1 || components > std::min(parameters, rows - 1))
    throw std::invalid_argument("principal components: at least 2 rows, and no more components than parameters and rows allow");
  const double p = static_cast<double>(parameters);
  const double most = gram_ ? std::min(static_cast<double>(options.gram_rows), options.bytes / (4 * p)) : options.work / (p * p);
  used_ = std::clamp<std::size_t>(static_cast<std::size_t>(most), std::min(components + 1, rows), rows);
  sum_ = VectorXd::Zero(static_cast<Index>(parameters));
  if (gram_) kept_.resize(static_cast<Index>(parameters), static_cast<Index>(used_));
  else second_ = MatrixXd::Zero(static_cast<Index>(parameters), static_cast<Index>(parameters));
}

/// Row i of the `used` ones is floor(i rows / used).
bool PrincipalComponents::wanted(std::size_t row) const {
  return taken_ < used_ && row == static_cast<std::size_t>(static_cast<unsigned long long>(taken_) * rows_ / used_);
}

void PrincipalComponents::add(const double* rows, std::size_t count) {
  const OneThread one_thread;
  const auto p = static_cast<Index>(parameters_);
  MatrixXd chosen(p, static_cast<Index>(gram_ ? 0 : std::min<std::size_t>(count, 512)));
  Index filled = 0;
  const auto flush = [&] {
    if (filled > 0) second_.selfadjointView<Eigen::Lower>().rankUpdate(chosen.leftCols(filled));
    filled = 0;
  };
  for (std::size_t i = 0; i < count; ++i, ++seen_) {
    if (!wanted(seen_)) continue;
    const Eigen::Map<const VectorXd> row(rows + i * parameters_, p);
    if (taken_ == 0) origin_ = row;
    sum_ += row - origin_;
    if (gram_) {
      kept_.col(static_cast<Index>(taken_)) = (row - origin_).cast<float>();
    } else {
      chosen.col(filled++) = row - origin_;
      if (filled == chosen.cols()) flush();
    }
    ++taken_;
  }
  flush();
}

PrincipalComponents::Result PrincipalComponents::result() const {
  if (taken_ != used_) throw std::logic_error("principal components: rows are missing");
  const OneThread one_thread;
  const auto p = static_cast<Index>(parameters_), n = static_cast<Index>(used_), k = static_cast<Index>(components_);
  const VectorXd shift = sum_ / static_cast<double>(n);
  MatrixXd symmetric;
  if (gram_) {
    symmetric = MatrixXd::Zero(n, n);
    for (Index first = 0; first < p; first += strip) {
      poll_interrupt();
      const Index rows = std::min(strip, p - first);
      const MatrixXd centred = kept_.middleRows(first, rows).cast<double>().colwise() - shift.segment(first, rows);
      symmetric.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
    }
  } else {
    symmetric = second_;
    symmetric.selfadjointView<Eigen::Lower>().rankUpdate(shift, -static_cast<double>(n));
  }
  const MatrixXd full = MatrixXd(symmetric.selfadjointView<Eigen::Lower>()) / static_cast<double>(n);
  const SymmetricEigen solver(full);
  Result result;
  result.mean = origin_ + shift;
  result.total = full.trace();
  result.rows = used_;
  result.method = gram_ ? "gram" : "covariance";
  result.variance = solver.eigenvalues().tail(k).reverse();
  if (!(result.variance[k - 1] > 1e-12 * result.total) || !(result.total > 0))
    throw NumericalFailure(fmt::format("the trajectories vary in fewer than {} directions", components_));
  result.directions = MatrixXd::Zero(k, p);
  for (Index c = 0; c < k; ++c) {
    const VectorXd v = solver.eigenvectors().col(solver.eigenvectors().cols() - 1 - c);
    if (!gram_) result.directions.row(c) = v;
    else
      for (Index first = 0; first < p; first += strip) {
        const Index rows = std::min(strip, p - first);
        result.directions.row(c).segment(first, rows) = (kept_.middleRows(first, rows).cast<double>() * v - v.sum() * shift.segment(first, rows)).transpose();
      }
    Index largest = 0;
    result.directions.row(c).cwiseAbs().maxCoeff(&largest);
    result.directions.row(c) /= (result.directions(c, largest) > 0 ? 1 : -1) * result.directions.row(c).norm();
  }
  return result;
}

} // namespace driftwell::estimators
