#pragma once
// Error bars of numbers of one kind.
#include "driftwell/theorems/claim.hpp"

#include <cstddef>
#include <vector>

namespace driftwell::theorems {

/// Bars of the same share of each number's natural size, that of the widest: three grids that happen to agree in one number of many say
/// nothing about it alone. And the rounding of a sum of `terms` terms. Sizes > 0; a number of infinite bar keeps it for itself.
void pool(std::vector<Measured>& numbers, const std::vector<double>& sizes, std::size_t terms);

/// The same of a series in time: the widest relative bar among the numbers that are not far below it. Differences between grids pass through 0
/// at some time or other, and mean nothing there.
void pool_in_time(std::vector<Measured>& numbers);

/// Bars of a series not below that of its largest value: relative ones say nothing where it passes through 0.
void floor_at_largest(std::vector<Measured>& numbers);

} // namespace driftwell::theorems
