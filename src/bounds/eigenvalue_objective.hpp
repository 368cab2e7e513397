#pragma once
// The smallest eigenvalue of a symmetric matrix of formulas as a quantity on boxes; see curvature.hpp for the method.
#include "driftwell/bounds/curvature.hpp"

#include "detail.hpp"
#include "interval_matrix.hpp"

namespace driftwell::bounds {

class SmallestEigenvalue : public Objective {
public:
  /// `primitives`: what the entries are derivatives of, where that must not jump; may be empty.
  SmallestEigenvalue(const ExpressionMatrix& a, const std::vector<Expression>& primitives, std::size_t dimension, const Eigen::MatrixXd& metric);
  Bound bound(Box& box) const override;
  std::size_t cost() const override { return 2 * entries_.nodes() + slopes_.nodes() + 2 * size_ * size_ * size_ * (3 + (slopes_.outputs() > 0 ? dimension_ : 0)); }
  [[nodiscard]] Bound bound_of(const Box& box) const;

private:
  /// W and the distance of Y^T D Y from I, with W = D Y made for the eigenbasis of `middle`.
  struct Basis {
    IntervalMatrix w, y;
    double distance;
  };
  [[nodiscard]] Basis basis_of(const Eigen::MatrixXd& middle) const;
  [[nodiscard]] IntervalMatrix matrix_of(std::span<const Image> images) const;
  [[nodiscard]] IntervalMatrix mean_value_form(const Basis& basis, const Box& box, const IntervalMatrix& at_middle, Bound& bound,
                                               std::vector<Image>& scratch) const;
  [[nodiscard]] double value_above(const Basis& basis, const IntervalMatrix& at_middle) const;

  std::size_t size_, dimension_;
  Eigen::MatrixXd metric_, root_; ///< D = root root^T; both empty: the identity
  expression::IntervalTape entries_, primitives_, slopes_;
};

} // namespace driftwell::bounds
