#pragma once
// A request to stop, set by a signal handler (or another thread) and polled by long computations.
#include <atomic>

namespace driftwell {

/// Thrown by poll_interrupt(); the run finishes its file and exits with 128 + signal.
struct Interrupted {
  int signal;
};

/// 0, or the number of the signal that asked to stop.
extern std::atomic<int> interrupt_signal;

/// Call between units of work of at most a second or so.
inline void poll_interrupt() {
  if (const int signal = interrupt_signal.load(std::memory_order_relaxed)) throw Interrupted{signal};
}

} // namespace driftwell
