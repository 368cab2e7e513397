#pragma once
// What the theorems of the SGD side hold of an experiment, and the hypotheses that their claims have in common.
#include "driftwell/theorems/subject.hpp"
#include "linear_sgd.hpp"

#include <string>

namespace driftwell::theorems {

struct SgdSetting {
  const Subject& subject;
  const SgdEvidence& sgd;
  LinearSgd linear;
  double eta, stiffest;  ///< learning rate, largest curvature
  Eigen::VectorXd start; ///< relative to the minimum; of ones where the experiment starts there
  [[nodiscard]] std::string mode(Eigen::Index i) const; ///< "along curvature 1.5"
};
/// Throws NotApplicable: no SGD, or what linear_sgd() throws.
[[nodiscard]] SgdSetting sgd_setting(const Subject& subject);

/// What a claim asks of the process beside constant schedules, labels as they are and independent batches.
struct SgdHypotheses {
  bool momentum = false, svag = false; ///< may be there
  bool noise = true;                   ///< batches smaller than the data
  bool parabolas = true, constant_noise = false;
  double stable = 0;                   ///< bound of learning rate times largest curvature; 0: none
};
[[nodiscard]] ClaimMaker sgd_claim(const SgdSetting& setting, const SgdHypotheses& wanted, const std::string& name, const std::string& statement, Relation relation = Relation::equal);
/// Those of them that need no minimum, in a claim about a loss of any kind.
void assume_process(ClaimMaker& claim, const SgdEvidence& sgd, const SgdHypotheses& wanted);

} // namespace driftwell::theorems
