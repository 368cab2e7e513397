#pragma once
// Activations of neurons with two derivatives: tanh, relu (derivative 0 at 0), sigmoid, gelu = z (1 + erf(z/sqrt 2))/2, softplus = log(1 + e^z).
#include "driftwell/expression/tape.hpp"
#include "driftwell/sgd/loss.hpp"

namespace driftwell::sgd::detail {

class Activation {
public:
  /// Throws std::invalid_argument for a name it does not know.
  explicit Activation(const std::string& name);
  /// values[k] = s(z[k]), first[k] = s'(z[k]); second, where it is not null, s''(z[k]). Nothing may overlap.
  void operator()(std::size_t n, const double* z, double* values, double* first, double* second, Workspace& workspace) const;
  [[nodiscard]] static std::vector<std::string> names();

private:
  expression::Tape once_, twice_;
};

} // namespace driftwell::sgd::detail
