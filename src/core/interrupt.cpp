#include "driftwell/core/interrupt.hpp"

namespace driftwell {

std::atomic<int> interrupt_signal{0};

} // namespace driftwell
