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

} // namespace driftwell::theorems
