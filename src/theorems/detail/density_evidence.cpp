#include "driftwell/theorems/density_evidence.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/gibbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace driftwell::theorems {

using Eigen::VectorXd;

namespace {

/// Of differences between grids, the next over the one before: order 1/4. What falls less shows no limit, and the bar is the one of this.
constexpr double slowest_fall = 0.84;


SteadyState steady_of(const DensityTask& task, const Generator& generator, const VectorXd& loss) {
  if (task.make.steady) return task.make.steady(task.model, generator, loss);
  return steady_state(generator, gibbs_on(task.model, generator) ? &loss : nullptr);
}

std::vector<Grid> halvings_of(const Grid& grid) {
  std::vector<Grid> grids{grid};
  const auto halves = [](const Grid& g) {
    return std::all_of(g.axes().begin(), g.axes().end(), [](const Axis& a) { return a.cells >= 8 && a.cells % 2 == 0; });
  };
  while (grids.size() < 3 && halves(grids.back())) grids.push_back(grids.back().coarsened());
  return grids;
}

} // namespace

struct Level::Cache {
  std::vector<VectorXd> densities;
  std::vector<double> errors;
  std::map<std::string, std::vector<double>> observables;
  std::optional<Eigenmodes> modes;
  std::size_t mode_count = 0;
  Remembered remembered;
};

Level::Level(const DensityTask& task, const Grid& grid)
    : task_(task), loss_(potential_on(task.model, grid)), generator_(task.make.generator(task.model, grid)),
      steady_(steady_of(task, generator_, loss_)), cache_(std::make_shared<Cache>()) {}

Level::Level(const DensityTask& task, const Level& chain)
    : task_(task), loss_(chain.loss_), generator_(chain.generator_), steady_(chain.steady_), cache_(std::make_shared<Cache>()) {}

const Remembered& Level::remembered() const { return cache_->remembered; }

const std::vector<VectorXd>& Level::densities() const {
  if (!cache_->densities.empty()) return cache_->densities;
  const VectorXd start = initial();
  const EvolutionProblem problem{generator_, steady_, start, task_.times, task_.tolerance, task_.dt};
  std::vector<VectorXd> densities;
  const EvolutionReport report = choose_propagator(task_.propagator, problem, task_.memory).propagator->propagate(problem, [&](std::size_t, const VectorXd& p) {
    task_.poll();
    densities.push_back(p);
  });
  cache_->errors = report.errors;
  cache_->errors.resize(densities.size(), 0.0);
  cache_->densities = std::move(densities);
  return cache_->densities;
}

const std::vector<double>& Level::time_errors() const {
  (void)densities();
  return cache_->errors;
}

DensityState Level::state(std::size_t time) const { return {generator_, steady_, loss_, densities()[time]}; }

const std::vector<double>& Level::observable(const std::string& name) const {
  const auto found = cache_->observables.find(name);
  if (found != cache_->observables.end()) return found->second;
  const auto* item = ObservableCatalogue::find(name);
  if (!item) throw std::invalid_argument("no observable \"" + name + "\"");
  const auto observable = item->make();
  std::vector<double> values;
  for (std::size_t i = 0; i < times().size(); ++i) values.push_back(observable->applies(grid()) ? observable->evaluate(state(i)).at(0) : std::nan(""));
  return cache_->observables.emplace(name, std::move(values)).first->second;
}

const Eigenmodes& Level::modes(std::size_t count) const {
  if (!cache_->modes || cache_->mode_count < count) {
    // Theorems ask for one or for eight: making them once costs little more than eight, making them twice nearly twice that.
    count = std::min(std::max<std::size_t>(count, 8), std::max(count, grid().size() - 2));
    cache_->modes = task_.make.modes(generator_, steady_, count);
    cache_->mode_count = count;
  }
  return *cache_->modes;
}

DensityEvidence::DensityEvidence(DensityTask task) : task_(std::make_unique<DensityTask>(std::move(task))), grids_(halvings_of(task_->grid)), levels_(grids_.size()) {}

const Level& DensityEvidence::level(std::size_t i) const {
  if (!levels_.at(i)) levels_[i] = std::make_unique<Level>(*task_, grids_[i]);
  return *levels_[i];
}

Measured limit_of(double fine, double middle, double coarse) {
  if (std::isnan(middle)) return {fine, std::isnan(fine) ? 0 : std::numeric_limits<double>::infinity(), 0};
  const double near = (fine - middle) / 3;
  if (std::isnan(coarse)) return {fine, 3 * std::abs(near), 0}; // two grids show no order: the bar is that of the first
  const double far = (middle - coarse) / 3, rounding = 8 * std::numeric_limits<double>::epsilon() * std::abs(fine);
  // Second order makes far four times near (orders from 1.5 to 2.5 pass). Far from that the next order is not small, and nothing is gained by extrapolating.
  const double ratio = far / near;
  if (std::abs(near) > rounding && (ratio < 2.8 || ratio > 5.7)) {
    // Differences that go on falling as they did leave a geometric series: of orders below 1 (corners) more than the last one.
    const double last = 3 * std::abs(near), q = std::min(std::abs(near / far), slowest_fall);
    return {fine, std::max(last + std::abs(near - far / 4), last * q / (1 - q)) + rounding, 0};
  }
  return {fine + near, std::abs((fine + near) - (middle + far)) + rounding, 0};
}

std::vector<Measured> DensityEvidence::measure(const Numbers& numbers) const {
  std::vector<std::vector<double>> values{numbers(level(0))};
  for (std::size_t i = 1; i < levels(); ++i) {
    try {
      values.push_back(numbers(level(i)));
    } catch (const Error&) { // a coarse grid may miss what the fine one shows
      break;
    } catch (const DomainError&) { // one of its centres sits on a singularity
      break;
    }
  }
  std::vector<Measured> result;
  const auto at = [&](std::size_t level, std::size_t i) { return level < values.size() && i < values[level].size() ? values[level][i] : std::nan(""); };
  for (std::size_t i = 0; i < values[0].size(); ++i) result.push_back(limit_of(at(0, i), at(1, i), at(2, i)));
  return result;
}

Measured DensityEvidence::measure_one(const std::function<double(const Level&)>& number) const {
  return measure([&](const Level& level) { return std::vector<double>{number(level)}; }).at(0);
}

std::vector<Measured> DensityEvidence::observable(const std::string& name) const {
  std::vector<Measured> result = measure([&](const Level& level) { return level.observable(name); });
  for (Measured& m : result) m.error += task_->tolerance * std::abs(m.value);
  return result;
}

std::shared_ptr<DensityEvidence> DensityEvidence::with_model(const Model& model) const {
  DensityTask task = *task_;
  task.model = model;
  return std::make_shared<DensityEvidence>(std::move(task));
}

std::shared_ptr<DensityEvidence> DensityEvidence::with_times(const std::vector<double>& times, double tolerance) const {
  DensityTask task = *task_;
  task.times = times;
  task.tolerance = tolerance;
  task.propagator = "auto";
  task.dt.reset();
  auto other = std::make_shared<DensityEvidence>(std::move(task));
  for (std::size_t i = 0; i < levels(); ++i)
    if (levels_[i]) other->levels_[i] = std::make_unique<Level>(*other->task_, *levels_[i]);
  return other;
}

Refinement DensityEvidence::refinement() const {
  std::size_t cells = 0;
  for (const Axis& axis : task_->grid.axes()) cells = std::max(cells, axis.cells);
  return {"cells an axis", static_cast<double>(cells), 2};
}

} // namespace driftwell::theorems
