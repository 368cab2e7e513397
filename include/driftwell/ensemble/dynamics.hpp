#pragma once
// A model made ready for particles: tapes of the Ito drift and of the diffusion, evaluated on blocks.
//
//   dx = b(x, T) dt + sigma(x) dW,   sigma sigma^T = 2 T D(x)
#include "driftwell/ensemble/rows.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/model/model.hpp"
#include "driftwell/model/schedule.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace driftwell {

/// Each class contains those before it.
enum class NoiseClass {
  additive,    ///< sigma does not depend on x
  diagonal,    ///< sigma_ij = 0 for i != j, sigma_ii depends on x_i alone
  commutative, ///< sum_k sigma_k,a d_k sigma_i,b is symmetric in a and b: no iterated integrals of different noises needed
  general,
};
[[nodiscard]] std::string name_of(NoiseClass noise);

class MatrixProduct;
class Field;

/// Immutable and shared by all threads; each thread has a Workspace.
class Dynamics {
public:
  /// Compiles the model. `temperature` replaces the model's own number where it changes with time. Throws
  /// std::invalid_argument where a constant D is not positive semi-definite.
  explicit Dynamics(const Model& model);
  Dynamics(const Model& model, Schedule temperature);
  /// Drift and noise of a field instead of a model's.
  Dynamics(std::shared_ptr<const Field> field, Schedule temperature);

  [[nodiscard]] std::size_t dimension() const { return dimension_; }
  /// Throws std::invalid_argument where there is a field instead: schemes that need formulas cannot do it.
  [[nodiscard]] const Model& model() const;
  [[nodiscard]] bool underdamped() const { return model_ && model_->underdamped(); }
  [[nodiscard]] std::string name(std::size_t variable) const; ///< for messages
  /// Independent Brownian motions; rows of xi that noise() takes. As many as variables, but for fields.
  [[nodiscard]] std::size_t noises() const { return noises_; }
  [[nodiscard]] double temperature(double t) const { return schedule_.value(t); }
  [[nodiscard]] bool constant_temperature() const { return schedule_.constant(); }
  [[nodiscard]] NoiseClass noise_class() const { return noise_class_; }
  [[nodiscard]] bool diagonal() const { return diagonal_; } ///< D is diagonal, whatever its entries depend on
  [[nodiscard]] bool linear_drift() const { return product_ != nullptr; } ///< b = M x + c, evaluated as a matrix product

  class Workspace {
  public:
    explicit Workspace(const Dynamics& dynamics);

  private:
    friend class Dynamics;
    expression::Tape::Workspace drift_, diffusion_;
    RowBuffer entries_;  ///< of D, then of its root
    RowBuffer parts_;    ///< b at T = 0 and db/dT, with a schedule
    std::shared_ptr<void> field_;
  };

  /// b_i(x_k) at temperature T, k < n <= Tape::strip.
  void drift(ConstRows x, Rows b, std::size_t n, double T, Workspace& workspace) const;
  /// out_i = sum_j sigma_ij(x) xi_j at temperature T: the noise of all particles of the block. out and xi are different
  /// rows.
  void noise(ConstRows x, ConstRows xi, Rows out, std::size_t n, double T, Workspace& workspace) const;
  /// sigma_ij(x) as rows[i * d + j] (all d^2 of them; lower triangular).
  void amplitude(ConstRows x, Rows sigma, std::size_t n, double T, Workspace& workspace) const;
  /// 2 T D_ii(x), one row a dimension.
  void variance(ConstRows x, Rows out, std::size_t n, double T, Workspace& workspace) const;
  /// sigma_ii of additive diagonal noise, at T = 1/2: multiply by sqrt(2 T). Empty for other noise.
  [[nodiscard]] std::span<const double> constant_scale() const { return scale_; }
  /// Lower triangular root of a constant D, row by row (d x d); empty where D depends on x.
  [[nodiscard]] std::span<const double> constant_root() const { return root_; }

private:
  void compile_drift();
  void compile_diffusion();
  void find_linear_drift(const std::vector<Expression>& b);
  /// The root of D(x) in the workspace, D itself where it is diagonal.
  void root(ConstRows x, std::size_t n, Workspace& workspace) const;

  std::optional<Model> model_;
  std::shared_ptr<const Field> field_;
  std::size_t dimension_ = 0, noises_ = 0;
  Schedule schedule_;
  NoiseClass noise_class_ = NoiseClass::general;
  bool diagonal_ = true; ///< asked for in inner loops
  expression::Tape drift_;     ///< b; with a schedule b at T = 0, then db/dT
  expression::Tape diffusion_; ///< D_ii, or D_ij for j <= i row by row
  std::vector<double> scale_, root_;
  std::shared_ptr<const MatrixProduct> product_, noise_product_; ///< linear drift; constant full root
};

} // namespace driftwell
