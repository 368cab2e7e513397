#pragma once
// Group /comparison of an experiment with a density and a cloud: every number both sides have, in units of their standard error.
#include "density_results.hpp"
#include "langevin.hpp"
#include "section.hpp"

#include <string>
#include <utility>
#include <vector>

namespace driftwell::run {

class ComparisonSection : public Section {
public:
  /// `cells`: the density on cells, where it is one; its histogram is compared, too.
  ComparisonSection(const input::Spec& spec, const DensitySeries& density, const DensityResults* cells, const LangevinSection& cloud)
      : spec_(spec), density_(density), cells_(cells), cloud_(cloud) {}

  [[nodiscard]] std::string name() const override { return "comparison"; }
  [[nodiscard]] Outlook check() const override { return {}; }
  void prepare() override {}
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {done_, 1}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

private:
  /// (cloud - density) / sqrt(stderr^2 + error^2) of each component at an output; NaN where one side has no number.
  [[nodiscard]] std::vector<double> scores(const std::string& name, std::size_t output) const;
  void observables(record::Group& group);
  void histograms(record::Group& group);
  void judge(double score, const std::string& where);

  const input::Spec& spec_;
  const DensitySeries& density_;
  const DensityResults* cells_;
  const LangevinSection& cloud_;
  std::size_t done_ = 0, compared_ = 0, beyond_ = 0;
  std::pair<double, std::string> largest_{0, ""};
  std::vector<std::string> warnings_;
};

} // namespace driftwell::run
