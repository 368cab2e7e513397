#pragma once
// The contract of the steppers shelf: x(t_n) -> x(t_n + dt) for a block of particles, with noise that is handed in.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/ensemble/dynamics.hpp"
#include "driftwell/ensemble/noise.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

namespace driftwell {

/// What a stepper declares; tests/steppers measures it.
struct StepperTraits {
  static constexpr double exact = std::numeric_limits<double>::infinity();
  static constexpr double none = 0; ///< no strong order: the noise is not that of a Brownian path
  double strong_order;
  double weak_order;
  double stationary_order; ///< of the stationary law
  NoiseClass noise;        ///< the most general noise for which these orders hold
  Interpretation interpretation = Interpretation::ito; ///< in which the scheme is formulated; the law is that of the model in any case
  bool underdamped = false; ///< moves positions and momenta
  enum class Variates { normals, signs, three_points } variates = Variates::normals;
  bool any_noises = false; ///< Dynamics::noises() may differ from the number of variables
};

/// n particles in contiguous rows; positions first, then momenta where there are any.
struct Block {
  std::size_t n = 0;
  std::uint64_t first = 0;
  Rows x;
};

/// The step from t = start + number * dt to t + dt.
struct Step {
  std::uint64_t number = 0;
  double t = 0, dt = 0;
};

/// A stepper's memory of one block at a time; one a thread.
class BlockStepper {
public:
  virtual ~BlockStepper() = default;
  /// Called when a block is taken up at step `at`: forget what was kept of another one.
  virtual void begin(const Block& /*block*/, const Step& /*at*/, Noise& /*noise*/) {}
  virtual void step(Block& block, const Step& at, Noise& noise) = 0;
  /// Called when walls have moved particles after the step that led to `next`: forget what was computed from their places.
  virtual void moved(const Block& /*block*/, const Step& /*next*/) {}
};

/// A scheme for one model.
class Stepper {
public:
  virtual ~Stepper() = default;
  [[nodiscard]] virtual StepperTraits traits() const = 0;
  /// The scheme on blocks of at most Tape::strip particles. `dynamics` must outlive it. Throws std::invalid_argument with a
  /// sentence when the scheme cannot do this model.
  [[nodiscard]] virtual std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const = 0;
};

using StepperCatalogue = Catalogue<Stepper>;
template <> std::map<std::string, StepperCatalogue::Item>& StepperCatalogue::items();

} // namespace driftwell
