#pragma once
// Section [langevin]: a cloud of particles through time, its observables with standard errors, and group /langevin.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"
#include "driftwell/estimators/histogram.hpp"
#include "driftwell/steppers/integrate.hpp"
#include "driftwell/model/schedule.hpp"
#include "initial_cloud.hpp"
#include "section.hpp"
#include "time_steps.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

class DensityResults;

class LangevinSection : public Section {
public:
  /// `density`: section [fokker_planck] of the same file, prepared before this one; nullptr where there is none.
  LangevinSection(const input::Spec& spec, const Model& model, const DensityResults* density, Progress& progress);
  ~LangevinSection() override;

  [[nodiscard]] std::string name() const override { return "langevin"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {outputs_done_, spec_.time.at.size()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

  /// Rows of an observable at all outputs; empty where it does not apply.
  using Rows = std::vector<std::vector<estimators::Estimate>>;
  [[nodiscard]] const std::map<std::string, Rows>& series() const { return series_; }
  /// Counts in the merged cells of the density's grid at a kept density's time, by index of the output; empty beyond two dimensions.
  [[nodiscard]] const std::map<std::size_t, estimators::Histogram>& histograms() const { return histograms_; }
  [[nodiscard]] const EnsembleReference& reference() const { return *reference_; }

private:
  struct Cloud; ///< what lives of the ensemble, as columns
  /// What does not need the density: memory, steps, seed, stepper.
  void prepare_dynamics();
  void choose_stepper();
  void build_reference();
  void advise_on_dt(const Ensemble& ensemble);
  void declare(record::Group& group) const;
  void observe(record::Group& group, std::size_t index, const Ensemble& ensemble);
  void keep_snapshot(record::Group& group, std::size_t index, const Cloud& cloud);
  void advance(Ensemble& ensemble, std::size_t to_output);
  void note(const std::string& what, const std::string& why);

  const input::Spec& spec_;
  const Model& model_;
  const DensityResults* density_;
  Progress& progress_;
  Schedule schedule_;
  Walls walls_;
  std::vector<std::string> names_;                 ///< of the rows: variables, then momenta
  std::string stepper_name_;
  std::unique_ptr<Stepper> stepper_;
  std::unique_ptr<Dynamics> dynamics_;
  std::unique_ptr<InitialCloud> initial_;
  std::unique_ptr<EnsembleReference> reference_;
  std::map<std::string, std::unique_ptr<EnsembleObservable>> observables_;
  std::unique_ptr<Integrator> integrator_;
  TimeSteps steps_;
  std::vector<std::size_t> snapshots_;             ///< output indices whose cloud is kept
  std::map<std::string, Rows> series_;
  std::map<std::size_t, estimators::Histogram> histograms_;
  std::map<std::string, std::string> noted_;       ///< observables that failed somewhere, and why
  std::vector<std::string> warnings_;
  std::size_t outputs_done_ = 0;
  double seconds_ = 0;                             ///< in the time loop
};

} // namespace driftwell::run
