#include "driftwell/observables/observable.hpp"

#include "density_averages.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(ObservableCatalogue)

DensityState::DensityState(const DensityDynamics& dynamics, const SteadyState& steady, const Eigen::VectorXd& loss,
                           const Eigen::VectorXd& p)
    : DensityState(std::shared_ptr<const DensityDynamics>(std::shared_ptr<void>(), &dynamics), steady, loss, p) {}

DensityState::DensityState(const Generator& generator, const SteadyState& steady, const Eigen::VectorXd& loss,
                           const Eigen::VectorXd& p)
    : DensityState(std::make_shared<const ChainDynamics>(generator), steady, loss, p) {}

DensityState::DensityState(std::shared_ptr<const DensityDynamics> owned, const SteadyState& steady, const Eigen::VectorXd& loss,
                           const Eigen::VectorXd& p)
    : owned_(std::move(owned)), dynamics(*owned_), steady(steady), loss(loss), p(p),
      mass(deterministic_sum(static_cast<std::size_t>(p.size()), [&](std::size_t k) { return p[static_cast<Eigen::Index>(k)]; })),
      c(p.size()), log_ratio(p.size()) {
  if (!(mass > 1e-290))
    throw NumericalFailure(fmt::format("the surviving probability has fallen to {:g}; choose an earlier end", mass));
  fill_state(*this, c, log_ratio, averages);
}

} // namespace driftwell
