#include "pooled.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

void pool(std::vector<Measured>& numbers, const std::vector<double>& sizes, std::size_t terms) {
  double share = static_cast<double>(terms) * std::numeric_limits<double>::epsilon();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (std::isfinite(numbers[i].error) && sizes[i] > 0) share = std::max(share, numbers[i].error / sizes[i]);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i].error = std::max(numbers[i].error, share * sizes[i]);
}

void pool_in_time(std::vector<Measured>& numbers) {
  std::vector<double> share;
  for (const Measured& m : numbers) share.push_back(m.value != 0 && std::isfinite(m.error) ? m.error / std::abs(m.value) : 0);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (std::size_t j = 0; j < numbers.size(); ++j)
      if (std::abs(numbers[j].value) > 0.03 * std::abs(numbers[i].value)) // far below it little but rounding may be left
        numbers[i].error = std::max(numbers[i].error, share[j] * std::abs(numbers[i].value));
}

void floor_at_largest(std::vector<Measured>& numbers) {
  const auto largest = std::max_element(numbers.begin(), numbers.end(), [](const Measured& a, const Measured& b) { return std::abs(a.value) < std::abs(b.value); });
  if (largest == numbers.end()) return;
  const double bar = largest->error + 8 * std::numeric_limits<double>::epsilon() * std::abs(largest->value);
  for (Measured& m : numbers) m.error = std::max(m.error, bar);
}

} // namespace driftwell::theorems
