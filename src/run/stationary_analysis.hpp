#pragma once
// Everything that section [stationary] knows about one grid.
#include "stationary_plan.hpp"

#include "driftwell/run/build.hpp"
#include "driftwell/stationary/circulation.hpp"
#include "driftwell/stationary/minima.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/spectrum.hpp"
#include "driftwell/stationary/transition_paths.hpp"

#include <complex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace driftwell::run {

/// Shallower minima are ripples: in temperatures.
constexpr double least_depth = 0.01;

struct StationaryAnalysis {
  /// Throws InvalidExperiment, NumericalFailure.
  StationaryAnalysis(const input::Spec& spec, const Model& model, const Grid& grid);

  /// Further numbers and fields, the costly ones; what fails is told in `failures`.
  void compute(const input::Spec& spec);

  Generator generator;
  StationaryPlan plan;
  Eigen::VectorXd loss;
  bool has_loss; ///< a potential was given
  std::vector<std::string> names;
  SteadyState steady;
  std::optional<Region> source, target;
  Circulation flow{};
  std::optional<Eigenmodes> modes{};
  std::optional<FirstPassage> passage{}; ///< to the target, or to walls that absorb
  std::optional<TransitionPaths> paths{};
  std::vector<Minimum> loss_minima{}, implicit_minima{};
  std::vector<std::pair<std::string, double>> numbers{}; ///< by name, in the order of the result file
  std::vector<std::string> failures{};                   ///< what could not be computed, and why

  [[nodiscard]] const double* number(const std::string& name) const;
  /// Distance from each minimum of the loss to its partner; NaN without one.
  [[nodiscard]] std::vector<double> shifts() const;

private:
  /// part(iteratively): as planned, or by elimination where iterations do not get there and it fits.
  template <class Part> auto solved(const Part& part);
  void add(const std::string& name, double value) { numbers.emplace_back(name, value); }
  void potentials();
  void passages(const input::StationarySpec& spec);
  void walls();
  void from_source(const Eigen::VectorXd& mean, const Eigen::VectorXd& variance);
};

[[nodiscard]] Grid stationary_grid(const input::Spec& spec);

/// Sets without a cell, or with a common one, are errors of the experiment file.
void check_sets(const input::StationarySpec& spec, const StationaryAnalysis& analysis);

} // namespace driftwell::run
