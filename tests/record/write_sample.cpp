// Writes a result file with everything the layout knows, for test_readers.py and kill_test.py.
//   write_sample OUT.h5 [FRAMES [MILLISECONDS]]
// MILLISECONDS: pause after each frame, with a flush every 20 ms, for the tests that kill the writer or look in.
#include "driftwell/core/error.hpp"
#include "driftwell/record/result_file.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace record = driftwell::record;

namespace {

constexpr std::size_t nx = 40, ny = 30, particles = 7;

std::vector<double> centres(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = -1 + 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  }
  return x;
}

/// A frame whose values say which frame it is: the reading side recomputes them.
std::vector<double> frame_values(std::size_t n, std::size_t frame) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = static_cast<double>(frame) + static_cast<double>(i) / 1024;
  }
  return values;
}

void root_attributes(record::ResultFile& file) {
  file.attribute("title", "Doppelmulde ψ: température");
  file.attribute("Conventions", "CF-1.8");
  file.attribute("experiment", std::string(100'000, 'x') + "end");
  file.attribute("empty", "");
  file.attribute("latin_1", "caf\xE9");
  file.attribute("seed", std::int64_t{9'007'199'254'740'993});
  file.attribute("wall_seconds", 0.0);
  file.attribute("wall_seconds", 1.5);
  file.attribute("stop_reason", "unknown");
  file.attribute("stop_reason", "end of time");
}

record::Group density_group(record::ResultFile& file) {
  auto group = file.group("fokker_planck");
  group.attribute("spectral_gap", std::vector<double>{0.25, -1.5});
  group.attribute("no_numbers", std::vector<double>{});
  group.growing_dimension("time", {{"long_name", "time"}});
  group.growing_dimension("snapshot_time", {{"long_name", "time of a snapshot"}});
  group.dimension("x", centres(nx), {{"long_name", "x"}});
  group.dimension("y", centres(ny));
  group.dimension("variable", std::vector<std::string>{"x", "ψ"}, {{"long_name", "variable"}});
  group.dimension("variable_2", std::vector<std::string>{"x", "ψ"});
  group.dimension("ri", 2);
  group.variable("zeta", {"time"}, {{"long_name", "declared before kl: order is not alphabetical"}});
  group.variable("kl", {"time"}, {{"long_name", "KL divergence"}, {"units", "nat"}});
  group.variable("mean", {"time", "variable"});
  group.variable("covariance", {"time", "variable", "variable_2"});
  group.variable("spectrum", {"time", "ri"});
  group.variable("density", {"snapshot_time", "x", "y"}, {{"long_name", "probability density"}});
  group.variable("potential", {"x", "y"});
  group.variable("log_partition", {});
  group.write("potential", frame_values(nx * ny, 3));
  group.write("log_partition", std::vector<double>{2.5});
  return group;
}

record::Group particle_group(record::ResultFile& file) {
  auto group = file.group("langevin");
  group.growing_dimension("snapshot_time");
  group.dimension("particle", particles);
  group.dimension("variable", std::vector<std::string>{"x", "ψ"});
  group.variable("sample", {"snapshot_time", "particle", "variable"});
  return group;
}

void theorem_group(record::ResultFile& file) {
  auto group = file.group("theorems");
  group.dimension("theorem", std::vector<std::string>{"kl_decreases", "gap", "été"});
  group.variable("left", {"theorem"});
  group.write("left", std::vector<double>{1, NAN, INFINITY});
  group.text("verdict", "theorem", {"holds", "", "violated ψ"}, {{"long_name", "verdict"}});
}

void write(const char* out, std::size_t frames, long pause) {
  record::Options options;
  options.replace = true;
  if (pause >= 0) {
    options.flush_seconds = 0.02;
  }
  record::ResultFile file(out, options);
  root_attributes(file);
  auto density = density_group(file);
  auto cloud = particle_group(file);
  theorem_group(file);
  for (std::size_t k = 0; k < frames; ++k) {
    const double t = static_cast<double>(k) / 8;
    density.write_frame("time", k, {&t, 1});
    for (const char* name : {"zeta", "kl"}) {
      density.write_frame(name, k, frame_values(1, k));
    }
    density.write_frame("mean", k, frame_values(2, k));
    density.write_frame("covariance", k, frame_values(4, k));
    density.write_frame("spectrum", k, frame_values(2, k));
    if (k % 2 == 0) {
      density.write_frame("snapshot_time", k / 2, {&t, 1});
      density.write_frame("density", k / 2, frame_values(nx * ny, k));
      cloud.write_frame("snapshot_time", k / 2, {&t, 1});
      cloud.write_frame("sample", k / 2, frame_values(particles * 2, k));
    }
    file.flush_if_due();
    if (pause > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    }
  }
  file.attribute("complete", std::int64_t{1});
  file.finish();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    return static_cast<int>(driftwell::ExitCode::usage);
  }
  try {
    write(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10, argc > 3 ? std::atol(argv[3]) : -1);
  } catch (const driftwell::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(e.code());
  }
  return 0;
}
