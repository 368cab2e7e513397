#include "driftwell/estimators/exit_times.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

/// One time at which `exits` of `at_risk` particles left.
struct Event {
  double time, exits, at_risk, survival; ///< survival just after
};

std::vector<Event> events_of(std::span<const double> time, std::span<const char> left) {
  std::vector<std::size_t> order(time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return time[a] < time[b]; });
  std::vector<Event> events;
  double survival = 1;
  for (std::size_t i = 0; i < order.size();) {
    const double at_risk = static_cast<double>(order.size() - i), now = time[order[i]];
    double exits = 0;
    for (; i < order.size() && time[order[i]] == now; ++i) exits += left[order[i]] ? 1 : 0;
    if (exits == 0) continue;
    survival *= 1 - exits / at_risk;
    events.push_back({now, exits, at_risk, survival});
  }
  return events;
}

void check(std::span<const double> time, std::span<const char> left) {
  if (time.size() != left.size()) throw std::invalid_argument("exit times: one flag a time");
  if (time.size() < 2) throw NumericalFailure(fmt::format("exit times: {} particles are too few", time.size()));
  require_finite(time, "exit times");
  for (std::size_t i = 0; i < time.size(); ++i)
    if (time[i] < 0) throw NumericalFailure(fmt::format("exit times: the time of particle {} is {}", i, time[i]));
}

/// Influence of every particle on int_0^horizon S dt + end S(horizon): n times its derivative by the particle's weight. With
/// g_j = area under S right of t_j + end S(horizon), S = prod (1 - d_j / r_j):
///   sum_(t_j <= t_i) n g_j d_j / (r_j (r_j - d_j)) - n g_i / (r_i - d_i) if it left.
std::vector<double> influences(const std::vector<Event>& events, std::span<const double> time, std::span<const char> left, double horizon, double end) {
  const double n = static_cast<double>(time.size());
  std::vector<double> own(events.size()), all(events.size() + 1);
  double area = end * events.back().survival, until = horizon;
  for (std::size_t j = events.size(); j-- > 0;) {
    area += events[j].survival * (until - events[j].time);
    until = events[j].time;
    // Nobody stays after r = d: the area is 0.
    own[j] = events[j].at_risk > events[j].exits ? n * area / (events[j].at_risk - events[j].exits) : 0;
  }
  for (std::size_t j = 0; j < events.size(); ++j) all[j + 1] = all[j] + own[j] * events[j].exits / events[j].at_risk;
  std::vector<double> result;
  for (std::size_t i = 0; i < time.size(); ++i) {
    const auto after = static_cast<std::size_t>(
        std::upper_bound(events.begin(), events.end(), time[i], [](double t, const Event& e) { return t < e.time; }) - events.begin());
    result.push_back(all[after] - (left[i] ? own[after - 1] : 0));
  }
  return result;
}

double standard_error(const std::vector<double>& influence) {
  double squares = 0;
  for (const double v : influence) squares += v * v;
  const double n = static_cast<double>(influence.size());
  return std::sqrt(squares / n / (n - 1));
}

void survival_curve(const std::vector<Event>& events, ExitTimes& result) {
  double greenwood = 0;
  for (const Event& e : events) {
    if (e.at_risk > e.exits) greenwood += e.exits / (e.at_risk * (e.at_risk - e.exits));
    result.survival.time.push_back(e.time);
    result.survival.survival.push_back({e.survival, e.survival * std::sqrt(greenwood)});
  }
}

} // namespace

ExitTimes exit_times(std::span<const double> time, std::span<const char> left, double tail_start) {
  check(time, left);
  const std::vector<Event> events = events_of(time, left);
  ExitTimes result;
  result.particles = time.size();
  result.exits = static_cast<std::size_t>(std::count_if(left.begin(), left.end(), [](char c) { return c != 0; }));
  if (result.exits < 2) throw NumericalFailure(fmt::format("exit times: {} of {} particles left: too few for a standard error", result.exits, time.size()));
  result.horizon = *std::max_element(time.begin(), time.end());
  survival_curve(events, result);
  double before = 1, start = 0;
  result.restricted_mean.value = 0;
  for (const Event& e : events) {
    result.restricted_mean.value += before * (e.time - start);
    before = e.survival;
    start = e.time;
  }
  result.restricted_mean.value += before * (result.horizon - start);
  result.restricted_mean.standard_error = standard_error(influences(events, time, left, result.horizon, 0));
  if (tail_start < 0) { // median of the exit times
    double seen = 0;
    for (const Event& e : events)
      if (2 * seen < static_cast<double>(result.exits)) {
        seen += e.exits;
        tail_start = e.time;
      }
  }
  result.tail_start = tail_start;
  double watched = 0;
  for (std::size_t i = 0; i < time.size(); ++i) {
    watched += std::max(0.0, time[i] - tail_start);
    result.tail_exits += left[i] && time[i] >= tail_start ? 1 : 0;
  }
  const double alive = before, exits = static_cast<double>(result.tail_exits);
  if (alive > 0 && !(exits > 0 && watched > 0)) throw NumericalFailure(fmt::format("exit times: nobody left after {}: no rate for the {:.3g} who stayed", tail_start, alive));
  if (exits > 0 && watched > 0) result.tail_rate = {exits / watched, std::sqrt(exits) / watched};
  const double rate = result.tail_rate.value;
  auto influence = influences(events, time, left, result.horizon, alive > 0 ? 1 / rate : 0);
  for (std::size_t i = 0; i < time.size() && alive > 0; ++i) {
    const double mine = (left[i] && time[i] >= tail_start ? 1 : 0) - rate * std::max(0.0, time[i] - tail_start);
    influence[i] -= alive / (rate * rate) * mine * static_cast<double>(time.size()) / watched;
  }
  result.mean = {result.restricted_mean.value + (alive > 0 ? alive / rate : 0), standard_error(influence)};
  return result;
}

ExitTimes exit_times(std::span<const double> time, double censor, double tail_start) {
  if (!(censor > 0) || !std::isfinite(censor)) throw std::invalid_argument("exit times: the censor time must be positive");
  std::vector<double> until(time.size());
  std::vector<char> left(time.size());
  for (std::size_t i = 0; i < time.size(); ++i) {
    left[i] = time[i] <= censor ? 1 : 0; // not for NaN
    until[i] = left[i] ? time[i] : censor;
  }
  return exit_times(until, left, tail_start);
}

} // namespace driftwell::estimators
