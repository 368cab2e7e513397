#pragma once
// A positive quantity that changes with time: a temperature, a learning rate, a batch size.
//
// The clock t is that of the equation, dx = (-grad f + force) dt + sqrt(2 T(t) D) dW; for SGD t = sum of the learning
// rates of the steps made.
#include "driftwell/expression/expression.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace driftwell {

/// A schedule that leaves the positive numbers: where, and what it is there.
class ScheduleError : public std::runtime_error {
public:
  ScheduleError(double t, double value);
  double t, value;
};

class Schedule {
public:
  enum class Interpolation {
    linear, ///< straight lines between the points
    step,   ///< the value of the last point passed: constant pieces, continuous from the right
  };

  Schedule(double constant); // NOLINT: numbers are schedules
  /// A formula whose only variable, number 0, is the time.
  explicit Schedule(const expression::Expression& formula);
  /// A table; before its first and after its last point it keeps their values. Throws std::invalid_argument where the
  /// sizes differ, are 0, or t does not increase.
  Schedule(std::vector<double> t, std::vector<double> value, Interpolation interpolation);
  /// learning_rate / (2 batch_size): the temperature of SGD.
  [[nodiscard]] static Schedule sgd(Schedule learning_rate, Schedule batch_size);

  /// At a jump: the value after it.
  [[nodiscard]] double value(double t) const;
  [[nodiscard]] bool constant() const { return constant_; }
  /// In words: "0.1", "0.5*exp(-t/3)", "linear table of 3 points from t = 0 to t = 10".
  [[nodiscard]] const std::string& text() const { return text_; }

  /// Smallest and largest value on [0, end]: a formula is sampled at 4097 times and, where the signs of its derivative
  /// show an extremum between two of them, followed to it. Throws ScheduleError at the first value found that is not
  /// positive and finite.
  struct Range {
    double least, most;
  };
  [[nodiscard]] Range range(double end) const;

  /// Increasing times inside (0, end) that no step of an integration may straddle: points of tables, and jumps of
  /// formulas as far as 4096 equal intervals tell them from steep slopes.
  [[nodiscard]] std::vector<double> breakpoints(double end) const;

private:
  struct Rule;
  Schedule(std::shared_ptr<const Rule> rule, bool constant, std::string text);
  std::shared_ptr<const Rule> rule_;
  bool constant_;
  std::string text_;
};

} // namespace driftwell
