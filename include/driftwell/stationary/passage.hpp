#pragma once
// First-passage times: Q^T tau = -1 outside the target, tau = 0 on it. By state reduction: relative accuracy also where
// a passage takes 1e100 relaxation times; or iteratively, in memory proportional to the cells, with a bound of the error.
#include "driftwell/generator/generator.hpp"
#include "driftwell/stationary/region.hpp"
#include "driftwell/stationary/state_reduction.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// The whole chain of a generator, walls that absorb as killing, in the nested-dissection order of its grid.
[[nodiscard]] StateReduction state_reduction(const Generator& generator);

struct FirstPassage {
  Eigen::VectorXd mean;
  Eigen::VectorXd variance; ///< m2 - mean^2 with Q^T m2 = -2 mean; accurate relative to mean^2
  double error = 0;         ///< of iterations: no entry of mean is farther off, relative to itself, and variance by 6 times that of m2
};

/// Mean and variance of the time to reach a set, from each cell (0 inside); walls that absorb count as reached. With `iterate_with`
/// (the steady state, or the law of survivors) iteratively. Throws NumericalFailure where the set cannot be reached from some cell, and
/// where iterations do not bring the bound below 1e-6.
[[nodiscard]] FirstPassage first_passage(const Generator& generator, const Region& target, const SteadyState* iterate_with = nullptr);

/// Mean time until absorption at the walls, from each cell. Throws NumericalFailure without absorbing walls.
[[nodiscard]] Eigen::VectorXd mean_exit_time(const Generator& generator, const SteadyState* iterate_with = nullptr);

/// Mean time to reach the cells with target[k] true (0 there); walls that absorb count as reached.
[[nodiscard]] Eigen::VectorXd mean_first_passage_time(const Generator& generator, const std::vector<bool>& target);

/// Value at a point of a field given at cell centres: tensor-product cubic Lagrange interpolation.
[[nodiscard]] double interpolate(const Grid& grid, const Eigen::VectorXd& field, const std::vector<double>& point);

} // namespace driftwell
