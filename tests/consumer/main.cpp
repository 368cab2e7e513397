// What a user of the library writes: Ornstein-Uhlenbeck from N(2, 0.25), the KL divergence at t = 1.
#include <driftwell/expression/expression.hpp>
#include <driftwell/generator/generator.hpp>
#include <driftwell/grid/grid.hpp>
#include <driftwell/model/model.hpp>
#include <driftwell/model/named_potential.hpp>
#include <driftwell/observables/observable.hpp>
#include <driftwell/propagators/propagator.hpp>
#include <driftwell/stationary/steady_state.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <vector>

namespace {

constexpr double exact = 0.273434935455; // THEORY: a = beta = 1, N(2, 0.25) at t = 1

driftwell::Model ornstein_uhlenbeck() {
  driftwell::Equation equation;
  equation.names = {"x"};
  equation.potential = driftwell::Expression::parse("a*x^2/2", {.variables = {"x"}, .parameters = {{"a", 1.0}}});
  equation.diffusion = {{driftwell::Expression(1.0)}};
  equation.temperature = 1;
  return driftwell::Model(std::move(equation));
}

double kl_at_one(std::size_t cells) {
  const driftwell::Model model = ornstein_uhlenbeck();
  const driftwell::Grid grid({{.lower = -8, .upper = 8, .cells = cells}});
  const driftwell::Generator generator = driftwell::build_generator(model, grid);
  const Eigen::VectorXd loss = driftwell::potential_on(model, grid);
  const driftwell::SteadyState steady = driftwell::steady_state(generator, &loss);

  Eigen::VectorXd p(static_cast<Eigen::Index>(grid.size()));
  for (std::size_t k = 0; k < grid.size(); ++k)
    p[static_cast<Eigen::Index>(k)] = std::exp(-std::pow(grid.centre(k)[0] - 2, 2) / (2 * 0.25));
  p /= p.sum();

  const std::vector<double> times{0, 0.5, 1};
  const driftwell::EvolutionProblem problem{generator, steady, p, times, 1e-9, {}};
  const driftwell::Choice choice = driftwell::choose_propagator("auto", problem, 1e9);
  const auto kl = driftwell::ObservableCatalogue::find("kl")->make();
  double value = NAN;
  choice.propagator->propagate(problem, [&](std::size_t, const Eigen::VectorXd& now) {
    value = kl->evaluate(driftwell::DensityState(generator, steady, loss, now))[0];
  });
  std::printf("%zu cells, %s: KL(1) = %.12f, error %.1e\n", cells, choice.name.c_str(), value, value - exact);
  return value;
}

} // namespace

int main() try {
  // The shelves come with the library: their files register themselves when it is loaded.
  if (driftwell::ObservableCatalogue::names().size() < 5 || driftwell::PotentialCatalogue::names().empty()) {
    std::fprintf(stderr, "the shelves are empty\n");
    return 2;
  }
  const double coarse = kl_at_one(400), fine = kl_at_one(800);
  const bool second_order = std::abs((coarse - exact) / (fine - exact) - 4) < 0.1;
  return std::abs(fine - exact) < 1e-4 && second_order ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 3;
}
