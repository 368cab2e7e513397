#pragma once
// The density side: one experiment on three grids. Everything a theorem asks is a list of numbers of one grid, and the three grids make
// the error bar.
#include "driftwell/model/model.hpp"
#include "driftwell/observables/observable.hpp"
#include "driftwell/propagators/propagator.hpp"
#include "driftwell/stationary/spectrum.hpp"
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/remembered.hpp"

#include <Eigen/Core>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::theorems {

/// How the pieces are made: the engine's own way, or one that a test has spoilt.
struct DensityMakers {
  std::function<Generator(const Model&, const Grid&)> generator = build_generator;
  std::function<SteadyState(const Model&, const Generator&, const Eigen::VectorXd& loss)> steady{}; ///< empty: steady_state()
  std::function<Eigen::VectorXd(const Grid&, const SteadyState&)> initial{};                     ///< probabilities of cells
  std::function<Eigenmodes(const Generator&, const SteadyState&, std::size_t count)> modes =
      [](const Generator& generator, const SteadyState& steady, std::size_t count) { return eigenmodes(generator, steady, count); };
};

struct DensityTask {
  Model model;
  Grid grid;
  DensityMakers make{};
  std::vector<double> times{0.0}; ///< increasing, the first one 0
  double tolerance = 1e-9;   ///< in time
  std::string propagator = "auto";
  std::optional<double> dt{};
  double memory = 4e9;       ///< bytes
  std::function<void()> poll = [] {}; ///< called between outputs
};

/// One grid: chain and steady state at once, the evolution when it is first asked for.
class Level {
public:
  Level(const DensityTask& task, const Grid& grid);
  /// Chain and steady state of another level, looked at in another task: at other times.
  Level(const DensityTask& task, const Level& chain);

  [[nodiscard]] const Model& model() const { return task_.model; }
  [[nodiscard]] const Grid& grid() const { return generator_.grid(); }
  [[nodiscard]] const Generator& generator() const { return generator_; }
  [[nodiscard]] const SteadyState& steady() const { return steady_; }
  [[nodiscard]] const Eigen::VectorXd& loss() const { return loss_; } ///< f at the centres
  [[nodiscard]] const std::vector<double>& times() const { return task_.times; }
  /// Probabilities of the cells at time 0.
  [[nodiscard]] Eigen::VectorXd initial() const { return task_.make.initial(grid(), steady_); }
  /// Probabilities of the cells at every time. Throws NumericalFailure.
  [[nodiscard]] const std::vector<Eigen::VectorXd>& densities() const;
  /// Bounds of their L1 error in time.
  [[nodiscard]] const std::vector<double>& time_errors() const;
  [[nodiscard]] DensityState state(std::size_t time) const;
  /// A scalar of the observables shelf at every time.
  [[nodiscard]] const std::vector<double>& observable(const std::string& name) const;
  /// The `count` slowest modes.
  [[nodiscard]] const Eigenmodes& modes(std::size_t count) const;
  [[nodiscard]] const Remembered& remembered() const;

private:
  const DensityTask& task_;
  Eigen::VectorXd loss_;
  Generator generator_;
  SteadyState steady_;
  struct Cache;
  std::shared_ptr<Cache> cache_;
};

class DensityEvidence {
public:
  explicit DensityEvidence(DensityTask task);
  DensityEvidence(const DensityEvidence&) = delete;
  DensityEvidence& operator=(const DensityEvidence&) = delete;

  [[nodiscard]] const Model& model() const { return task_->model; }
  [[nodiscard]] const std::vector<double>& times() const { return task_->times; }
  [[nodiscard]] const DensityTask& task() const { return *task_; }
  /// The grid asked for and up to two halvings.
  [[nodiscard]] std::size_t levels() const { return levels_.size(); }
  /// 0: the finest. Made when first asked for. Throws NumericalFailure.
  [[nodiscard]] const Level& level(std::size_t i = 0) const;

  using Numbers = std::function<std::vector<double>(const Level&)>;
  /// Numbers of the limit of fine grids: second-order values of three grids extrapolated, the error what extrapolating from the coarser two changes. Where the
  /// three do not look like second order: the finest value, and all that halving changed. Fewer grids: the finest value; one: no bar (infinity).
  /// NaN on a coarser grid counts as no such grid for that number.
  [[nodiscard]] std::vector<Measured> measure(const Numbers& numbers) const;
  [[nodiscard]] Measured measure_one(const std::function<double(const Level&)>& number) const;
  /// A scalar of the observables shelf at every time, what the propagator leaves open included.
  [[nodiscard]] std::vector<Measured> observable(const std::string& name) const;
  /// The same experiment with another model on the same grid, from the same initial law.
  [[nodiscard]] std::shared_ptr<DensityEvidence> with_model(const Model& model) const;
  /// The same experiment at other times, the first one 0, with the propagator that suits best and to `tolerance`.
  [[nodiscard]] std::shared_ptr<DensityEvidence> with_times(const std::vector<double>& times, double tolerance) const;
  [[nodiscard]] Refinement refinement() const;
  [[nodiscard]] const Remembered& remembered() const { return remembered_; }

private:
  std::unique_ptr<DensityTask> task_;
  std::vector<Grid> grids_;
  mutable std::vector<std::unique_ptr<Level>> levels_;
  Remembered remembered_;
};

/// The limit of second-order values v(h), v(2h), v(4h) and its error, as DensityEvidence::measure says; NaN: no such value.
[[nodiscard]] Measured limit_of(double fine, double middle, double coarse);

} // namespace driftwell::theorems
