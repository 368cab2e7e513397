#include "progress.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace driftwell::run {

namespace {
using Clock = std::chrono::steady_clock;
const char* terminal_type() {
  const char* type = std::getenv("TERM");
  return type ? type : "";
}
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
} // namespace

Progress::Progress(int verbosity)
    : enabled_(verbosity > 0), terminal_(isatty(STDERR_FILENO) != 0 && std::string_view(terminal_type()) != "dumb"), phase_start_(Clock::now()), last_(Clock::now()) {}

Progress::~Progress() { clear(); }

void Progress::phase(const std::string& text) {
  end_phase();
  phase_ = text;
  phase_start_ = Clock::now();
  show(text, terminal_);
}

void Progress::end_phase() {
  if (!phase_.empty()) finished_ += fmt::format("  {:>8.3f} s  {}\n", since(phase_start_), phase_);
  phase_.clear();
}

std::string Progress::phases() {
  end_phase();
  return finished_;
}

void Progress::outputs(std::size_t done, std::size_t all) {
  const double seconds = since(phase_start_), rate = static_cast<double>(done) / std::max(seconds, 1e-9);
  show(fmt::format("{}: {}/{} outputs, {:.3g} a second, {:.0f} s left", phase_, done, all, rate,
                   static_cast<double>(all - done) / std::max(rate, 1e-9)), false);
}

void Progress::show(const std::string& text, bool force) {
  if (!enabled_) return;
  const double pause = since(last_);
  if (!force && pause < (terminal_ ? 0.2 : 30)) return;
  last_ = Clock::now();
  if (terminal_) fmt::print(stderr, "\r\033[K{}", text);
  else fmt::print(stderr, "{}\n", text);
  std::fflush(stderr);
  shown_ = terminal_;
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

} // namespace driftwell::run
