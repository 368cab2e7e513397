#pragma once
// Bounds of formulas on a box: every value a formula takes there, and whether it is defined and continuous.
#include "driftwell/expression/expression.hpp"
#include "driftwell/expression/interval.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace driftwell::expression {

/// One interval a variable.
using Box = std::vector<Interval>;

/// What is known of a formula on a box.
struct Image {
  Interval range;         ///< contains every value; empty where the formula is defined nowhere
  bool defined = true;    ///< false: somewhere on the box it may be undefined (log of a negative number, division by 0)
  bool continuous = true; ///< false: it may jump on the box (where, step, sign) or be undefined there
};

/// Several formulas compiled for evaluation on boxes; common subexpressions are computed once. Constants are the numbers of
/// double precision that the parser made of the text: bounds are rigorous for these. The range of `where` is the hull of both
/// branches where the box does not decide, which makes the range of a derivative one of the generalised derivative where
/// abs, relu, min or max have a corner.
class IntervalTape {
public:
  IntervalTape() = default;
  /// Throws std::invalid_argument for a formula in more than `dimension` variables.
  IntervalTape(const std::vector<Expression>& outputs, std::size_t dimension);

  [[nodiscard]] std::size_t dimension() const;
  [[nodiscard]] std::size_t outputs() const;
  [[nodiscard]] std::size_t nodes() const; ///< operations a box

  /// images[o] of expression o on `box`. `scratch` is resized as needed and may be reused. Threads may call at the same
  /// time, each with its own scratch. Throws std::invalid_argument for wrong sizes.
  void evaluate(std::span<const Interval> box, std::span<Image> images, std::vector<Image>& scratch) const;
  [[nodiscard]] std::vector<Image> operator()(std::span<const Interval> box) const;

private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

} // namespace driftwell::expression
