#pragma once
// Distances of the density from the steady state as sums over the cells of one grid: exact for the chain, but for rounding.
#include "driftwell/theorems/density_evidence.hpp"

namespace driftwell::theorems {

/// No wall absorbs, and the probabilities sum to 1 at every time.
[[nodiscard]] Hypothesis laws_of_mass_one(const Level& level);

/// 1/2 sum |p - p_ss|
[[nodiscard]] Measured total_variation(const Level& level, std::size_t time);
/// Observable kl; the error is what rounding of the probabilities does to it.
[[nodiscard]] Measured kl_of_cells(const Level& level, std::size_t time);
/// sum (p - p_ss)^2 / p_ss; infinity where it leaves the range of doubles.
[[nodiscard]] Measured chi_square(const Level& level, std::size_t time);
/// Csiszar's divergence of psi(s) = (s^q - 1 - q (s - 1)) / (q (q - 1)), 1 < q <= 2: q -> 1 is KL, q = 2 half of chi^2.
[[nodiscard]] Measured power_divergence(const Level& level, std::size_t time, double q);

} // namespace driftwell::theorems
