// The laws of SGD in the result file, for --json and in words.
#include "sgd_laws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace driftwell::run {

namespace {

using estimators::Estimate;
using estimators::Line;
using Branch = SgdLaws::Branch;
using Json = nlohmann::ordered_json;

constexpr double nan = SgdSummary::nan;

struct NamedLine {
  const char *name, *about;
  const std::optional<Line> Branch::*line;
};
const std::vector<NamedLine>& lines() {
  static const std::vector<NamedLine> all{{"variance", "stationary variance against x = 2 T", &Branch::variance},
                                          {"corrected", "variance times (diffusion / exact on the parabola) against x = 2 T", &Branch::corrected},
                                          {"entropy", "entropy of the last cloud against log x", &Branch::entropy},
                                          {"escape", "log of the mean first-passage time against 1/T", &Branch::escape}};
  return all;
}

struct NamedNumber {
  const char *name, *about;
  double Branch::*number;
};
const std::vector<NamedNumber>& numbers() {
  static const std::vector<NamedNumber> all{
      {"variance_slope_predicted", "tr Sigma/(2 T) of the diffusion at the minimum", &Branch::predicted_slope},
      {"entropy_slope_expected", "d/2, of a Gaussian", &Branch::expected_entropy_slope},
      {"breaks_at_learning_rate", "smallest learning rate whose variance is off the law by more than the tolerance and its error bar of 99 %, or that diverges", &Branch::breaks_at},
      {"scaling_fails_at_learning_rate", "smallest learning rate at which the linear scaling rule fails likewise", &Branch::scaling_fails_rate},
      {"scaling_fails_at_batch_size", "the batch size of that point", &Branch::scaling_fails_batch}};
  return all;
}

Json pair_of(const Estimate& e) { return {{"value", e.value}, {"standard_error", e.standard_error}}; }

Json json_of(const Line& line) {
  return {{"slope", pair_of(line.slope)}, {"intercept", pair_of(line.intercept)}, {"r_squared", line.r_squared}, {"chi_squared", line.chi_squared}, {"degrees", line.degrees}};
}

} // namespace

void SgdLaws::write_branches(record::Group& group) const {
  std::vector<std::string> labels;
  for (const Branch& branch : branches_) labels.push_back(branch.label);
  group.dimension("branch", labels, {{"long_name", std::string("values of the keys that make another problem")}});
  const auto put = [&](const std::string& name, const std::string& about, const std::function<double(const Branch&)>& value) {
    std::vector<double> all;
    for (const Branch& branch : branches_) all.push_back(value(branch));
    if (std::all_of(all.begin(), all.end(), [](double v) { return std::isnan(v); })) return;
    group.variable(name, {"branch"}, {{"long_name", about}});
    group.write(name, all);
  };
  const auto put_line = [&](const std::string& name, const std::string& about, const std::function<const Line*(const Branch&)>& line) {
    const auto part = [&](const std::string& what, double (*value)(const Line&)) {
      put(name + "_" + what, what + " of " + about, [&](const Branch& b) { return line(b) ? value(*line(b)) : nan; });
    };
    part("slope", [](const Line& l) { return l.slope.value; });
    part("slope_stderr", [](const Line& l) { return l.slope.standard_error; });
    part("intercept", [](const Line& l) { return l.intercept.value; });
    part("intercept_stderr", [](const Line& l) { return l.intercept.standard_error; });
    part("r_squared", [](const Line& l) { return l.r_squared; });
    part("chi_squared", [](const Line& l) { return l.chi_squared; });
    part("degrees", [](const Line& l) { return static_cast<double>(l.degrees); });
  };
  for (const NamedLine& named : lines()) put_line(named.name, named.about, [&](const Branch& b) { return (b.*named.line) ? &*(b.*named.line) : nullptr; });
  for (const NamedNumber& named : numbers()) put(named.name, named.about, [&](const Branch& b) { return b.*named.number; });
  std::size_t directions = 0;
  for (const Branch& branch : branches_) directions = std::max(directions, branch.along.size());
  for (std::size_t k = 0; k < directions; ++k) {
    const std::string name = fmt::format("direction_{}", k + 1);
    put_line(name, fmt::format("variance along direction {} against x", k + 1), [k](const Branch& b) { return b.along.size() > k && b.along[k] ? &*b.along[k] : nullptr; });
    put_line(name + "_corrected", fmt::format("the same times (diffusion / exact on the parabola) along direction {}", k + 1), [k](const Branch& b) { return b.along_corrected.size() > k && b.along_corrected[k] ? &*b.along_corrected[k] : nullptr; });
    put(name + "_slope_predicted", "that of the diffusion", [k](const Branch& b) { return b.along_predicted.size() > k ? b.along_predicted[k] : nan; });
  }
}

void SgdLaws::write_points(record::Group& group) const {
  std::vector<double> index(points_.size());
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<double>(i);
  group.dimension("point", index, {{"long_name", std::string("as in /sweep")}});
  const auto put = [&](const std::string& name, const std::string& about, const std::function<double(std::size_t)>& value) {
    std::vector<double> all;
    for (std::size_t i = 0; i < points_.size(); ++i) all.push_back(value(i));
    if (std::all_of(all.begin(), all.end(), [](double v) { return std::isnan(v); })) return;
    group.variable(name, {"point"}, {{"long_name", about}});
    group.write(name, all);
  };
  const auto put_pair = [&](const std::string& name, const std::string& about, const std::function<Estimate(std::size_t)>& value) {
    put(name, about, [&](std::size_t i) { return value(i).value; });
    put(name + "_stderr", "standard error of " + name, [&](std::size_t i) { return value(i).standard_error; });
  };
  put("learning_rate", "eta", [&](std::size_t i) { return rate_[i]; });
  put("batch_size", "b", [&](std::size_t i) { return batch_[i]; });
  put("x", "2 T = eta/(b (1 - mu)), times (N - b)/(N - 1) without replacement", [&](std::size_t i) { return points_[i] ? x_of(i) : nan; });
  put_pair("variance", "trace of the covariance of the stationary cloud", [&](std::size_t i) { return points_[i] ? Estimate{points_[i]->variance.value, points_[i]->variance.standard_error} : Estimate{}; });
  put("variance_predicted", "of the diffusion", [&](std::size_t i) { return points_[i] ? points_[i]->predicted : nan; });
  put("variance_exact", "of SGD on the parabola at the minimum", [&](std::size_t i) { return points_[i] ? points_[i]->exact : nan; });
  put_pair("deviation", "variance over that of the law, less 1", [&](std::size_t i) { return comparisons_[i].deviation; });
  put_pair("exact_deviation", "variance over the exact one of the parabola, less 1", [&](std::size_t i) { return comparisons_[i].exact_deviation; });
  put("scaling_reference", "the point of equal x and the smallest batch", [&](std::size_t i) { return comparisons_[i].reference; });
  put_pair("scaling_deviation", "variance over that of the reference, less 1", [&](std::size_t i) { return comparisons_[i].variance_ratio; });
  put_pair("scaling_distance", "sliced W2^2 of the last clouds over the variance a weight of the reference", [&](std::size_t i) { return comparisons_[i].distance; });
}

Json SgdLaws::json() const {
  Json all = Json::object();
  if (!applies_) return all;
  for (const Branch& branch : branches_) {
    Json& json = all[branch.label];
    json = Json::object();
    for (const NamedLine& named : lines())
      if (branch.*named.line) json[named.name] = json_of(*(branch.*named.line));
    for (const NamedNumber& named : numbers()) json[named.name] = branch.*named.number; // null: no such point
    for (std::size_t k = 0; k < branch.along.size(); ++k)
      if (branch.along[k]) {
        Json& direction = json["directions"].emplace_back(Json{{"line", json_of(*branch.along[k])}, {"slope_predicted", branch.along_predicted[k]}});
        if (branch.along_corrected[k]) direction["corrected"] = json_of(*branch.along_corrected[k]);
      }
  }
  return all;
}

std::string SgdLaws::words() const {
  if (!applies_) return {};
  std::string text;
  const auto bar = [](const Estimate& e) { return fmt::format("{:.6g} +- {:.1e}", e.value, e.standard_error); };
  for (const Branch& branch : branches_) {
    text += fmt::format("laws of SGD{}{}\n", branch.label == "all" ? "" : ", ", branch.label == "all" ? "" : branch.label);
    for (const NamedLine& named : lines())
      if (const std::optional<Line>& line = branch.*named.line)
        text += fmt::format("  {:<20} slope {}, intercept {}, R^2 {:.6f}, chi^2 {:.4g} of {}\n", named.name, bar(line->slope), bar(line->intercept), line->r_squared, line->chi_squared, line->degrees);
    if (std::isfinite(branch.predicted_slope)) text += fmt::format("  {:<20} slope {:.6g}\n", "  of the diffusion", branch.predicted_slope);
    if (branch.entropy) text += fmt::format("  {:<20} slope {:g}\n", "  of a Gaussian", branch.expected_entropy_slope);
    for (std::size_t k = 0; k < branch.along.size(); ++k)
      if (branch.along[k]) text += fmt::format("  {:<20} slope {} (diffusion {:.6g}), intercept {}, R^2 {:.6f}\n", fmt::format("direction {}", k + 1), bar(branch.along[k]->slope), branch.along_predicted[k], bar(branch.along[k]->intercept), branch.along[k]->r_squared);
    if (branch.rates > 1 || std::isfinite(branch.predicted_slope) || std::isfinite(branch.breaks_at))
      text += fmt::format("  {:<20} {}\n", "first-order law", std::isnan(branch.breaks_at) ? fmt::format("holds within {:g} at all learning rates", sweep_.tolerance.value) : fmt::format("broken by more than {:g} from learning rate {:g} on", sweep_.tolerance.value, branch.breaks_at));
    const bool scaled = std::any_of(branch.points.begin(), branch.points.end(), [&](std::size_t i) { return !std::isnan(comparisons_[i].reference); });
    if (scaled)
      text += fmt::format("  {:<20} {}\n", "linear scaling rule", std::isnan(branch.scaling_fails_rate) ? fmt::format("holds within {:g} at all batch sizes", sweep_.tolerance.value) : fmt::format("fails from learning rate {:g} at batch size {:g} on", branch.scaling_fails_rate, branch.scaling_fails_batch));
  }
  return text;
}

} // namespace driftwell::run
