#include "driftwell/run/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace driftwell::run {

namespace {

double limit = 0;

/// What this process holds already.
double resident_memory() {
  std::ifstream pages("/proc/self/statm");
  double total = 0, resident = 0;
  pages >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double free_memory() {
  std::ifstream info("/proc/meminfo");
  std::string word;
  while (info >> word)
    if (word == "MemAvailable:") {
      double kilobytes = 0;
      info >> kilobytes;
      return kilobytes * 1024;
    }
  return 4e9;
}

} // namespace

void limit_memory(const input::Spec& spec, double asked) { limit = 1e9 * (asked > 0 ? asked : spec.memory_limit ? spec.memory_limit->value : 0); }

double available_memory() {
  const double free = free_memory();
  return limit > 0 ? std::min(free, std::max(0.0, limit - resident_memory())) : free;
}

std::string memory_words() {
  const double bytes = available_memory();
  return limit > 0 && bytes < free_memory() ? fmt::format("memory_limit leaves {:.3g} GB", bytes / 1e9) : fmt::format("{:.3g} GB are free", bytes / 1e9);
}

} // namespace driftwell::run
