#pragma once
// The ensemble side: what section [langevin] measured.
#include "driftwell/theorems/claim.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwell::theorems {

class CloudEvidence {
public:
  virtual ~CloudEvidence() = default;
  [[nodiscard]] virtual const std::vector<double>& times() const = 0;
  [[nodiscard]] virtual std::size_t particles() const = 0;
  [[nodiscard]] virtual double dt() const = 0;
  /// Component of an ensemble observable at every time, value and standard error; NaN where it failed, empty where it does not apply.
  [[nodiscard]] virtual std::vector<Measured> series(const std::string& observable, std::size_t component = 0) const = 0;
};

} // namespace driftwell::theorems
