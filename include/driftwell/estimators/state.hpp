#pragma once
// What an accumulator knows, as numbers: into a checkpoint and back, by one list of members for both ways.
#include <cstddef>
#include <span>
#include <vector>

namespace driftwell::estimators {

class State {
public:
  /// Takes numbers down.
  State() = default;
  /// Gives them back, in the same order.
  explicit State(std::vector<double> numbers) : numbers_(std::move(numbers)), giving_(true) {}

  void operator()(double& x) { operator()(std::span(&x, 1)); }
  void operator()(std::size_t& n) { ///< exact below 2^53
    double x = static_cast<double>(n);
    operator()(x);
    n = static_cast<std::size_t>(x);
  }
  /// std::invalid_argument where there are not so many numbers left.
  void operator()(std::span<double> x);

  /// All that were taken down.
  [[nodiscard]] const std::vector<double>& numbers() const { return numbers_; }
  /// std::invalid_argument where some were not given back.
  void check_end() const;

private:
  std::vector<double> numbers_;
  std::size_t at_ = 0;
  bool giving_ = false;
};

} // namespace driftwell::estimators
