#pragma once
// How much memory a run may take: what is asked of every estimate before anything large is allocated.
#include "driftwell/input/spec.hpp"

#include <string>

namespace driftwell::run {

/// Free memory of this machine in bytes (what other programs hold left out), or what the limit leaves beside what this process holds
/// already, where that is less.
[[nodiscard]] double available_memory();

/// Of all that follows: `asked` GB (1e9 bytes) where that is above 0, else the memory_limit of the experiment, if any.
void limit_memory(const input::Spec& spec, double asked);

/// "1.2 GB are free" or "memory_limit allows 1.2 GB", for messages.
[[nodiscard]] std::string memory_words();

} // namespace driftwell::run
