#pragma once
// The time loop of an ensemble: blocks of a few hundred particles go through all steps up to the next output while they stay
// in the first-level cache; threads share the blocks. The bits do not depend on blocks, threads or where a run was cut.
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/ensemble/walls.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace driftwell {

/// t = start + n dt for step n.
struct Clock {
  double start = 0, dt = 0;
  [[nodiscard]] double at(std::uint64_t step) const { return start + static_cast<double>(step) * dt; }
};

/// Looks at a block at the end of every step; one a thread.
class BlockObserver {
public:
  virtual ~BlockObserver() = default;
  /// A block is taken up at the start of step `at`; `offset`: number of its first particle in the ensemble.
  virtual void begin(const Block& block, const Step& at, std::size_t offset) = 0;
  /// After the step `at` and its walls.
  virtual void after_step(const Block& block, const Step& at) = 0;
};

class StepObserver {
public:
  virtual ~StepObserver() = default;
  [[nodiscard]] virtual std::unique_ptr<BlockObserver> on_blocks() = 0;
};

struct IntegrateOptions {
  Walls walls{};
  std::size_t block = 0; ///< particles a block, at most Tape::strip; 0: chosen by dimension
  bool interruptible = true; ///< look at interrupts between steps; without, advance() always ends at one time
  StepObserver* observer = nullptr; ///< must outlive the integrator
  bool advice = true;    ///< on failure, estimate a stable dt for the message
};

class Integrator {
public:
  /// `dynamics` must outlive it. Throws std::invalid_argument when stepper and model, or walls and model, do not fit.
  Integrator(const Dynamics& dynamics, const Stepper& stepper, std::uint64_t seed, Clock clock, IntegrateOptions options = {});
  ~Integrator();
  Integrator(Integrator&&) noexcept;

  /// Takes all particles from step `from` to step `until`; noise from (seed, Purpose::steps). Throws NumericalFailure naming particle,
  /// step, time and last finite position where a particle leaves the finite numbers; Interrupted. After an exception the particles
  /// are not all at one time.
  void advance(Ensemble& ensemble, std::uint64_t from, std::uint64_t until);

  /// Rows an ensemble needs: d, or 2 d with momenta.
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t block() const; ///< particles a block

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Largest dt for which explicit schemes are expected to be stable: 1 / L, L the largest norm of the drift's Jacobian at the particles
/// sampled (at most `samples`, evenly spread; norm by power iteration on finite differences of the drift). Infinity where the drift
/// is constant.
[[nodiscard]] double stable_dt(const Dynamics& dynamics, const Ensemble& ensemble, double t = 0, std::size_t samples = 64);

} // namespace driftwell
