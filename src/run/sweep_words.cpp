// Section [sweep] in words and numbers, after the run.
#include "sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

nlohmann::ordered_json SweepSection::json() const {
  nlohmann::ordered_json json{{"points", sweep_.points()}, {"completed", done_ - failed_}, {"failed", failed_}};
  for (std::size_t k = 0; k < sweep_.keys.size(); ++k) {
    const input::SweepKey& key = sweep_.keys[k];
    nlohmann::ordered_json& column = json["values"][key.name] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < sweep_.points(); ++i) {
      const std::size_t chosen = sweep_.choice(i)[k];
      if (key.numbers.empty()) column.push_back(key.values[chosen]);
      else column.push_back(key.numbers[chosen]);
    }
  }
  for (const std::string& name : names_) json["results"][name] = results_.at(name);
  json["status"] = status_;
  if (laws_) json["sgd_laws"] = laws_->json();
  json["warnings"] = warnings_;
  return json;
}

/// What a person is shown: numbers with an error bar, at most four; those that say most first.
std::vector<std::string> SweepSection::columns() const {
  const auto barred = [&](const std::string& name) { return results_.contains(name + "_stderr") || results_.contains(name + "_error"); };
  std::vector<std::string> chosen;
  for (const char* ending : {"_mean_passage_time", "_stationary_variance", "_entropy", "_kl", "_free_energy", "_stationary_loss", ""})
    for (const std::string& name : names_)
      if (chosen.size() < 4 && name.ends_with(ending) && barred(name) && std::find(chosen.begin(), chosen.end(), name) == chosen.end()) chosen.push_back(name);
  return chosen;
}

std::string SweepSection::words(int /*verbosity*/) const {
  std::string text = fmt::format("sweep, {} of {} points\n", done_ - failed_, sweep_.points());
  const std::vector<std::string> shown = columns();
  std::size_t width = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(done_, 60); ++i) width = std::max(width, label(i).size());
  text += fmt::format("  {:<{}}", "", width);
  for (const std::string& name : shown) text += fmt::format(" {:>28}", name);
  text += '\n';
  for (std::size_t i = 0; i < std::min<std::size_t>(done_, 60); ++i) {
    text += fmt::format("  {:<{}}", label(i), width);
    if (status_[i] != "done") {
      text += " failed\n";
      continue;
    }
    for (const std::string& name : shown) {
      const auto bar = results_.contains(name + "_stderr") ? results_.find(name + "_stderr") : results_.find(name + "_error");
      const double value = results_.at(name)[i];
      text += fmt::format(" {:>28}", std::isnan(value) ? "-" : fmt::format("{:.6g} +- {:.1e}", value, bar->second[i]));
    }
    text += '\n';
  }
  if (done_ > 60) text += fmt::format("  ... {} more in the result file\n", done_ - 60);
  if (laws_) text += laws_->words();
  return text;
}

} // namespace driftwell::run
