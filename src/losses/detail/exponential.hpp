#pragma once
#include "lanes.hpp"

namespace driftwell::sgd::detail {

/// z[k] = exp(z[k]), k < n, within 2 units in the last place; below -708 it is 0, above 709 infinite. z has room for padded(n).
void exponential(double* z, std::size_t n);
/// z[k] = 1 / (1 + exp(-z[k])), k < n. z has room for padded(n).
void sigmoid(double* z, std::size_t n);

} // namespace driftwell::sgd::detail
