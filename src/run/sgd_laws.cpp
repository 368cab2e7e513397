#include "sgd_laws.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/wasserstein.hpp"
#include "sgd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace driftwell::run {

namespace {

using estimators::Estimate;
using estimators::Line;

constexpr double quantile_99 = 2.5758293035489004;
constexpr std::array<const char*, 3> step_keys{"sgd.learning_rate", "sgd.batch_size", "sgd.momentum"};
/// Neither the step nor another problem: how long, and with what numbers.
constexpr std::array<const char*, 6> run_keys{"sgd.steps", "sgd.outputs", "sgd.snapshots", "sgd.replicas", "sgd.loss_replicas", "sgd.seed"};

template <class List> bool contains(const List& list, const std::string& name) { return std::find(list.begin(), list.end(), name) != list.end(); }

Estimate converted(const sgd::Estimate& e) { return {e.value, e.standard_error}; }
bool known(const Estimate& e) { return std::isfinite(e.value) && std::isfinite(e.standard_error) && e.standard_error > 0; }
Estimate times(const Estimate& e, double factor) { return {e.value * factor, e.standard_error * std::abs(factor)}; }

/// Points of a line, of those that are known.
struct Places {
  std::vector<double> x;
  std::vector<Estimate> y;
  void add(double at, const Estimate& e) {
    if (!known(e)) return;
    x.push_back(at);
    y.push_back(e);
  }
  [[nodiscard]] std::optional<Line> line() const {
    const bool different = std::any_of(x.begin(), x.end(), [&](double v) { return std::abs(v - x[0]) > 1e-9 * std::abs(x[0]); });
    if (!different) return {};
    return estimators::weighted_line(x, y);
  }
};

} // namespace

SgdLaws::SgdLaws(const input::Spec& spec)
    : sweep_(*spec.sweep), points_(sweep_.points()), diverged_(sweep_.points(), false), rate_(sweep_.points(), SgdSummary::nan), batch_(rate_), comparisons_(sweep_.points()) {
  for (const input::SweepKey& key : sweep_.keys) applies_ = applies_ || (contains(step_keys, key.name) && !key.numbers.empty());
  escapes_ = spec.sgd->target.has_value() || std::any_of(sweep_.keys.begin(), sweep_.keys.end(), [](const input::SweepKey& key) { return key.name == "sgd.target"; });
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < sweep_.points(); ++i) {
    if (spec.sgd->learning_rate) rate_[i] = spec.sgd->learning_rate->value;
    if (spec.sgd->batch_size) batch_[i] = spec.sgd->batch_size->value;
    const std::vector<std::size_t> choice = sweep_.choice(i);
    std::string label;
    for (std::size_t k = 0; k < choice.size(); ++k) {
      const input::SweepKey& key = sweep_.keys[k];
      if (key.name == step_keys[0] && !key.numbers.empty()) rate_[i] = key.numbers[choice[k]];
      if (key.name == step_keys[1] && !key.numbers.empty()) batch_[i] = key.numbers[choice[k]];
      if (!contains(step_keys, key.name) && !contains(run_keys, key.name)) label += fmt::format("{}{} = {}", label.empty() ? "" : ", ", key.name, key.values[choice[k]]);
    }
    const auto [place, is_new] = seen.try_emplace(label, branches_.size());
    if (is_new) branches_.push_back({.label = label.empty() ? "all" : label, .points = {}, .variance = {}, .corrected = {}, .entropy = {}, .escape = {}, .along = {}, .along_corrected = {}, .along_predicted = {}});
    branches_[place->second].points.push_back(i);
  }
}

void SgdLaws::add(std::size_t point, const Section& section) {
  if (const auto* const sgd = dynamic_cast<const SgdSection*>(&section); sgd != nullptr && applies_) points_[point] = sgd->summary();
}

void SgdLaws::keep(SectionState& state) {
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const std::string name = fmt::format("law/{}", i);
    if (state.loading && state.arrays.contains(name)) points_[i].emplace();
    if (points_[i]) points_[i]->keep(state, name);
  }
}

bool SgdLaws::beyond(const Estimate& e) const {
  return known(e) && std::abs(e.value) > sweep_.tolerance.value && std::abs(e.value) > quantile_99 * e.standard_error;
}

void SgdLaws::fit_along(Branch& branch) {
  const SgdSummary& first = *points_[branch.points.front()];
  for (std::size_t k = 0; k < first.along.size(); ++k) {
    Places places, corrected;
    double predicted = 0, count = 0;
    for (const std::size_t i : branch.points) {
      const SgdSummary& p = *points_[i];
      if (p.along.size() <= k) continue;
      places.add(x_of(i), converted(p.along[k]));
      if (p.along_predicted.size() <= k) continue;
      corrected.add(x_of(i), times(converted(p.along[k]), p.along_predicted[k] / p.along_exact[k]));
      predicted += p.along_predicted[k] / x_of(i), ++count;
    }
    branch.along.push_back(places.line());
    branch.along_corrected.push_back(corrected.line());
    branch.along_predicted.push_back(count > 0 ? predicted / count : SgdSummary::nan);
  }
}

void SgdLaws::fit(Branch& branch, std::vector<std::string>& warnings) {
  Places variance, corrected, entropy, escape;
  double predicted = 0, count = 0;
  for (const std::size_t i : branch.points) {
    const SgdSummary& p = *points_[i];
    if (!p.constant) warnings.push_back("a schedule: the laws of SGD are about constant learning rates and batch sizes");
    const double x = x_of(i);
    variance.add(x, converted(p.variance));
    corrected.add(x, times(converted(p.variance), p.predicted / p.exact));
    entropy.add(std::log(x), converted(p.entropy));
    if (p.passages > 1 && p.passage_time.value > 0) escape.add(2 / x, {std::log(p.passage_time.value), p.passage_time.standard_error / p.passage_time.value});
    if (std::isfinite(p.predicted)) predicted += p.predicted / x, ++count;
  }
  branch.escape = escape.line();
  if (escapes_) return;
  branch.variance = variance.line();
  branch.corrected = corrected.line();
  branch.entropy = entropy.line();
  if (count > 0) branch.predicted_slope = predicted / count;
  if (branch.entropy) branch.expected_entropy_slope = static_cast<double>(points_[branch.points.front()]->dimension) / 2;
  fit_along(branch);
}

/// Against the diffusion's slope where a minimum gives it, else against V/x of the smallest learning rate.
void SgdLaws::break_down(Branch& branch) {
  std::map<double, std::vector<std::size_t>> by_rate;
  for (const std::size_t i : branch.points)
    if (known(converted(points_[i]->variance))) by_rate[points_[i]->learning_rate].push_back(i);
  branch.rates = by_rate.size();
  if (by_rate.empty()) return;
  Estimate slope{branch.predicted_slope, 0};
  if (!std::isfinite(slope.value)) {
    std::vector<Estimate> ratios;
    for (const std::size_t i : by_rate.begin()->second) ratios.push_back(times(converted(points_[i]->variance), 1 / x_of(i)));
    slope = estimators::weighted_mean(ratios);
  }
  for (const auto& [rate, points] : by_rate) {
    std::vector<Estimate> deviations;
    for (const std::size_t i : points) {
      const Estimate ratio = times(converted(points_[i]->variance), 1 / (slope.value * x_of(i)));
      comparisons_[i].deviation = {ratio.value - 1, std::hypot(ratio.standard_error, ratio.value * slope.standard_error / slope.value)};
      deviations.push_back(comparisons_[i].deviation);
      if (std::isfinite(points_[i]->exact)) comparisons_[i].exact_deviation = times({points_[i]->variance.value - points_[i]->exact, points_[i]->variance.standard_error}, 1 / points_[i]->exact);
    }
    if (std::isnan(branch.breaks_at) && beyond(estimators::weighted_mean(deviations))) branch.breaks_at = rate;
  }
}

/// Sliced W2^2 of the last clouds, in units of the variance a weight.
void SgdLaws::compare_clouds(std::size_t reference, std::size_t point) {
  const SgdSummary &a = *points_[reference], &b = *points_[point];
  if (a.dimension != b.dimension || a.weights.empty() || b.weights.empty() || std::min(a.replicas, b.replicas) < 20) return;
  const auto columns = [](const SgdSummary& s) {
    std::vector<std::vector<double>> all(s.dimension, std::vector<double>(s.replicas));
    for (std::size_t r = 0; r < s.replicas; ++r)
      for (std::size_t j = 0; j < s.dimension; ++j) all[j][r] = s.weights[r * s.dimension + j];
    return all;
  };
  const auto left = columns(a), right = columns(b);
  std::vector<const double*> p, q;
  for (std::size_t j = 0; j < a.dimension; ++j) {
    p.push_back(left[j].data());
    q.push_back(right[j].data());
  }
  const estimators::SlicedEstimate sliced = estimators::sliced_wasserstein_2(p, a.replicas, q, b.replicas);
  comparisons_[point].distance = times(sliced.distance.squared, static_cast<double>(a.dimension) / a.variance.value);
}

void SgdLaws::scale(Branch& branch) {
  std::vector<std::size_t> order = branch.points;
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return batch_[i] < batch_[j]; });
  double first = SgdSummary::nan;
  for (std::size_t a = 0; a < order.size(); ++a) {
    const std::size_t i = order[a];
    const double x = x_of(i);
    const auto equal = [&](std::size_t j) { return std::abs(x_of(j) - x) <= 1e-6 * x && points_[j]->momentum == points_[i]->momentum; };
    const auto reference = std::find_if(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(a), equal);
    if (reference == order.begin() + static_cast<std::ptrdiff_t>(a) || batch_[*reference] == batch_[i]) continue;
    const Estimate v = converted(points_[i]->variance), v0 = converted(points_[*reference]->variance);
    if (!known(v) || !known(v0)) continue;
    Comparison& c = comparisons_[i];
    c.reference = static_cast<double>(*reference);
    c.variance_ratio = {v.value / v0.value - 1, v.value / v0.value * std::hypot(v.standard_error / v.value, v0.standard_error / v0.value)};
    compare_clouds(*reference, i);
    if (!beyond(c.variance_ratio) || !(std::isnan(first) || rate_[i] < first)) continue;
    first = branch.scaling_fails_rate = rate_[i];
    branch.scaling_fails_batch = batch_[i];
  }
}

void SgdLaws::write(record::ResultFile& file, std::vector<std::string>& warnings) {
  if (!applies_) return;
  for (Branch& branch : branches_) {
    double diverged = SgdSummary::nan;
    for (const std::size_t i : branch.points)
      if (diverged_[i]) diverged = std::fmin(diverged, rate_[i]);
    std::erase_if(branch.points, [&](std::size_t i) { return !points_[i]; });
    if (!branch.points.empty()) {
      fit(branch, warnings);
      if (!escapes_) break_down(branch);
      if (!escapes_) scale(branch);
    }
    branch.breaks_at = std::fmin(branch.breaks_at, diverged);
  }
  std::sort(warnings.begin(), warnings.end());
  warnings.erase(std::unique(warnings.begin(), warnings.end()), warnings.end());
  record::Group group = file.group("sgd_laws");
  group.attribute("tolerance", sweep_.tolerance.value);
  write_branches(group);
  write_points(group);
}

} // namespace driftwell::run
