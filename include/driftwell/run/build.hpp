#pragma once
// From the plain data of an experiment file to the objects of the engine. What only they can find out (a formula that
// does not parse, a potential that is not finite in the box, an unknown propagator) becomes an InvalidExperiment that
// points into the file.
#include "driftwell/generator/generator.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/model/model.hpp"
#include "driftwell/model/schedule.hpp"
#include "driftwell/stationary/region.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <map>
#include <vector>

namespace driftwell::run {

/// The temperature over time. Throws InvalidExperiment where it is not positive and finite on [0, end].
[[nodiscard]] Schedule build_schedule(const input::Spec& spec);

/// With the temperature of the last time where it is a schedule.
[[nodiscard]] Model build_model(const input::Spec& spec);

/// Another expression of the experiment in the variables of its model; `momenta`: also in p_q, ..., which then follow the variables
/// (not with `dimension`, whose variables have no names).
[[nodiscard]] Expression build_expression(const input::Spec& spec, const input::Text& text, bool momenta = false);

/// The grid of a section.
[[nodiscard]] Grid build_grid(const input::GridSpec& spec);

/// A set of points from a condition of the experiment file. Throws InvalidExperiment where it does not parse; the indicator
/// does where a side of a comparison is NaN.
[[nodiscard]] Region::Indicator build_indicator(const input::Spec& spec, const input::Text& condition);

/// build_generator() with its DomainErrors turned into errors of the experiment file.
[[nodiscard]] Generator build_chain(const input::Spec& spec, const Model& model, const Grid& grid);

/// The initial law as probabilities of cells, sum 1.
class InitialDensity {
public:
  /// Checks the law against the box; reads samples. `coarsest` decides between point values (exponentially accurate
  /// for a law wider than its cells) and integrals over cells, alike for all grids of a run.
  InitialDensity(const input::Spec& spec, const Grid& coarsest);

  [[nodiscard]] Eigen::VectorXd on(const Grid& grid, const SteadyState& steady) const;
  /// Share of the law that lies outside the box (cut off and normalised away).
  [[nodiscard]] double outside() const { return outside_; }

private:
  const input::Spec& spec_;
  bool integrate_ = false;
  double outside_ = 0;
  std::map<const input::SamplesLaw*, std::vector<double>> samples_; ///< row-major (particle, variable)
};

} // namespace driftwell::run
