// Far from x* the quotient is a formula; near x* it is a mean of <e, J e> along the segment to x*, e the direction, so the
// smallest eigenvalue of (J + J^T)/2 on the hull of box and x* bounds it. The larger of both bounds counts.
#include "driftwell/bounds/curvature.hpp"

#include "eigenvalue_objective.hpp"
#include "range_objective.hpp"

#include <algorithm>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

class OnePoint : public Objective {
public:
  OnePoint(const std::vector<Expression>& g, const std::vector<double>& centre, const Box& whole)
      : centre_(centre), slope_(jacobian(g, whole.size()), g, whole.size(), {}), quotient_(quotient(g, whole), whole) {}

  std::size_t cost() const override { return slope_.cost() + quotient_.cost(); }

  Bound bound(Box& box) const override {
    Box joined = box;
    bool holds_centre = true;
    Interval distance(0.0);
    for (std::size_t i = 0; i < box.size(); ++i) {
      joined[i] = hull(box[i], Interval(centre_[i]));
      holds_centre = holds_centre && box[i].contains(centre_[i]);
      distance = distance + square(box[i] - Interval(centre_[i]));
    }
    const Bound near = slope_.bound_of(joined);
    if (holds_centre) {
      const Bound at = slope_.bound_of(box_of(centre_)); // the infimum as x -> x*
      return {near.lower, at.upper, centre_, near.split, near.defined, near.smooth};
    }
    Bound far = quotient_.bound(box);
    if (far.discard) return far;
    const double doubt = (Interval(residual_doubt_) / sqrt(distance)).upper; // g(x*) is known up to rounding
    far.lower = near.smooth && near.defined ? std::max(near.lower, far.lower - 2 * doubt) : far.lower - 2 * doubt;
    far.upper += 2 * doubt;
    return far;
  }

private:
  Expression quotient(const std::vector<Expression>& g, const Box& whole) {
    if (g.size() != whole.size() || centre_.size() != whole.size()) throw std::invalid_argument("one-point convexity needs one component and one coordinate an axis");
    for (std::size_t i = 0; i < whole.size(); ++i)
      if (!whole[i].contains(centre_[i])) throw std::invalid_argument("the centre of one-point convexity lies outside the box");
    const std::vector<Image> residual = expression::IntervalTape(g, whole.size())(box_of(centre_));
    Expression top(0.0), bottom(0.0);
    for (std::size_t i = 0; i < g.size(); ++i) {
      if (!residual[i].defined || !residual[i].range.bounded()) throw std::invalid_argument("the field is not defined at the centre of one-point convexity");
      const Expression distance = Expression::variable(i) - Expression(centre_[i]);
      top = top + distance * (g[i] - Expression(residual[i].range.middle()));
      bottom = bottom + distance * distance;
      residual_doubt_ += residual[i].range.width();
    }
    return top / bottom;
  }

  std::vector<double> centre_;
  double residual_doubt_ = 0;
  SmallestEigenvalue slope_;
  Range quotient_;
};

} // namespace

Enclosure one_point_convexity(const std::vector<Expression>& g, const std::vector<double>& centre, const Box& box, const Search& search) {
  return minimise(OnePoint(g, centre, box), box, search);
}

} // namespace driftwell::bounds
