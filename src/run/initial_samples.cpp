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

Samples read_samples(const input::Spec& spec, const input::SamplesLaw& law, std::size_t variables, bool momenta) {
  const std::filesystem::path name(law.file), path = name.is_absolute() ? name : std::filesystem::path(spec.directory) / name;
  auto [values, shape] = dataset(law, path);
  const bool fits = (shape.size() == 2 || shape.size() == 3) && (shape.back() == variables || (momenta && shape.back() == 2 * variables)) && !values.empty();
  if (!fits)
    throw invalid(law.origin, fmt::format("dataset \"{}\" of {} has the shape ({})", law.dataset, path.string(), fmt::join(shape, ", ")),
                  {fmt::format("(particle, variable), or (snapshot, particle, variable) of which the last snapshot is taken, with {} variables{} and at least one particle", variables,
                               momenta ? fmt::format(" or {} positions and momenta", 2 * variables) : ""),
                   "", {}});
  if (shape.size() == 3) values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(shape[1] * shape[2]));
  return {std::move(values), shape.back()};
}

} // namespace driftwell::run
