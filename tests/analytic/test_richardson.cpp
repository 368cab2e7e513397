// Extrapolated values against known answers: the error bar of the grid covers the grid's error, and the extrapolated value is
// of a higher order.
#include "driftwell/run/density_run.hpp"
#include "run/richardson.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace driftwell;

namespace {

struct Answer {
  std::string name, potential, initial, box;
  double T, exact;
};

double value_on(const Answer& answer, std::size_t cells) {
  const input::Spec spec = input::parse(
      fmt::format("[model]\nvariables = [\"x\"]\npotential = \"{}\"\ntemperature = {}\n[initial]\n{}\n[time]\nend = 1\nat = [1]\n[fokker_planck]\n{}\ncells = {}\ntolerance = 1e-12\n",
                  answer.potential, answer.T, answer.initial, answer.box, cells), "richardson.toml");
  const Model model = run::build_model(spec);
  const Grid grid = run::build_grid(*spec.fokker_planck);
  const run::DensityRun density(spec, model, grid);
  const run::InitialDensity initial(spec, grid);
  double ignored = 0;
  return density.series(initial, spec.time.at, *density.choose(initial, spec.time.at).propagator, ignored).at(answer.name)[1][0];
}

} // namespace

TEST_CASE("extrapolated values of OU and the double well are of fourth order, and the bars hold") {
  const std::string well = "gaussian = { mean = [-0.8], std = 0.2 }", ou = "gaussian = { mean = [2], std = 0.5 }";
  const std::vector<Answer> answers{{"kl", "(x^2-1)^2/4", well, "lower = [-4]\nupper = [4]", 1, 0.0950293008514},
                                    {"kl", "(x^2-1)^2/4", well, "lower = [-3.2]\nupper = [3.2]", 0.5, 0.240562761794},
                                    {"kl", "(x^2-1)^2/4", well, "lower = [-2.4]\nupper = [2.4]", 0.1, 0.636137854571},
                                    {"dissipation", "(x^2-1)^2/4", well, "lower = [-3.2]\nupper = [3.2]", 0.5, -0.236681706217},
                                    {"kl", "x^2/2", ou, "lower = [-8]\nupper = [8]", 1, 0.273434935455},
                                    {"fisher_information", "x^2/2", ou, "lower = [-8]\nupper = [8]", 1, 0.552807536557}};
  for (const Answer& answer : answers) {
    const double quarter = value_on(answer, 100), half = value_on(answer, 200), fine = value_on(answer, 400);
    const run::Richardson here = run::richardson(fine, half, quarter, 2), before = run::richardson(half, quarter, 2);
    CAPTURE(answer.name, answer.potential, answer.T, fine, here.extrapolated, here.error);
    CHECK(std::abs(fine - answer.exact) < 1.05 * here.error);                       // the bar of the value on the grid
    CHECK(std::abs(here.extrapolated - answer.exact) < std::abs(fine - answer.exact) / 50); // and far better than it
    CHECK(std::abs(here.extrapolated - answer.exact) < std::abs(before.extrapolated - answer.exact) / 10 + 2e-11); // 16 is fourth order
  }
}

TEST_CASE("bars hold for orders from one to four, whatever the sign of the error") {
  for (const double order : {1.0, 1.3, 1.7, 2.0, 3.0, 4.0})
    for (const double c : {0.3, -0.3}) {
      const auto v = [&](double h) { return 2 + c * std::pow(h, order); };
      const run::Richardson bar = run::richardson(v(0.1), v(0.2), v(0.4), 2);
      CAPTURE(order, c, bar.error);
      CHECK(std::abs(v(0.1) - 2) < 1.0001 * bar.error);
      if (order <= 2) CHECK(bar.error < 2.1 * std::abs(v(0.1) - 2)); // and are no wider than they must be
    }
  // A difference of nothing before says nothing: a first-order error is allowed for.
  CHECK(run::richardson(1.1, 1, 1, 2).error == Approx(0.1));
}
