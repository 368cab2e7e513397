#include "sgd_setting.hpp"

#include "sgd_window.hpp"

#include <fmt/format.h>

namespace driftwell::theorems {

std::string SgdSetting::mode(Eigen::Index i) const { return fmt::format("along curvature {:.6g}", linear.curvatures[i]); }

SgdSetting sgd_setting(const Subject& subject) {
  const SgdEvidence& sgd = subject.sgd();
  SgdSetting s{subject, sgd, linear_sgd(sgd), sgd.learning_rate(), 0, {}};
  s.stiffest = s.linear.curvatures.maxCoeff();
  s.start = Eigen::Map<const Eigen::VectorXd>(sgd.task().start.data(), s.linear.centre.size()) - s.linear.centre;
  if (s.start.norm() < 1e-9 * (1 + s.linear.centre.norm())) s.start.setOnes();
  return s;
}

void assume_process(ClaimMaker& claim, const SgdEvidence& sgd, const SgdHypotheses& wanted) {
  const sgd::ProcessOptions& options = sgd.options();
  assume_plain(claim, sgd);
  if (!wanted.momentum) claim.assume(options.momentum == 0, "no momentum", fmt::format("momentum = {:g}: see momentum_temperature", options.momentum));
  if (!wanted.svag) claim.assume(options.svag == 1, "no SVAG", fmt::format("svag = {}: see svag", options.svag));
  if (wanted.noise) claim.assume(sgd.batch_factor() != 0, "batches smaller than the data");
}

ClaimMaker sgd_claim(const SgdSetting& s, const SgdHypotheses& wanted, const std::string& name, const std::string& statement, Relation relation) {
  ClaimMaker claim(name, statement, "sgd", relation, s.subject.judgement);
  assume_process(claim, s.sgd, wanted);
  if (wanted.noise) claim.assume(noise_at_minimum(s.sgd, s.linear));
  if (wanted.parabolas) claim.assume(s.linear.parabolas);
  if (wanted.constant_noise) claim.assume(s.linear.constant_noise, "gradient noise that does not depend on the weights");
  if (wanted.stable > 0) claim.assume(s.eta * s.stiffest < wanted.stable, fmt::format("learning rate times curvature below {:g}", wanted.stable), fmt::format("{:.4g} * {:.4g}", s.eta, s.stiffest));
  return claim;
}

} // namespace driftwell::theorems
