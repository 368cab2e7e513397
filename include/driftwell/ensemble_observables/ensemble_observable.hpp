#pragma once
// The contract of the ensemble_observables shelf: a number (or vector, or matrix) of a cloud at a time, with its standard error.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/ensemble_observables/ensemble_state.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwell {

class EnsembleObservable {
public:
  enum class Shape { scalar, vector, matrix };

  virtual ~EnsembleObservable() = default;
  /// Whether there is such a number with this reference; where not, it is left out of the results.
  [[nodiscard]] virtual bool applies(const EnsembleReference&) const { return true; }
  [[nodiscard]] virtual Shape shape() const { return Shape::scalar; }
  [[nodiscard]] virtual std::string long_name() const = 0; ///< with the equation
  /// 1, r or r x r numbers (row-major), r the rows of the cloud. Throws NumericalFailure where the cloud does not determine them
  /// (all particles at one point have no entropy).
  [[nodiscard]] virtual std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const = 0;
};

using EnsembleObservableCatalogue = Catalogue<EnsembleObservable>;
template <> std::map<std::string, EnsembleObservableCatalogue::Item>& EnsembleObservableCatalogue::items();

} // namespace driftwell
