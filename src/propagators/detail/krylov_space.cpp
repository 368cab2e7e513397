#include "krylov_space.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "small_exponential.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

KrylovSpace::KrylovSpace(const WorkingForm& form, double gamma, const VectorXd& start)
    : form_(form), gamma_(gamma), factor_(form.A(), 1.0, -gamma), norm_(start.norm()) {
  basis_.resize(start.size(), 33);
  if (norm_ > 0) basis_.col(0) = start / norm_;
  H_ = MatrixXd::Zero(most_vectors + 1, most_vectors);
}

void KrylovSpace::build(const std::vector<double>& times, double tolerance) {
  const auto count = static_cast<Index>(times.size());
  coefficients_ = MatrixXd::Zero(1, count);
  if (norm_ == 0) { // it starts in the steady state
    basis_.col(0).setZero();
    error_ = 0;
    return;
  }
  double before = 1;
  int stuck = 0;
  for (Index m = 1; m <= most_vectors; ++m) {
    poll_interrupt();
    const bool closed = extend(m);
    if (!closed && m != most_vectors && (m < 12 || m % 4 != 0)) continue;
    const SmallExponential small(H_.topLeftCorner(m, m), form_.symmetric(), closed ? 0.0 : H_(m, m - 1), gamma_, norm_, form_.decay_rate());
    error_ = closed ? 1e-15 : relative_bound(small, times, tolerance);
    // Rounding ends the convergence somewhere near 1e-12.
    stuck = error_ < 1e-9 && error_ > before / 2 ? stuck + 1 : 0;
    before = error_;
    if (!(closed || error_ < tolerance || stuck == 3 || m == most_vectors)) continue;
    if (!(error_ < std::max(100 * tolerance, 1e-9)))
      throw NumericalFailure(fmt::format("krylov: {} vectors leave a relative error of {:.1e}, tolerance {:.1e}. "
                                         "Try propagator = \"chebyshev\" or a larger tolerance.", m, error_, tolerance));
    rounding_ = small.rounding();
    coefficients_.resize(m, count);
    for (Index i = 0; i < count; ++i) coefficients_.col(i) = small.coefficients(times[static_cast<std::size_t>(i)]);
    return;
  }
}

bool KrylovSpace::extend(Index m) {
  if (basis_.cols() <= m) basis_.conservativeResize(Eigen::NoChange, std::min(most_vectors + 1, m + 24));
  VectorXd next = factor_.solve(basis_.col(m - 1));
  residual_ = basis_.col(m - 1);
  form_.A().recurrence(next.data(), residual_.data(), gamma_, -1, 1, {});
  solve_error_ = std::max(solve_error_, form_.l1_of(residual_));
  form_.deflate(next);
  const double before = next.norm();
  // Lanczos needs the last two vectors only: what it loses in orthogonality repeats converged directions, which
  // harms neither exp nor its error estimate. Arnoldi needs them all, twice where much was cancelled.
  const Index first = form_.symmetric() ? std::max<Index>(0, m - 2) : 0;
  orthogonalise(next, first, m);
  if (!form_.symmetric() && next.norm() < 0.7 * before) orthogonalise(next, first, m);
  const double size = next.norm();
  H_(m, m - 1) = size;
  if (!(size > 1e-14 * before)) return true;
  basis_.col(m) = next / size;
  return false;
}

void KrylovSpace::orthogonalise(VectorXd& next, Index first, Index m) {
  if (form_.symmetric()) {
    for (Index j = first; j < m; ++j) {
      const double h = basis_.col(j).dot(next);
      next -= h * basis_.col(j);
      H_(j, m - 1) += h;
    }
    return;
  }
  const VectorXd h = basis_.leftCols(m).transpose() * next;
  next.noalias() -= basis_.leftCols(m) * h;
  H_.col(m - 1).head(m) += h;
}

double KrylovSpace::relative_bound(const SmallExponential& small, const std::vector<double>& times, double enough) const {
  constexpr std::size_t looked_at = 10; // the bound is smooth in t
  // Out of detailed balance exp(sA) may grow a little in this norm before it decays.
  const double safety = form_.symmetric() ? 1 : 2;
  double worst = 0, last = 0;
  const double ratio = std::pow(times.back() / times.front(), 1.0 / looked_at);
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i > 0 && i + 1 < times.size() && times[i] < last * ratio * (1 - 1e-9)) continue;
    last = times[i];
    worst = std::max(worst, safety * small.bound(last) / std::max(small.coefficients(last).norm(), 1e-13 * norm_));
    if (worst > 1e3 * enough) break; // far off: how far does not matter
  }
  return worst;
}

} // namespace driftwell
