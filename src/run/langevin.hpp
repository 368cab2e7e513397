#pragma once
// Section [langevin]: a cloud of particles through time, its observables with standard errors, and group /langevin.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"
#include "driftwell/estimators/histogram.hpp"
#include "driftwell/steppers/integrate.hpp"
#include "driftwell/steppers/multilevel.hpp"
#include "driftwell/model/schedule.hpp"
#include "initial_cloud.hpp"
#include "langevin_series.hpp"
#include "passage.hpp"
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
  LangevinSection(const SectionContext& context, const DensityResults* density);
  ~LangevinSection() override;

  [[nodiscard]] std::string name() const override { return "langevin"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return estimates() ? Done{estimate_ ? 1U : 0U, 1} : Done{outputs_done_, spec_.time.at.size()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

  /// Variables, then momenta.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Rows of an observable at all outputs; empty where it does not apply.
  using Rows = std::vector<std::vector<estimators::Estimate>>;
  [[nodiscard]] const std::map<std::string, Rows>& series() const { return series_; }
  /// Particles in the merged cells of the density's grid, then those outside of it, at a kept density's time, by index of the output;
  /// empty beyond two dimensions.
  [[nodiscard]] const std::map<std::size_t, std::vector<double>>& counts() const { return counts_; }
  [[nodiscard]] const EnsembleReference& reference() const { return *reference_; }

private:
  struct Cloud; ///< what lives of the ensemble, as columns
  /// What does not need the density: memory, steps, seed, stepper.
  void prepare_dynamics();
  void choose_stepper();
  void build_reference();
  void build_passage();
  void build_distance();
  void build_observables();
  [[nodiscard]] Integrator integrator(const Clock& clock) const;
  void write_passage(record::Group& group, const Ensemble& ensemble);
  void advise_on_dt(const Ensemble& ensemble);
  void declare(record::Group& group) const;
  void observe(record::Group& group, std::size_t index, const Ensemble& ensemble);
  void count(std::size_t index, const Cloud& cloud, std::size_t particles);
  void keep_snapshot(record::Group& group, std::size_t index, const Cloud& cloud);
  /// A sample of the time series, where one is due.
  void sample(const Ensemble& ensemble);
  /// To an output, in stretches of half a second, with a checkpoint where one is due or a signal asks to stop.
  void advance(Ensemble& ensemble, std::size_t to_output);
  void save(const Ensemble& ensemble);
  /// One mean to a requested error instead of a cloud and its observables: langevin_estimate.cpp.
  [[nodiscard]] bool estimates() const { return spec_.langevin->method.value != "plain"; }
  [[nodiscard]] MeanMethod method() const { return spec_.langevin->method.value == "multilevel" ? MeanMethod::multilevel : MeanMethod::extrapolation; }
  void prepare_estimate();
  [[nodiscard]] MeanProblem mean_problem() const;
  void compute_estimate(record::Group& group);
  void write_estimate(record::Group& group) const;
  [[nodiscard]] Outlook check_estimate() const;
  [[nodiscard]] nlohmann::ordered_json estimate_json() const;
  [[nodiscard]] std::string estimate_words(int verbosity) const;
  /// The samples that an estimate has taken; those of a checkpoint, or none.
  void save_samples(std::vector<double> taken);
  [[nodiscard]] std::vector<double> restore_samples();
  /// Whether one is due, or a signal asks to stop.
  [[nodiscard]] bool checkpoint_due() const { return checkpoints_ && checkpoints_->due(spec_.langevin->checkpoint_seconds.value); }
  /// Takes up the run where the checkpoint left it; false: there is none.
  bool restore(record::Group& group, Ensemble& ensemble);
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
  std::unique_ptr<LangevinSeries> sampled_;        ///< time series; nullptr: there are none
  std::unique_ptr<Passage> passage_;               ///< into the target; nullptr: there is none
  std::vector<estimators::Estimate> not_yet_passed_; ///< at the outputs
  std::size_t passed_ = 0;                         ///< particles that met the target, at the last output
  std::optional<estimators::ExitTimes> passage_times_; ///< after the run
  std::unique_ptr<Integrator> integrator_;
  TimeSteps steps_;
  std::vector<std::size_t> snapshots_;             ///< output indices whose cloud is kept
  std::map<std::string, Rows> series_;
  std::map<std::size_t, std::vector<double>> counts_;
  std::map<std::string, std::string> noted_;       ///< observables that failed somewhere, and why
  std::vector<std::string> warnings_;
  std::size_t outputs_done_ = 0;
  std::uint64_t step_ = 0;                         ///< steps done
  Checkpoints* checkpoints_;
  record::Frames frames_;                          ///< all written so far
  double seconds_a_step_ = 0;
  Expression f_;                                   ///< whose mean is estimated
  std::optional<MeanEstimate> estimate_;
  double seconds_ = 0;                             ///< in the time loop
};

} // namespace driftwell::run
