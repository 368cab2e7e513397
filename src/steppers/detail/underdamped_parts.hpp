#pragma once
// The parts that splittings of the underdamped equation are put together from:
//   A  q += h p          B  p += h F(q)          O  p = c p + sqrt(T (1 - c^2)) xi,  c = exp(-gamma h)
#include "driftwell/steppers/stepper.hpp"

#include <cmath>

namespace driftwell {

class UnderdampedParts : public BlockStepper {
public:
  /// `ornstein`: how many O parts a step has.
  UnderdampedParts(const Dynamics& dynamics, std::size_t ornstein)
      : dynamics_(dynamics), workspace_(dynamics), d_(dynamics.dimension()), force_(d_), xi_(ornstein * d_) {}

  void begin(const Block& block, const Step& at, Noise& /*noise*/) override { look(block, at.t); }
  void moved(const Block& block, const Step& next) override { look(block, next.t); }

protected:
  void look(const Block& block, double t) { dynamics_.drift(as_const(block.x).first(d_), force_.rows(), block.n, dynamics_.temperature(t), workspace_); }
  void kick(Block& block, double h) {
    for (std::size_t i = 0; i < d_; ++i) add_scaled(block.x[d_ + i], force_[i], h, block.n);
  }
  void drift(Block& block, double h) {
    for (std::size_t i = 0; i < d_; ++i) add_scaled(block.x[i], block.x[d_ + i], h, block.n);
  }
  /// `which` of the O parts of the step.
  void ornstein(Block& block, double h, double t, std::size_t which) {
    const double gamma = dynamics_.model().friction(), c = std::exp(-gamma * h);
    const double spread = std::sqrt(dynamics_.temperature(t) * -std::expm1(-2 * gamma * h));
    for (std::size_t i = 0; i < d_; ++i) scale_and_add(block.x[d_ + i], c, xi_[which * d_ + i], spread, block.n);
  }

  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  std::size_t d_;
  RowBuffer force_, xi_;
};

} // namespace driftwell
