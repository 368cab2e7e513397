#pragma once
// A cloud at a time, with what several observables share, computed once and only if asked for.
#include "driftwell/estimators/free_energy.hpp"
#include "driftwell/estimators/moments.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/model/model.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace driftwell {

/// What is known of the steady state. Underdamped models: of positions and momenta together, Phi = f + |p|^2 / 2.
class EnsembleReference {
public:
  /// `grid` and `steady`: of the density side, where it was computed (of positions; never for underdamped models).
  /// `log_partition`: log int exp(-Phi/T), where it is known otherwise. `gibbs`: Phi = f, that is Model::gibbs() and no walls
  /// that absorb, and no period around which f is tilted.
  EnsembleReference(const Model& model, bool gibbs, const Grid* grid, const SteadyState* steady, std::optional<double> log_partition);

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] const Grid* grid() const { return grid_; }
  [[nodiscard]] const SteadyState* steady() const { return steady_; }
  [[nodiscard]] std::optional<double> log_partition() const { return log_partition_; }
  [[nodiscard]] bool has_loss() const { return model_.has_potential(); }
  /// Phi is f (+ kinetic energy), or known on the grid.
  [[nodiscard]] bool has_potential() const { return gibbs_ || (grid_ && steady_); }
  /// Periods of the rows for distances between particles, 0 where not periodic.
  std::vector<double> period;
  bool walls_absorb = false;
  /// A cloud of the law that distances are told to, one column a row; empty: there is none.
  std::vector<std::vector<double>> sample;
  static constexpr std::size_t most_for_distance = 20'000; ///< particles of either side that distances are computed from
  /// Particles whose neighbours are searched, at most; the first ones of the cloud.
  std::size_t neighbour_particles;
  /// Beyond this many rows neighbours say nothing about the density: the bias is larger than what one wants to know.
  static constexpr std::size_t most_rows_for_neighbours = 20;
  [[nodiscard]] bool has_entropy() const { return rows_ <= most_rows_for_neighbours; }

  /// f, and Phi, of n particles. NumericalFailure where not finite.
  [[nodiscard]] std::vector<double> loss(estimators::Columns columns, std::size_t n) const;
  [[nodiscard]] std::vector<double> potential(estimators::Columns columns, std::size_t n) const;

private:
  [[nodiscard]] std::vector<double> interpolated(estimators::Columns columns, std::size_t n) const;

  Model model_;
  bool gibbs_;
  std::size_t rows_;
  const Grid* grid_;
  const SteadyState* steady_;
  std::optional<double> log_partition_;
  expression::Tape loss_;
};

class EnsembleState {
public:
  /// n particles in `columns`, what is left of `started` ones (walls absorb), at temperature T.
  EnsembleState(const EnsembleReference& reference, estimators::Columns columns, std::size_t n, std::size_t started, double temperature);

  const EnsembleReference& reference;
  const estimators::Columns columns;
  const std::size_t n, started;
  const double temperature;

  [[nodiscard]] const estimators::Moments& moments() const;
  [[nodiscard]] const std::vector<double>& loss() const;
  [[nodiscard]] const std::vector<double>& potential() const; ///< Phi, a particle
  [[nodiscard]] const estimators::NeighbourEntropy& entropy() const;
  /// E Phi, H, F and KL together, with their joint errors.
  [[nodiscard]] const estimators::FreeEnergy& free_energy() const;

private:
  mutable std::optional<estimators::Moments> moments_;
  mutable std::optional<std::vector<double>> loss_, potential_;
  mutable std::optional<estimators::NeighbourEntropy> entropy_;
  mutable std::optional<estimators::FreeEnergy> free_energy_;
};

} // namespace driftwell
