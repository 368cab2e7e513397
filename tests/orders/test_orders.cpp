// Order of the chain in h, measured for boundary x dimension x noise x reading x drift x spacing, forward and backward.
// The slow cases print the whole table: test_orders "[slow]".
#include "table.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

constexpr std::array both_ways{Direction::forward, Direction::backward};

/// Every `stride`-th combination, from the first; orders between the last two grids in (least, most).
void check(std::size_t dimension, std::size_t cells, std::size_t grids, std::size_t stride, double least, double most, bool print) {
  const std::vector<Combination> all = combinations(dimension);
  std::size_t checked = 0;
  double lowest = 1e300, mean = 0;
  for (std::size_t i = 0; i < all.size(); i += stride)
    for (const Direction direction : both_ways) {
      const Measured m = measure(experiment(all[i], cells), direction, grids);
      const std::string story = fmt::format("{:62} {:8} mean {:8.2e} order {:5.2f}   worst cell {:8.2e} order {:5.2f}", all[i].name(),
                                            direction == Direction::forward ? "forward" : "backward", m.errors.back().mean, m.order(), m.errors.back().worst, m.order_of_worst());
      if (print) fmt::print("{}\n", story);
      CAPTURE(story);
      CHECK(m.order() > least);
      CHECK(m.order() < most);
      lowest = std::min(lowest, m.order());
      mean += m.order();
      ++checked;
    }
  if (print) fmt::print("{}-D: {} combinations, order {:.2f} on average, {:.2f} at least\n", dimension, checked, mean / static_cast<double>(checked), lowest);
}

} // namespace

TEST_CASE("manufactured solutions in one dimension: second order in every combination") { check(1, 16, 3, 1, 1.95, 2.05, false); }
TEST_CASE("manufactured solutions in two dimensions: second order in a sample of the combinations") { check(2, 16, 3, 13, 1.75, 2.8, false); }
TEST_CASE("manufactured solutions in three dimensions: second order in a sample of the combinations") { check(3, 9, 2, 67, 1.5, 2.6, false); }
TEST_CASE("manufactured solutions in two dimensions: every combination", "[slow]") { check(2, 16, 3, 1, 1.65, 3, true); }
TEST_CASE("manufactured solutions in three dimensions: a third of the combinations", "[slow]") { check(3, 10, 2, 3, 1.1, 3.6, true); }

TEST_CASE("a circulation that meets walls turns there: second order with n.(D + Q - Q_wall) grad(u/rho_ss) = 0") {
  for (const std::string potential : {"0.5*sin(1.1*x + 0.3) + 0.3*sin(1.3*x)*sin(y)", "0.5*x + 0.4*y"}) // highest on a wall, and in a corner
    for (const Noise noise : {Noise::isotropic, Noise::diagonal_of_x, Noise::full_of_x})
      for (const bool stretched : {false, true}) {
        Experiment e = experiment({2, Walls::reflecting, noise, Interpretation::anti_ito, Drift::circulation, stretched}, 8);
        e.text.potential = potential;
        const std::string q = "(0.6 + 0.4*sin(1.3*x - 0.5*y))";
        e.text.circulation = {{"0", q}, {"-" + q, "0"}};
        const Expression f = formula(potential, e.text.names), Q = formula(q, e.text.names), T(e.text.temperature);
        // psi of the walls: that of their highest point
        const expression::Tape values({f, Q}, 2);
        double highest = -1e300, wall = 0;
        for (int i = 0; i <= 4000; ++i)
          for (int side = 0; side < 4; ++side) {
            std::array<double, 2> x{i / 4000.0, i / 4000.0};
            x[side < 2 ? 1 : 0] = side % 2;
            for (std::size_t a = 0; a < 2; ++a) x[a] = e.axes[a].lower + x[a] * (e.axes[a].upper - e.axes[a].lower);
            if (const auto v = values(x); v[0] > highest) {
              highest = v[0];
              wall = v[1] * std::exp(-v[0] / e.text.temperature);
            }
          }
        const Expression turning = Q - Expression(wall) * exp(f / T);
        ItoEquation equation = e.equation();
        const Model m = model(e.text);
        const auto chain = [&](const Grid& grid) { return build_generator(m, grid).rates(); };
        for (const Direction direction : both_ways) {
          equation.turning = {{Expression(0.0), turning}, {-turning, Expression(0.0)}};
          const double order = measure(e, equation, direction, 3, chain).order();
          CAPTURE(potential, noise_names[static_cast<std::size_t>(noise)], stretched, order);
          CHECK(order > 1.9);
          CHECK(order < 2.1);
          equation.turning.clear(); // J.n = 0 is something else
          CHECK(measure(e, equation, direction, 3, chain).order() < 1.6);
        }
      }
}
