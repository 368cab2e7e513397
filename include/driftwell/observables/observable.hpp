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

class DensityState;

/// What observables ask of the equation that moves a density, whatever solves it: a Markov chain between cells, or a
/// spectral operator between quadrature nodes, whose Grid has the nodes as centres and the weights as widths.
class DensityDynamics {
public:
  virtual ~DensityDynamics() = default;
  [[nodiscard]] virtual const Grid& grid() const = 0;
  [[nodiscard]] virtual double temperature() const = 0;
  [[nodiscard]] virtual bool conservative() const { return true; } ///< no probability is absorbed
  /// dc/dt
  [[nodiscard]] virtual Eigen::VectorXd rate_of_change(const Eigen::VectorXd& c) const = 0;
  /// int rho |grad log(rho/rho_ss)|^2_D
  [[nodiscard]] virtual double fisher_information(const DensityState& state) const = 0;
};

class ChainDynamics : public DensityDynamics {
public:
  explicit ChainDynamics(const Generator& generator) : generator_(generator) {}
  [[nodiscard]] const Grid& grid() const override { return generator_.grid(); }
  [[nodiscard]] double temperature() const override { return generator_.temperature(); }
  [[nodiscard]] bool conservative() const override { return generator_.conservative(); }
  [[nodiscard]] Eigen::VectorXd rate_of_change(const Eigen::VectorXd& c) const override { return generator_.rates() * c; }
  [[nodiscard]] double fisher_information(const DensityState& state) const override;

private:
  const Generator& generator_;
};

/// A density with what several observables share, computed once. With absorbing walls the observables describe the
/// survivors: c = p / mass, compared with the quasi-stationary law.
class DensityState {
public:
  DensityState(const DensityDynamics& dynamics, const SteadyState& steady, const Eigen::VectorXd& loss, const Eigen::VectorXd& p);
  DensityState(const Generator& generator, const SteadyState& steady, const Eigen::VectorXd& loss, const Eigen::VectorXd& p);

  [[nodiscard]] const Grid& grid() const { return dynamics.grid(); }

private:
  DensityState(std::shared_ptr<const DensityDynamics> dynamics, const SteadyState& steady, const Eigen::VectorXd& loss, const Eigen::VectorXd& p);
  std::shared_ptr<const DensityDynamics> owned_; ///< made here for a generator

public:
  const DensityDynamics& dynamics;
  const SteadyState& steady;
  const Eigen::VectorXd& loss;  ///< f at the centres
  const Eigen::VectorXd& p;     ///< probabilities of cells
  double mass;                  ///< sum of p
  Eigen::VectorXd c;            ///< p / mass, rounding below 0 replaced by 0
  Eigen::VectorXd log_ratio;    ///< log(c / p_ss), finite everywhere

  /// Expectations under c and the KL divergence, gathered in the pass that makes c and log_ratio.
  struct Averages {
    double log_ratio = 0;  ///< E[log(c / p_ss)]
    double log_steady = 0; ///< E[log p_ss]
    double log_volume = 0; ///< E[log v], v the volume of a cell
    double potential = 0;  ///< E[Phi]
    double loss = 0;       ///< E[f]
    double kl = 0;         ///< sum of p_ss (r log r - r + 1), r = c / p_ss
    /// E[log(c / v)]
    [[nodiscard]] double log_density() const { return log_ratio + log_steady - log_volume; }
  } averages;
};

class DensityObservable {
public:
  enum class Shape { scalar, vector, matrix };

  virtual ~DensityObservable() = default;
  /// Whether there is such a number on this grid; where not, it is left out of the results.
  [[nodiscard]] virtual bool applies(const Grid&) const { return true; }
  /// Takes densities as constant on cells, which means nothing on quadrature nodes.
  [[nodiscard]] virtual bool cellwise() const { return false; }
  [[nodiscard]] virtual Shape shape() const { return Shape::scalar; }
  [[nodiscard]] virtual std::string long_name() const = 0; ///< with the equation
  /// 1, d or d x d numbers (row-major).
  [[nodiscard]] virtual std::vector<double> evaluate(const DensityState& state) const = 0;
};

using ObservableCatalogue = Catalogue<DensityObservable>;
template <> std::map<std::string, ObservableCatalogue::Item>& ObservableCatalogue::items();

} // namespace driftwell
