#pragma once
// How much memory a run may take: what is asked of every estimate before anything large is allocated.
#include <string>

namespace driftwell::run {

/// Free memory of this machine in bytes (what other programs hold left out), or what the limit leaves beside what this process holds
/// already, where that is less.
[[nodiscard]] double available_memory();

/// Of all that follows, in bytes; 0: none but the machine's.
void set_memory_limit(double bytes);

/// "1.2 GB are free" or "memory_limit allows 1.2 GB", for messages.
[[nodiscard]] std::string memory_words();

} // namespace driftwell::run
