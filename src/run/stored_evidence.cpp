#include "stored_evidence.hpp"

#include "driftwell/record/reader.hpp"
#include "driftwell/run/build.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using theorems::Measured;
using theorems::StoredSeries;

bool ends_with(const std::string& name, const std::string& end) { return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0; }

StoredSeries read_group(const record::Reader& reader, const std::string& group, const std::string& bar, bool sampling) {
  StoredSeries stored;
  stored.times = reader.read("/" + group + "/time").first;
  const std::vector<record::VariableInfo> variables = reader.variables(group);
  for (const record::VariableInfo& variable : variables) {
    const bool about_another = ends_with(variable.name, "_error") || ends_with(variable.name, "_richardson") || ends_with(variable.name, "_stderr");
    if (variable.text || about_another || variable.dimensions != std::vector<std::string>{"time"} || variable.name == "time" || variable.name == "temperature") continue;
    const std::vector<double> values = reader.read("/" + group + "/" + variable.name).first;
    std::vector<double> bars(values.size(), std::numeric_limits<double>::infinity());
    if (std::any_of(variables.begin(), variables.end(), [&](const record::VariableInfo& v) { return v.name == variable.name + bar; })) bars = reader.read("/" + group + "/" + variable.name + bar).first;
    bars.resize(values.size(), std::numeric_limits<double>::infinity());
    std::vector<Measured>& series = stored.scalars[variable.name];
    for (std::size_t i = 0; i < std::min(values.size(), stored.times.size()); ++i) {
      const double error = std::isnan(bars[i]) ? std::numeric_limits<double>::infinity() : bars[i];
      series.push_back(sampling ? Measured{values[i], 0, error} : Measured{values[i], error, 0});
    }
  }
  return stored;
}

} // namespace

std::shared_ptr<const theorems::StoredEvidence> read_stored(const std::string& path, const input::Spec& spec) {
  const record::Reader reader(path);
  auto file = std::make_shared<theorems::StoredEvidence>();
  file->path = path;
  if (!spec.has_model) return file;
  const Schedule schedule = build_schedule(spec);
  file->constant_temperature = schedule.constant();
  file->temperature = schedule.value(0);
  const std::vector<std::string> groups = reader.groups();
  const auto holds = [&](const char* name) { return std::find(groups.begin(), groups.end(), name) != groups.end(); };
  if (spec.fokker_planck && holds("fokker_planck")) {
    StoredSeries stored = read_group(reader, "fokker_planck", "_error", false);
    stored.side = spec.model.friction ? "kinetic" : spec.fokker_planck->propagator.value == "spectral" ? "spectral" : "density";
    if (stored.side == "density") {
      const Grid grid = build_grid(*spec.fokker_planck);
      file->absorbing = grid.absorbing();
      stored.terms = grid.size();
    }
    file->sections.push_back(std::move(stored));
  }
  if (spec.langevin && holds("langevin") && spec.langevin->method.value == "plain") {
    file->sections.push_back(read_group(reader, "langevin", "_stderr", true));
    file->sections.back().side = "cloud";
  }
  return file;
}

} // namespace driftwell::run
