#include "driftwell/bounds/search.hpp"

#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr std::size_t boxes_a_round = 64;
constexpr std::size_t operations_worth_threads = 50'000;
constexpr std::size_t extra_boxes = 2000; ///< to find out whether a wide box was flagged for nothing

struct Candidate {
  Box box;
  Objective::Bound bound;
  std::size_t number; ///< decides between equal bounds
};

struct Later {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.bound.lower != b.bound.lower ? a.bound.lower > b.bound.lower : a.number > b.number;
  }
};

/// A half of a box, and the bound of the whole, which holds for it too.
struct Half {
  Box box;
  double inherited;
};

/// Exceptions may not leave a parallel region.
std::vector<Candidate> bound_all(const Objective& objective, std::vector<Half> boxes, std::size_t first) {
  std::vector<Candidate> done(boxes.size());
  std::exception_ptr failure;
  const bool worth_it = boxes.size() * objective.cost() > operations_worth_threads;
#pragma omp parallel for schedule(dynamic, 1) if (worth_it)
  for (std::size_t i = 0; i < boxes.size(); ++i) try {
      done[i] = {std::move(boxes[i].box), {}, first + i};
      done[i].bound = objective.bound(done[i].box);
      if (std::isnan(done[i].bound.lower)) done[i].bound.lower = -Interval::infinity;
      done[i].bound.lower = std::max(done[i].bound.lower, boxes[i].inherited);
    } catch (...) {
#pragma omp critical(driftwell_bounds_search)
      failure = std::current_exception();
    }
  if (failure) std::rethrow_exception(failure);
  return done;
}

class BestFirst {
public:
  BestFirst(const Objective& objective, const Box& whole, const Search& search) : objective_(objective), whole_(whole), search_(search) {
    result_.upper = Interval::infinity;
    admit(bound_all(objective, {{whole, -Interval::infinity}}, 0));
  }

  Enclosure run() {
    while (!queue_.empty() && result_.boxes < search_.boxes && !good_enough(queue_.top().bound.lower)) {
      poll_interrupt();
      std::vector<Half> halves;
      while (!queue_.empty() && halves.size() < boxes_a_round && !good_enough(queue_.top().bound.lower)) {
        const Candidate parent = queue_.top();
        queue_.pop();
        if (!bisect(parent, halves)) settle(parent);
      }
      admit(bound_all(objective_, std::move(halves), result_.boxes));
    }
    result_.lower = result_.upper;
    for (; !queue_.empty(); queue_.pop()) settle(queue_.top());
    result_.reached = good_enough(result_.lower);
    resolve_doubts();
    return result_;
  }

private:
  [[nodiscard]] bool good_enough(double lower) const {
    if (lower >= result_.upper) return true;
    return result_.upper < Interval::infinity && result_.upper - lower <= search_.absolute + search_.relative * std::abs(result_.upper);
  }

  /// A box that is not searched any further.
  void settle(const Candidate& candidate) {
    if (result_.box.empty() || candidate.bound.lower < result_.lower) {
      result_.lower = std::min(result_.lower, candidate.bound.lower);
      result_.box = candidate.box;
    }
    if (!candidate.bound.defined || !candidate.bound.smooth) doubtful_.push_back(candidate);
  }

  /// Wide boxes are flagged because of overestimation, too: those that were good enough otherwise are looked at more closely.
  void resolve_doubts() {
    const std::size_t limit = std::min(search_.boxes, result_.boxes + extra_boxes);
    while (!doubtful_.empty() && result_.boxes < limit) {
      std::vector<Half> halves;
      std::vector<Candidate> kept;
      for (const Candidate& candidate : doubtful_)
        if (!bisect(candidate, halves)) kept.push_back(candidate);
      if (halves.empty()) break;
      std::vector<Candidate> closer = bound_all(objective_, std::move(halves), result_.boxes);
      result_.boxes += closer.size();
      for (Candidate& candidate : closer)
        if (!candidate.bound.defined || !candidate.bound.smooth) kept.push_back(std::move(candidate));
      doubtful_ = std::move(kept);
    }
    for (const Candidate& candidate : doubtful_) {
      result_.defined = result_.defined && candidate.bound.defined;
      result_.smooth = result_.smooth && candidate.bound.smooth;
    }
  }

  void admit(std::vector<Candidate> candidates) {
    for (Candidate& candidate : candidates) {
      ++result_.boxes;
      const Objective::Bound& bound = candidate.bound;
      if (bound.upper < result_.upper) result_.upper = bound.upper, result_.point = bound.point;
      if (!bound.discard) queue_.push(std::move(candidate));
    }
  }

  /// False when no side can be halved any more.
  bool bisect(const Candidate& parent, std::vector<Half>& halves) const {
    const Box& box = parent.box;
    std::size_t axis = parent.bound.split;
    const auto relative = [&](std::size_t i) { return whole_[i].is_point() ? 0 : (box[i].upper - box[i].lower) / (whole_[i].upper - whole_[i].lower); };
    const auto can_be_halved = [&](std::size_t i) { return box[i].lower < box[i].middle() && box[i].middle() < box[i].upper; };
    if (axis == Objective::Bound::none || !can_be_halved(axis)) {
      axis = 0;
      for (std::size_t i = 1; i < box.size(); ++i)
        if (relative(i) > relative(axis)) axis = i;
    }
    if (!can_be_halved(axis)) return false;
    halves.push_back({box, parent.bound.lower});
    halves.back().box[axis].upper = box[axis].middle();
    halves.push_back({box, parent.bound.lower});
    halves.back().box[axis].lower = box[axis].middle();
    return true;
  }

  const Objective& objective_;
  const Box& whole_;
  const Search& search_;
  Enclosure result_;
  std::priority_queue<Candidate, std::vector<Candidate>, Later> queue_;
  std::vector<Candidate> doubtful_;
};

} // namespace

Enclosure minimise(const Objective& objective, const Box& box, const Search& search) {
  if (box.empty()) throw std::invalid_argument("a box has at least one side");
  for (const Interval& side : box)
    if (side.is_empty() || !side.bounded()) throw std::invalid_argument("the box to search has an empty or an infinite side");
  return BestFirst(objective, box, search).run();
}

Enclosure negated(Enclosure e) {
  std::swap(e.lower, e.upper);
  e.lower = -e.lower;
  e.upper = -e.upper;
  return e;
}

} // namespace driftwell::bounds
