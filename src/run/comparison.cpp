#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace driftwell::run {

namespace {

/// Beyond this many standard errors two numbers are called different.
constexpr double most_errors = 4;
/// Cells with fewer expected particles are pooled for the chi^2.
constexpr double least_expected = 5;

struct ChiSquared {
  double value = 0, freedom = -1;
  void add(double observed, double expected) {
    value += (observed - expected) * (observed - expected) / expected;
    freedom += 1;
  }
  /// In standard deviations, by the cube-root law of Wilson and Hilferty (1931).
  [[nodiscard]] double score() const {
    if (freedom < 1) return std::nan("");
    const double v = 2 / (9 * freedom);
    return (std::cbrt(value / freedom) - (1 - v)) / std::sqrt(v);
  }
};

/// `counts` of the cells, then of outside.
ChiSquared chi_squared(const std::vector<double>& counts, const std::vector<double>& p) {
  const double n = std::accumulate(counts.begin(), counts.end(), 0.0);
  ChiSquared chi;
  double rare_observed = counts.back(), rare_expected = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double observed = counts[k], expected = n * p[k];
    if (expected >= least_expected) chi.add(observed, expected);
    else rare_observed += observed, rare_expected += expected;
  }
  if (rare_expected >= least_expected) chi.add(rare_observed, rare_expected);
  return chi;
}

} // namespace

std::vector<double> ComparisonSection::scores(const std::string& name, std::size_t output) const {
  const auto& density = density_.rows().at(name)[output];
  const auto& cloud = cloud_.series().at(name)[output];
  std::vector<double> z(density.value.size());
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double bar = std::isnan(density.error[i]) ? 0 : density.error[i];
    const double difference = cloud[i].value - density.value[i], sigma = std::hypot(cloud[i].standard_error, bar);
    // Both exact and equal (a point's variance): no difference, and nothing to divide by.
    z[i] = difference == 0 ? 0 : difference / sigma;
  }
  return z;
}

void ComparisonSection::judge(double score, const std::string& where) {
  if (std::isnan(score)) return;
  ++compared_;
  if (std::abs(score) > most_errors) ++beyond_;
  if (std::abs(score) > std::abs(largest_.first) || compared_ == 1) largest_ = {score, where};
}

void ComparisonSection::observables(record::Group& group) {
  const std::vector<double>& times = spec_.time.at;
  for (const auto& [name, rows] : density_.rows()) {
    const auto found = cloud_.series().find(name);
    if (found == cloud_.series().end() || rows.empty() || found->second.empty() || rows[0].value.size() != found->second[0].size()) continue;
    std::vector<std::string> dims{"time"};
    const std::size_t d = cloud_.names().size();
    if (name == "mean" || name == "covariance") dims.emplace_back("variable");
    if (name == "covariance") dims.emplace_back("variable_2");
    if (rows[0].value.size() != (dims.size() == 1 ? 1 : dims.size() == 2 ? d : d * d)) continue;
    group.variable(name, dims, {{"long_name", "(cloud - density) / standard error of both, of " + name}});
    for (std::size_t i = 0; i < times.size(); ++i) {
      const std::vector<double> z = scores(name, i);
      group.write_frame(name, i, z);
      for (std::size_t c = 0; c < z.size(); ++c)
        judge(z[c], fmt::format("{}{} at t = {:g}", name, z.size() > 1 ? fmt::format(" ({})", c) : "", times[i]));
    }
  }
}

void ComparisonSection::histograms(record::Group& group) {
  if (!cells_ || cloud_.counts().empty()) return;
  const EnsembleReference& reference = cloud_.reference();
  const MergedCells cells(*reference.grid(), static_cast<std::size_t>(spec_.langevin->particles.value));
  const std::vector<double> steady = cells.log_probabilities(reference.steady()->log_p);
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of a kept density")}});
  group.variable("histogram", {"snapshot_time"}, {{"long_name", std::string("chi^2 of the particles in merged cells against the density, in standard deviations")}});
  group.variable("kl_histogram", {"snapshot_time"}, {{"long_name", std::string("(cloud - density) / standard error of kl_histogram, both on the merged cells")}});
  group.attribute("merged_cells", static_cast<std::int64_t>(cells.grid().size()));
  std::size_t frame = 0;
  for (const auto& [output, counts] : cloud_.counts()) {
    const double t = spec_.time.at[output];
    const Eigen::VectorXd& fine = cells_->densities().at(output);
    std::vector<double> p = cells.sums(fine.cwiseMax(0.0) / fine.cwiseMax(0.0).sum());
    double kl = 0;
    for (std::size_t k = 0; k < p.size(); ++k)
      if (p[k] > 0) kl += p[k] * (std::log(p[k]) - steady[k]);
    const estimators::Estimate measured = cloud_.series().at("kl_histogram")[output][0];
    const double chi = chi_squared(counts, p).score(), z = (measured.value - kl) / measured.standard_error;
    group.write_frame("snapshot_time", frame, std::span(&t, 1));
    group.write_frame("histogram", frame, std::span(&chi, 1));
    group.write_frame("kl_histogram", frame++, std::span(&z, 1));
    // Only a large chi^2 is a difference: a cloud that takes the samples of the density in turn agrees better than chance.
    judge(std::isnan(chi) ? chi : std::max(chi, 0.0), fmt::format("histogram at t = {:g}", t));
    judge(z, fmt::format("kl_histogram at t = {:g}", t));
  }
}

void ComparisonSection::compute(record::ResultFile& file) {
  record::Group group = file.group("comparison");
  group.growing_dimension("time", {{"long_name", std::string("time")}});
  const std::vector<std::string>& names = cloud_.names();
  group.dimension("variable", names, {{"long_name", std::string("name of a variable")}});
  group.dimension("variable_2", names, {{"long_name", std::string("name of a variable")}});
  for (std::size_t i = 0; i < spec_.time.at.size(); ++i) group.write_frame("time", i, std::span(&spec_.time.at[i], 1));
  observables(group);
  histograms(group);
  group.attribute("compared", static_cast<std::int64_t>(compared_));
  group.attribute("beyond_4", static_cast<std::int64_t>(beyond_));
  group.attribute("largest", largest_.first);
  group.attribute("largest_where", largest_.second);
  if (beyond_ > 0)
    warnings_.push_back(fmt::format("density and cloud differ by {:.1f} standard errors in {}: a smaller langevin.dt, or more cells, shows which of them errs",
                                    std::abs(largest_.first), largest_.second));
  done_ = 1;
}

nlohmann::ordered_json ComparisonSection::json() const {
  return {{"compared", compared_}, {"beyond_4", beyond_}, {"largest", largest_.first}, {"largest_where", largest_.second}, {"warnings", warnings_}};
}

std::string ComparisonSection::words(int /*verbosity*/) const {
  if (compared_ == 0) return {};
  return fmt::format("comparison of density and cloud\n  {} of {} numbers within {:g} standard errors; largest {:+.2f}: {}\n", compared_ - beyond_, compared_, most_errors,
                     largest_.first, largest_.second);
}

} // namespace driftwell::run
