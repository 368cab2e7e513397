// propagator = "auto" goes on with the other candidate where the first one cannot reach the tolerance.
#include "driftwell/core/error.hpp"
#include "driftwell/run/density_run.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

run::Series series(const std::string& propagator) {
  const input::Spec spec = input::parse("[model]\nvariables = [\"x\"]\npotential = \"(x^2-1)^2/4\"\ntemperature = 0.25\n[initial]\npoint = [-1]\n[time]\nend = 10\noutputs = 11\n"
                                        "[fokker_planck]\nlower = -3\nupper = 3\ncells = 1200\npropagator = \"" + propagator + "\"\n", "point.toml");
  const Grid grid = run::build_grid(*spec.fokker_planck);
  const run::InitialDensity initial(spec, grid);
  const run::DensityRun density(spec, run::build_model(spec), grid);
  double error = 0;
  return density.series(initial, spec.time.at, *density.choose(initial, spec.time.at).propagator, error);
}

} // namespace

TEST_CASE("a start at a point, far from the steady state: auto gets there") {
  const run::Series found = series("auto"), direct = series("chebyshev");
  REQUIRE(found.at("kl").size() == 11);
  for (std::size_t i = 0; i < 11; ++i) CHECK(found.at("kl")[i][0] == Approx(direct.at("kl")[i][0]).epsilon(1e-8));
}
