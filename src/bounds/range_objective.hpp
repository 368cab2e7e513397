#pragma once
// min f: on each box the natural extension and the mean-value form f(m) + grad f(X).(X - m). Where f is monotone along an axis
// its minimum over the whole box is on a face: the box shrinks to that face where it touches it and is dropped where not.
// (At a corner of f the generalised derivative on one of the two closed sides holds 0, so that side is kept.)
#include "driftwell/bounds/range.hpp"

#include "detail.hpp"

namespace driftwell::bounds {

class Range : public Objective {
public:
  Range(const Expression& f, const Box& whole);
  Bound bound(Box& box) const override;
  std::size_t cost() const override { return value_.nodes() + all_.nodes(); }

private:
  /// False: the minimum is elsewhere.
  bool monotone_part(Box& box, const std::vector<Image>& images, bool& shrunk) const;
  static void improve(Bound& bound, const Box& box, const std::vector<Image>& images, const Interval& centre);

  Box whole_;
  expression::IntervalTape value_, all_;
};

} // namespace driftwell::bounds
