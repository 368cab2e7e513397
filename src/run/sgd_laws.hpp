#pragma once
// The laws of SGD over the points of a sweep, group /sgd_laws. x = 2 T = eta/(b (1 - mu)), times (N - b)/(N - 1) without replacement.
//
//   variance    V = intercept + slope x; to first order in eta the slope is that of the diffusion, tr Sigma/(2 T) with H Sigma + Sigma H = 2 T D,
//               and the intercept 0. On a parabola V is larger by 1/(1 - eta a/2) along a mode of curvature a.
//   corrected   the same with V times (variance of the diffusion / exact variance on the parabola): a line through 0 where the cloud sees a parabola
//   scaling     the linear scaling rule: equal x, larger b, the same cloud?
//   entropy     of the last cloud against log x: slope d/2 for a Gaussian
//   escape      log of the mean first-passage time against 1/T: slope = height of the barrier (Kramers), where the noise is that of the model
// With a target the cloud is on its way between minima, and only the escape is fitted.
// Points that differ in other keys than learning_rate, batch_size, momentum and how long and with what numbers is run are branches of their own.
#include "driftwell/estimators/regression.hpp"
#include "section.hpp"
#include "sgd_summary.hpp"

#include <optional>

namespace driftwell::run {

class SgdLaws {
public:
  explicit SgdLaws(const input::Spec& spec);

  void add(std::size_t point, const Section& section); ///< of a section that is not [sgd]: nothing
  void failed(std::size_t point) { diverged_[point] = true; }
  void keep(SectionState& state);
  /// Fits, and writes the group, where something that the laws are about has been varied.
  void write(record::ResultFile& file, std::vector<std::string>& warnings);
  [[nodiscard]] nlohmann::ordered_json json() const;
  [[nodiscard]] std::string words() const;

  struct Branch {
    std::string label;
    std::vector<std::size_t> points;
    std::optional<estimators::Line> variance, corrected, entropy, escape;
    std::vector<std::optional<estimators::Line>> along, along_corrected; ///< one a direction
    std::vector<double> along_predicted;  ///< slopes of the diffusion
    double predicted_slope = SgdSummary::nan, expected_entropy_slope = SgdSummary::nan;
    double breaks_at = SgdSummary::nan;   ///< learning rate
    std::size_t rates = 0;                ///< different learning rates
    double scaling_fails_rate = SgdSummary::nan, scaling_fails_batch = SgdSummary::nan;
  };
  [[nodiscard]] const std::vector<Branch>& branches() const { return branches_; }

private:
  /// What is compared with what at one point.
  struct Comparison {
    estimators::Estimate deviation;        ///< V/(slope x) - 1
    estimators::Estimate exact_deviation;  ///< V/exact - 1
    estimators::Estimate variance_ratio;   ///< V over that of the reference of equal x, - 1
    estimators::Estimate distance;         ///< sliced W2^2 of the last clouds, in units of V/d of the reference
    double reference = SgdSummary::nan;    ///< number of the point
  };
  [[nodiscard]] double x_of(std::size_t point) const { return 2 * points_[point]->temperature; }
  [[nodiscard]] bool beyond(const estimators::Estimate& deviation) const;
  void fit(Branch& branch, std::vector<std::string>& warnings);
  void fit_along(Branch& branch);
  void break_down(Branch& branch);
  void scale(Branch& branch);
  void compare_clouds(std::size_t reference, std::size_t point);
  void write_points(record::Group& group) const;
  void write_branches(record::Group& group) const;

  const input::SweepSpec& sweep_;
  bool applies_ = false, escapes_ = false;
  std::vector<std::optional<SgdSummary>> points_;
  std::vector<bool> diverged_;
  std::vector<double> rate_, batch_;       ///< as swept, of points that diverged too
  std::vector<Comparison> comparisons_;
  std::vector<Branch> branches_;
};

} // namespace driftwell::run
