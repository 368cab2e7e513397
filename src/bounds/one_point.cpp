// Far from x* the quotient is a formula; near x* it is a mean of <e, J e> along the segment to x*, e the direction, so the
// smallest eigenvalue of (J + J^T)/2 on the hull of box and x* bounds it. The larger of both bounds counts.
#include "driftwell/bounds/curvature.hpp"

#include "eigenvalue_objective.hpp"
#include "range_objective.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

/// Means over [x - reach, x + reach] of f' and f'', by their ranges: what bounds a small difference of f.
class MeanOnLine {
public:
  MeanOnLine(const Expression& f, double reach) : tape_({f, f.derivative(0), f.derivative(0).derivative(0)}, 1), reach_(reach) {}
  [[nodiscard]] std::size_t cost() const { return 3 * tape_.nodes(); }

  /// The least second derivative; -infinity where f or f' may jump, of which derivatives say nothing.
  [[nodiscard]] double slope(const Interval& x) const {
    const std::vector<Image> at = images(x);
    return known(at) ? at[2].range.lower : -std::numeric_limits<double>::infinity();
  }
  /// Of f', its range and the mean value form: the smaller.
  [[nodiscard]] std::optional<Interval> field(const Interval& x) const {
    const std::vector<Image> at = images(x);
    if (!known(at)) return std::nullopt;
    const Interval middle(x.middle());
    return intersection(at[1].range, images(middle)[1].range + at[2].range * (x - middle));
  }

private:
  [[nodiscard]] std::vector<Image> images(const Interval& x) const { return tape_(Box{x + Interval(-reach_, reach_)}); }
  [[nodiscard]] static bool known(const std::vector<Image>& at) {
    return at[0].continuous && at[1].continuous && std::all_of(at.begin(), at.end(), [](const Image& i) { return i.defined; });
  }
  expression::IntervalTape tape_;
  double reach_;
};

class OnePoint : public Objective {
public:
  OnePoint(const std::vector<Expression>& g, const std::vector<double>& centre, const Box& whole, const std::optional<MeanOnLine>& mean = {})
      : centre_(centre), mean_(mean), slope_(jacobian(g, whole.size()), g, whole.size(), {}), quotient_(quotient(g, whole), whole) {}

  std::size_t cost() const override { return slope_.cost() + quotient_.cost() + (mean_ ? mean_->cost() : 0); }

  Bound bound(Box& box) const override {
    Box joined = box;
    bool holds_centre = true;
    Interval distance(0.0);
    for (std::size_t i = 0; i < box.size(); ++i) {
      joined[i] = hull(box[i], Interval(centre_[i]));
      holds_centre = holds_centre && box[i].contains(centre_[i]);
      distance = distance + square(box[i] - Interval(centre_[i]));
    }
    Bound near = slope_.bound_of(joined);
    if (mean_) near.lower = std::max(near.lower, mean_->slope(joined[0]));
    if (holds_centre) {
      const Bound at = slope_.bound_of(box_of(centre_)); // the infimum as x -> x*
      return {near.lower, at.upper, centre_, near.split, near.defined, near.smooth};
    }
    Bound far = quotient_.bound(box);
    if (far.discard) return far;
    const double doubt = (Interval(residual_doubt_) / sqrt(distance)).upper; // g(x*) is known up to rounding
    far.lower = near.smooth && near.defined ? std::max(near.lower, far.lower - 2 * doubt) : far.lower - 2 * doubt;
    if (const auto field = mean_ ? mean_->field(box[0]) : std::nullopt)
      far.lower = std::max(far.lower, ((*field - Interval(residual_)) / (box[0] - Interval(centre_[0]))).lower - 2 * doubt);
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
      residual_ = residual[i].range.middle();
    }
    return top / bottom;
  }

  std::vector<double> centre_;
  std::optional<MeanOnLine> mean_;
  double residual_doubt_ = 0, residual_ = 0; ///< residual_: of the last component
  SmallestEigenvalue slope_;
  Range quotient_;
};

} // namespace

Enclosure one_point_convexity(const std::vector<Expression>& g, const std::vector<double>& centre, const Box& box, const Search& search) {
  return minimise(OnePoint(g, centre, box), box, search);
}

Enclosure one_point_convexity_of_mean(const Expression& f, double reach, const std::vector<Expression>& g, const std::vector<double>& centre, const Box& box, const Search& search) {
  if (box.size() != 1) throw std::invalid_argument("the mean of a derivative over an interval needs one variable");
  return minimise(OnePoint(g, centre, box, MeanOnLine(f, reach)), box, search);
}

} // namespace driftwell::bounds
