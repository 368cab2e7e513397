#pragma once
// Backward Euler as a stepper of Boost.Odeint's Stepper concept: p <- (I - dt Q)^-1 p. First order; keeps every p >= 0
// and the mass for any dt, because I - dt Q is an M-matrix.
#include "driftwell/generator/generator.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <cmath>
#include <memory>

namespace driftwell {

/// dp/dt = Q p as Odeint's System; implicit steppers ask it for the generator.
class GeneratorSystem {
public:
  explicit GeneratorSystem(const Generator& generator) : generator_(&generator) {}
  void operator()(const Eigen::VectorXd& p, Eigen::VectorXd& dpdt, double /*t*/) const { dpdt = generator_->rates() * p; }
  [[nodiscard]] const Generator& generator() const { return *generator_; }

private:
  const Generator* generator_;
};

class ImplicitEuler {
public:
  using state_type = Eigen::VectorXd;
  using deriv_type = Eigen::VectorXd;
  using value_type = double;
  using time_type = double;
  using order_type = unsigned short;
  using stepper_category = boost::numeric::odeint::stepper_tag;

  [[nodiscard]] static order_type order() { return 1; }

  void do_step(const GeneratorSystem& system, state_type& p, time_type /*t*/, time_type dt) {
    // Copies of a stepper share the factor: Odeint takes steppers by value. Steps that differ by rounding share it, too.
    if (!factor_ || std::abs(dt - dt_) > 1e-8 * dt) {
      factor_ = std::make_shared<SparseFactor>(system.generator().rates(), 1.0, -dt);
      dt_ = dt;
    }
    p = factor_->solve(p);
  }

private:
  std::shared_ptr<const SparseFactor> factor_;
  time_type dt_ = 0;
};

} // namespace driftwell
