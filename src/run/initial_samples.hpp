#pragma once
// samples = "file.h5" of [initial].
#include "driftwell/input/spec.hpp"

#include <cstddef>
#include <vector>

namespace driftwell::run {

/// Row-major (particle, variable), with `columns` variables and at least one particle. Throws IoError and InvalidExperiment that
/// point to the law.
[[nodiscard]] std::vector<double> read_samples(const input::Spec& spec, const input::SamplesLaw& law, std::size_t columns);

} // namespace driftwell::run
