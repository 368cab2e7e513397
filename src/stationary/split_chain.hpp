#pragma once
// The chain on the cells outside some sets, with a gate on every link into them.
#include "iterative_chain.hpp"

#include "driftwell/generator/generator.hpp"
#include "driftwell/stationary/region.hpp"
#include "driftwell/stationary/state_reduction.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <optional>
#include <vector>

namespace driftwell {

/// A point of a surface on the link from cell `outside` to cell `inside`. It splits the link into two in series that
/// have, for a constant slope, exactly the rates of the whole: with w and z from w B(z) = rate in, w B(-z) = rate out,
///   outside -> gate (w/t) B(tz),  gate -> outside (w/t) B(-tz),  t the part outside, and likewise with 1 - t inside.
struct Gate {
  std::size_t outside, inside;
  std::size_t region;  ///< which of the sets
  double in, out;      ///< rates outside -> gate and gate -> outside
  double through_in, through_out; ///< (1 - t) times the rates gate -> inside and inside -> gate
  double rest;         ///< 1 - t
  /// Probability at the gate, in units of a cell: what balances it when the chain is stationary with p.
  [[nodiscard]] long double probability(long double p_outside, long double p_inside) const {
    return (rest * in * p_outside + through_out * p_inside) / (rest * out + through_in);
  }
};

class SplitChain {
public:
  using Vector = StateReduction::Vector;

  /// Solved by elimination, or iteratively with this steady state (or law of survivors) as weights where one is given. Throws
  /// NumericalFailure where two sets meet within a link.
  SplitChain(const Generator& generator, const std::vector<const Region*>& regions, const SteadyState* iterate_with = nullptr);

  [[nodiscard]] bool free(std::size_t k) const { return index_[k] >= 0; }
  [[nodiscard]] const std::vector<Gate>& gates() const { return gates_; }
  /// What is collected, per cell, from a rate in each free cell (others are ignored, and have 0).
  [[nodiscard]] Vector collected(const Vector& rate) const;
  /// What occupies each cell when fed at these rates.
  [[nodiscard]] Vector occupied(const Vector& feed) const;
  /// Bound of the error of what iterations gave so far (iterative_chain.hpp); 0 with elimination: rounding.
  [[nodiscard]] double error() const { return iteration_ ? iteration_->error() : 0; }

private:
  [[nodiscard]] Vector gathered(const Vector& all) const;
  [[nodiscard]] Vector spread(const Vector& some) const;

  std::vector<int> index_;         ///< of the free cells; -1 inside a set
  std::vector<std::size_t> cells_; ///< the free ones
  std::vector<Gate> gates_;
  std::optional<StateReduction> reduction_; ///< one of these two
  std::optional<IterativeChain> iteration_;
};

} // namespace driftwell
