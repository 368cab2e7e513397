#include "signals.hpp"

#include "driftwell/core/interrupt.hpp"

#include <csignal>
#include <cstdlib>
#include <pthread.h>
#include <thread>

namespace driftwell::app {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

void block_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void watch_signals() {
  std::thread([] {
    const sigset_t set = stop_signals();
    for (int signal = 0; sigwait(&set, &signal) == 0;)
      if (interrupt_signal.exchange(signal) != 0) std::_Exit(128 + signal);
  }).detach();
}

} // namespace driftwell::app
