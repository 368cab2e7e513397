// Peak memory of the direct methods beside what the program estimates before it starts them. Each runs in a process of its own,
// because a process keeps its peak. bench_memory [longest]: grids of up to `longest` cells an axis (48) in three dimensions.
#include "driftwell/generator/generator.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/state_reduction.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace driftwell;

namespace {

Generator chain(std::size_t d, std::size_t cells, bool force) {
  Equation equation;
  equation.names = {"x", "y", "z"};
  equation.names.resize(d);
  const auto parse = [&](const std::string& text) { 
    expression::Symbols symbols;
    symbols.variables = equation.names;
    return Expression::parse(text, symbols);
  };
  equation.potential = parse(d == 3 ? "(x^2-1)^2/4 + y^2/2 + z^2/2 + 0.2*x*y*z" : "(x^2-1)^2/4 + y^2/2 + 0.2*x*y");
  if (force) {
    equation.force = {parse("-y"), parse("x")};
    if (d == 3) equation.force.push_back(parse("0"));
  }
  equation.temperature = 0.5;
  return build_generator(Model(std::move(equation)), Grid(std::vector<Axis>(d, Axis{-2.5, 2.5, cells})));
}

struct Measured {
  double bytes, seconds;
};

/// Growth of the peak by `task`, in a child process.
Measured measured(const std::function<void()>& task) {
  int pipes[2];
  if (pipe(pipes) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    const auto start = std::chrono::steady_clock::now();
    task();
    getrusage(RUSAGE_SELF, &after);
    const Measured result{1024.0 * static_cast<double>(after.ru_maxrss - before.ru_maxrss), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
    std::_Exit(write(pipes[1], &result, sizeof result) == sizeof result ? 0 : 1);
  }
  Measured result{-1, -1};
  close(pipes[1]);
  if (read(pipes[0], &result, sizeof result) != sizeof result) result = {-1, -1};
  close(pipes[0]);
  waitpid(child, nullptr, 0);
  return result;
}

void row(const std::string& what, std::size_t d, std::size_t cells, double estimate, const std::function<void()>& task) {
  const Measured m = measured(task);
  fmt::print("{:<34} {:>5}^{}  {:>9.1f} {:>9.1f} {:>8.2f} {:>8.2f}\n", what, cells, d, estimate / 1e6, m.bytes / 1e6, estimate / m.bytes, m.seconds);
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  omp_set_num_threads(1); // a child of a process with a team of threads waits for ever for it
  const std::size_t longest = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 48;
  fmt::print("{:<34} {:>7}  {:>9} {:>9} {:>8} {:>8}\n", "", "cells", "estimate", "peak MB", "ratio", "s");
  std::fflush(stdout); // before a fork copies the buffer
  for (const auto& [d, cells] : std::vector<std::pair<std::size_t, std::size_t>>{{2, 128}, {2, 256}, {2, 512}, {3, 24}, {3, 32}, {3, 48}, {3, 64}}) {
    if (d == 3 && cells > longest) continue;
    const Generator reversible = chain(d, cells, false), forced = chain(d, cells, true);
    const Eigen::VectorXd b = Eigen::VectorXd::Ones(reversible.rates().diagonal().size());
    row("Cholesky factor and a solve", d, cells, estimate_factor(reversible.grid(), SparseFactor::Kind::positive_definite).bytes,
        [&] { (void)SparseFactor(reversible.symmetrised(), 1, -0.1).solve(b); });
    row("LU factor and a solve", d, cells, estimate_factor(forced.grid(), SparseFactor::Kind::general).bytes, [&] { (void)SparseFactor(forced.rates(), 1, -0.1).solve(b); });
    row("state reduction, steady state", d, cells, estimate_factor(forced.grid(), SparseFactor::Kind::general).bytes, [&] { (void)state_reduction(forced).stationary(); });
  }
}
