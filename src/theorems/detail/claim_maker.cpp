#include "driftwell/theorems/claim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

namespace {

constexpr double most_refined = 1e4; ///< times what there is

double margin_of(Relation relation, double left, double right) {
  switch (relation) {
    case Relation::at_most: return right - left;
    case Relation::at_least:
    case Relation::above: return left - right;
    case Relation::equal: break;
  }
  return -std::abs(left - right);
}

int severity(Verdict verdict) { return verdict == Verdict::violated ? 2 : verdict == Verdict::undecided ? 1 : 0; }

/// Among comparisons of one verdict: which of them decides? The larger, the more.
double weight(const Comparison& c) {
  const double own = std::max({std::abs(c.left.value), std::abs(c.right.value), 1e-300});
  if (c.verdict == Verdict::violated) return -c.margin / std::max(c.tolerance, 1e-300);
  if (c.verdict == Verdict::undecided) return c.tolerance / std::max(c.size, 1e-300);
  return -c.margin / own;
}

} // namespace

ClaimMaker::ClaimMaker(std::string name, std::string statement, std::string side, Relation relation, const Judgement& judgement)
    : judgement_(judgement) {
  claim_.name = std::move(name);
  claim_.statement = std::move(statement);
  claim_.side = std::move(side);
  claim_.relation = relation;
}

ClaimMaker& ClaimMaker::assume(bool met, const std::string& text, const std::string& detail) {
  return assume({met ? Hypothesis::State::met : Hypothesis::State::failed, text, detail});
}

ClaimMaker& ClaimMaker::assume(const Hypothesis& hypothesis) {
  claim_.hypotheses.push_back(hypothesis);
  return *this;
}

ClaimMaker& ClaimMaker::compare(const Measured& left, const Measured& right, const std::string& where) {
  comparisons_.push_back({left, right, where});
  return *this;
}

ClaimMaker& ClaimMaker::scale(double size) {
  scale_ = size;
  return *this;
}

ClaimMaker& ClaimMaker::refinement(const Refinement& refinement) {
  refinement_ = refinement;
  return *this;
}

ClaimMaker& ClaimMaker::note(const std::string& words) {
  if (!words.empty()) notes_.push_back(words);
  return *this;
}

ClaimMaker& ClaimMaker::companion() {
  claim_.companion = true;
  return *this;
}

ClaimMaker& ClaimMaker::as_printed() {
  claim_.as_printed = true;
  return *this;
}

bool ClaimMaker::applies() const {
  return std::none_of(claim_.hypotheses.begin(), claim_.hypotheses.end(), [](const Hypothesis& h) { return h.state == Hypothesis::State::failed; });
}

void ClaimMaker::judge(Comparison& c, double z, double size) const {
  c.size = size;
  c.margin = margin_of(claim_.relation, c.left.value, c.right.value);
  c.tolerance = c.left.error + c.right.error + z * std::hypot(c.left.standard_error, c.right.standard_error);
  // Rounding of the comparison itself: an exact identity of doubles is no closer.
  c.tolerance += 4 * std::numeric_limits<double>::epsilon() * std::max(std::abs(c.left.value), std::abs(c.right.value));
  const bool bounds = c.left.error >= 0 && c.right.error >= 0; // a negative bound is none
  if (!bounds || !std::isfinite(c.margin) || !std::isfinite(c.tolerance)) c.verdict = Verdict::undecided;
  else if (c.margin < -c.tolerance) c.verdict = Verdict::violated;
  else if (c.margin > c.tolerance) c.verdict = Verdict::holds;
  else if (c.tolerance <= judgement_.precision * size) c.verdict = claim_.relation == Relation::above ? Verdict::violated : Verdict::holds;
  else c.verdict = Verdict::undecided;
}

std::string ClaimMaker::advice(const Comparison& c, double size) const {
  if (!std::isfinite(c.left.value) || !std::isfinite(c.right.value)) return fmt::format("a side is no number ({:g} beside {:g})", c.left.value, c.right.value);
  if (!std::isfinite(c.tolerance)) return "no error bar: too few grids, times or temperatures to tell";
  if (c.tolerance < 0) return "an error bar is negative: a defect of the program";
  const double enough = std::max(judgement_.precision * size, std::abs(c.margin));
  std::string words = fmt::format("the tolerance {:.1e} straddles the margin; {:.1e} would decide", c.tolerance, enough);
  if (!(refinement_.now > 0)) return words;
  const double needed = std::ceil(refinement_.now * std::pow(c.tolerance / enough, 1 / refinement_.order) - 1e-6);
  if (needed > most_refined * refinement_.now) return words + "; no refinement does: the sides are equal, or 0, as far as digits go";
  return words + fmt::format(", so about {:.0f} {} instead of {:.0f}", needed, refinement_.what, refinement_.now);
}

/// True where there is nothing to compare any more.
bool ClaimMaker::decided_by_hypotheses() {
  for (const Hypothesis& h : claim_.hypotheses)
    if (h.state == Hypothesis::State::failed) {
      claim_.verdict = Verdict::not_applicable;
      claim_.detail = "not met: " + h.text + (h.detail.empty() ? "" : " (" + h.detail + ")");
      return true;
    }
  return false;
}

Claim ClaimMaker::make() {
  claim_.comparisons = comparisons_.size();
  double size = scale_;
  for (const Comparison& c : comparisons_)
    for (const double side : {c.left.value, c.right.value})
      if (std::isfinite(side)) size = std::max(size, std::abs(side));
  const double z = sampling_quantile(judgement_.confidence, comparisons_.size());
  for (Comparison& c : comparisons_) judge(c, z, size);
  const auto worst = std::max_element(comparisons_.begin(), comparisons_.end(), [](const Comparison& a, const Comparison& b) {
    return std::pair(severity(a.verdict), weight(a)) < std::pair(severity(b.verdict), weight(b));
  });
  if (worst != comparisons_.end()) claim_.worst = *worst;
  if (decided_by_hypotheses()) return claim_;
  std::vector<std::string> words;
  if (worst == comparisons_.end()) {
    claim_.verdict = Verdict::undecided;
    words.emplace_back("nothing could be compared");
  } else {
    claim_.verdict = worst->verdict;
    if (!worst->where.empty()) words.push_back(worst->where);
    if (worst->verdict == Verdict::undecided) words.push_back(advice(*worst, size));
  }
  for (const Hypothesis& h : claim_.hypotheses)
    if (h.state == Hypothesis::State::open && claim_.verdict != Verdict::undecided) { // of what may not apply neither says anything
      claim_.verdict = Verdict::undecided;
      words.push_back("open: " + h.text + (h.detail.empty() ? "" : " (" + h.detail + ")"));
    }
  words.insert(words.end(), notes_.begin(), notes_.end());
  claim_.detail = fmt::format("{}", fmt::join(words, "; "));
  return claim_;
}

} // namespace driftwell::theorems
