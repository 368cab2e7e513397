#pragma once
// The step shared by the explicit Euler schemes: x' = x + b dt + sigma sqrt(dt) xi, with the variates xi of the scheme.
#include "driftwell/steppers/stepper.hpp"

#include <cmath>
#include <vector>

namespace driftwell {

class EulerBlocks : public BlockStepper {
public:
  EulerBlocks(const Dynamics& dynamics, StepperTraits::Variates variates)
      : dynamics_(dynamics), signs_(variates == StepperTraits::Variates::signs), workspace_(dynamics), b_(dynamics.dimension()),
        xi_(dynamics.constant_scale().empty() ? dynamics.dimension() : 0), noise_(xi_.size()), scale_(dynamics.dimension()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, b_.rows(), block.n, T, workspace_);
    if (!dynamics_.constant_scale().empty()) {
      for (std::size_t i = 0; i < scale_.size(); ++i) scale_[i] = std::sqrt(2 * T * at.dt) * dynamics_.constant_scale()[i];
      if (signs_) return noise.add_signs(at.number, block.x, b_.const_rows(), at.dt, scale_);
      return noise.add_normals(at.number, block.x, b_.const_rows(), at.dt, scale_);
    }
    if (signs_) noise.signs(at.number, xi_.rows());
    else noise.normals(at.number, xi_.rows());
    dynamics_.noise(x, xi_.const_rows(), noise_.rows(), block.n, T, workspace_);
    for (std::size_t i = 0; i < scale_.size(); ++i) euler_step(block.x[i], b_[i], at.dt, noise_[i], std::sqrt(at.dt), block.n);
  }

private:
  const Dynamics& dynamics_;
  bool signs_;
  Dynamics::Workspace workspace_;
  RowBuffer b_, xi_, noise_;
  std::vector<double> scale_;
};

} // namespace driftwell
