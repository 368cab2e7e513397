#pragma once

#include <csignal>

namespace driftwell::app {

/// What asks a run to stop: SIGINT and SIGTERM. main() blocks them before any library starts a thread, and threads inherit that.
inline sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// Makes them a request to stop; a second one ends the program at once. A thread of its own waits for them. A handler would
/// not do: METIS installs its own for SIGTERM while it orders a matrix, and jumps out of it.
void watch_signals();

} // namespace driftwell::app
