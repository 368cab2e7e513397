#include "signals.hpp"

#include "driftwell/core/interrupt.hpp"

#include <cstdlib>
#include <thread>

namespace driftwell::app {

void watch_signals() {
  std::thread([] {
    const sigset_t set = stop_signals();
    for (int signal = 0; sigwait(&set, &signal) == 0;)
      if (interrupt_signal.exchange(signal) != 0) std::_Exit(128 + signal);
  }).detach();
}

} // namespace driftwell::app
