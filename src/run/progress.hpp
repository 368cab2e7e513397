#pragma once
// One line on stderr that says how far the run is: rewritten in place on a terminal, every 30 s otherwise.
#include <chrono>
#include <cstddef>
#include <string>

namespace driftwell::run {

class Progress {
public:
  explicit Progress(int verbosity);
  ~Progress();
  /// A new phase: "grid 256 x 256". Shown at once on a terminal.
  void phase(const std::string& text);
  void outputs(std::size_t done, std::size_t all);
  /// How long each phase took, the current one included; one line a phase.
  [[nodiscard]] std::string phases();
  /// Takes the line away, so that other words can be printed.
  void clear();

private:
  void show(const std::string& text, bool force);
  void end_phase();
  bool enabled_, terminal_;
  std::string phase_, finished_;
  std::chrono::steady_clock::time_point phase_start_, last_;
  bool shown_ = false;
};

} // namespace driftwell::run
