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
    for (const std::size_t j : {i > 0 ? i - 1 : i, std::min(i + 1, numbers.size() - 1)})
      if (std::abs(numbers[j].value) > 1e-3 * std::abs(numbers[i].value)) // beside it nothing but rounding is left
        numbers[i].error = std::max(numbers[i].error, share[j] * std::abs(numbers[i].value));
}

} // namespace driftwell::theorems
