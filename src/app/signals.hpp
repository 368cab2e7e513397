#pragma once

namespace driftwell::app {

/// SIGINT and SIGTERM become a request to stop; a second one ends the program at once. Call before any thread exists: a
/// thread of its own waits for the signals, and all others (inherited across exec, too) have them blocked. A handler would
/// not do: METIS installs its own for SIGTERM while it orders a matrix, and jumps out of it.
void block_signals();
void watch_signals();

} // namespace driftwell::app
