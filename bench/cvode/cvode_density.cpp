// SUNDIALS CVODE as a contender of bench_density.py: cvode_density KEY=VALUE...
//   problem=fp_2d cells=256 temperature= std= lambda= lower=-3,-3 upper= mean=    or matrix=FILE (system.hpp)
//   times=0,0.1,... solver=band|klu|lines rtol= atol= threads= out=FILE
// Timed: from the formulas (or the matrix in memory) to KL at every output. out: doubles seconds, peak MB, number of outputs n and of
// cells, n of KL, n of mass, then the cell probabilities at every output if there are at most eight, else at the last.
#include "integrator.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>

using namespace bench;

namespace {

class Arguments {
public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto equals = word.find('=');
      if (equals == std::string::npos) throw std::invalid_argument("not KEY=VALUE: " + word);
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
  [[nodiscard]] const std::string& text(const std::string& key) const {
    if (!has(key)) throw std::invalid_argument("missing " + key + "=");
    return values_.at(key);
  }
  [[nodiscard]] double number(const std::string& key) const { return std::stod(text(key)); }
  [[nodiscard]] std::vector<double> list(const std::string& key) const {
    std::vector<double> result;
    std::istringstream words(text(key));
    for (std::string word; std::getline(words, word, ',');) result.push_back(std::stod(word));
    return result;
  }

private:
  std::map<std::string, std::string> values_;
};

Problem read_problem(const Arguments& arguments) {
  Problem p;
  p.name = arguments.text("problem");
  p.cells = static_cast<std::size_t>(arguments.number("cells"));
  p.temperature = arguments.number("temperature");
  p.std = arguments.number("std");
  p.lambda = arguments.has("lambda") ? arguments.number("lambda") : 0;
  p.lower = arguments.list("lower");
  p.upper = arguments.list("upper");
  p.mean = arguments.list("mean");
  return p;
}

/// Of this program alone: what getrusage says includes the parent's peak.
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

int run(const Arguments& arguments) {
  const std::vector<double> times = arguments.list("times");
  Options options{arguments.text("solver"), arguments.number("rtol"), arguments.number("atol"), static_cast<int>(arguments.number("threads"))};
  System system;
  if (arguments.has("matrix")) system = read_system(arguments.text("matrix"));
  const auto begin = std::chrono::steady_clock::now();
  if (!arguments.has("matrix")) {
    system.chain = build_chain(read_problem(arguments), options.threads);
    system.start = system.chain->start;
    system.steady = system.chain->steady;
  }
  Integrator integrator(system, options);
  const std::size_t n = system.start.size();
  const double* p = system.start.data();
  std::vector<double> kls, masses, kept;
  const std::size_t first_kept = times.size() <= 8 ? 0 : times.size() - 1;
  for (const double t : times) {
    if (t > 0) p = integrator.advance(t);
    kls.push_back(kl(p, system.steady));
    masses.push_back(std::accumulate(p, p + n, 0.0));
    if (kls.size() > first_kept) kept.insert(kept.end(), p, p + n);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::ofstream out(arguments.text("out"), std::ios::binary);
  const auto write = [&](const double* values, std::size_t count) {
    out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(double)));
  };
  const double head[] = {seconds, peak_mb(), static_cast<double>(times.size()), static_cast<double>(n)};
  write(head, 4);
  write(kls.data(), kls.size());
  write(masses.data(), masses.size());
  write(kept.data(), kept.size());
  if (!out) throw std::runtime_error("cannot write " + arguments.text("out"));
  const Counts counts = integrator.counts();
  std::printf("%ld steps, %ld rates, %ld setups\n", counts.steps, counts.rates, counts.setups);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(Arguments(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cvode_density: %s\n", error.what());
    return 1;
  }
}
