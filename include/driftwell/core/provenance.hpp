#pragma once
// What built this library: goes into every result file.
#include <string>

namespace driftwell {

[[nodiscard]] std::string version();    ///< "0.1.0"
[[nodiscard]] std::string git_commit(); ///< short hash, "-dirty" when the tree had changes, or "unknown"
[[nodiscard]] std::string build();      ///< "Release, GNU 12.2.0"
[[nodiscard]] std::string utc_now();    ///< ISO 8601, seconds

} // namespace driftwell
