// Uniformisation: the strictly positive way. exp(tQ) p as a Poisson mixture of powers of a stochastic matrix, a sum of
// non-negative terms (Jensen 1953; Grassmann 1977): tails keep their relative accuracy at 1e-40 as at 1e-290, where the
// other propagators leave rounding of the largest cells. It works on p itself: the steady state is not taken out, since
// p - p_ss would cancel in the tails. Matrix-free; its products grow like t times the fastest rate, so it is for asking
// about tails, not for late times of fine grids.
#include "driftwell/propagators/propagator.hpp"

#include "detail/positive_series.hpp"
#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Outputs served by one sum.
constexpr std::size_t group = 8;

class Uniformisation : public Propagator {
public:
  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const double n = static_cast<double>(problem.generator.size()), rate = 1.125 * problem.generator.rates().diagonal().cwiseAbs().maxCoeff();
    const double outputs = static_cast<double>(problem.times.size());
    const double products = 1.4 * rate * problem.times.back() + 40 * outputs / static_cast<double>(group);
    const double doubles = 7 + 2 * static_cast<double>(problem.generator.grid().dimension());
    return {products * (8 * n * doubles / (n < 1e5 ? 4e10 : 1.6e10) + 2e-6), 8 * n * (4 + static_cast<double>(group)) + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    PositiveSeries series(problem.generator.rates());
    const double longest = PositiveSeries::longest / series.rate();
    // Errors of cells relative to themselves add up from sum to sum.
    const double sums = std::ceil(problem.times.back() / longest) + static_cast<double>(problem.times.size());
    const double eps = std::max(problem.tolerance / (20 * sums), 1e-18);
    VectorXd state = problem.initial * std::ldexp(1.0, PositiveSeries::exponent), p;
    MatrixXd columns;
    const double mass = problem.initial.sum();
    double cell = 0; // relative error of any cell
    EvolutionReport report;
    // Every product rounds each cell by at most a unit an operand.
    const double rounding = (4 + 2 * static_cast<double>(problem.generator.grid().dimension())) * 0x1p-53;
    const auto error = [&] { return cell + static_cast<double>(series.products()) * rounding; };
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    double now = 0;
    for (std::size_t next = 1; next < problem.times.size();) {
      const double left = problem.times[next] - now;
      if (left > longest * (1 + 1e-12)) { // steps on the way
        const double step = left / std::ceil(left / longest);
        series.advance(state, {step}, eps, columns);
        state = columns.col(0);
        cell += series.truncation();
        now += step;
        continue;
      }
      std::vector<double> spans;
      for (std::size_t i = next; i < problem.times.size() && spans.size() < group && problem.times[i] - now <= longest * (1 + 1e-12); ++i)
        spans.push_back(problem.times[i] - now);
      series.advance(state, spans, eps, columns);
      state = columns.col(columns.cols() - 1);
      cell += series.truncation();
      for (std::size_t q = 0; q < spans.size(); ++q) {
        p = columns.col(static_cast<Index>(q)) * std::ldexp(1.0, -PositiveSeries::exponent);
        if (problem.generator.conservative()) p *= mass / p.sum(); // columns of Q sum to rounding, not to 0
        if (!p.allFinite()) throw NumericalFailure(fmt::format("uniformisation: a cell is not finite at t = {:g}", problem.times[next + q]));
        const double distance = (p - problem.steady.p * p.sum()).cwiseAbs().sum() / p.sum();
        report.error = std::max(report.error, error() / std::max(distance, 1e-13));
        report.errors[next + q] = error() * p.sum();
        observe(next + q, p);
      }
      next += spans.size();
      now = problem.times[next - 1];
    }
    report.summary = fmt::format("{} products with a stochastic matrix; relative error of any cell below {:.1e}", series.products(), error());
    return report;
  }
};

const PropagatorCatalogue::Entry entry{"uniformisation", "sum of positive terms: tails right at 1e-40 and below, cost grows with t",
                                       [] { return std::make_unique<Uniformisation>(); }};

} // namespace

} // namespace driftwell
