#include "driftwell/theorems/subject.hpp"

namespace driftwell::theorems {

namespace {

template <class Side> const Side& require(const std::shared_ptr<const Side>& side, const char* hypothesis, const std::string& reason) {
  if (!side) throw NotApplicable{hypothesis, reason};
  return *side;
}

} // namespace

const Model& Subject::model() const { return require(model_, "a stochastic differential equation", no_model); }
const DensityEvidence& Subject::density() const { return require(density_, "a density of a constant overdamped equation", no_density); }
const CloudEvidence& Subject::cloud() const { return require(cloud_, "a cloud", no_cloud); }
const SgdEvidence& Subject::sgd() const { return require(sgd_, "stochastic gradient descent", no_sgd); }
const KineticEvidence& Subject::kinetic() const { return require(kinetic_, "an underdamped density", no_kinetic); }

} // namespace driftwell::theorems
