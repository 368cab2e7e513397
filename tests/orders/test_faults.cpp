// Faults planted in generators have to show: in the measured orders, and in what random models are checked for.
#include "chain_faults.hpp"
#include "table.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

const Combination oblique{2, Walls::mixed, Noise::full_of_x, Interpretation::stratonovich, Drift::force, false};
const Combination line{1, Walls::mixed, Noise::diagonal_of_x, Interpretation::ito, Drift::force, false};

/// The lower order of both directions, with the chain of another model or grid.
template <class Chain> double order_of(const Experiment& e, std::size_t grids, const Chain& chain) {
  return std::min(measure(e, e.equation(), Direction::forward, grids, chain).order(), measure(e, e.equation(), Direction::backward, grids, chain).order());
}

Stencil spoiled(const Stencil& rates, const std::function<void(std::vector<Stencil::Edges>&, VectorXd&)>& fault) {
  std::vector<Stencil::Edges> edges = rates.edges();
  VectorXd diagonal = rates.diagonal();
  fault(edges, diagonal);
  return {rates.grid(), diagonal, edges, rates.links()};
}

} // namespace

TEST_CASE("planted: a wrong reading of the noise") {
  for (const Combination& c : {line, oblique})
    for (const Interpretation wrong : {Interpretation::ito, Interpretation::stratonovich, Interpretation::anti_ito}) {
      const Experiment e = experiment(c, 12);
      ModelText text = e.text;
      text.interpretation = wrong;
      const double order = order_of(e, 3, [&](const Grid& grid) { return build_generator(model(text), grid).rates(); });
      CAPTURE(c.name(), name_of(wrong), order);
      if (wrong == c.interpretation) CHECK(order > 1.8);
      else CHECK(order < 1);
    }
}

TEST_CASE("planted: a wrong wall, one side of one axis") {
  for (const Combination& c : {line, oblique}) {
    const Experiment e = experiment(c, 12);
    const Model m = model(e.text);
    for (std::size_t a = 0; a < c.dimension; ++a)
      for (std::size_t side = 0; side < 2; ++side) {
        const double order = order_of(e, 3, [&](const Grid& grid) {
          std::vector<Axis> axes = grid.axes();
          axes[a].sides[side] = axes[a].sides[side] == Boundary::reflecting ? Boundary::absorbing : Boundary::reflecting;
          return build_generator(m, Grid(axes)).rates();
        });
        CAPTURE(c.name(), a, side, order);
        CHECK(order < 1);
      }
  }
}

TEST_CASE("planted: upwind transport is first order, and offsets cut at a wall are") {
  const Experiment e = experiment(line, 32);
  const Model m = model(e.text);
  // As much diffusion on every edge as upwinding adds, |drift| h / 2; mass is still exact and all rates are >= 0.
  const double order = order_of(e, 4, [&](const Grid& grid) {
    return spoiled(build_generator(m, grid).rates(), [&](std::vector<Stencil::Edges>& edges, VectorXd& diagonal) {
      for (Index k = 0; k + 1 < diagonal.size(); ++k) {
        const double more = 0.5 / grid.axis(0).spacing();
        edges[0].up[k] += more;
        edges[0].down[k] += more;
        diagonal[k] -= more;
        diagonal[k + 1] -= more;
      }
    });
  });
  CHECK(order == Approx(1).margin(0.2));
  // Without what wall_ramp.hpp gives back along the wall: edges along the lower wall of x lose a third.
  const Experiment strip = experiment({2, Walls::channel, Noise::full, Interpretation::ito, Drift::gradient, false}, 12);
  const Model two = model(strip.text);
  const double cut = order_of(strip, 3, [&](const Grid& grid) {
    return spoiled(build_generator(two, grid).rates(), [&](std::vector<Stencil::Edges>& edges, VectorXd& diagonal) {
      for (std::size_t k = 0; k < grid.axis(1).cells; ++k) { // y is the last axis: the first layer of x
        const auto i = static_cast<Index>(k), l = static_cast<Index>((k + 1) % grid.axis(1).cells);
        for (double* rate : {&edges[1].up[i], &edges[1].down[i]}) {
          diagonal[rate == &edges[1].up[i] ? i : l] += 0.33 * *rate;
          *rate *= 0.67;
        }
      }
    });
  });
  CHECK(cut < 1.6);
}

TEST_CASE("planted: chains with one bad rate, a leak, or another steady state are found out") {
  const Experiment e = experiment({2, Walls::reflecting, Noise::full_of_x, Interpretation::ito, Drift::force, true}, 9);
  const Generator good = build_generator(model(e.text), e.grid(1));
  const SteadyState steady = steady_state(good);
  const VectorXd start = gaussian(good.grid(), {0, 1}, 0.3), none;
  CHECK(chain_faults(good.rates(), none, steady.p, start).empty());
  const Index k = 40;
  const auto found = [&](const std::function<void(std::vector<Stencil::Edges>&, VectorXd&)>& fault, const VectorXd& from) {
    return fmt::format("{}", fmt::join(chain_faults(spoiled(good.rates(), fault), none, steady.p, from), "; "));
  };
  const auto contains = [](const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; };
  CHECK(contains(found([&](auto& edges, VectorXd& diagonal) { // mass is kept
          diagonal[k] += 1.5 * edges[0].up[k];
          edges[0].up[k] *= -0.5;
        }, start), "a rate is negative"));
  CHECK(contains(found([&](auto&, VectorXd& diagonal) { diagonal[k] *= 1 + 1e-9; }, start), "a column does not sum to minus the loss"));
  CHECK(contains(found([&](auto& edges, VectorXd& diagonal) {
          diagonal[k] -= 1e-6 * edges[0].up[k];
          edges[0].up[k] *= 1 + 1e-6;
        }, start), "Q p_ss is not 0"));
  CHECK(contains(found([&](auto& edges, VectorXd& diagonal) { // the steady state of another chain is left
          for (Index i = 0; i < diagonal.size() / 2; ++i) {
            diagonal[i] -= edges[1].up[i];
            edges[1].up[i] *= 2;
          }
        }, steady.p), "KL rises"));
}
