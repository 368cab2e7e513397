#include "initial_samples.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/record/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

namespace driftwell::run {

namespace {

std::pair<std::vector<double>, std::vector<std::size_t>> dataset(const input::SamplesLaw& law, const std::filesystem::path& path) {
  try {
    return record::Reader(path).read(law.dataset);
  } catch (const IoError& error) { // a failure says where the experiment names the file
    throw IoError(render(law.origin, fmt::format("cannot read the initial samples: {}", error.what())));
  }
}

} // namespace

std::vector<double> read_samples(const input::Spec& spec, const input::SamplesLaw& law, std::size_t columns) {
  const std::filesystem::path name(law.file), path = name.is_absolute() ? name : std::filesystem::path(spec.directory) / name;
  auto [values, shape] = dataset(law, path);
  if (shape.size() != 2 || shape[1] != columns || values.empty())
    throw invalid(law.origin, fmt::format("dataset \"{}\" of {} has the shape ({})", law.dataset, path.string(), fmt::join(shape, ", ")),
                  {fmt::format("(particle, variable) with {} variables and at least one particle", columns), "", {}});
  return std::move(values);
}

} // namespace driftwell::run
