#pragma once
// Rotation in a plane: angle about a point and area swept, per unit time.
#include "driftwell/estimators/estimate.hpp"

#include <array>
#include <string>
#include <vector>

namespace driftwell::estimators {

/// Streams the paths of n independent particles in a plane (x, y); memory 4 n. Chords between calls:
///   angle: of the chord seen from the centre, in (-pi, pi]; the winding number is angle / (2 pi)
///   area: (1/2) (x dy - y dx) about the centre, the chord's triangle. Its sum is the Stratonovich integral (1/2) oint x dy - y dx
///     (both ends weigh alike), whose mean is (1/2) E[x b_y - y b_x] for the Stratonovich drift b.
/// Counter-clockwise is positive. Angles have heavy tails where paths pass near the centre, and steps that turn by more than pi
/// are folded: both need calls that are dense in time; areas do not.
class WindingAccumulator {
public:
  WindingAccumulator(std::size_t particles, std::array<double, 2> centre);
  /// Places of all particles, `dt` after the last call (of no meaning at the first). NumericalFailure naming the particle for what
  /// is not finite or lies exactly on the centre; std::invalid_argument unless dt > 0.
  void add(const double* x, const double* y, double dt);

  /// All that changes, by name: state(name, member) saves it, or loads it into an accumulator of as many particles.
  template <class State> void keep(State& state, const std::string& name) {
    state(name + "/calls", calls_);
    state(name + "/time", time_);
    state(name + "/carry", carry_);
    for (auto [member, column] : {std::pair{"/x", &x_}, {"/y", &y_}, {"/angle", &angle_}, {"/area", &area_}}) state(name + member, *column);
  }

  struct Result {
    double time = 0;
    Estimate angular_velocity; ///< angle / time
    Estimate area_rate;        ///< area / time
    Estimate winding;          ///< turns since the start, mean over particles
    Estimate winding_variance; ///< its variance over particles
  };
  /// NumericalFailure for fewer than 2 particles or 2 calls.
  [[nodiscard]] Result result() const;
  [[nodiscard]] const std::vector<double>& angles() const { return angle_; } ///< since the start, a particle

private:
  std::array<double, 2> centre_;
  std::size_t calls_ = 0;
  double time_ = 0, carry_ = 0;
  std::vector<double> x_, y_, angle_, area_;
};

} // namespace driftwell::estimators
