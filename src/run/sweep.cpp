#include "sweep.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/run/build.hpp"
#include "run_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Json = nlohmann::ordered_json;
using Numbers = std::vector<std::pair<std::string, double>>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t longest_list = 20, most_checked = 200;

void flatten(const std::string& name, const Json& json, Numbers& numbers) {
  if (json.is_number()) numbers.emplace_back(name, json.get<double>());
  else if (json.is_boolean()) numbers.emplace_back(name, json.get<bool>() ? 1.0 : 0.0);
  else if (json.is_null()) numbers.emplace_back(name, nan);
  else if (json.is_object() && json.contains("value") && json.contains("standard_error")) {
    flatten(name, json["value"], numbers);
    flatten(name + "_stderr", json["standard_error"], numbers);
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.items()) flatten(name + "_" + key, value, numbers);
  } else if (json.is_array() && json.size() <= longest_list) {
    for (std::size_t i = 0; i < json.size(); ++i) flatten(fmt::format("{}_{}", name, i + 1), json[i], numbers);
  }
}

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

} // namespace

Numbers flat_numbers(const std::string& name, const Json& json) {
  Numbers numbers;
  flatten(name, json, numbers);
  return numbers;
}

/// The objects of one point. They refer to each other: it stays where it is made.
struct SweepSection::Point {
  input::Spec spec;
  std::optional<Model> model;
  Progress quiet{0};
  Checkpoints checkpoints;
  std::vector<std::unique_ptr<Section>> sections;

  Point(const SectionContext& context, std::size_t point, const std::filesystem::path& out)
      : spec(input::sweep_point(context.spec, point)), checkpoints(out, spec, context.resume && record::CheckpointFiles(out).exist()) {
    if (spec.has_model) model = build_model(spec);
    SectionContext inner{spec, model ? &*model : nullptr, quiet, out, &checkpoints};
    sections = make_sections(inner);
  }
};

SweepSection::SweepSection(const SectionContext& context) : context_(context), sweep_(*context.spec.sweep), status_(sweep_.points(), "") {
  if (context.spec.sgd) laws_.emplace(context.spec);
}

std::string SweepSection::label(std::size_t point) const {
  const std::vector<std::size_t> choice = sweep_.choice(point);
  std::string text;
  for (std::size_t k = 0; k < choice.size(); ++k) text += fmt::format("{}{} = {}", k ? ", " : "", sweep_.keys[k].name, sweep_.keys[k].values[choice[k]]);
  return text;
}

std::filesystem::path SweepSection::file_of(std::size_t point) const {
  return context_.out.parent_path() / fmt::format("{}_point_{:04}.h5", context_.out.stem().string(), point);
}

Section::Outlook SweepSection::check() const {
  Outlook all;
  const std::size_t points = sweep_.points();
  for (std::size_t i = 0; i < points; ++i) {
    if (i >= most_checked) {
      (void)input::sweep_point(context_.spec, i);
      continue;
    }
    const Point point(context_, i, {});
    for (const auto& section : point.sections) {
      const Outlook one = section->check();
      all.bytes = std::max(all.bytes, one.bytes);
      all.seconds += one.seconds;
    }
  }
  if (points > most_checked) all.seconds *= static_cast<double>(points) / static_cast<double>(most_checked);
  all.json["sweep_points"] = points;
  all.words = fmt::format("  sweep: {} points of", points);
  for (const input::SweepKey& key : sweep_.keys) all.words += fmt::format("{} {} ({})", &key == &sweep_.keys.front() ? "" : ",", key.name, key.values.size());
  all.words += fmt::format("\n  about {:.2g} s\n", all.seconds);
  return all;
}

void SweepSection::prepare() {
  context_.progress.phase("the points of the sweep");
  (void)check();
  record::Options options;
  options.replace = context_.overwrite || (context_.resume && context_.checkpoints->exist());
  if (sweep_.files.value)
    for (std::size_t i = 0; i < sweep_.points(); ++i) record::ResultFile::probe(file_of(i), options);
}

void SweepSection::collect(std::size_t point, const Section& section) {
  for (const auto& [name, value] : flat_numbers(section.name(), section.json())) {
    if (name == section.name() + "_warnings") continue;
    auto [place, is_new] = results_.try_emplace(name, std::vector<double>(sweep_.points(), nan));
    if (is_new) names_.push_back(name);
    place->second[point] = value;
  }
  for (const std::string& warning : section.warnings()) warnings_.push_back(label(point) + ": " + warning);
}

void SweepSection::compute_point(std::size_t point) {
  const std::filesystem::path out = file_of(point);
  Point one(context_, point, out);
  for (const auto& section : one.sections) section->prepare();
  record::Options options;
  options.replace = true; // asked for in prepare(); without `files` it is never put in place
  record::ResultFile file(out, options);
  try {
    RunOptions typed;
    typed.command = context_.command;
    write_root(file, one.spec, typed);
    for (const auto& section : one.sections) section->compute(file);
  } catch (const NumericalFailure&) {
    file.discard();
    one.checkpoints.remove();
    throw;
  } catch (...) { // its checkpoints stay: --resume goes on within the point
    file.discard();
    throw;
  }
  for (const auto& section : one.sections) {
    collect(point, *section);
    if (laws_) laws_->add(point, *section);
  }
  if (sweep_.files.value) {
    file.attribute("stop_reason", std::string("reached the end time"));
    file.finish();
  } else {
    file.discard();
  }
  one.checkpoints.remove();
}

void SweepSection::declare(record::Group& group) const {
  std::vector<double> numbers(sweep_.points());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i);
  group.dimension("point", numbers, {{"long_name", std::string("combination of the values, the last key varying fastest")}});
  for (std::size_t k = 0; k < sweep_.keys.size(); ++k) {
    const input::SweepKey& key = sweep_.keys[k];
    const record::Attributes words{{"long_name", "value of " + key.name}, {"key", key.name}};
    std::vector<std::string> texts;
    std::vector<double> values;
    for (std::size_t i = 0; i < sweep_.points(); ++i) {
      const std::size_t chosen = sweep_.choice(i)[k];
      texts.push_back(key.values[chosen]);
      if (!key.numbers.empty()) values.push_back(key.numbers[chosen]);
    }
    if (key.numbers.empty()) {
      group.text(underscored(key.name), "point", texts, words);
    } else {
      group.variable(underscored(key.name), {"point"}, words);
      group.write(underscored(key.name), values);
    }
  }
  group.variable("completed", {"point"}, {{"long_name", std::string("1: computed, 0: failed, NaN: not reached")}});
}

void SweepSection::write(record::Group& group) {
  for (const std::string& name : names_) {
    const auto is_key = [&](const input::SweepKey& key) { return underscored(key.name) == name; };
    if (std::any_of(sweep_.keys.begin(), sweep_.keys.end(), is_key)) continue;
    if (!declared_[name]) group.variable(name, {"point"}, {{"long_name", name + " at the end of the run"}});
    declared_[name] = true;
    group.write(name, results_.at(name));
  }
  std::vector<double> completed(status_.size(), nan);
  for (std::size_t i = 0; i < status_.size(); ++i)
    if (!status_[i].empty()) completed[i] = status_[i] == "done" ? 1 : 0;
  group.write("completed", completed);
}

void SweepSection::keep(SectionState& state) {
  state("names", names_);
  for (const std::string& name : names_) state("results/" + name, results_[name]);
  state("status", status_);
  state("warnings", warnings_);
  if (laws_) laws_->keep(state);
}

void SweepSection::save() {
  const auto start = std::chrono::steady_clock::now();
  SectionState state;
  keep(state);
  context_.checkpoints->save(name(), state);
  save_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void SweepSection::restore() {
  std::vector<std::string> notes;
  auto state = context_.checkpoints ? context_.checkpoints->saved(name(), notes) : std::nullopt;
  if (state) keep(*state); // with the warnings of its points
  warnings_.insert(warnings_.end(), notes.begin(), notes.end());
  for (std::size_t i = 0; i < sweep_.points(); ++i) {
    if (status_[i] == "done" && sweep_.files.value && !std::filesystem::exists(file_of(i))) { // taken away since
      status_[i].clear();
      std::erase_if(warnings_, [&](const std::string& warning) { return warning.starts_with(label(i) + ": "); });
    }
    if (status_[i].empty()) continue;
    ++done_;
    if (status_[i] == "done") continue;
    ++failed_;
    if (laws_) laws_->failed(i);
  }
}

void SweepSection::compute(record::ResultFile& file) {
  record::Group group = file.group("sweep");
  declare(group);
  restore();
  write(group);
  for (std::size_t i = 0; i < sweep_.points(); ++i) {
    if (!status_[i].empty()) continue;
    context_.progress.phase(fmt::format("sweep: {}", label(i)));
    context_.progress.outputs(i, sweep_.points());
    try {
      poll_interrupt();
      compute_point(i);
      status_[i] = "done";
    } catch (const Interrupted&) {
      if (context_.checkpoints) save();
      throw;
    } catch (const NumericalFailure& failure) {
      status_[i] = failure.what();
      ++failed_;
      if (laws_) laws_->failed(i);
      warnings_.push_back(fmt::format("{}: {}", label(i), failure.what()));
    }
    ++done_;
    write(group);
    file.flush_if_due();
    // What saving costs stays a small part, however many points and clouds there are.
    if (context_.checkpoints && context_.checkpoints->due(std::max(0.2, 20 * save_seconds_))) save();
  }
  if (failed_ == sweep_.points()) throw NumericalFailure(fmt::format("every point of the sweep failed; the first with: {}", status_[0]));
  group.text("status", "point", status_, {{"long_name", std::string("done, or why the point failed")}});
  if (laws_) laws_->write(file, warnings_);
}

} // namespace driftwell::run
