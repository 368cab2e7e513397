#pragma once
// samples = "file.h5" of [initial].
#include "driftwell/input/spec.hpp"

#include <cstddef>
#include <vector>

namespace driftwell::run {

struct Samples {
  std::vector<double> values; ///< row-major (particle, variable), at least one particle
  std::size_t columns;        ///< the variables, or with momenta twice as many
};

/// Of a dataset (particle, variable), or the last snapshot of one (snapshot, particle, variable) as /langevin/sample is. `momenta`: may follow
/// the positions. Throws IoError and InvalidExperiment that point to the law.
[[nodiscard]] Samples read_samples(const input::Spec& spec, const input::SamplesLaw& law, std::size_t variables, bool momenta);

} // namespace driftwell::run
