#include "sgd_passage.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using expression::Expression;

constexpr double infinite = std::numeric_limits<double>::infinity();

std::string with_stderr(double value, double error) { return fmt::format("{:<14.8g} +- {:.1e}", value, error); }

} // namespace

std::vector<std::string> weight_names(const input::SgdSpec& spec, std::size_t dimension) {
  std::vector<std::string> names;
  for (const input::Text& name : spec.loss.weights) names.push_back(name.value);
  if (names.size() == dimension) return names;
  names.clear();
  for (std::size_t j = 0; j < dimension; ++j) names.push_back(fmt::format("w{}", j + 1));
  return names;
}

SgdPassage::SgdPassage(const input::Spec& spec, const sgd::Loss& loss, const std::vector<double>& start)
    : loss_(loss), start_(start), times_(static_cast<std::size_t>(spec.sgd->replicas.value), infinite), every_(static_cast<std::uint64_t>(spec.sgd->target_every.value)),
      target_(spec.sgd->target->value) {
  std::vector<std::string> names = weight_names(*spec.sgd, loss.dimension());
  for (const char* more : {"loss", "distance"})
    if (std::find(names.begin(), names.end(), more) == names.end()) names.emplace_back(more);
    else names.push_back(std::string(more) + " (a weight)"); // no text can name it
  parse(*spec.sgd->target, loss, names);
}

void SgdPassage::parse(const input::Text& target, const sgd::Loss& loss, const std::vector<std::string>& names) {
  expression::Symbols symbols;
  symbols.variables = names;
  condition_ = target.value.find_first_of("<>=!") != std::string::npos;
  const auto outputs = [&] {
    if (!condition_) return std::vector<Expression>{Expression::parse(target.value, symbols)};
    expression::Condition condition = expression::parse_condition(target.value, symbols);
    condition.compared.insert(condition.compared.begin(), condition.indicator);
    return condition.compared;
  };
  try {
    const std::vector<Expression> all = outputs();
    for (std::size_t j = 0; j < names.size(); ++j)
      if (std::any_of(all.begin(), all.end(), [&](const Expression& e) { return e.depends_on(j); })) used_.push_back(j);
    if (used_.empty()) throw invalid(target.origin, "'target' does not depend on the weights", {"a condition such as \"" + names[0] + " > 0\", \"loss < 0.1\" or \"distance > 1\"", {}, {}});
    symbols.variables.clear(); // a tape in what is used alone: the others need not be copied
    for (const std::size_t j : used_) symbols.variables.push_back(names[j]);
    tape_ = expression::Tape(outputs(), used_.size());
  } catch (const expression::ParseError& error) {
    const std::string allowed = names.size() > 20 && !error.allowed.empty() ? fmt::format("the weights {} ... {}, loss and distance", names.front(), names[loss.dimension() - 1]) : error.allowed;
    throw invalid(target.at(error.offset, error.length), error.what(), {allowed, error.nearest, {}});
  }
}

std::uint64_t SgdPassage::next(std::uint64_t step) const {
  return (step + every_ - 1) / every_ * every_;
}

void SgdPassage::look(const sgd::Process& process) {
  const std::size_t d = loss_.dimension();
  const bool needs_loss = std::find(used_.begin(), used_.end(), d) != used_.end();
  std::vector<std::size_t> waiting;
  for (std::size_t r = 0; r < times_.size(); ++r)
    if (times_[r] == infinite) waiting.push_back(r);
  const std::size_t n = waiting.size();
  if (n == 0) return;
  std::vector<double> values(used_.size() * n), results(tape_.outputs() * n);
  for (std::size_t u = 0; u < used_.size(); ++u)
    for (std::size_t k = 0; k < n && used_[u] != d; ++k) {
      const double* w = process.weights(waiting[k]);
      double& value = values[u * n + k];
      if (used_[u] < d) value = w[used_[u]];
      else {
        for (std::size_t j = 0; j < d; ++j) value += (w[j] - start_[j]) * (w[j] - start_[j]);
        value = std::sqrt(value);
      }
    }
  if (needs_loss) {
    double* place = values.data() + static_cast<std::size_t>(std::find(used_.begin(), used_.end(), d) - used_.begin()) * n;
    for (std::size_t k = 0; k < n; ++k) place[k] = sgd::full_loss(loss_, process.weights(waiting[k]));
  }
  std::vector<const double*> in;
  std::vector<double*> out;
  for (std::size_t u = 0; u < used_.size(); ++u) in.push_back(values.data() + u * n);
  for (std::size_t o = 0; o < tape_.outputs(); ++o) out.push_back(results.data() + o * n);
  expression::Tape::Workspace workspace(tape_);
  tape_.evaluate(in, out, n, workspace);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t o = 0; o < tape_.outputs(); ++o)
      if (std::isnan(out[o][k])) throw NumericalFailure(fmt::format("'target' has no value for replica {} after step {}", waiting[k], process.steps()));
    if (out[0][k] > 0) times_[waiting[k]] = process.time();
  }
}

std::size_t SgdPassage::passed() const {
  return static_cast<std::size_t>(std::count_if(times_.begin(), times_.end(), [](double t) { return t < infinite; }));
}

void SgdPassage::declare(record::Group& group) const {
  group.variable("not_yet_passed", {"time"}, {{"long_name", std::string("share of replicas that have not met the target")}});
  group.variable("not_yet_passed_stderr", {"time"}, {{"long_name", std::string("standard error of not_yet_passed")}});
  group.variable("passage_time", {"replica"}, {{"long_name", std::string("time at which the target was first met; NaN where it was not")}});
  group.attribute("target", target_);
}

void SgdPassage::write_output(record::Group& group, std::size_t index, const sgd::Process&) {
  const double n = static_cast<double>(times_.size()), share = 1 - static_cast<double>(passed()) / n, error = std::sqrt(share * (1 - share) / n);
  group.write_frame("not_yet_passed", index, std::span(&share, 1));
  group.write_frame("not_yet_passed_stderr", index, std::span(&error, 1));
}

void SgdPassage::write(record::Group& group, const sgd::Process& process, std::vector<std::string>& warnings) {
  std::vector<double> times = times_;
  for (double& t : times)
    if (t == infinite) t = std::nan("");
  group.write("passage_time", times);
  group.attribute("passages", static_cast<std::int64_t>(passed()));
  group.attribute("passages_censored", static_cast<std::int64_t>(times.size() - passed()));
  end_ = process.time();
  if (passed() < 2) {
    warnings.push_back(fmt::format("no mean passage time: {} of {} replicas met the target until t = {:g}", passed(), times.size(), end_));
    return;
  }
  try {
    statistics_ = estimators::exit_times(times_, end_);
  } catch (const NumericalFailure& failure) {
    warnings.push_back(fmt::format("no mean passage time: {}", failure.what()));
    return;
  }
  const auto put = [&](const std::string& name, const estimators::Estimate& e) {
    group.attribute(name, e.value);
    group.attribute(name + "_stderr", e.standard_error);
  };
  put("mean_passage_time", statistics_->mean);
  put("restricted_mean_passage_time", statistics_->restricted_mean);
  if (std::isfinite(statistics_->tail_rate.value)) put("passage_rate", statistics_->tail_rate);
}

void SgdPassage::json(nlohmann::ordered_json& json) const {
  json["passages"] = passed();
  json["passages_censored"] = times_.size() - passed();
  const auto put = [&](const std::string& name, const estimators::Estimate& e) { json[name] = {{"value", e.value}, {"standard_error", e.standard_error}}; };
  if (!statistics_) return;
  put("mean_passage_time", statistics_->mean);
  put("restricted_mean_passage_time", statistics_->restricted_mean);
  put("passage_rate", statistics_->tail_rate);
}

std::string SgdPassage::words() const {
  std::string text = fmt::format("  {:<20} {} of {} replicas met {}\n", "passages", passed(), times_.size(), target_);
  if (statistics_) text += fmt::format("  {:<20} {}{}\n", "mean passage time", with_stderr(statistics_->mean.value, statistics_->mean.standard_error),
                                       passed() < times_.size() ? ", the others as if exponential" : "");
  return text;
}

} // namespace driftwell::run
