#pragma once
// The evolution of a density on one spectral grid: operator, steady state, observables over time. The sibling of DensityRun.
#include "driftwell/observables/observable.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/density_run.hpp"
#include "driftwell/spectral/spectral_evolution.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwell::run {

class SpectralDensity : public DensityDynamics {
public:
  /// `box`: the cells of an axis are its points. Throws InvalidExperiment where the model is none for the method.
  SpectralDensity(const input::Spec& spec, const Model& model, const Grid& box);

  [[nodiscard]] const Grid& grid() const override { return operator_.grid(); }
  [[nodiscard]] double temperature() const override { return operator_.temperature(); }
  [[nodiscard]] Eigen::VectorXd rate_of_change(const Eigen::VectorXd& c) const override;
  [[nodiscard]] double fisher_information(const DensityState& state) const override;

  [[nodiscard]] const SpectralOperator& generator() const { return operator_; }
  [[nodiscard]] const SteadyState& steady() const { return steady_; }
  /// Refuses what the points do not resolve. Throws InvalidExperiment.
  void check_resolved(const InitialDensity& initial) const;
  /// Largest coefficient of rho / sqrt(rho_ss) - sqrt(rho_ss) in the last eighth along any axis, relative to the largest of all or to 1.
  [[nodiscard]] double unresolved(const Eigen::VectorXd& p) const;
  /// beta E_ss[j^T D^-1 j]
  [[nodiscard]] double entropy_production() const { return operator_.entropy_production(); }

  using Frame = DensityRun::Frame;
  SpectralReport evolve(const InitialDensity& initial, const std::vector<double>& times, const Frame& frame) const;
  [[nodiscard]] Series series(const InitialDensity& initial, const std::vector<double>& times) const;

private:
  const input::Spec& spec_;
  std::vector<std::string> names_;
  SpectralOperator operator_;
  SteadyState steady_;
};

/// What the spectral method cannot take of the section: kinds of initial law, stretched axes, ... Throws InvalidExperiment.
void check_spectral_section(const input::Spec& spec);

/// Observables that mean something between quadrature nodes, by name.
[[nodiscard]] std::map<std::string, std::unique_ptr<DensityObservable>> nodal_observables(const Grid& grid);

} // namespace driftwell::run
