#pragma once
// The underdamped side: the Hermite method at two resolutions.
#include "driftwell/theorems/claim.hpp"

#include <complex>
#include <string>
#include <vector>

namespace driftwell::theorems {

class KineticEvidence {
public:
  virtual ~KineticEvidence() = default;
  [[nodiscard]] virtual const std::vector<double>& times() const = 0;
  [[nodiscard]] virtual double friction() const = 0;
  [[nodiscard]] virtual double temperature() const = 0;
  /// A scalar of kinetic::PhaseSpace::observe at every time.
  [[nodiscard]] virtual std::vector<Measured> series(const std::string& observable) const = 0;
  /// The steady density of the position at the walls over its largest value; 0 on a circle; 1 where it is not known.
  [[nodiscard]] virtual double wall_density() const { return 1; }
  /// Real and imaginary parts of the slowest eigenvalues.
  struct Mode {
    Measured real, imaginary;
  };
  [[nodiscard]] virtual std::vector<Mode> modes(std::size_t count) const = 0;
};

} // namespace driftwell::theorems
