#include "driftwell/observables/observable.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(ObservableCatalogue)

DensityState::DensityState(const Generator& generator, const SteadyState& steady, const Eigen::VectorXd& loss,
                           const Eigen::VectorXd& p)
    : generator(generator), steady(steady), loss(loss), p(p),
      mass(deterministic_sum(generator.size(), [&](std::size_t k) { return p[static_cast<Eigen::Index>(k)]; })),
      c(p.size()), log_ratio(p.size()) {
  if (!(mass > 1e-290))
    throw NumericalFailure(fmt::format("the surviving probability has fallen to {:g}; choose an earlier end", mass));
  const double scale = generator.conservative() ? 1.0 : 1 / mass;
#pragma omp parallel for schedule(static) if (p.size() > 60000)
  for (Eigen::Index k = 0; k < p.size(); ++k) {
    c[k] = std::max(0.0, p[k] * scale);
    // The smallest number stands for 0, where x log x is 0 whatever the logarithm.
    log_ratio[k] = std::log(std::max(c[k], 1e-307)) - steady.log_p[k];
  }
}

} // namespace driftwell
