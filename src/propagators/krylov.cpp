// Shift-invert Krylov method: exp(tA) u in the space spanned by u, R u, R^2 u, ... with R = (I - gamma A)^-1.
//
// One sparse factor and a few dozen solves give every output time from one small matrix, independent of the grid
// (van den Eshof & Hochbruck 2006). With detailed balance A is symmetric: Cholesky and Lanczos; otherwise LU and
// Arnoldi. In the basis, R is the small matrix H, and exp(tA) is exp(t (I - H^-1) / gamma).
#include "driftwell/propagators/propagator.hpp"

#include "detail/combine.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "detail/working_form.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index most_vectors = 160;
/// Coefficients of a few dozen vectors cannot settle better than this.
constexpr double rounding = 1e-12;
/// Times of one segment lie within this factor of each other; later ones start anew from the last state.
constexpr double segment_ratio = 300;

class KrylovSpace {
public:
  KrylovSpace(const WorkingForm& form, double gamma, const VectorXd& start)
      : form_(form), gamma_(gamma),
        factor_(form.A(), 1.0, -gamma),
        norm_(start.norm()) {
    basis_.resize(start.size(), 33);
    if (norm_ > 0) basis_.col(0) = start / norm_;
    H_ = MatrixXd::Zero(most_vectors + 1, most_vectors);
  }

  /// Extends the basis until the coefficients at all times are settled to `tolerance` relative to their size.
  /// Column i of coefficients(): exp(times[i] A) start in the basis.
  void build(const std::vector<double>& times, double tolerance) {
    const auto count = static_cast<Index>(times.size());
    coefficients_ = MatrixXd::Zero(1, count);
    if (norm_ == 0) { // it starts in the steady state
      basis_.col(0).setZero();
      error_ = 0;
      return;
    }
    MatrixXd before;
    for (Index m = 1; m <= most_vectors; ++m) {
      poll_interrupt();
      const bool closed = extend(m);
      if (!closed && (m < 12 || m % 4 != 0)) continue;
      coefficients_ = evaluate(times, m);
      if (before.size()) error_ = change(before, times);
      before = coefficients_;
      if (closed) error_ = 1e-15;
      if (error_ < tolerance) return;
    }
    throw NumericalFailure(fmt::format("krylov: {} vectors leave a relative error of {:.1e}, tolerance {:.1e}. "
                                       "Try propagator = \"chebyshev\" or a larger tolerance.", most_vectors, error_, tolerance));
  }

  [[nodiscard]] const MatrixXd& coefficients() const { return coefficients_; }
  [[nodiscard]] const MatrixXd& basis() const { return basis_; }
  [[nodiscard]] double error() const { return error_; }

private:
  /// Vector m from vector m-1; true when the space is closed.
  bool extend(Index m) {
    if (basis_.cols() <= m) basis_.conservativeResize(Eigen::NoChange, std::min(most_vectors + 1, m + 24));
    VectorXd next = factor_.solve(basis_.col(m - 1));
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

  void orthogonalise(VectorXd& next, Index first, Index m) {
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

  MatrixXd evaluate(const std::vector<double>& times, Index m) const {
    const auto count = static_cast<Index>(times.size());
    MatrixXd result(m, count);
    if (form_.symmetric()) {
      Eigen::SelfAdjointEigenSolver<MatrixXd> eigen;
      VectorXd diagonal(m), off(std::max<Index>(m - 1, 0));
      for (Index j = 0; j < m; ++j) diagonal[j] = H_(j, j);
      for (Index j = 0; j + 1 < m; ++j) off[j] = H_(j + 1, j);
      eigen.computeFromTridiagonal(diagonal, off);
      const VectorXd first = norm_ * eigen.eigenvectors().row(0).transpose();
      for (Index i = 0; i < count; ++i) {
        VectorXd f(m);
        for (Index j = 0; j < m; ++j) f[j] = exponential(times[static_cast<std::size_t>(i)], eigen.eigenvalues()[j]) * first[j];
        result.col(i) = eigen.eigenvectors() * f;
      }
      return result;
    }
    const Eigen::EigenSolver<MatrixXd> eigen(H_.topLeftCorner(m, m));
    const Eigen::MatrixXcd vectors = eigen.eigenvectors();
    const Eigen::VectorXcd first = norm_ * vectors.partialPivLu().solve(Eigen::VectorXcd::Unit(m, 0));
    for (Index i = 0; i < count; ++i) {
      Eigen::VectorXcd f(m);
      for (Index j = 0; j < m; ++j) f[j] = exponential(times[static_cast<std::size_t>(i)], eigen.eigenvalues()[j]) * first[j];
      result.col(i) = (vectors * f).real();
    }
    return result;
  }

  /// exp(t lambda) with theta = 1 / (1 - gamma lambda); a theta at 0 or beyond belongs to infinitely fast decay.
  [[nodiscard]] double exponential(double t, double theta) const {
    return theta > 1e-15 ? std::exp(t * std::min(0.0, (1 - 1 / theta) / gamma_ + form_.decay_rate())) : 0.0;
  }
  [[nodiscard]] std::complex<double> exponential(double t, std::complex<double> theta) const {
    if (std::abs(theta) < 1e-15) return 0;
    const std::complex<double> lambda = (1.0 - 1.0 / theta) / gamma_ + form_.decay_rate();
    return lambda.real() > 1e-8 / gamma_ ? 0 : std::exp(t * lambda);
  }

  /// Largest change of a coefficient vector, relative to its norm or to rounding of the start.
  [[nodiscard]] double change(const MatrixXd& before, const std::vector<double>& times) const {
    double worst = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      VectorXd difference = coefficients_.col(static_cast<Index>(i));
      const double size = std::max(difference.norm(), 1e-13 * norm_);
      difference.head(before.rows()) -= before.col(static_cast<Index>(i));
      worst = std::max(worst, difference.norm() / size);
    }
    return worst;
  }

  const WorkingForm& form_;
  double gamma_;
  SparseFactor factor_;
  double norm_, error_ = 1;
  MatrixXd basis_, H_, coefficients_;
};

class Krylov : public Propagator {
public:
  [[nodiscard]] bool candidate() const override { return true; }

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const bool symmetric = problem.generator.reversible();
    const FactorEstimate factor =
        estimate_factor(problem.generator.grid(), symmetric ? SparseFactor::Kind::positive_definite : SparseFactor::Kind::general);
    const double n = static_cast<double>(problem.generator.size()), vectors = 60;
    const double segments = static_cast<double>(segment_ends(problem.times).size());
    const double solves = vectors * (factor.bytes / 4e9 + (symmetric ? 8e-9 : 8e-9 + vectors * 2e-9) * n);
    return {segments * (factor.operations / (symmetric ? 1e10 : 3e9) + 2e-6 * n + solves) +
                static_cast<double>(problem.times.size()) * vectors * 0.5e-9 * n,
            factor.bytes * (symmetric ? 1.3 : 2) + (vectors + 12) * 8 * n + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const WorkingForm form(problem);
    const auto ends = segment_ends(problem.times);
    EvolutionReport report;
    observe(0, problem.initial);
    VectorXd state = form.start(), p;
    double now = 0;
    std::size_t next = 1;
    Index vectors = 0;
    for (const std::size_t end : ends) {
      std::vector<double> spans;
      for (std::size_t i = next; i < end; ++i) spans.push_back(problem.times[i] - now);
      // Between the earliest and the latest time; within a factor 2 of the best on every shipped model, flat there.
      const double gamma = std::sqrt(spans.front() * spans.back()) / 4;
      KrylovSpace space(form, gamma, state);
      space.build(spans, std::max(problem.tolerance / 4, rounding));
      report.error = std::max(report.error, space.error());
      vectors += space.coefficients().rows();
      constexpr Index block = 16; // columns at once: the basis is read once a block
      MatrixXd columns;
      const Index count = space.coefficients().cols();
      for (Index first = 0; first < count; first += block) {
        combine(space.basis(), space.coefficients().middleCols(first, std::min(block, count - first)), columns);
        for (Index q = 0; q < columns.cols(); ++q) {
          poll_interrupt();
          if (!form.symmetric()) form.deflate(columns.col(q)); // what rounding in the sum put back
          const std::size_t index = next + static_cast<std::size_t>(first + q);
          form.probabilities(columns.col(q).data(), problem.times[index], p);
          observe(index, p);
        }
      }
      if (count > 0) state = columns.col(columns.cols() - 1);
      now = problem.times[end - 1];
      next = end;
    }
    report.summary = fmt::format("{} vectors, {} factorisation{}, {}", vectors, ends.size(), ends.size() == 1 ? "" : "s",
                                 form.symmetric() ? "Lanczos" : "Arnoldi");
    return report;
  }

private:
  /// One past the last time of each segment.
  static std::vector<std::size_t> segment_ends(std::span<const double> times) {
    std::vector<std::size_t> ends;
    double start = 0;
    for (std::size_t i = 1; i < times.size();) {
      const double limit = start + segment_ratio * (times[i] - start) * (1 + 1e-9);
      while (i < times.size() && times[i] <= limit) ++i;
      ends.push_back(i);
      start = times[i - 1];
    }
    return ends;
  }
};

const PropagatorCatalogue::Entry entry{"krylov", "shift-invert Lanczos / Arnoldi: one sparse factor, every output time",
                                       [] { return std::make_unique<Krylov>(); }};

} // namespace

} // namespace driftwell
