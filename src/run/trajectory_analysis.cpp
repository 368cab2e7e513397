#include "trajectory_analysis.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"
#include "driftwell/stationary/spectrum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;
using estimators::KramersMoyalFields;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double nowhere = -1e5; ///< log of a probability that is 0, but finite
constexpr std::array<std::size_t, 4> most_chains{0, 10'000, 16, 8}; ///< by dimension: elimination costs more in each
constexpr std::size_t most_for_gap = 20'000;

void blank(VectorXd& field, const std::vector<bool>& supported) {
  for (std::size_t k = 0; k < supported.size(); ++k)
    if (!supported[k]) field[static_cast<Index>(k)] = nan;
}

/// Half the cells along every axis, values the means over the supported cells of each.
struct Coarse {
  Grid grid;
  TabulatedEquation table;
};
std::optional<Coarse> coarsened(const Grid& grid, const TabulatedEquation& table) {
  for (const Axis& axis : grid.axes())
    if (axis.cells % 2 || axis.cells < 8) return std::nullopt;
  Coarse coarse{grid.coarsened(), {}};
  const auto n = static_cast<Index>(coarse.grid.size());
  VectorXd count = VectorXd::Zero(n);
  const auto image = [&](std::size_t k) {
    std::size_t to = 0;
    for (std::size_t a = 0; a < grid.dimension(); ++a) to += grid.coordinate(k, a) / 2 * coarse.grid.stride(a);
    return static_cast<Index>(to);
  };
  for (std::size_t k = 0; k < grid.size(); ++k) count[image(k)] += table.supported[k];
  const auto means = [&](const VectorXd& fine) {
    VectorXd result = VectorXd::Zero(n);
    for (std::size_t k = 0; k < grid.size(); ++k)
      if (table.supported[k]) result[image(k)] += fine[static_cast<Index>(k)];
    return VectorXd(result.cwiseQuotient(count.cwiseMax(1)));
  };
  coarse.table.temperature = table.temperature;
  for (const VectorXd& field : table.drift) coarse.table.drift.push_back(means(field));
  for (const VectorXd& field : table.diffusion) coarse.table.diffusion.push_back(means(field));
  std::vector<bool> half;
  for (Index k = 0; k < n; ++k) half.push_back(2 * count[k] >= static_cast<double>(std::size_t{1} << grid.dimension()));
  coarse.table.supported = connected_support(half, count, coarse.grid);
  if (std::count(coarse.table.supported.begin(), coarse.table.supported.end(), true) < 2) return std::nullopt;
  return coarse;
}

/// In space elimination costs the square of the cells; aggregation is right relative to the largest entry only, which is enough beside sampling errors.
SteadyState steady_of(const Generator& chain) {
  if (chain.grid().dimension() == 3) {
    try {
      return steady_state(chain, nullptr, SteadyMethod::iterative);
    } catch (const NumericalFailure&) { // it may not converge; elimination always does
    }
  }
  return steady_state(chain);
}

double speed_rms(const SteadyState& steady, const Circulation& flow) {
  VectorXd squares = VectorXd::Zero(steady.p.size());
  for (const VectorXd& component : flow.circulation) squares += component.cwiseAbs2();
  return root_mean_square(steady, squares.cwiseSqrt());
}

void add_moments(std::map<std::string, double>& numbers, const Grid& grid, const VectorXd& p) {
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    double mean = 0, square = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) mean += p[static_cast<Index>(k)] * grid.axis(a).centre(grid.coordinate(k, a));
    for (std::size_t k = 0; k < grid.size(); ++k) square += p[static_cast<Index>(k)] * std::pow(grid.axis(a).centre(grid.coordinate(k, a)) - mean, 2);
    numbers["mean_" + std::to_string(a)] = mean;
    numbers["variance_" + std::to_string(a)] = square;
  }
}

} // namespace

TrajectoryAnalysis::Solution TrajectoryAnalysis::solve(const KramersMoyalFields& fields, bool keep) {
  const Grid& grid = estimator_.grid();
  Solution result;
  result.repaired = fields.repaired;
  result.drift = fields.drift;
  result.drift_tau = fields.drift_tau;
  for (const VectorXd& entry : fields.diffusion) result.diffusion.push_back(entry / options_.temperature);
  for (const VectorXd& entry : fields.diffusion_tau) result.diffusion_tau.push_back(entry / options_.temperature);
  const TabulatedEquation table{options_.temperature, result.drift, result.diffusion, supported_};
  const Generator chain = build_tabulated_generator(table, grid);
  const SteadyState steady = steady_of(chain);
  const Circulation flow = circulation(chain, steady);
  result.p = steady.p;
  result.log_p = steady.log_p;
  result.circulation = flow.circulation;
  result.implicit_potential = steady.implicit_potential;
  double least = std::numeric_limits<double>::infinity(); // the constant of Phi: its least value at a supported centre is 0
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (supported_[k]) least = std::min(least, result.implicit_potential[static_cast<Index>(k)]);
  result.implicit_potential.array() -= least;
  result.numbers["entropy_production"] = entropy_production(chain, steady);
  result.numbers["circulation_rms"] = speed_rms(steady, flow);
  add_moments(result.numbers, grid, steady.p);
  if (!keep) return result;
  method_ = steady.method;
  if (grid.size() <= most_for_gap) {
    try {
      gap_ = leading_eigenvalues(chain, steady, 1).at(0);
    } catch (const NumericalFailure&) { // a number less
    }
  }
  return result;
}

/// The numbers on half the cells.
void TrajectoryAnalysis::add_grid_error(const Solution& fine) {
  const auto coarse = coarsened(estimator_.grid(), {options_.temperature, fine.drift, fine.diffusion, supported_});
  std::map<std::string, double> there;
  if (coarse) {
    const Generator chain = build_tabulated_generator(coarse->table, coarse->grid);
    const SteadyState steady = steady_of(chain);
    there["entropy_production"] = entropy_production(chain, steady);
    there["circulation_rms"] = speed_rms(steady, circulation(chain, steady));
    add_moments(there, coarse->grid, steady.p);
  }
  for (auto& [name, number] : numbers_) {
    const auto found = there.find(name);
    number.richardson = found == there.end() ? nan : number.value + (number.value - found->second) / 3;
    number.error = std::abs(number.richardson - number.value);
  }
}

/// Everything once more, from fields without their bias.
void TrajectoryAnalysis::add_fit_bias(const KramersMoyalFields& fields, const VectorXd& counts) {
  Solution without = solve(estimator_.corrected(fields, estimator_.bias()), false);
  without.numbers["kl"] = histogram_divergence(counts, without.log_p);
  for (auto& [name, number] : numbers_) number.fit_bias = number.value - without.numbers.at(name);
  const auto difference = [](const Fields& with, const Fields& less) {
    Fields result;
    for (std::size_t i = 0; i < with.size(); ++i) result.push_back(with[i] - less[i]);
    return result;
  };
  fit_bias_.drift = difference(solution_.drift, without.drift);
  fit_bias_.diffusion = difference(solution_.diffusion, without.diffusion);
  fit_bias_.circulation = difference(solution_.circulation, without.circulation);
  fit_bias_.p = solution_.p - without.p;
  fit_bias_.implicit_potential = solution_.implicit_potential - without.implicit_potential;
  fit_bias_.implicit_potential.array() -= fit_bias_.implicit_potential.dot(solution_.p); // known up to a constant
}

double TrajectoryAnalysis::histogram_divergence(const VectorXd& counts, const VectorXd& log_q) const {
  const Grid& grid = estimator_.grid();
  const MergedCells merged(grid, std::max<std::size_t>(effective_, 100));
  VectorXd inside = counts, log_inside = log_q;
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (!supported_[k]) inside[static_cast<Index>(k)] = 0, log_inside[static_cast<Index>(k)] = nowhere;
  const std::vector<double> p = merged.sums(inside), q = merged.log_probabilities(log_inside);
  double total = 0, log_total = 0, divergence = 0;
  for (std::size_t c = 0; c < p.size(); ++c) total += p[c], log_total += std::exp(q[c]);
  for (std::size_t c = 0; c < p.size(); ++c)
    if (p[c] > 0) divergence += p[c] / total * (std::log(p[c] / total) - q[c] + std::log(log_total));
  return divergence;
}

void TrajectoryAnalysis::resample(const std::function<void(std::size_t, std::size_t)>& advance) {
  const std::size_t R = options_.resamples, B = estimator_.blocks().blocks();
  chains_ = std::min(R, most_chains[estimator_.grid().dimension()]);
  // A draw of B from B blocks has the variance (B - 1)/B of what new blocks would have.
  const auto weight = [&](std::size_t count) { return static_cast<double>(B) / static_cast<double>(B - 1) / static_cast<double>(count); };
  const auto zeros = [](const Fields& like) { return Fields(like.size(), VectorXd::Zero(like[0].size())); };
  const auto add = [](VectorXd& sum, const VectorXd& value, const VectorXd& full, double w) { sum += w * (value - full).cwiseAbs2(); };
  errors_.drift = zeros(solution_.drift);
  errors_.diffusion = zeros(solution_.diffusion);
  errors_.circulation = zeros(solution_.circulation);
  errors_.p = errors_.implicit_potential = VectorXd::Zero(solution_.p.size());
  const VectorXd counts = estimator_.counts(std::vector<double>(B, 1.0)), log_counts = (counts.array() + 1e-300).log();
  double floor = 0;
  for (std::size_t r = 0; r < R; ++r) {
    poll_interrupt();
    const std::vector<double> drawn = estimator_.draw(options_.seed, r);
    const KramersMoyalFields fields = estimator_.fields(drawn);
    for (std::size_t a = 0; a < fields.drift.size(); ++a) add(errors_.drift[a], fields.drift[a], solution_.drift[a], weight(R));
    for (std::size_t a = 0; a < fields.diffusion.size(); ++a) add(errors_.diffusion[a], fields.diffusion[a] / options_.temperature, solution_.diffusion[a], weight(R));
    if (r >= chains_) continue;
    Solution solution = solve(fields, false);
    const VectorXd drawn_counts = estimator_.counts(drawn);
    solution.numbers["kl"] = histogram_divergence(drawn_counts, solution.log_p);
    floor += histogram_divergence(drawn_counts, log_counts) / static_cast<double>(chains_);
    for (const auto& [name, value] : solution.numbers) {
      TrajectoryNumber& number = numbers_.at(name);
      number.bias += (value - number.value) / static_cast<double>(chains_);
      number.standard_error += std::pow(value - number.value, 2) / static_cast<double>(chains_);
    }
    for (std::size_t a = 0; a < solution.circulation.size(); ++a) add(errors_.circulation[a], solution.circulation[a], solution_.circulation[a], weight(chains_));
    add(errors_.p, solution.p, solution_.p, weight(chains_));
    // Phi is known up to a constant: its mean difference is no error.
    const double shift = (solution.implicit_potential - solution_.implicit_potential).dot(solution_.p);
    add(errors_.implicit_potential, solution.implicit_potential.array() - shift, solution_.implicit_potential, weight(chains_));
    advance(r + 1, R);
  }
  for (auto* fields : {&errors_.drift, &errors_.diffusion, &errors_.circulation})
    for (VectorXd& field : *fields) field = field.cwiseSqrt();
  for (VectorXd* field : {&errors_.p, &errors_.implicit_potential}) *field = field->cwiseSqrt();
  for (auto& [name, number] : numbers_) number.standard_error = std::sqrt(std::max(number.standard_error - number.bias * number.bias, 0.0) * static_cast<double>(chains_) * weight(chains_));
  TrajectoryNumber& kl = numbers_.at("kl"); // what a histogram of the steady state itself would show is taken off
  kl.bias = floor;
  kl.value -= floor;
  kl.standard_error = std::hypot(kl.standard_error, floor); // and not surely: the steady state comes from the same samples
}

TrajectoryAnalysis::TrajectoryAnalysis(const estimators::KramersMoyal& estimator, const estimators::Trajectories& paths, const TrajectoryOptions& options,
                                       const std::function<void(std::size_t, std::size_t)>& advance)
    : estimator_(estimator), options_(options) {
  const Grid& grid = estimator.grid();
  supported_ = connected_support(estimator.supported(), estimator.points(), grid);
  const auto kept = static_cast<std::size_t>(std::count(supported_.begin(), supported_.end(), true));
  dropped_ = static_cast<std::size_t>(std::count(estimator.supported().begin(), estimator.supported().end(), true)) - kept;
  if (kept < (std::size_t{1} << grid.dimension())) throw NumericalFailure("hardly a cell has enough samples near it: use fewer cells, a smaller least_points, or longer trajectories");
  const VectorXd counts = estimator.counts(std::vector<double>(estimator.blocks().blocks(), 1.0));
  const double all = counts.sum() + static_cast<double>(estimator.outside());
  histogram_ = counts / all;
  histogram_share_ = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) histogram_share_ += supported_[k] ? histogram_[static_cast<Index>(k)] : 0;
  for (std::size_t a = 0; a < paths.dimension; ++a) correlation_time_ = std::max(correlation_time_, paths.dt * estimators::autocorrelation_time(paths, a));
  effective_ = static_cast<std::size_t>(all * paths.dt / std::max(2 * correlation_time_, paths.dt));
  const KramersMoyalFields fields = estimator.fields();
  test_ = estimators::diffusion_test(estimator, fields, paths);
  solution_ = solve(fields, true);
  solution_.numbers["kl"] = histogram_divergence(counts, solution_.log_p);
  for (const auto& [name, value] : solution_.numbers) numbers_[name].value = value;
  add_grid_error(solution_);
  add_fit_bias(fields, counts);
  resample(advance);
  for (Solution* s : {&solution_, &errors_, &fit_bias_}) {
    for (auto* list : {&s->drift, &s->diffusion, &s->drift_tau, &s->diffusion_tau, &s->circulation})
      for (VectorXd& field : *list) blank(field, supported_);
    for (VectorXd* field : {&s->implicit_potential}) blank(*field, supported_);
  }
}

} // namespace driftwell::run
