#pragma once
// Global minima by branch and bound: best-first bisection of boxes with rigorous lower bounds on each and rigorous
// values at points. The result encloses the minimum whenever the search stops; more boxes make it narrower.
//
// Rounds of a fixed number of boxes are bounded side by side, so that the result has the same bits for any number of threads.
#include "driftwell/expression/interval_tape.hpp"

#include <cstddef>
#include <vector>

namespace driftwell::bounds {

using expression::Box;
using expression::Interval;

/// When to stop: upper - lower <= absolute + relative |upper|, or after so many boxes.
struct Search {
  double absolute = 1e-9;
  double relative = 1e-6;
  std::size_t boxes = 100'000;
};

/// lower <= min (or max) over the box <= upper.
struct Enclosure {
  double lower = 0, upper = 0;
  std::vector<double> point; ///< where `upper` (of a maximum: `lower`) is taken
  Box box;                   ///< where the other side is: the least bound (of a maximum: the greatest)
  bool reached = false;      ///< the tolerance was reached
  bool defined = true;       ///< false: the function may be undefined somewhere; the bounds are over the points where it is defined
  bool smooth = true;        ///< false: what was bounded is a derivative, and the function below it may have a corner or a jump on the box
  std::size_t boxes = 0;     ///< bounded on the way
};

/// A quantity on boxes; minimise it.
class Objective {
public:
  struct Bound {
    double lower;                   ///< <= the quantity everywhere on the box (where it is defined)
    double upper;                   ///< >= the quantity at `point`; +infinity: not defined there
    std::vector<double> point;      ///< in the box
    std::size_t split = none;       ///< axis to bisect; none: the widest relative to the whole box
    bool defined = true, smooth = true;
    bool discard = false;           ///< the minimum over the whole box is also elsewhere, or not here
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
  };
  virtual ~Objective() = default;
  /// May make `box` smaller as long as the minimum over the whole box stays in some box (faces of the whole box when monotone).
  /// Called by several threads at a time.
  [[nodiscard]] virtual Bound bound(Box& box) const = 0;
  /// Roughly how many operations a box costs: only rounds of a millisecond or more are worth waking threads for.
  [[nodiscard]] virtual std::size_t cost() const = 0;
};

/// Throws std::invalid_argument for a box with an empty or unbounded side. Polls for interrupts.
[[nodiscard]] Enclosure minimise(const Objective& objective, const Box& box, const Search& search = {});
/// The enclosure of max f from that of min -f.
[[nodiscard]] Enclosure negated(Enclosure of_minimum);

} // namespace driftwell::bounds
