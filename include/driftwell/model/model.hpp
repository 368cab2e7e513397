#pragma once
// The stochastic differential equation a user writes down, and its Ito form.
//
//   dx = (-grad f + force) dt + sqrt(2 T D(x)) dW          f potential, T temperature, D diffusion
//
// or, with a friction gamma, the underdamped equation in positions q (the variables) and momenta p, of unit mass:
//
//   dq = p dt,  dp = (-grad f + force - gamma p) dt + sqrt(2 gamma T) dW
//
// Conventions: docs/conventions.md. Everything downstream of this room sees Ito.
#include "driftwell/expression/expression.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwell {

using expression::Expression;

/// How sqrt(2 T D(x)) dW is meant where D depends on x.
/// ito:          drift as written.
/// stratonovich: noise at the midpoint; with sigma the symmetric root of D the Ito drift gains T sum_jk sigma_kj d_k sigma_ij,
///               (T/2) div D where D is diagonal.
/// anti_ito:     Haenggi-Klimontovich: noise at the end point and D is the mobility too, drift -D grad f + force;
///               Ito drift gains T div D. With force = 0 the steady state is exp(-f/T) for every D(x).
enum class Interpretation { ito, stratonovich, anti_ito };

[[nodiscard]] std::string name_of(Interpretation interpretation);

/// What the user gave; sizes d, d and d x d.
struct Equation {
  std::vector<std::string> names;
  Expression potential;                          ///< f; 0 where only a force is given
  bool has_potential = true;
  std::vector<Expression> force;
  std::vector<std::vector<Expression>> diffusion; ///< D
  /// Q, antisymmetric: adds -Q grad f + T div Q to the drift, a circulation that leaves exp(-f/T) stationary; empty: none.
  std::vector<std::vector<Expression>> circulation{};
  double temperature = 1;                         ///< T; of a schedule, the one at the last time
  std::string schedule{};                         ///< T(t) in words; empty: T is constant
  Interpretation interpretation = Interpretation::ito;
  double friction = 0;                            ///< gamma > 0: underdamped, D = I; 0: overdamped
};

/// b_i = -(D or I) grad f + force_i + spurious * T sum_j d_j D_ij, the Ito drift in parts; for a full D(x) the
/// Stratonovich part is what Model::drift says instead.
struct ItoForm {
  bool mobility_is_diffusion; ///< -D grad f instead of -grad f
  double spurious;            ///< 0, 1/2 or 1
};

class Model {
public:
  /// Throws std::invalid_argument when sizes disagree, temperature is not positive and finite, Q is not
  /// antisymmetric, friction is negative or comes with a D other than I or a circulation, or a Stratonovich model has a D(x) that couples three variables (its root has no closed form).
  explicit Model(Equation equation);

  [[nodiscard]] std::size_t dimension() const { return equation_.names.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return equation_.names; }
  [[nodiscard]] double temperature() const { return equation_.temperature; }
  /// The same equation at another temperature. Throws std::invalid_argument when it is not positive and finite.
  [[nodiscard]] Model with_temperature(double temperature) const;
  /// gamma of the underdamped equation; 0: the equation is overdamped. drift(), gibbs() and the like are about the positions
  /// alone: drift(i) is then -d_i f + force_i, the acceleration without friction.
  [[nodiscard]] double friction() const { return equation_.friction; }
  [[nodiscard]] bool underdamped() const { return equation_.friction > 0; }
  [[nodiscard]] Interpretation interpretation() const { return equation_.interpretation; }
  [[nodiscard]] const Expression& potential() const { return equation_.potential; }
  [[nodiscard]] bool has_potential() const { return equation_.has_potential; }
  [[nodiscard]] const Expression& gradient(std::size_t i) const { return gradient_[i]; }
  [[nodiscard]] const Expression& force(std::size_t i) const { return equation_.force[i]; }
  [[nodiscard]] const Expression& diffusion(std::size_t i, std::size_t j) const { return equation_.diffusion[i][j]; }

  [[nodiscard]] const Expression& circulation(std::size_t i, std::size_t j) const { return equation_.circulation[i][j]; }

  [[nodiscard]] bool has_force() const;
  [[nodiscard]] bool has_circulation() const;
  [[nodiscard]] bool diagonal() const;         ///< D has no off-diagonal entries, structurally
  [[nodiscard]] bool identity_diffusion() const;
  /// The steady state is exp(-f/T) by construction: no force, and D = I or anti_ito; a circulation may run.
  [[nodiscard]] bool gibbs() const;
  /// The same without circulation: detailed balance.
  [[nodiscard]] bool gradient_system() const { return gibbs() && !has_circulation(); }

  /// The one place where the interpretation becomes Ito.
  [[nodiscard]] ItoForm ito_form() const;
  /// b_i, the Ito drift; with or without the part of the circulation.
  [[nodiscard]] Expression drift(std::size_t i, bool with_circulation = true) const;
  /// (-Q grad f + T div Q)_i = e^(f/T) T d_j (Q_ij e^(-f/T))
  [[nodiscard]] Expression circulation_drift(std::size_t i) const;

  /// The equation in words of the user, for `driftwell check` and the result file; several lines.
  [[nodiscard]] std::string description() const;

private:
  [[nodiscard]] std::string underdamped_description() const;
  /// sigma with sigma^2 = D, symmetric.
  [[nodiscard]] std::vector<std::vector<Expression>> noise_root() const;

  Equation equation_;
  std::vector<Expression> gradient_;
};

} // namespace driftwell
