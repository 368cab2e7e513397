// Time a cell of one problem (fp_2d) on finer and finer grids, the factorisation apart: chain and steady state, the factor,
// everything else of the Krylov propagator with KL at each of 101 outputs. Target: growth <= 1.3 from 256^2 to 1024^2.
#include "bench_experiment.hpp"

#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <vector>

using namespace driftwell;

namespace {

double kl(const Eigen::VectorXd& p, const SteadyState& steady) {
  double sum = 0;
  for (Eigen::Index k = 0; k < p.size(); ++k)
    if (p[k] > 0) sum += p[k] * (std::log(p[k]) - steady.log_p[k]);
  return sum;
}

struct Times {
  double chain = 1e300, factor = 1e300, rest = 1e300;
};

/// The least of each over `rounds`.
Times measure(std::size_t cells, int rounds, std::string& summary) {
  const input::Spec spec = bench::experiment("fp_2d", 2, cells);
  const Model model = run::build_model(spec);
  const Grid grid = run::build_grid(*spec.fokker_planck);
  const run::InitialDensity initial(spec, grid);
  std::vector<double> times;
  for (int i = 0; i <= 100; ++i) times.push_back(0.1 * i);
  Times least;
  for (int round = 0; round < rounds; ++round) {
    const double chain = bench::seconds([&] { (void)steady_state(run::build_chain(spec, model, grid)); });
    const Generator generator = run::build_chain(spec, model, grid);
    const SteadyState steady = steady_state(generator);
    const Eigen::VectorXd start = initial.on(grid, steady);
    const Stencil S = generator.symmetrised();
    const double factor = bench::seconds([&] { SparseFactor(S, 1.0, -0.25); });
    const EvolutionProblem problem{generator, steady, start, times, 1e-9, {}};
    const auto krylov = choose_propagator("krylov", problem, 64e9).propagator;
    double last = 0;
    const double all = bench::seconds([&] { summary = krylov->propagate(problem, [&](std::size_t, const Eigen::VectorXd& p) { last = kl(p, steady); }).summary; });
    if (!(last >= 0)) throw std::runtime_error("KL is negative");
    least = {std::min(least.chain, chain), std::min(least.factor, factor), std::min(least.rest, all - factor)};
  }
  return least;
}

} // namespace

int main() {
  fmt::print("  grid   chain us/cell  factor us/cell  the rest us/cell  growth (chain + rest)\n");
  double first = 0;
  for (const std::size_t cells : {256, 512, 1024}) {
    std::string summary;
    const Times t = measure(cells, 3, summary);
    const double each = 1e6 / static_cast<double>(cells * cells), sum = each * (t.chain + t.rest);
    if (first == 0) first = sum;
    fmt::print("{:>4}^2  {:>14.3f}  {:>14.3f}  {:>16.3f}  {:>6.2f}   {}\n", cells, each * t.chain, each * t.factor, each * t.rest, sum / first, summary);
    std::fflush(stdout);
  }
}
