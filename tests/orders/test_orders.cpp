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

TEST_CASE("turning", "[slow]") {
  const std::size_t cells = std::stoul(std::getenv("CELLS")), grids = std::stoul(std::getenv("GRIDS"));
  for (const Noise noise : {Noise::isotropic, Noise::diagonal_of_x, Noise::full_of_x})
    for (const bool stretched : {false, true}) {
      const Combination c{2, Walls::reflecting, noise, Interpretation::anti_ito, Drift::circulation, stretched};
      Experiment e = experiment(c, cells);
      const std::string q = "(0.6 + 0.4*sin(1.3*x - 0.5*y))";
      if (std::getenv("CORNER")) e.text.potential = "0.5*x + 0.4*y";
      e.text.circulation = {{"0", q}, {"-" + q, "0"}};
      ItoEquation equation = e.equation();
      const Expression f = formula(e.text.potential, e.text.names), Q0 = formula(q, e.text.names), T(e.text.temperature);
      const expression::Tape both({f, Q0}, 2);
      double highest = -1e300, psi = 0;
      for (int i = 0; i <= 4000; ++i)
        for (int side = 0; side < 4; ++side) {
          const std::array<double, 2> share = side < 2 ? std::array{i / 4000.0, double(side)} : std::array{double(side - 2), i / 4000.0};
          std::array<double, 2> x{};
          for (std::size_t a = 0; a < 2; ++a) x[a] = e.axes[a].lower + share[a] * (e.axes[a].upper - e.axes[a].lower);
          const auto v = both(x);
          if (v[0] > highest) { highest = v[0]; psi = v[1] * std::exp(-v[0] / e.text.temperature); if (std::getenv("VERBOSE")) fmt::print("{} {} {} {}\n", x[0], x[1], v[0], psi); }
        }
      const Expression Q = Q0 - Expression(psi) * exp(f / T);
      equation.turning = {{Expression(0.0), Q}, {-Q, Expression(0.0)}};
      const Model m = model(e.text);
      for (const Direction direction : {Direction::forward, Direction::backward}) {
        const Measured r = measure(e, equation, direction, grids, [&](const Grid& grid) { return build_generator(m, grid).rates(); });
        fmt::print("{:62} {:8} mean {:8.2e} order {:5.2f}   worst {:8.2e} order {:5.2f}\n", c.name(), direction == Direction::forward ? "forward" : "backward",
                   r.errors.back().mean, r.order(), r.errors.back().worst, r.order_of_worst());
      }
    }
}
