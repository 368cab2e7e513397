#include "driftwell/model/schedule.hpp"

#include "driftwell/expression/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

namespace driftwell {

namespace {

using expression::Expression;
using expression::Tape;

constexpr std::size_t intervals = 4096;

struct Point {
  double t, value;
};

bool usable(double value) { return value > 0 && std::isfinite(value); }

double grid_time(double end, std::size_t i) { return end * (static_cast<double>(i) / intervals); }

/// Range over points in order of time.
Schedule::Range range_of(const std::vector<Point>& points) {
  Schedule::Range range{std::numeric_limits<double>::infinity(), 0};
  for (const Point& point : points) {
    if (!usable(point.value)) throw ScheduleError(point.t, point.value);
    range.least = std::min(range.least, point.value);
    range.most = std::max(range.most, point.value);
  }
  return range;
}

struct Number {
  double number;

  [[nodiscard]] double value(double /*t*/) const { return number; }
  [[nodiscard]] Schedule::Range range(double /*end*/) const { return range_of({{0, number}}); }
  [[nodiscard]] std::vector<double> breakpoints(double /*end*/) const { return {}; }
};

struct Table {
  std::vector<double> t, values;
  Schedule::Interpolation interpolation;

  [[nodiscard]] double value(double time) const {
    const auto after = static_cast<std::size_t>(std::upper_bound(t.begin(), t.end(), time) - t.begin());
    if (after == 0) return values.front();
    if (after == t.size() || interpolation == Schedule::Interpolation::step) return values[after - 1];
    const double share = (time - t[after - 1]) / (t[after] - t[after - 1]);
    return values[after - 1] + share * (values[after] - values[after - 1]);
  }

  [[nodiscard]] Schedule::Range range(double end) const {
    std::vector<Point> points{{0, value(0)}};
    for (const double time : breakpoints(end)) points.push_back({time, value(time)});
    points.push_back({end, value(end)});
    return range_of(points);
  }

  [[nodiscard]] std::vector<double> breakpoints(double end) const {
    std::vector<double> inside;
    for (const double time : t)
      if (time > 0 && time < end) inside.push_back(time);
    return inside;
  }
};

class Formula {
public:
  explicit Formula(const Expression& formula) : tape_({formula}, 1), slope_({formula.derivative(0)}, 1) {}

  [[nodiscard]] double value(double t) const { return tape_({&t, 1})[0]; }

  [[nodiscard]] Schedule::Range range(double end) const {
    std::vector<Point> points{{0, value(0)}};
    double before = slope(0);
    for (std::size_t i = 1; i <= intervals; ++i) {
      const double left = grid_time(end, i - 1), right = grid_time(end, i), after = slope(right);
      if (before < 0 && after > 0) points.push_back(extremum(left, right, 1));
      if (before > 0 && after < 0) points.push_back(extremum(left, right, -1));
      points.push_back({right, value(right)});
      before = after;
    }
    return range_of(points);
  }

  [[nodiscard]] std::vector<double> breakpoints(double end) const {
    std::vector<double> jumps;
    for (std::size_t i = 1; i <= intervals; ++i)
      if (const double jump = jump_between(grid_time(end, i - 1), grid_time(end, i)); jump > 0 && jump < end) jumps.push_back(jump);
    return jumps;
  }

private:
  [[nodiscard]] double slope(double t) const { return slope_({&t, 1})[0]; }

  /// Golden-section search for the smallest sign * value; an unusable value met on the way is returned at once.
  [[nodiscard]] Point extremum(double left, double right, double sign) const {
    constexpr double golden = 0.6180339887498949;
    const auto inside = [&](double share) {
      const double t = left + share * (right - left);
      return Point{t, value(t)};
    };
    Point a = inside(1 - golden), b = inside(golden);
    for (int i = 0; i < 60; ++i) {
      for (const Point& p : {a, b})
        if (!usable(p.value)) return p;
      if (sign * a.value < sign * b.value) {
        right = b.t;
        b = a;
        a = inside(1 - golden);
      } else {
        left = a.t;
        a = b;
        b = inside(golden);
      }
    }
    return a;
  }

  /// The first number after a jump in [left, right], or 0. A steep slope is known by its derivative.
  [[nodiscard]] double jump_between(double left, double right) const {
    double at_left = value(left), at_right = value(right);
    const double size = std::abs(at_left) + std::abs(at_right);
    if (!(std::abs(at_right - at_left) > 1e-9 * size)) return 0;
    for (int halvings = 0;; ++halvings) {
      const double middle = left + (right - left) / 2;
      if (!(left < middle && middle < right)) return right;
      const double at_middle = value(middle);
      if (std::abs(at_middle - at_left) > std::abs(at_right - at_middle)) {
        right = middle;
        at_right = at_middle;
      } else {
        left = middle;
        at_left = at_middle;
      }
      const double change = std::abs(at_right - at_left);
      if (!(change > 1e-10 * size)) return 0;
      if (halvings >= 10 && change < 4 * (std::abs(slope(left)) + std::abs(slope(right))) * (right - left)) return 0;
    }
  }

  Tape tape_, slope_;
};

struct Quotient {
  Schedule learning_rate, batch_size;

  [[nodiscard]] double value(double t) const { return learning_rate.value(t) / (2 * batch_size.value(t)); }

  /// Bounds: the two need not have their extremes at the same time.
  [[nodiscard]] Schedule::Range range(double end) const {
    const Schedule::Range rate = learning_rate.range(end), batch = batch_size.range(end);
    const Schedule::Range bounds{rate.least / (2 * batch.most), rate.most / (2 * batch.least)};
    if (usable(bounds.least) && usable(bounds.most)) return bounds;
    std::vector<Point> points; // overflow or underflow: when
    for (std::size_t i = 0; i <= intervals; ++i) points.push_back({grid_time(end, i), value(grid_time(end, i))});
    return range_of(points);
  }

  [[nodiscard]] std::vector<double> breakpoints(double end) const {
    std::vector<double> all = learning_rate.breakpoints(end);
    for (const double t : batch_size.breakpoints(end)) all.push_back(t);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
};

std::string in_words(const std::vector<double>& t, Schedule::Interpolation interpolation) {
  return fmt::format("{} table of {} point{} from t = {:g} to t = {:g}", interpolation == Schedule::Interpolation::step ? "step" : "linear",
                     t.size(), t.size() == 1 ? "" : "s", t.front(), t.back());
}

} // namespace

ScheduleError::ScheduleError(double t, double value)
    : std::runtime_error(fmt::format("is {:.6g} at t = {:.6g}", value, t)), t(t), value(value) {}

struct Schedule::Rule {
  std::variant<Number, Table, Formula, Quotient> kind;
};

Schedule::Schedule(std::shared_ptr<const Rule> rule, bool constant, std::string text)
    : rule_(std::move(rule)), constant_(constant), text_(std::move(text)) {}

Schedule::Schedule(double constant)
    : Schedule(std::make_shared<Rule>(Rule{Number{constant}}), true, fmt::format("{:.12g}", constant)) {}

Schedule::Schedule(const Expression& formula)
    : Schedule(formula.is_constant() ? std::make_shared<Rule>(Rule{Number{formula.constant()}}) : std::make_shared<Rule>(Rule{Formula(formula)}),
               formula.is_constant(), formula.str({"t"})) {}

Schedule::Schedule(std::vector<double> t, std::vector<double> value, Interpolation interpolation)
    : Schedule(nullptr, false, t.empty() ? "" : in_words(t, interpolation)) {
  if (t.empty() || t.size() != value.size()) throw std::invalid_argument("a table needs as many values as times, at least one");
  for (std::size_t i = 1; i < t.size(); ++i)
    if (!(t[i - 1] < t[i])) throw std::invalid_argument("the times of a table must increase");
  constant_ = std::all_of(value.begin(), value.end(), [&](double v) { return v == value[0]; });
  rule_ = std::make_shared<Rule>(Rule{Table{std::move(t), std::move(value), interpolation}});
}

Schedule Schedule::sgd(Schedule learning_rate, Schedule batch_size) {
  const bool constant = learning_rate.constant() && batch_size.constant();
  std::string text = fmt::format("({}) / (2 * ({}))", learning_rate.text(), batch_size.text());
  if (constant) return Schedule(learning_rate.value(0) / (2 * batch_size.value(0)));
  return {std::make_shared<Rule>(Rule{Quotient{std::move(learning_rate), std::move(batch_size)}}), constant, std::move(text)};
}

double Schedule::value(double t) const {
  return std::visit([&](const auto& kind) { return kind.value(t); }, rule_->kind);
}

Schedule::Range Schedule::range(double end) const {
  return std::visit([&](const auto& kind) { return kind.range(end); }, rule_->kind);
}

std::vector<double> Schedule::breakpoints(double end) const {
  return std::visit([&](const auto& kind) { return kind.breakpoints(end); }, rule_->kind);
}

} // namespace driftwell
