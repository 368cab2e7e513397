// `driftwell list`: the shelves, and the experiments that ship with the program.
#include "driftwell/run/commands.hpp"

#include "driftwell/core/source.hpp"
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/model/named_potential.hpp"
#include "driftwell/observables/observable.hpp"
#include "driftwell/propagators/propagator.hpp"
#include "driftwell/sgd/loss.hpp"
#include "driftwell/steppers/stepper.hpp"
#include "driftwell/theorems/theorem.hpp"

#include "stdout.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

namespace driftwell::run {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

template <class Shelf> Rows shelf_rows() {
  Rows rows;
  for (const std::string& name : Shelf::names()) rows.emplace_back(name, Shelf::find(name)->summary);
  return rows;
}

Rows potential_rows() {
  Rows rows;
  for (const std::string& name : PotentialCatalogue::names()) {
    const auto* item = PotentialCatalogue::find(name);
    std::string options;
    for (const PotentialOption& option : item->make()->options())
      options += fmt::format("{}{} = {:g}", options.empty() ? "; " : ", ", option.name, option.standard.at(0));
    rows.emplace_back(name, item->summary + options);
  }
  return rows;
}

Rows propagator_rows() {
  Rows rows = shelf_rows<PropagatorCatalogue>();
  rows.emplace_back("auto", "the cheapest of krylov and chebyshev by estimated cost");
  rows.emplace_back("spectral", "expansion in smooth functions, 1 to 6 dimensions; needs a known steady state and a smooth potential");
  return rows;
}

/// Models lie beside an installed program and in a source tree; a folder `models` here is the user's.
Rows model_rows() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  Rows rows;
  for (const fs::path& folder : {fs::path("models"), program / "../share/driftwell/models", program / "../../models"}) {
    if (!fs::is_directory(folder, error) || (folder.is_absolute() && fs::equivalent(folder, "models", error))) continue;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != ".toml") continue;
      std::ifstream file(entry.path());
      std::string line;
      std::getline(file, line);
      rows.emplace_back(folder.is_absolute() ? fs::canonical(entry.path()).string() : entry.path().string(), line.starts_with("# ") ? line.substr(2) : std::string());
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

const std::map<std::string, std::function<Rows()>>& shelves() {
  static const std::map<std::string, std::function<Rows()>> all{{"potentials", potential_rows},
                                                                {"propagators", propagator_rows},
                                                                {"observables", shelf_rows<ObservableCatalogue>},
                                                                {"losses", shelf_rows<LossCatalogue>},
                                                                {"ensemble_observables", shelf_rows<EnsembleObservableCatalogue>},
                                                                {"steppers", shelf_rows<StepperCatalogue>},
                                                                {"theorems", shelf_rows<TheoremCatalogue>},
                                                                {"models", model_rows}};
  return all;
}

} // namespace

std::vector<std::string> listable() {
  std::vector<std::string> names;
  for (const auto& [name, rows] : shelves()) names.push_back(name);
  return names;
}

void list(const std::string& what, bool json) {
  const auto it = shelves().find(what);
  if (it == shelves().end()) {
    const auto names = listable();
    const std::string near = nearest_name(what, names);
    throw UsageError(fmt::format("cannot list \"{}\"; there are {}{}", what, list_of(names), near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  const Rows rows = it->second();
  if (json) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const auto& [name, summary] : rows) object[name] = summary;
    print_line(to_text(object));
    return;
  }
  std::size_t width = 0;
  for (const auto& [name, summary] : rows) width = std::max(width, name.size());
  for (const auto& [name, summary] : rows) fmt::print("{:<{}}  {}\n", name, width, summary);
}

} // namespace driftwell::run
