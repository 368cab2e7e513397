#include "driftwell/core/provenance.hpp"

#include "provenance_build.hpp"

#include <ctime>

namespace driftwell {

std::string version() { return DRIFTWELL_VERSION; }
std::string git_commit() { return DRIFTWELL_GIT_COMMIT; }
std::string build() { return DRIFTWELL_BUILD; }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, n};
}

} // namespace driftwell
