#pragma once
// What a certificate says: numbers with error bars, how theory wants them to lie, and the verdict.
#include <limits>
#include <string>
#include <vector>

namespace driftwell::theorems {

enum class Verdict { holds, violated, undecided, not_applicable };
[[nodiscard]] const char* name_of(Verdict verdict);
/// "holds", "violated", "undecided", "not applicable". Throws std::invalid_argument.
[[nodiscard]] Verdict verdict_of(const std::string& name);
[[nodiscard]] const std::vector<std::string>& verdict_names();

/// A number, a bound of its systematic error (grid, time, quadrature, rounding; infinity: unknown) and the standard deviation of its
/// sampling error.
struct Measured {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = 0;
  double standard_error = 0;
};
/// Systematic errors add up, independent sampling errors add in quadrature.
[[nodiscard]] Measured operator+(const Measured& a, const Measured& b);
[[nodiscard]] Measured operator-(const Measured& a, const Measured& b);
[[nodiscard]] Measured operator*(double factor, const Measured& a);
/// First order in the errors.
[[nodiscard]] Measured operator*(const Measured& a, const Measured& b);
[[nodiscard]] Measured operator/(const Measured& a, const Measured& b);
[[nodiscard]] Measured exp(const Measured& a);
[[nodiscard]] Measured log(const Measured& a);
[[nodiscard]] Measured sqrt(const Measured& a);
[[nodiscard]] Measured abs(const Measured& a);

/// How left lies to right where the theorem holds. above: strictly, so that equality speaks against it ("j is not 0").
enum class Relation { at_most, equal, at_least, above };

/// When a comparison is decided ([verify]).
struct Judgement {
  double confidence = 0.999; ///< that sampling alone makes none of the comparisons of a claim fail
  double precision = 0.01;   ///< an equality is confirmed where the tolerance is below this share of the size of the sides
};

/// A condition of the theorem, on this model.
struct Hypothesis {
  enum class State { met, failed, open } state = State::open;
  std::string text;   ///< "Hess Phi >= kappa > 0 in the box"
  std::string detail; ///< what was found, and where
};

/// Left and right in one place (a time, a temperature, a pair of sets).
struct Comparison {
  Measured left, right;
  std::string where;
  double size = 0;      ///< what is small is small beside this
  double margin = 0;    ///< right - left, left - right (at_least, above), or -|left - right| for an equality: < 0 speaks against the theorem
  double tolerance = 0; ///< systematic errors of both sides, and the quantile of the sampling errors
  Verdict verdict = Verdict::undecided;
};

struct Claim {
  std::string name;      ///< within the theorem: "talagrand_t2"
  std::string statement; ///< "W2^2 <= 2 KL / kappa"
  std::string side;      ///< "density", "cloud", "sgd", "kinetic", "model"
  Relation relation = Relation::equal;
  Verdict verdict = Verdict::undecided;
  std::vector<Hypothesis> hypotheses;
  std::size_t comparisons = 0;
  Comparison worst;      ///< the one that decides
  std::string detail;    ///< one line: the hypothesis that fails, where it is decided, what would decide
  bool companion = false;  ///< holds without the hypotheses that make the theorem: alone it does not make the theorem hold
  bool as_printed = false; ///< a statement of a paper that does not hold in general as printed; not counted as the theorem's
};

/// What would decide where an error bar straddles: error ~ resolution^-order.
struct Refinement {
  std::string what;      ///< "cells an axis", "particles"
  double now = 0;
  double order = 2;
};

/// Makes a claim out of hypotheses and comparisons.
///
///   margin < -tolerance                          violated
///   margin > tolerance                           holds
///   |margin| <= tolerance <= precision * size    holds, as an equality to that precision
///   else                                         undecided: the error bar straddles
///
/// Of `above` the third line says violated: the sides are equal to that precision.
///
/// size: the largest of |left|, |right| of all comparisons and of scale(). Sampling enters the tolerance as z sqrt(se_l^2 + se_r^2), z the
/// normal quantile at which the chance that one of the m comparisons of the claim fails is 1 - confidence (Bonferroni). An equality
/// never has a margin above 0, so it holds by precision alone. The claim is violated where one comparison is, undecided where
/// one is, else it holds; a failed hypothesis makes it not applicable, an open one undecided.
class ClaimMaker {
public:
  ClaimMaker(std::string name, std::string statement, std::string side, Relation relation, const Judgement& judgement);

  ClaimMaker& assume(bool met, const std::string& text, const std::string& detail = "");
  ClaimMaker& assume(const Hypothesis& hypothesis);
  ClaimMaker& compare(const Measured& left, const Measured& right, const std::string& where = "");
  ClaimMaker& scale(double size); ///< natural size, where both sides may be 0
  ClaimMaker& refinement(const Refinement& refinement);
  ClaimMaker& note(const std::string& words); ///< goes into the detail
  ClaimMaker& companion();
  ClaimMaker& as_printed();
  /// False once a hypothesis has failed: what follows need not be computed.
  [[nodiscard]] bool applies() const;
  [[nodiscard]] Claim make();

private:
  void judge(Comparison& comparison, double z, double size) const;
  [[nodiscard]] std::string advice(const Comparison& comparison, double size) const;
  [[nodiscard]] bool decided_by_hypotheses();

  Claim claim_;
  Judgement judgement_;
  std::vector<Comparison> comparisons_;
  double scale_ = 0;
  Refinement refinement_;
  std::vector<std::string> notes_;
};

/// z with P(|N(0,1)| > z) = (1 - confidence) / comparisons.
[[nodiscard]] double sampling_quantile(double confidence, std::size_t comparisons);

} // namespace driftwell::theorems
