#pragma once
// Series of a result file, as theorem stored_series tests them.
#include "driftwell/input/spec.hpp"
#include "driftwell/theorems/stored_evidence.hpp"

#include <memory>

namespace driftwell::run {

/// Groups /fokker_planck and /langevin of a result of `spec`. Throws IoError for a file that is damaged.
[[nodiscard]] std::shared_ptr<const theorems::StoredEvidence> read_stored(const std::string& path, const input::Spec& spec);

} // namespace driftwell::run
