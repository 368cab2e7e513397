#pragma once
// From an experiment file to what theorems are tested on.
#include "density_results.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/theorems/subject.hpp"

#include <memory>

namespace driftwell::run {

class LangevinSection;

/// The sides the experiment has; why the others are missing stands in the subject. Density and SGD are built, nothing is evolved. `model`
/// may be nullptr. Throws InvalidExperiment, NumericalFailure, IoError.
[[nodiscard]] theorems::Subject build_subject(const input::Spec& spec, const Model* model);

/// What section [langevin] has measured, once it is computed; nullptr for one that estimates a single mean.
[[nodiscard]] std::shared_ptr<const theorems::CloudEvidence> cloud_evidence(const input::Spec& spec, const LangevinSection& cloud);

/// The density side as other sections see it: the finest grid.
class EvidenceResults : public DensityResults {
public:
  explicit EvidenceResults(std::shared_ptr<const theorems::DensityEvidence> density) : density_(std::move(density)) {}
  [[nodiscard]] const Grid& grid() const override { return density_->level().grid(); }
  [[nodiscard]] const SteadyState* reference_state() const override { return &density_->level().steady(); }
  [[nodiscard]] bool gibbs() const override;
  [[nodiscard]] SteadyState start_state() const override { return density_->level().steady(); }
  [[nodiscard]] const std::map<std::size_t, Eigen::VectorXd>& densities() const override { return none_; }
  [[nodiscard]] const std::map<std::string, std::vector<Row>>& rows() const override { return no_rows_; }

private:
  std::shared_ptr<const theorems::DensityEvidence> density_;
  std::map<std::size_t, Eigen::VectorXd> none_;
  std::map<std::string, std::vector<Row>> no_rows_;
};

} // namespace driftwell::run
