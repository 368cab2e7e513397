#include "build_sgd_data.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace driftwell::run {

namespace {

using input::DatasetSpec;

/// Refuses keys that the kind of data has no use for.
void allow(const DatasetSpec& spec, const std::string& kind, std::vector<std::string> keys) {
  const auto check = [&](const std::string& key, const Origin& origin) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw invalid(origin, "'" + key + "' has no meaning for " + kind, {list_of(keys), nearest_name(key, keys), {}});
  };
  for (const auto& [key, value] : spec.counts) check(key, value.origin);
  for (const auto& [key, value] : spec.numbers) check(key, value.origin);
  if (!spec.target.value.empty()) check("target", spec.target.origin);
  if (!spec.labels.value.empty()) check("labels", spec.labels.origin);
  if (spec.standardise) check("standardise", spec.standardise->origin);
}

std::size_t count(const DatasetSpec& spec, const std::string& key, std::size_t fallback) {
  const auto found = spec.counts.find(key);
  return found == spec.counts.end() ? fallback : static_cast<std::size_t>(found->second.value);
}

double number(const DatasetSpec& spec, const std::string& key, double fallback) {
  const auto found = spec.numbers.find(key);
  return found == spec.numbers.end() ? fallback : found->second.value;
}

std::string beside(const std::string& directory, const std::string& file) { return (std::filesystem::path(directory) / file).lexically_normal().string(); }

bool is_file_name(const std::string& name) { return name.find_first_of("./") != std::string::npos; }

const std::vector<std::string> generators{"teacher", "gaussian_mixture", "low_rank"};

sgd::Dataset generate(const DatasetSpec& spec) {
  const std::string& name = spec.name.value;
  const auto seed = static_cast<std::uint64_t>(count(spec, "seed", 1));
  if (name == "teacher") {
    allow(spec, name, {"samples", "features", "noise", "seed", "standardise"});
    return sgd::teacher_student({count(spec, "samples", 2000), count(spec, "features", 64), number(spec, "noise", 0.1), seed});
  }
  if (name == "gaussian_mixture") {
    allow(spec, name, {"samples", "features", "classes", "separation", "seed", "standardise"});
    return sgd::gaussian_mixture({count(spec, "samples", 1000), count(spec, "features", 2), count(spec, "classes", 2), number(spec, "separation", 2), seed});
  }
  allow(spec, name, {"rows", "columns", "rank", "noise", "observed", "seed"});
  return sgd::low_rank_matrix({count(spec, "rows", 20), count(spec, "columns", 20), count(spec, "rank", 2), number(spec, "noise", 0.1), number(spec, "observed", 1), seed});
}

sgd::Dataset named(const DatasetSpec& spec, bool& table) {
  std::vector<std::string> names = sgd::shipped_datasets();
  const std::string& name = spec.name.value;
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    allow(spec, "the data set " + name, {"samples", "standardise"});
    table = name != "digits" && name != "fashion_mnist";
    return sgd::shipped_dataset(name, count(spec, "samples", 0));
  }
  if (std::find(generators.begin(), generators.end(), name) != generators.end()) return generate(spec);
  names.insert(names.end(), generators.begin(), generators.end());
  throw invalid(spec.name.origin, "no data set \"" + name + "\"", {list_of(names) + "; or a file ending in .csv or .csv.gz", nearest_name(name, names), {}});
}

sgd::Dataset load(const DatasetSpec& spec, const std::string& directory, bool& table) {
  if (!spec.images.value.empty()) {
    allow(spec, "images", {"labels", "pool", "samples", "standardise"});
    return sgd::read_idx(beside(directory, spec.images.value), beside(directory, spec.labels.value), {count(spec, "pool", 1), count(spec, "samples", 0)});
  }
  const input::Text& file = spec.file.value.empty() ? spec.name : spec.file;
  if (spec.file.value.empty() && !is_file_name(file.value)) return named(spec, table);
  allow(spec, "a table", {"target", "samples", "standardise"});
  if (!file.value.ends_with(".csv") && !file.value.ends_with(".csv.gz")) throw invalid(file.origin, "\"" + file.value + "\" is no table", {"a file ending in .csv or .csv.gz", {}, {}});
  table = true;
  return sgd::read_csv(beside(directory, file.value), {spec.target.value, count(spec, "samples", 0)});
}

} // namespace

std::shared_ptr<const sgd::Dataset> build_dataset(const DatasetSpec& spec, const std::string& directory) {
  try {
    bool table = false;
    auto data = std::make_shared<sgd::Dataset>(load(spec, directory, table));
    if (spec.standardise ? spec.standardise->value : table) sgd::standardise(*data);
    return data;
  } catch (const std::invalid_argument& error) {
    throw invalid(spec.origin, error.what());
  }
}

} // namespace driftwell::run
