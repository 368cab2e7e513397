#pragma once
// The contract of the propagators shelf: rho(t) = exp(t Q) rho(0) at given times.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/generator/generator.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace driftwell {

/// What to evolve, from where, to when, how well.
struct EvolutionProblem {
  const Generator& generator;
  const SteadyState& steady;
  const Eigen::VectorXd& initial;  ///< probabilities of cells, sum 1
  std::span<const double> times;   ///< increasing, the first one 0
  double tolerance;                ///< error in time, relative to the distance from the steady state
  std::optional<double> dt;        ///< of the step-wise propagators
};

/// Before the run, from counts and measured rates of this class of machine (docs/performance.md).
struct CostEstimate {
  double seconds = 0;
  double bytes = 0;
};

/// After the run.
struct EvolutionReport {
  double error = 0;           ///< a-posteriori estimate of the error in time, relative as `tolerance`; largest over the times
  std::string summary;        ///< what was done: "46 vectors, 1 factorisation, gamma 0.32"
  std::vector<double> errors; ///< one a time: the same as a bound of the L1 error, sum_k |p_k - exact p_k|; rounding included
};

class Propagator {
public:
  virtual ~Propagator() = default;
  /// Called once for every time, in order, with the probabilities of the cells.
  using Observe = std::function<void(std::size_t index, const Eigen::VectorXd& p)>;

  [[nodiscard]] virtual CostEstimate estimate(const EvolutionProblem& problem) const = 0;
  /// Throws NumericalFailure, Interrupted.
  virtual EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const = 0;
  /// Is it a method for this problem at all?
  [[nodiscard]] virtual bool applies(const EvolutionProblem&) const { return true; }
  /// May `auto` choose it?
  [[nodiscard]] virtual bool candidate() const { return false; }
};

using PropagatorCatalogue = Catalogue<Propagator>;
template <> std::map<std::string, PropagatorCatalogue::Item>& PropagatorCatalogue::items();

struct Choice {
  std::unique_ptr<Propagator> propagator;
  std::string name;
  std::string reason; ///< "auto: krylov 0.4 s, 80 MB; chebyshev 2.1 s, 10 MB"
  double bytes = 0;   ///< estimated
};

/// "auto" compares the estimates of the candidates that fit into `memory` bytes. Throws NumericalFailure where none does, nor the one
/// asked for; an unknown name throws std::invalid_argument.
[[nodiscard]] Choice choose_propagator(const std::string& name, const EvolutionProblem& problem, double memory);

} // namespace driftwell
