#pragma once
// For the C++ benchmarks: the chain of an experiment file of bench/experiments on a grid of n cells an axis, and a clock.
#include "driftwell/generator/generator.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/run/build.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace bench {

inline driftwell::input::Spec experiment(const std::string& name, std::size_t dimension, std::size_t cells) {
  const std::string path = std::string(DRIFTWELL_EXPERIMENTS) + "/" + name + ".toml";
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string list = std::to_string(cells);
  for (std::size_t a = 1; a < dimension; ++a) list += ", " + std::to_string(cells);
  return driftwell::input::parse(text.str(), path, {"fokker_planck.cells=[" + list + "]"});
}

/// Seconds of one call: the least of `rounds`.
template <class Work> double seconds(Work&& work, int rounds = 1) {
  using Clock = std::chrono::steady_clock;
  double least = 1e300;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

} // namespace bench
