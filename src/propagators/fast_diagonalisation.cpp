// Fast diagonalisation (Lynch, Rice, Thomas 1964): where the chain is a sum of chains along the axes, A = sum_a I x A_a x I, with
// A_a V_a = V_a L_a,
//
//   exp(tA) u = (V_1 x V_2 x ...) exp(t (L_1 + L_2 + ...)) (V_1 x V_2 x ...)^T u
//
// exact at every time, at the cost of a few small matrix products. Only modes that are still alive take part, fewer at
// every output. What limits it is rounding, |A| eps t: half of the digits are gone after some 1e8 / |A|, and it refuses before.
#include "driftwell/propagators/propagator.hpp"

#include "detail/axis_chains.hpp"
#include "detail/combine.hpp"
#include "detail/working_form.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Modes smaller than the slowest one by this power of e are left out.
constexpr double forgotten = 45;
constexpr double own_rounding = 1e-14;

double largest_deviation(double tolerance) { return std::clamp(tolerance / 100, 1e-13, 1e-11); }

/// How many of `values`, falling, are above value[0] - forgotten / t - slack.
Index alive(const VectorXd& values, double t, double slack) {
  Index count = 1;
  while (count < values.size() && t * (values[0] - values[count] - slack) < forgotten) ++count;
  return count;
}

/// The tensor of coefficients and the way back to cells.
class Modes {
public:
  Modes(const AxisChains& chains, const WorkingForm& form, double first_time) : form_(form) {
    for (const AxisChain& chain : chains.axes) modes_.push_back(modes_of(chain));
    const double slowest = slowest_of();
    for (const AxisModes& m : modes_) {
      kept_.push_back(alive(m.values, first_time, -slowest));
      back_.emplace_back(m.vectors.leftCols(kept_.back()).transpose());
    }
    transform(form.start());
    if (conservative()) coefficients_[0] = 0; // the steady state, taken out before
  }

  /// Bound of the relative error at time t: what rounding of the axes' matrices does to modes alive then.
  [[nodiscard]] double error(double t) const {
    double sum = 0;
    for (const AxisModes& m : modes_) {
      const Index count = alive(m.values, t, 0);
      double gap = HUGE_VAL;
      for (Index i = 0; i < count && i + 1 < m.values.size(); ++i) gap = std::min(gap, m.values[i] - m.values[i + 1]);
      sum += m.rounding * std::min(t, 1 / std::max(gap, 0.0)); // rounding may exchange neighbours, which no gap tells apart
    }
    return sum;
  }

  /// u(t) over the cells, and its norm.
  double at(double t, std::vector<double>& u) {
    const double slowest = slowest_of();
    std::vector<Index> count;
    for (std::size_t a = 0; a < modes_.size(); ++a) count.push_back(std::min(kept_[a], alive(modes_[a].values, t, -slowest)));
    const double square = decayed(t, count, u);
    std::vector<double> next;
    Index before = 1, after = static_cast<Index>(u.size());
    for (std::size_t a = modes_.size(); a-- > 0;) { // the last axis is contiguous
      const AxisModes& m = modes_[a];
      const Index n = m.vectors.rows();
      after /= count[a];
      next.resize(static_cast<std::size_t>(before * n * after));
      if (before == 1) {
        combine(m.vectors.data(), n, count[a], u.data(), after, next.data());
      } else {
        // coefficients: count x n, the transposed vectors; a contiguous copy where fewer modes are left than were kept
        const MatrixXd matrix = back_[a].topRows(count[a]);
        for (Index slice = 0; slice < after; ++slice)
          combine(u.data() + slice * before * count[a], before, count[a], matrix.data(), n, next.data() + slice * before * n);
      }
      before *= n;
      u.swap(next);
    }
    return std::sqrt(square);
  }

  [[nodiscard]] const std::vector<Index>& kept() const { return kept_; }

private:
  [[nodiscard]] bool conservative() const {
    return std::all_of(modes_.begin(), modes_.end(), [](const AxisModes& m) { return m.values[0] == 0; });
  }

  /// The slowest decay there is besides the steady state, as an eigenvalue relative to the first mode.
  [[nodiscard]] double slowest_of() const {
    if (!conservative()) return 0;
    double value = -HUGE_VAL;
    for (const AxisModes& m : modes_) value = std::max(value, m.values[1]);
    return value;
  }

  /// (V_1 x V_2 x ...)^T u, kept modes only.
  void transform(const VectorXd& u) {
    coefficients_.assign(u.data(), u.data() + u.size());
    Index before = 1, after = u.size();
    for (std::size_t a = modes_.size(); a-- > 0;) {
      const Index n = modes_[a].vectors.rows();
      after /= n;
      std::vector<double> next(static_cast<std::size_t>(before * kept_[a] * after));
      for (Index slice = 0; slice < after; ++slice) {
        const Eigen::Map<const MatrixXd> x(coefficients_.data() + slice * before * n, before, n);
        Eigen::Map<MatrixXd>(next.data() + slice * before * kept_[a], before, kept_[a]).noalias() = x * modes_[a].vectors.leftCols(kept_[a]);
      }
      before *= kept_[a];
      coefficients_.swap(next);
    }
  }

  /// exp(t L) times the coefficients of the first `count` modes of each axis; returns the sum of their squares.
  double decayed(double t, const std::vector<Index>& count, std::vector<double>& out) const {
    std::vector<VectorXd> decay;
    Index size = 1;
    for (std::size_t a = 0; a < modes_.size(); ++a) {
      const double growth = a == 0 ? form_.decay_rate() : 0;
      decay.emplace_back((t * (modes_[a].values.head(count[a]).array() + growth)).exp());
      size *= count[a];
    }
    out.resize(static_cast<std::size_t>(size));
    const std::size_t last = modes_.size() - 1;
    const auto row = static_cast<std::size_t>(count[last]);
    std::vector<Index> index(modes_.size(), 0);
    double square = 0;
    for (std::size_t start = 0; start < out.size(); start += row) {
      double factor = 1;
      Index from = 0;
      for (std::size_t a = 0; a < last; ++a) {
        factor *= decay[a][index[a]];
        from = (from + index[a]) * kept_[a + 1];
      }
      for (std::size_t i = 0; i < row; ++i) {
        const double value = factor * decay[last][static_cast<Index>(i)] * coefficients_[static_cast<std::size_t>(from) + i];
        out[start + i] = value;
        square += value * value;
      }
      for (std::size_t a = last; a-- > 0 && ++index[a] == count[a];) index[a] = 0;
    }
    return square;
  }

  const WorkingForm& form_;
  std::vector<AxisModes> modes_;
  std::vector<MatrixXd> back_; ///< kept vectors as rows
  std::vector<Index> kept_;
  std::vector<double> coefficients_;
};

class FastDiagonalisation : public Propagator {
public:
  [[nodiscard]] bool candidate() const override { return true; }

  [[nodiscard]] bool applies(const EvolutionProblem& problem) const override {
    return split_axes(problem.generator, largest_deviation(problem.tolerance)) && WorkingForm::suits_symmetric(problem);
  }

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const Grid& grid = problem.generator.grid();
    const double n = static_cast<double>(grid.size()), outputs = static_cast<double>(problem.times.size());
    double seconds = 20e-9 * n, bytes = 60 * n;
    for (const Axis& axis : grid.axes()) {
      const double cells = static_cast<double>(axis.cells);
      seconds += 1.5e-9 * cells * cells * cells * (axis.periodic() ? 2 : 1) + outputs * n * std::min(cells, 40.0) * 0.4e-9;
      bytes += 32 * cells * cells;
    }
    return {seconds, bytes};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const auto chains = split_axes(problem.generator, largest_deviation(problem.tolerance));
    if (!chains || !WorkingForm::suits_symmetric(problem))
      throw NumericalFailure("fast_diagonalisation needs a potential that is a sum of functions of one variable each, noise and walls likewise, and a "
                             "start not too far from the steady state. Try propagator = \"auto\".");
    const WorkingForm form(problem);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    if (problem.times.size() == 1) return report;
    Modes modes(*chains, form, problem.times[1]);
    const double size = form.start().norm();
    std::vector<double> u;
    VectorXd p;
    for (std::size_t i = 1; i < problem.times.size(); ++i) {
      poll_interrupt();
      const double t = problem.times[i], error = modes.error(t) + 10 * chains->deviation + own_rounding;
      if (error > std::max(problem.tolerance, 1e-12))
        throw NumericalFailure(fmt::format("fast_diagonalisation: rounding amounts to a relative error of {:.1e} at t = {:g}, tolerance {:.1e}. "
                                           "Try propagator = \"krylov\" or a larger tolerance.", error, t, problem.tolerance));
      const double left = std::max(modes.at(t, u), 1e-13 * size);
      form.deflate(Eigen::Map<VectorXd>(u.data(), static_cast<Index>(u.size()))); // the first mode is s up to rounding only
      report.error = std::max(report.error, error);
      report.errors[i] = form.l1(error * left, t) + own_rounding;
      form.probabilities(u.data(), t, p);
      observe(i, p);
    }
    std::vector<std::size_t> kept(modes.kept().begin(), modes.kept().end());
    report.summary = fmt::format("{} modes along the axes", fmt::join(kept, " x "));
    return report;
  }
};

const PropagatorCatalogue::Entry entry{"fast_diagonalisation", "modes along the axes, where potential and noise are sums over the axes: exact in time",
                                       [] { return std::make_unique<FastDiagonalisation>(); }};

} // namespace

} // namespace driftwell
