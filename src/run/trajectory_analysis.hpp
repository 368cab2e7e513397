#pragma once
// From paths to drift and noise, and on to the steady state, implicit potential and circulation; error bars by a block bootstrap.
#include "driftwell/estimators/kramers_moyal.hpp"
#include "driftwell/generator/tabulated_equation.hpp"
#include "driftwell/stationary/circulation.hpp"

#include <Eigen/Core>

#include <complex>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

/// A number with the errors it can have.
struct TrajectoryNumber {
  double value = 0;
  double standard_error = 0; ///< of the sample: block bootstrap
  double bias = 0;           ///< of the sample: mean of the replicates - value
  double fit_bias = 0;       ///< value - what it would be without the bias of the fits: width of the kernel and finite tau
  double richardson = 0, error = 0; ///< of the grid: extrapolated from half the cells, and the difference; NaN where there is no coarser grid
};

struct TrajectoryOptions {
  double temperature = 1;
  std::size_t resamples = 32;
  std::uint64_t seed = 1;
};

/// All fields on the cells of the grid, NaN in cells that are not supported.
class TrajectoryAnalysis {
public:
  using Fields = std::vector<Eigen::VectorXd>;
  struct Solution {
    Fields drift, diffusion, drift_tau, diffusion_tau; ///< D, not T D
    std::size_t repaired = 0;
    Eigen::VectorXd p, log_p, implicit_potential;
    Fields circulation;
    std::map<std::string, double> numbers;
  };

  /// Estimates, solves and resamples. `advance(done, all)` after each replicate. Throws NumericalFailure, Interrupted.
  TrajectoryAnalysis(const estimators::KramersMoyal& estimator, const estimators::Trajectories& paths, const TrajectoryOptions& options,
                     const std::function<void(std::size_t, std::size_t)>& advance);

  [[nodiscard]] const std::vector<bool>& supported() const { return supported_; }
  [[nodiscard]] const Solution& solution() const { return solution_; }
  /// Standard errors of the fields; numbers empty.
  [[nodiscard]] const Solution& errors() const { return errors_; }
  /// Fields - what they would be without the bias of the fits (KramersMoyalBias); numbers empty.
  [[nodiscard]] const Solution& fit_bias() const { return fit_bias_; }
  [[nodiscard]] const std::map<std::string, TrajectoryNumber>& numbers() const { return numbers_; }
  [[nodiscard]] const estimators::DiffusionTest& test() const { return test_; }
  [[nodiscard]] const Eigen::VectorXd& histogram() const { return histogram_; } ///< share of the samples in each cell
  [[nodiscard]] double share_outside() const { return 1 - histogram_share_; }   ///< of the samples, outside of the supported cells
  [[nodiscard]] std::size_t dropped() const { return dropped_; }                ///< supported cells without connection to the others
  [[nodiscard]] double correlation_time() const { return correlation_time_; }   ///< longest integrated one of a coordinate
  [[nodiscard]] const std::optional<std::complex<double>>& gap() const { return gap_; }
  [[nodiscard]] const std::string& method() const { return method_; }
  [[nodiscard]] std::size_t chain_replicates() const { return chains_; } ///< replicates whose steady state was computed

private:
  [[nodiscard]] Solution solve(const estimators::KramersMoyalFields& fields, bool keep);
  void add_grid_error(const Solution& fine);
  void add_fit_bias(const estimators::KramersMoyalFields& fields, const Eigen::VectorXd& counts);
  void resample(const std::function<void(std::size_t, std::size_t)>& advance);
  [[nodiscard]] double histogram_divergence(const Eigen::VectorXd& counts, const Eigen::VectorXd& log_q) const;

  const estimators::KramersMoyal& estimator_;
  TrajectoryOptions options_;
  std::vector<bool> supported_;
  Solution solution_, errors_, fit_bias_;
  std::map<std::string, TrajectoryNumber> numbers_;
  estimators::DiffusionTest test_;
  Eigen::VectorXd histogram_;
  double histogram_share_ = 1, correlation_time_ = 0;
  std::size_t dropped_ = 0, effective_ = 0, chains_ = 0;
  std::optional<std::complex<double>> gap_;
  std::string method_;
};

} // namespace driftwell::run
