#include "kinetic_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

constexpr double reaches = 1e-10, too_far_apart = 1e-2, too_far_with_walls = 2e-4;

} // namespace

KineticRates::Worst KineticRates::worst() const {
  double largest = 0;
  for (const Row& row : rows_) largest = std::max(largest, std::abs(row.theory));
  Worst worst;
  for (const Row& row : rows_) {
    const double rate = std::abs(row.theory), apart = std::abs(row.measured - row.theory) / rate;
    if (rate >= 1e-3 * largest && rate > 0 && !(apart <= worst.apart)) worst = {apart, row.time};
  }
  return worst;
}

std::string KineticRates::warning(double reach) const {
  const Worst found = worst();
  if (found.apart <= (reach > reaches ? too_far_with_walls : too_far_apart)) return {};
  const std::string what = fmt::format("dKL/dt as measured and -gamma T I should be equal and are {:.1g} of it apart at t = {:g}: ", found.apart, found.time);
  if (reach > reaches)
    return what + fmt::format("the start reaches a wall (there its density of q is {:.1g} of the largest), and what comes back from it has a kink. Believe dissipation, fisher_information "
                              "and kl_decay_rate to that only, move the walls outward, or take more cells and Hermite functions.", reach);
  return what + "take more cells or a larger [fokker_planck] hermite.";
}

double wall_reach(const KineticRun& run, const kinetic::PositionBox& box) {
  if (box.periodic) return 0;
  const kinetic::PhaseSpace& space = run.phase_space();
  const auto away = [&](const Eigen::VectorXd& q) -> Eigen::VectorXd {
    return (space.marginal(run.initial().u, q) - space.marginal(space.steady(), q)).cwiseAbs();
  };
  const double largest = away(run.basis().collocation().x).maxCoeff();
  return largest > 0 ? away(Eigen::Vector2d(box.lower, box.upper)).maxCoeff() / largest : 0;
}

} // namespace driftwell::run
