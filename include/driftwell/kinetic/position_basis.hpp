#pragma once
// The position q of the kinetic equation on a line or a circle: a spectral basis in which transport keeps its structure.
//
// With U the effective potential (drift b = -U' + b0, b0 = 0 on a line), s = exp(-U/2T)/sqrt(Z) and c = s u the operators of
// the Hermite hierarchy (kinetic_operator.hpp) become A = sqrt(T) (d/dq + U'/2T) and its adjoint. They change the parity in p: at a
// reflecting wall, where p becomes -p, functions that go with odd Hermite functions vanish and the others are free.
//  * line: even space = polynomials of degree <= n-2, odd space = those of degree <= n-1 that vanish at both walls, in the inner
//    product of n Gauss-Lobatto nodes. Far beyond where s is of any size the box is cut off: the walls sit where s = 1e-21.
//  * circle: trigonometric polynomials of n (odd) modes for both.
// Both spaces are turned into eigenfunctions of A^T A and of A A^T; where nothing is felt of the walls the highest ones, which the
// nodes do not resolve, are left out. The first even one is s itself, and A s = 0 is enforced exactly (the change is as small as the
// error of the nodes). Everything else that the equation conserves then follows from A^T being the transpose of A.
#include "driftwell/kinetic/collocation.hpp"
#include "driftwell/model/model.hpp"

#include <Eigen/Core>

#include <memory>

namespace driftwell::kinetic {

/// Where q lives, as given.
struct PositionBox {
  double lower, upper;
  bool periodic;
};

/// A value of the drift or the potential that is not finite.
struct NotFinite {
  double q, value;
  bool potential; ///< else the drift
};

class PositionBasis {
public:
  /// `nodes` >= 8. Throws NotFinite; std::invalid_argument where the model has more than one variable.
  PositionBasis(const Model& model, const PositionBox& box, Eigen::Index nodes);

  [[nodiscard]] const Collocation& collocation() const { return nodes_; }
  [[nodiscard]] Eigen::Index even() const { return even_.cols(); } ///< dimension of the even space
  [[nodiscard]] Eigen::Index odd() const { return odd_.cols(); }
  /// s times sqrt(w) at the nodes is `root_weights` times this; log s itself, normalised so that sum w s^2 = 1.
  [[nodiscard]] const Eigen::VectorXd& log_s() const { return log_s_; }
  [[nodiscard]] double log_partition() const { return log_partition_; } ///< log of the integral of exp(-U/T) over q
  [[nodiscard]] const Eigen::VectorXd& potential() const { return U_; } ///< U at the nodes
  [[nodiscard]] const Eigen::VectorXd& loss() const { return f_; }      ///< f at the nodes
  [[nodiscard]] double drive() const { return drive_; }                 ///< b0

  /// Functions u at the nodes: values = basis * coefficients; coefficients = basis^T diag(w) values.
  [[nodiscard]] const Eigen::MatrixXd& basis(bool odd) const { return odd ? odd_ : even_; }
  /// A from the even to the odd space and from the odd to the even one.
  [[nodiscard]] const Eigen::MatrixXd& A(bool from_odd) const { return from_odd ? A_odd_ : A_even_; }
  /// The identity between them (circle; empty on a line).
  [[nodiscard]] const Eigen::MatrixXd& same(bool from_odd) const { return from_odd ? same_odd_ : same_even_; }

  /// U and f at any point of the box.
  [[nodiscard]] double potential_at(double q) const;
  [[nodiscard]] double loss_at(double q) const;
  [[nodiscard]] double temperature() const { return temperature_; }

private:
  struct Functions;
  void sample();
  void build(bool truncate);

  std::shared_ptr<const Functions> functions_;
  double temperature_, drive_ = 0, log_partition_ = 0;
  bool walls_felt_ = false;
  Collocation nodes_;
  Eigen::VectorXd U_, f_, slope_, log_s_;
  Eigen::MatrixXd even_, odd_, A_even_, A_odd_, same_even_, same_odd_;
};

} // namespace driftwell::kinetic
