#pragma once
// What other sections may ask the density side for.
#include "driftwell/grid/grid.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <map>
#include <string>
#include <vector>

namespace driftwell::run {

/// Of any way to evolve a density.
class DensitySeries {
public:
  virtual ~DensitySeries() = default;
  /// Rows of the observables, and their error bars, at the outputs computed so far.
  struct Row {
    std::vector<double> value, error; ///< error: NaN where there is none
  };
  [[nodiscard]] virtual const std::map<std::string, std::vector<Row>>& rows() const = 0;
};

/// Of a density on cells.
class DensityResults : public DensitySeries {
public:
  /// Of the finest grid, after prepare(); the steady state is nullptr where it changes with time.
  [[nodiscard]] virtual const Grid& grid() const = 0;
  [[nodiscard]] virtual const SteadyState* reference_state() const = 0;
  /// Phi = f on this grid: no tilt around a period, no wall that absorbs.
  [[nodiscard]] virtual bool gibbs() const = 0;
  /// The steady state of the first temperature: a law to start from.
  [[nodiscard]] virtual SteadyState start_state() const = 0;
  /// Probabilities of cells at the outputs whose density is kept, by index of the output.
  [[nodiscard]] virtual const std::map<std::size_t, Eigen::VectorXd>& densities() const = 0;
};

} // namespace driftwell::run
