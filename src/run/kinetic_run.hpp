#pragma once
// An underdamped experiment at one resolution: basis, operator, observables and initial law.
#include "driftwell/input/spec.hpp"
#include "driftwell/kinetic/evolution.hpp"
#include "driftwell/kinetic/kinetic_law.hpp"
#include "driftwell/kinetic/phase_space.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwell::run {

/// Where the position lives.
[[nodiscard]] kinetic::PositionBox box_of(const input::FokkerPlanckSpec& spec);

class KineticRun {
public:
  /// Throws InvalidExperiment: a drift that is not finite, a law that the method cannot hold.
  KineticRun(const input::Spec& spec, const Model& model, std::size_t nodes, std::size_t hermite);

  [[nodiscard]] const kinetic::PositionBasis& basis() const { return basis_; }
  [[nodiscard]] const kinetic::KineticOperator& generator() const { return operator_; }
  [[nodiscard]] const kinetic::PhaseSpace& phase_space() const { return space_; }
  [[nodiscard]] const kinetic::InitialState& initial() const { return initial_; }

  using Frame = std::function<void(std::size_t index, const Eigen::VectorXd& u, const std::map<std::string, std::vector<double>>& values)>;
  /// Every observable at every time, in order. Throws NumericalFailure, Interrupted.
  kinetic::KineticReport evolve(const std::vector<double>& times, double tolerance, const Frame& frame) const;

private:
  void refuse_unresolved(const input::Spec& spec) const;

  kinetic::PositionBasis basis_;
  kinetic::KineticOperator operator_;
  kinetic::PhaseSpace space_;
  kinetic::InitialState initial_;
};

} // namespace driftwell::run
