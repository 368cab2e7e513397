#pragma once
#include "driftwell/input/spec.hpp"
#include "driftwell/sgd/dataset.hpp"

#include <memory>

namespace driftwell::run {

/// The data of [sgd], read or generated. Paths are relative to `directory`. Throws InvalidExperiment, IoError, sgd::DataError.
[[nodiscard]] std::shared_ptr<const sgd::Dataset> build_dataset(const input::DatasetSpec& spec, const std::string& directory);

} // namespace driftwell::run
