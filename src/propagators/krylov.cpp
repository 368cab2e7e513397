// Shift-invert Krylov method: exp(tA) u in the space spanned by u, R u, R^2 u, ... with R = (I - gamma A)^-1.
//
// One sparse factor and a few dozen solves give every output time from one small matrix, independent of the grid
// (van den Eshof & Hochbruck 2006). With detailed balance A is symmetric: Cholesky and Lanczos; otherwise LU and
// Arnoldi. In the basis, R is the small matrix H, and exp(tA) is exp(t (I - H^-1) / gamma). The space grows until the
// residual of the evolution equation bounds the error below the tolerance (detail/small_exponential.hpp).
#include "driftwell/propagators/propagator.hpp"

#include "detail/combine.hpp"
#include "detail/krylov_space.hpp"
#include "detail/working_form.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Rounding of a few dozen vectors.
constexpr double rounding = 1e-12;
/// Of the steady state that is put back, in the L1 norm.
constexpr double own_rounding = 1e-14;
/// Of the error of one solve by the small exponential; measured on random models.
constexpr double amplification = 10;
/// Times of one segment lie within this factor of each other; later ones start anew from the last state.
constexpr double segment_ratio = 300;

class Krylov : public Propagator {
public:
  [[nodiscard]] bool candidate() const override { return true; }
  /// UMFPACK with 32-bit indices gives up on larger factors (64^3 cells).
  [[nodiscard]] bool applies(const EvolutionProblem& problem) const override {
    return problem.generator.reversible() || estimate_factor(problem.generator.grid(), SparseFactor::Kind::general).bytes < 2.5e9;
  }

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const bool symmetric = problem.generator.reversible();
    const FactorEstimate factor =
        estimate_factor(problem.generator.grid(), symmetric ? SparseFactor::Kind::positive_definite : SparseFactor::Kind::general);
    const double n = static_cast<double>(problem.generator.size()), vectors = 60;
    const double segments = static_cast<double>(segment_ends(problem.times).size());
    const double solves = vectors * (0.7 * factor.bytes / 4e9 + (symmetric ? 8e-9 : 8e-9 + vectors * 2e-9) * n);
    return {segments * (factor.operations / (symmetric ? 1e10 : 3e9) + 2e-6 * n + solves) +
                static_cast<double>(problem.times.size()) * vectors * 0.5e-9 * n,
            factor.bytes + (vectors + 12) * 8 * n + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const WorkingForm form(problem);
    const auto ends = segment_ends(problem.times);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    VectorXd state = form.start(), p;
    const double size = state.norm();
    double now = 0, rounded = 0; // the latter: what rounding can amount to in the L1 norm
    std::size_t next = 1;
    Index vectors = 0;
    for (const std::size_t end : ends) {
      std::vector<double> spans;
      for (std::size_t i = next; i < end; ++i) spans.push_back(problem.times[i] - now);
      // Between the earliest and the latest time; within a factor 2 of the best on every shipped model, flat there.
      const double gamma = std::sqrt(spans.front() * spans.back()) / 4;
      KrylovSpace space(form, gamma, state);
      // What is lost in one segment stays, relative to what decays with it.
      space.build(spans, std::max(problem.tolerance / (2 * static_cast<double>(ends.size())), rounding));
      report.error += space.error();
      rounded += amplification * space.solve_error() * state.norm() + form.l1(space.rounding() * state.norm(), 0) + own_rounding;
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
          // Relative to what is left of the distance, or to rounding of the start.
          const double left = std::max(columns.col(q).norm(), 1e-13 * size);
          report.errors[index] = form.l1(std::max(report.error, 5 * rounding) * left, problem.times[index]) + rounded;
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
