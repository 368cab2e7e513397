// Second order in h, measured: for every kind of boundary, dimension and noise.
#include "engine.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

struct Case {
  std::string name;
  ModelText text;
  std::vector<Axis> axes; ///< with the coarsest numbers of cells
  std::vector<double> mean;
  double std;
};

const std::vector<Case> cases{
    {"1-D reflecting", {{"x"}, "(x^2-1)^2/4", {}, {}, 0.25}, {axis(-2.5, 2.5, 40)}, {-0.8}, 0.3},
    {"1-D wall felt", {{"x"}, "x/2", {}, {}, 0.5}, {axis(0, 2, 40)}, {0.6}, 0.2},
    {"1-D periodic", {{"x"}, "cos(x)", {"0.5"}, {}, 0.5}, {ring(0, 2 * M_PI, 40)}, {3}, 0.5},
    {"1-D absorbing", {{"x"}, "x^2/4", {}, {}, 0.5}, {axis(-2, 2, 40, Boundary::absorbing, Boundary::absorbing)}, {0.5}, 0.3},
    {"1-D D(x) Ito", {{"x"}, "x^2/2", {}, {"1 + x^2/2"}, 0.4}, {axis(-4, 4, 60)}, {1}, 0.4},
    {"1-D D(x) anti-Ito", {{"x"}, "x^2/2", {}, {"1 + x^2/2"}, 0.4, Interpretation::anti_ito}, {axis(-4, 4, 60)}, {1}, 0.4},
    {"2-D gradient", {{"x", "y"}, "(x^2-1)^2/4 + y^2/2 + 0.2*x*y", {}, {}, 0.4}, {axis(-2.5, 2.5, 24), axis(-2.5, 2.5, 24)}, {-0.8, 0.4}, 0.45},
    {"2-D circulation", {{"x", "y"}, "x^2/2 + y^2/2", {"-y", "x"}, {}, 0.5}, {axis(-3, 3, 24), axis(-3, 3, 24)}, {0.8, 0.4}, 0.5},
    {"2-D diagonal D(x)", {{"x", "y"}, "x^2/2 + y^2/2", {"-y/2", "x/2"}, {"1 + y^2/4", "1.5 + sin(x)/2"}, 0.4}, {axis(-3, 3, 24), axis(-3, 3, 24)}, {0.8, 0.4}, 0.5},
    {"2-D absorbing and periodic", {{"x", "y"}, "x^2/2 + cos(y)", {"sin(y)", "0.3"}, {}, 0.5}, {axis(-1.5, 1.5, 20, Boundary::absorbing, Boundary::reflecting), ring(0, 2 * M_PI, 24)}, {0.3, 3}, 0.5},
    {"3-D gradient", {{"x", "y", "z"}, "(x^2-1)^2/4 + y^2/2 + z^2/2 + 0.2*x*y*z", {}, {}, 0.5}, {axis(-2.4, 2.4, 6), axis(-2.4, 2.4, 6), axis(-2.4, 2.4, 6)}, {-0.6, 0.4, 0}, 0.7},
};

Grid refined(const Case& c, std::size_t factor) {
  std::vector<Axis> axes = c.axes;
  for (Axis& a : axes) a.cells *= factor;
  return Grid(axes);
}

} // namespace

TEST_CASE("observables converge with order 2 when the grid is halved", "[slow]") {
  for (const Case& c : cases) {
    std::map<std::string, std::vector<double>> values;
    for (const std::size_t factor : {2u, 4u, 8u}) {
      const Grid grid = refined(c, factor);
      const Run run = evolve(model(c.text), grid, gaussian(grid, c.mean, c.std), {0, 0.7}, c.axes.size() == 3 ? "chebyshev" : "krylov");
      for (const std::string name : {"kl", "free_energy", "mean_potential", "entropy", "fisher_information", "dissipation", "mean", "covariance", "mass"})
        values[name].push_back(run.at(name, 1));
    }
    for (const auto& [name, v] : values) {
      const double far = std::abs(v[0] - v[1]), near = std::abs(v[1] - v[2]);
      if (near < 1e-9) continue; // exact for this model
      CAPTURE(c.name, name, v[0], v[1], v[2]);
      const double order = std::log2(far / near);
      if (name == "kl") CHECK(order == Approx(2).margin(0.1));
      // More where the error happens to change its sign between the grids; less where p log p meets an absorbing wall,
      // whose error is h^2 log h.
      else CHECK(order > (c.name == "1-D absorbing" ? 1.5 : 1.8));

    }
  }
}
