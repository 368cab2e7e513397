// Chebyshev expansion: exp(tA) = sum_k c_k T_k(I + 2A/L) with the spectrum of A in [-L, 0],
// c_k = (2 - [k = 0]) e^-tau I_k(tau), tau = t L / 2. Matrix-free: about sqrt(2 tau ln(1/eps)) products with A, each one
// sweep over memory; one recurrence serves several output times.
//
// With detailed balance A is symmetric and |T_k| <= 1. Without it the polynomials may grow before the coefficients
// fall; the growth is watched, and a span on which it is too large is cut in two, for the rest of the run.
#include "driftwell/propagators/propagator.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "detail/chebyshev_coefficients.hpp"
#include "detail/working_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Of a polynomial over its start: what is cut off and what is rounded grows with it.
constexpr double most_growth = 1e3;
/// Terms of one series: more take hours, and memory for their coefficients.
constexpr double most_terms = 1e8;

/// Of a series at time t, `bound` the largest rate, but for some log(4/eps) more.
double terms_of(double t, double bound, double eps) { return std::sqrt(t * bound * std::log(4 / eps)); }

class Expansion {
public:
  /// `tolerance`: of a span, relative to the distance from the steady state that is left at its end.
  Expansion(const WorkingForm& form, double bound, double eps, double tolerance) : form_(form), bound_(bound), eps_(eps), tolerance_(tolerance) {
    before_.resize(form.start().size());
  }

  /// exp(spans[i] A) state into column i of `columns`. False: the polynomials grew so much that rounding would show, or so much of the start decays
  /// that what is cut off and rounded shows beside the rest.
  bool advance(const VectorXd& state, const std::vector<double>& spans, MatrixXd& columns) {
    std::vector<std::vector<double>> c;
    for (const double span : spans) c.push_back(chebyshev_coefficients(span * bound_ / 2, eps_));
    columns.resize(state.size(), static_cast<Index>(spans.size()));
    std::size_t longest = 0;
    for (std::size_t i = 0; i < c.size(); ++i) {
      columns.col(static_cast<Index>(i)) = c[i][0] * state;
      longest = std::max(longest, c[i].size());
    }
    const double size = state.norm();
    errors_.assign(spans.size(), 0);
    if (size == 0) { // it starts in the steady state
      columns = MatrixXd::Zero(state.size(), static_cast<Index>(spans.size()));
      return true;
    }
    if (start_ == 0) start_ = size;
    double growth = 1;
    here_ = state;
    std::vector<Stencil::Accumulate> sums;
    for (std::size_t k = 1; k < longest; ++k) {
      poll_interrupt();
      sums.clear();
      // Two terms at every second product: half the traffic of the sums.
      for (std::size_t i = 0; i < c.size(); ++i) {
        double* y = columns.col(static_cast<Index>(i)).data();
        if (k % 2 == 0 && k < c[i].size()) sums.push_back({y, c[i][k], c[i][k - 1]});
        else if (k % 2 == 1 && k + 1 == c[i].size()) sums.push_back({y, c[i][k], 0});
      }
      // T_1 = B T_0 and T_{k+1} = 2 B T_k - T_{k-1} with B = I + 2 (A + decay)/L, written over T_{k-1}
      const double shift = 2 * form_.decay_rate() / bound_;
      if (k == 1) form_.A().recurrence(here_.data(), before_.data(), 2 / bound_, 1 + shift, 0, sums);
      else form_.A().recurrence(here_.data(), before_.data(), 4 / bound_, 2 * (1 + shift), -1, sums);
      std::swap(here_, before_);
      ++products_;
      if (form_.symmetric() || (k % 16 != 0 && k + 2 < longest)) continue; // the last two: what is left out is like them
      growth = std::max(growth, here_.norm() / size);
      if (!(growth < most_growth)) return false;
    }
    // What was cut off: a tail of coefficients that fall faster than geometrically, times polynomials. Rounding in the
    // recurrence grows like the square root of its length. What was lost before does not grow in the symmetric form.
    const double lost = ((form_.symmetric() ? 2 : 20) * eps_ + 6e-16 * std::sqrt(static_cast<double>(longest))) * growth * size;
    double relative = 0;
    for (Index i = 0; i < columns.cols(); ++i) {
      form_.deflate(columns.col(i));
      const double left = std::max(columns.col(i).norm(), 1e-13 * start_);
      if (left > 0) relative = std::max(relative, lost / left);
    }
    if (form_.symmetric() && relative > tolerance_ && size > 1e-12 * start_) return false;
    errors_.assign(spans.size(), before_error_ + lost);
    before_error_ += lost;
    error_ += relative; // what was lost before decays with what is left, as the steady state is taken out of both
    return true;
  }

  [[nodiscard]] std::size_t products() const { return products_; }
  /// Relative error, summed over the steps so far.
  [[nodiscard]] double error() const { return error_; }
  /// Absolute ones of the columns advanced last, in the 2-norm.
  [[nodiscard]] const std::vector<double>& errors() const { return errors_; }

private:
  const WorkingForm& form_;
  double bound_, eps_, tolerance_, start_ = 0, error_ = 0, before_error_ = 0;
  std::vector<double> errors_;
  std::size_t products_ = 0;
  VectorXd here_, before_;
};

class Chebyshev : public Propagator {
public:
  [[nodiscard]] bool candidate() const override { return true; }

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const double bound = -problem.generator.rates().spectral_bound(), n = static_cast<double>(problem.generator.size());
    double products = 0;
    for (std::size_t first = 1; first < problem.times.size(); first += group(problem)) {
      const std::size_t last = std::min(first + group(problem), problem.times.size()) - 1;
      products += terms_of(problem.times[last] - problem.times[first - 1], bound, problem.tolerance) + std::log(4 / problem.tolerance);
    }
    // Doubles read and written a product: the state twice, diagonal and edges, and the accumulators.
    const double axes = static_cast<double>(problem.generator.grid().dimension());
    const double edges = problem.generator.reversible() ? axes : 2 * axes;
    const double outputs = std::min<double>(static_cast<double>(group(problem)), static_cast<double>(problem.times.size() - 1));
    const double streams = 4 + edges + 1.3 * outputs, bandwidth = n * 8 * (streams + 4) < 3e6 ? 4e10 : 1.6e10;
    // Out of detailed balance the growth of the polynomials shortens the steps: measured 2 to 4 times the products.
    if (!problem.generator.reversible()) products *= 3;
    return {products * (8 * n * streams / bandwidth + 3e-6), 8 * n * (7 + edges + outputs) + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const WorkingForm form(problem);
    const double bound = -(form.symmetric() ? form.A() : problem.generator.rates()).spectral_bound();
    Expansion expansion(form, bound, problem.tolerance * (form.symmetric() ? 1e-3 : 1e-4 / most_growth), problem.tolerance);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    VectorXd state = form.start(), p;
    MatrixXd columns;
    double now = 0, longest = problem.times.back(); // longest span on which the polynomials behaved
    for (std::size_t next = 1; next < problem.times.size();) {
      poll_interrupt();
      const std::vector<double> spans = next_spans(problem, next, now, longest);
      if (const double terms = terms_of(spans.back(), bound, problem.tolerance); !(terms < most_terms))
        throw NumericalFailure(fmt::format("chebyshev: rates of up to {:.1e} need {:.1e} products with the generator: narrow the box to where the density is, or choose another propagator", bound, terms));
      if (!expansion.advance(state, spans, columns)) {
        longest = spans.back() / 2;
        if (longest < 1e-12 * problem.times.back())
          throw NumericalFailure("chebyshev: the expansion does not settle on any step; try propagator = \"krylov\"");
        continue;
      }
      state = columns.col(columns.cols() - 1);
      if (now + spans[0] < problem.times[next] * (1 - 1e-14)) { // a step on the way
        now += spans[0];
        continue;
      }
      for (std::size_t q = 0; q < spans.size(); ++q) {
        form.probabilities(columns.col(static_cast<Index>(q)).data(), problem.times[next + q], p);
        report.errors[next + q] = form.l1(expansion.errors()[q], problem.times[next + q]) + 1e-14; // that of p_ss
        observe(next + q, p);
      }
      next += spans.size();
      now = problem.times[next - 1];
    }
    report.error = expansion.error();
    report.summary = fmt::format("{} products with the generator", expansion.products());
    return report;
  }

private:
  /// Outputs served by one recurrence: each costs an accumulation and a vector, and saves products.
  static std::size_t group(const EvolutionProblem& problem) { return problem.initial.size() > 1'000'000 ? 4 : 8; }

  /// From `now` to the next outputs, as many as one recurrence may serve; or one step on the way to the next output.
  static std::vector<double> next_spans(const EvolutionProblem& problem, std::size_t next, double now, double longest) {
    const double left = problem.times[next] - now;
    if (left > longest * (1 + 1e-12)) return {left / std::ceil(left / longest)};
    std::vector<double> spans{left};
    while (spans.size() < group(problem) && next + spans.size() < problem.times.size() && problem.times[next + spans.size()] - now <= longest)
      spans.push_back(problem.times[next + spans.size()] - now);
    return spans;
  }
};

const PropagatorCatalogue::Entry entry{"chebyshev", "matrix-free Chebyshev expansion: least memory, any dimension",
                                       [] { return std::make_unique<Chebyshev>(); }};

} // namespace

} // namespace driftwell
