#include "table.hpp"

#include <catch2/catch.hpp>

using namespace engine;

TEST_CASE("probe", "[slow]") {
  const std::size_t d = std::stoul(std::getenv("DIM")), cells = std::stoul(std::getenv("CELLS")), grids = std::stoul(std::getenv("GRIDS"));
  const std::string only = std::getenv("ONLY") ? std::getenv("ONLY") : "";
  for (const Combination& c : combinations(d)) {
    if (c.name().find(only) == std::string::npos) continue;
    const Experiment e = experiment(c, cells);
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      const Measured m = measure(e, direction, grids);
      fmt::print("{:62} {:8} mean {:8.2e} order {:5.2f}   worst {:8.2e} order {:5.2f}\n", c.name(), direction == Direction::forward ? "forward" : "backward",
                 m.errors.back().mean, m.order(), m.errors.back().worst, m.order_of_worst());
      std::fflush(stdout);
    }
  }
}
