#include "driftwell/ensemble_observables/ensemble_state.hpp"

#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/estimators/expectation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(EnsembleObservableCatalogue)

using estimators::Columns;

namespace {

/// A search costs n log n in few dimensions and nearly n^2 in many.
std::size_t neighbours_for(std::size_t rows) { return rows <= 3 ? 20'000 : rows <= 6 ? 8'000 : 4'000; }

} // namespace

EnsembleReference::EnsembleReference(const Model& model, bool gibbs, const Grid* grid, const SteadyState* steady, std::optional<double> log_partition)
    : model_(model), gibbs_(gibbs), rows_(model.dimension() * (model.underdamped() ? 2 : 1)), grid_(grid), steady_(steady), log_partition_(log_partition) {
  neighbour_particles = neighbours_for(rows_);
  if (model.has_potential()) loss_ = expression::Tape({model.potential()}, model.dimension());
  if (!log_partition_ && steady_) log_partition_ = steady_->log_partition;
}

std::vector<double> EnsembleReference::loss(Columns columns, std::size_t n) const {
  return estimators::values_on(loss_, columns.first(model_.dimension()), n)[0];
}

std::vector<double> EnsembleReference::potential(Columns columns, std::size_t n) const {
  if (!gibbs_) return interpolated(columns, n);
  std::vector<double> phi = loss(columns, n);
  for (std::size_t i = model_.dimension(); i < rows_; ++i)
    for (std::size_t k = 0; k < n; ++k) phi[k] += columns[i][k] * columns[i][k] / 2;
  return phi;
}

/// Multilinear between the centres of cells; beyond the last ones, the nearest.
std::vector<double> EnsembleReference::interpolated(Columns columns, std::size_t n) const {
  const std::size_t d = grid_->dimension();
  std::vector<double> phi(n);
#pragma omp parallel for schedule(static)
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t base = 0;
    std::array<std::size_t, 3> step{};
    std::array<double, 3> weight{};
    for (std::size_t a = 0; a < d; ++a) {
      const Axis& axis = grid_->axis(a);
      double x = columns[a][k];
      if (axis.periodic()) x -= (axis.upper - axis.lower) * std::floor((x - axis.lower) / (axis.upper - axis.lower));
      std::size_t i = axis.cell_of(x);
      if (x < axis.centre(i) && i > 0) --i;
      const bool inner = i + 1 < axis.cells;
      base += i * grid_->stride(a);
      step[a] = inner ? grid_->stride(a) : 0;
      weight[a] = inner ? std::clamp((x - axis.centre(i)) / (axis.centre(i + 1) - axis.centre(i)), 0.0, 1.0) : 0.0;
    }
    double value = 0;
    for (std::size_t corner = 0; corner < (std::size_t{1} << d); ++corner) {
      std::size_t cell = base;
      double w = 1;
      for (std::size_t a = 0; a < d; ++a) {
        const bool upper = (corner >> a) & 1;
        w *= upper ? weight[a] : 1 - weight[a];
        if (upper) cell += step[a];
      }
      value += w * steady_->implicit_potential[static_cast<Eigen::Index>(cell)];
    }
    phi[k] = value;
  }
  estimators::require_finite(phi, "the implicit potential");
  return phi;
}

EnsembleState::EnsembleState(const EnsembleReference& r, Columns c, std::size_t alive, std::size_t all, double T)
    : reference(r), columns(c), n(alive), started(all), temperature(T) {}

const estimators::Moments& EnsembleState::moments() const {
  if (!moments_) moments_ = estimators::moments(columns, n);
  return *moments_;
}

const std::vector<double>& EnsembleState::loss() const {
  if (!loss_) loss_ = reference.loss(columns, n);
  return *loss_;
}

const std::vector<double>& EnsembleState::potential() const {
  if (!potential_) potential_ = reference.potential(columns, n);
  return *potential_;
}

const estimators::NeighbourEntropy& EnsembleState::entropy() const {
  if (!entropy_) {
    estimators::NeighbourOptions options;
    options.period = reference.period;
    const std::size_t cloud = std::min(n, reference.neighbour_particles);
    // In one and two dimensions the bias is far below the standard error of so many particles.
    options.subtract_bias = columns.size() > 2;
    if (!options.subtract_bias) options.bias_particles = 0;
    entropy_ = estimators::neighbour_entropy(columns, cloud, options);
  }
  return *entropy_;
}

const estimators::FreeEnergy& EnsembleState::free_energy() const {
  if (!free_energy_) free_energy_ = estimators::free_energy(potential(), entropy(), temperature, reference.log_partition());
  return *free_energy_;
}

} // namespace driftwell
