#pragma once
// dp/dt = Q(T(t)) p: the generator changes with the temperature.
//
// Magnus integrators whose steps are exponentials of generators, so that each keeps mass and positivity:
//   midpoint  exp(h Q(T(t + h/2)))                                      second order
//   fourth    exp(h (a2 Q1 + a1 Q2)) exp(h (a1 Q1 + a2 Q2)),  Q1, Q2 at the Gauss nodes t + (1/2 -+ sqrt(3)/6) h,
//             a1 = 1/4 + sqrt(3)/6, a2 = 1/4 - sqrt(3)/6                fourth order, commutator-free
// (Blanes & Moan 2006, Thalhammer 2006). a2 is negative: where a rate changes more than 13.9-fold between the nodes its
// combination would be negative, and the step is halved.
//
// No step straddles an output or a breakpoint of the schedule. Without `dt` the fourth-order steps follow `tolerance`:
// each is compared with two of half the size (which are kept), and an evolution of the single steps beside that of the halves measures what all of them
// amount to at each output. With `dt` the midpoint rule takes equal steps of at most
// that size, and a second evolution with steps twice as long measures the error.
#include "driftwell/generator/chain_family.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwell {

/// Not in the catalogue: the propagators there are for generators that stay. Of a problem it uses grid, initial, times,
/// tolerance (absolute, in the L1 norm of the density) and dt; generator and steady state are those of one temperature.
class ScheduledEvolution : public Propagator {
public:
  enum class Scheme { midpoint, fourth };
  using Temperature = std::function<double(double t)>;
  using FamilyOf = std::function<ChainFamily(const Grid&)>;

  ScheduledEvolution(Temperature temperature, std::vector<double> breakpoints, FamilyOf family, Scheme scheme = Scheme::fourth)
      : temperature_(std::move(temperature)), breakpoints_(std::move(breakpoints)), family_(std::move(family)), scheme_(scheme) {}

  /// The same with a tolerance, or steps, so many times as large: to measure the error of what is observed.
  [[nodiscard]] std::unique_ptr<Propagator> loosened(double tolerance, double dt) const;

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override;
  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override;

private:
  Temperature temperature_;
  std::vector<double> breakpoints_;
  FamilyOf family_;
  Scheme scheme_;
  double looser_tolerance_ = 1, looser_dt_ = 1;
};

} // namespace driftwell
