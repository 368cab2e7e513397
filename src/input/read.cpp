// The experiment file as a whole: load, parse, override, then section by section.
#include "driftwell/input/spec.hpp"
#include "input/load_file.hpp"
#include "input/overrides.hpp"
#include "input/schema.hpp"
#include "input/sections.hpp"
#include "input/sweep.hpp"
#include "input/values.hpp"

#include <algorithm>
#include <filesystem>

namespace driftwell::input {
namespace {

/// The key in the wrong place is the usual mistake of a file that forgets its section header.
void check_top_level(const Node& tree) {
  const auto later = unavailable_sections();
  for (const Member& member : tree.members)
    if (std::find(later.begin(), later.end(), member.name) != later.end())
      throw invalid(member.origin, "section [" + member.name + "] is not available in " + std::string(this_version),
                    {section_list(), {}, {}});
}

struct Sections {
  const Node& tree;
  Origin whole;

  [[nodiscard]] const Member* find(std::string_view name) const {
    const Member* member = tree.find(name);
    if (member != nullptr && member->value.kind == Node::Kind::list && !member->value.items.empty() &&
        member->value.items.front().kind == Node::Kind::table)
      throw invalid(member->origin, "[" + member->name + "] is given as a list of tables",
                    {"[" + member->name + "] with single brackets, once", {}, {}});
    if (member != nullptr && member->value.kind != Node::Kind::table)
      Value{&member->value, member->name, "a section [" + member->name + "]", false}.wrong_type();
    return member;
  }

  [[nodiscard]] const Member& require(std::string_view name, std::string_view message, std::string_view example) const {
    if (const Member* member = find(name)) return *member;
    throw invalid(whole, message, {std::string(example), {}, {}});
  }
};

[[noreturn]] void nothing_to_compute(const Origin& whole) {
  throw invalid(whole, "nothing to compute: add a section [fokker_planck], [langevin], [stationary], [sgd] or [trajectories]",
                {"[fokker_planck] with lower, upper and cells, [langevin] with dt, [sgd] with loss, or [trajectories] with file", {}, {}});
}

/// [model], [initial] and [time], with what is computed of them.
void read_equation(const Sections& sections, Spec& spec) {
  const Member& model =
      sections.require("model", "no section [model]", "[model] with variables, potential and temperature");
  const Member *density = sections.find("fokker_planck"), *ensemble = sections.find("langevin");
  const Member* const stationary = sections.find("stationary");
  const bool evolves = density != nullptr || ensemble != nullptr || stationary == nullptr; // the steady state needs no start and no end
  const Member* const initial =
      evolves ? &sections.require("initial", "no section [initial]", "[initial] with one law, e.g. point = [0.0]") : sections.find("initial");
  const Member* const time = evolves ? &sections.require("time", "no section [time]", "[time] with end = 10.0") : sections.find("time");
  spec.model = read_model(model.value, model.value.origin);
  const std::size_t dimension = spec.model.variables.size();
  // Before [initial]: it refuses dimensions whose covariance matrix would fill the memory.
  if (density != nullptr) {
    spec.fokker_planck = read_fokker_planck(density->value, density->value.origin, dimension);
    check_kinetic(density->value, density->value.origin, spec);
  }
  if (ensemble != nullptr) spec.langevin = read_langevin(ensemble->value, ensemble->value.origin, dimension, spec.model.friction.has_value());
  if (initial != nullptr) spec.initial = read_initial(initial->value, initial->value.origin, dimension, spec.model.friction.has_value());
  if (time != nullptr) spec.time = read_time(time->value, time->value.origin);
  if (stationary != nullptr)
    spec.stationary = read_stationary(stationary->value, stationary->value.origin, dimension, spec.fokker_planck ? &*spec.fokker_planck : nullptr);
}

Spec validate(const std::shared_ptr<const Source>& source, const Node& tree) {
  const Origin whole{source, 0, 0, 1};
  if (tree.members.empty())
    throw invalid(whole, "the experiment file is empty",
                  {"sections [model], [initial], [time] and [fokker_planck] or [langevin]; or [sgd]; or [trajectories]", {}, {}});
  check_top_level(tree);
  const Table file(tree, "", whole);
  const Sections sections{tree, whole};
  const Member *const sgd = sections.find("sgd"), *const trajectories = sections.find("trajectories");
  bool equation = false;
  for (const std::string_view name : {"fokker_planck", "langevin", "stationary"}) equation = equation || sections.find(name) != nullptr;
  if (!equation && sgd == nullptr && trajectories == nullptr && sections.find("model") != nullptr) nothing_to_compute(whole);
  Spec spec;
  spec.source = source;
  // [sgd] and [trajectories] need no equation beside them; with one, it is needed whole.
  spec.has_model = equation || (sgd == nullptr && trajectories == nullptr);
  for (const std::string_view name : {"model", "initial", "time"}) spec.has_model = spec.has_model || sections.find(name) != nullptr;
  if (const auto title = file.find("title")) {
    if (title->node->kind != Node::Kind::string) title->wrong_type();
    spec.title = title->node->text;
  }
  if (const auto limit = file.find("memory_limit")) spec.memory_limit = Setting<double>{positive(*limit), limit->origin(), true};
  if (spec.has_model) read_equation(sections, spec);
  if (sgd != nullptr) spec.sgd = read_sgd(sgd->value, sgd->value.origin);
  if (const Member* sweep = sections.find("sweep")) spec.sweep = read_sweep(sweep->value, sweep->value.origin, tree);
  if (trajectories != nullptr) spec.trajectories = read_trajectories(trajectories->value, trajectories->value.origin);
  if (const Member* verify = sections.find("verify")) spec.verify = read_verify(verify->value, verify->value.origin);
  if (const Member* output = sections.find("output")) spec.output = read_output(output->value, output->value.origin);
  return spec;
}

Spec build(const std::shared_ptr<const Source>& source, const std::vector<std::string>& overrides) {
  Node tree = parse_toml(source);
  for (const std::string& argument : overrides) apply_override(tree, argument);
  Spec spec = validate(source, tree);
  spec.overrides = overrides;
  return spec;
}

} // namespace

Spec read(const std::string& path, const std::vector<std::string>& overrides) {
  Spec spec = build(load_file(path), overrides);
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  spec.directory = directory.empty() ? "." : directory.string();
  return spec;
}

Spec sweep_point(const Spec& spec, std::size_t point) {
  Node tree = parse_toml(spec.source);
  for (const std::string& argument : spec.overrides) apply_override(tree, argument);
  place_values(tree, *spec.sweep, point);
  Spec one = validate(spec.source, tree);
  one.overrides = spec.overrides;
  one.directory = spec.directory;
  return one;
}

Spec parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides) {
  Spec spec = build(make_source(name, text), overrides);
  spec.directory = ".";
  return spec;
}

} // namespace driftwell::input
