#pragma once
// The contract of the observables shelf: a number (or vector, or matrix) of a density at a time.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/generator/generator.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <memory>
#include <string>
#include <vector>

namespace driftwell {

/// A density with what several observables share, computed once. With absorbing walls the observables describe the
/// survivors: c = p / mass, compared with the quasi-stationary law.
class DensityState {
public:
  DensityState(const Generator& generator, const SteadyState& steady, const Eigen::VectorXd& loss, const Eigen::VectorXd& p);

  const Generator& generator;
  const SteadyState& steady;
  const Eigen::VectorXd& loss;  ///< f at the centres
  const Eigen::VectorXd& p;     ///< probabilities of cells
  double mass;                  ///< sum of p
  Eigen::VectorXd c;            ///< p / mass, rounding below 0 replaced by 0
  Eigen::VectorXd log_ratio;    ///< log(c / p_ss), finite everywhere
};

class DensityObservable {
public:
  enum class Shape { scalar, vector, matrix };

  virtual ~DensityObservable() = default;
  /// Whether there is such a number on this grid; where not, it is left out of the results.
  [[nodiscard]] virtual bool applies(const Grid&) const { return true; }
  [[nodiscard]] virtual Shape shape() const { return Shape::scalar; }
  [[nodiscard]] virtual std::string long_name() const = 0; ///< with the equation
  /// 1, d or d x d numbers (row-major).
  [[nodiscard]] virtual std::vector<double> evaluate(const DensityState& state) const = 0;
};

using ObservableCatalogue = Catalogue<DensityObservable>;
template <> std::map<std::string, ObservableCatalogue::Item>& ObservableCatalogue::items();

} // namespace driftwell
