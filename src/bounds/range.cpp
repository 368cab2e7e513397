#include "driftwell/bounds/range.hpp"

#include "range_objective.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::bounds {

Range::Range(const Expression& f, const Box& whole) : whole_(whole) {
  std::vector<Expression> outputs = f.gradient(whole.size());
  outputs.insert(outputs.begin(), f);
  value_ = expression::IntervalTape({f}, whole.size());
  all_ = expression::IntervalTape(outputs, whole.size());
}

Objective::Bound Range::bound(Box& box) const {
  std::vector<Image> scratch, images(1 + box.size());
  all_.evaluate(box, images, scratch);
  const bool regular = images[0].defined && images[0].continuous;
  bool shrunk = false;
  if (regular && !monotone_part(box, images, shrunk)) return {Interval::infinity, Interval::infinity, {}, Bound::none, true, true, true};
  if (shrunk) all_.evaluate(box, images, scratch);
  const std::vector<double> middle = middle_of(box);
  Image centre;
  value_.evaluate(box_of(middle), {&centre, 1}, scratch);
  Bound bound{images[0].range.lower, centre.defined ? centre.range.upper : Interval::infinity, middle};
  bound.defined = images[0].defined;
  bound.smooth = images[0].continuous || !images[0].defined;
  if (regular && centre.defined) improve(bound, box, images, centre.range);
  return bound;
}

bool Range::monotone_part(Box& box, const std::vector<Image>& images, bool& shrunk) const {
  for (std::size_t i = 0; i < box.size(); ++i) {
    const Interval slope = images[1 + i].range;
    if (box[i].is_point() || slope.is_empty() || !images[1 + i].defined || slope.contains(0.0)) continue;
    const double face = slope.lower > 0 ? box[i].lower : box[i].upper;
    if (face != (slope.lower > 0 ? whole_[i].lower : whole_[i].upper)) return false;
    box[i] = face;
    shrunk = true;
  }
  return true;
}

void Range::improve(Bound& bound, const Box& box, const std::vector<Image>& images, const Interval& centre) {
  Interval mean_value = centre;
  double widest = 0;
  for (std::size_t i = 0; i < box.size(); ++i) {
    if (box[i].is_point()) continue;
    if (!images[1 + i].defined || images[1 + i].range.is_empty()) return;
    const Interval change = images[1 + i].range * (box[i] - Interval(bound.point[i]));
    mean_value = mean_value + change;
    if (change.bounded() && change.width() > widest) widest = change.width(), bound.split = i;
  }
  bound.lower = std::max(bound.lower, mean_value.lower);
}

namespace {

/// The ends under an increasing function with outward rounding.
template <class Of> Enclosure mapped(Enclosure e, const Of& of) {
  e.lower = of(Interval(e.lower)).lower;
  e.upper = of(Interval(e.upper)).upper;
  return e;
}

} // namespace

Enclosure minimum(const Expression& f, const Box& box, const Search& search) { return minimise(Range(f, box), box, search); }
Enclosure maximum(const Expression& f, const Box& box, const Search& search) { return negated(minimise(Range(-f, box), box, search)); }

Oscillation oscillation(const Expression& f, const Box& box, const Search& search) {
  Oscillation result{minimum(f, box, search), maximum(f, box, search)};
  const Interval difference = Interval(result.largest.lower, result.largest.upper) - Interval(result.smallest.lower, result.smallest.upper);
  result.lower = std::max(0.0, difference.lower);
  result.upper = difference.upper;
  return result;
}

Enclosure largest_norm(const std::vector<Expression>& g, const Box& box, const Search& search) {
  Expression sum(0.0);
  for (const Expression& component : g) sum = sum + component * component;
  return mapped(maximum(sum, box, search), [](const Interval& square) { return sqrt(square); });
}

} // namespace driftwell::bounds
