#include "driftwell/generator/generator.hpp"

#include <cmath>
#include <utility>

namespace driftwell {

double bernoulli(double z) {
  if (z > 700) return z * std::exp(-z);          // expm1 overflows further on
  if (std::abs(z) < 1e-8) return 1 - z / 2;      // 0/0
  return z / std::expm1(z);
}

Generator::Generator(Grid grid, Stencil rates, Eigen::VectorXd loss, std::vector<WallRate> walls, double temperature,
                     std::optional<Eigen::VectorXd> local_potential, bool balanced, std::vector<Eigen::VectorXd> inverse_diffusion)
    : grid_(std::move(grid)), rates_(std::move(rates)), loss_(std::move(loss)), walls_(std::move(walls)), temperature_(temperature),
      conservative_(!grid_.absorbing()), balanced_(balanced), local_potential_(std::move(local_potential)),
      inverse_diffusion_(std::move(inverse_diffusion)) {}

Stencil Generator::symmetrised() const {
  std::vector<Stencil::Edges> edges;
  for (const Stencil::Edges& rates : rates_.edges())
    edges.push_back({(rates.up.array() * rates.down.array()).sqrt().matrix(), {}});
  Stencil::Links links = rates_.links();
  if (links.size()) links.up = (links.up.array() * links.down.array()).sqrt();
  links.down.resize(0);
  return Stencil(grid_, rates_.diagonal(), std::move(edges), std::move(links));
}

} // namespace driftwell
