#include "driftwell/observables/observable.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
  const double scale = dynamics.conservative() ? 1.0 : 1 / mass;
#pragma omp parallel for schedule(static) if (p.size() > 60000)
  for (Eigen::Index k = 0; k < p.size(); ++k) {
    c[k] = std::max(0.0, p[k] * scale);
    // The smallest number stands for 0, where x log x is 0 whatever the logarithm.
    log_ratio[k] = std::log(std::max(c[k], 1e-307)) - steady.log_p[k];
  }
}

} // namespace driftwell
