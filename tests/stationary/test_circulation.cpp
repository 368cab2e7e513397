// What the steady state is analysed for, against values known from theory.
#include "engine.hpp"

#include "driftwell/stationary/circulation.hpp"
#include "driftwell/stationary/minima.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/transition_paths.hpp"
#include "stationary/stencil_order.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <random>

using namespace engine;

namespace {

/// From two grids, the finer with n cells an axis: extrapolated.
double halved(std::size_t n, const std::function<double(std::size_t)>& value) { return extrapolated(value(n), value(n / 2)); }

Generator plane(const Model& m, double half, std::size_t n) { return build_generator(m, Grid({axis(-half, half, n), axis(-half, half, n)})); }

Region set(const Generator& generator, const std::function<bool(double, double)>& inside) {
  return Region(generator, [=](const std::vector<std::vector<double>>& points) {
    std::vector<bool> in(points[0].size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = inside(points[0][i], points.size() > 1 ? points[1][i] : 0);
    return in;
  });
}

const ModelText example_19{{"x", "y"}, "(x^2-1)^2/4 + y^2/2",
                           {"-0.7*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)*y", "0.7*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)*x"}};

} // namespace

TEST_CASE("double well: two eigenvalues and the passage time of the theory sheet") {
  struct Row { double beta, first, second, passage; };
  for (const Row& row : {Row{1, 0.7920884265794527, 3.5488891823080, 3.48830964885284}, Row{5, 0.1347779837473546, 1.3125808218529, 19.0938969967827},
                         Row{10, 0.03354528730800061, 0.9273721026075, 66.2686263649178}}) {
    CAPTURE(row.beta);
    const Model m = model({{"x"}, "(x^2-1)^2/4", {}, {}, 1 / row.beta});
    const auto chain = [&](std::size_t n) { return build_generator(m, Grid({axis(-5, 5, n)})); };
    for (const std::size_t i : {0u, 1u})
      CHECK(halved(800, [&](std::size_t n) {
              const Generator g = chain(n);
              return eigenmodes(g, steady_state(g), 2).values[i].real();
            }) == Approx(-(i ? row.second : row.first)).epsilon(3e-7));
    CHECK(halved(1600, [&](std::size_t n) {
            const Generator g = chain(n);
            return interpolate(g.grid(), first_passage(g, set(g, [](double x, double) { return x >= 1; })).mean, {-1});
          }) == Approx(row.passage).epsilon(3e-6));
  }
}

TEST_CASE("variance of the passage over a barrier: quadrature of its closed form") {
  // m'' equation twice: with S = e^{f/T}, mu = e^{-f/T}: tau(x) = 1/T int_x^b S int^y mu, second moment the same with 2 tau mu.
  const double T = 0.25, low = -3, from = -1, b = 0.8;
  const auto f = [](double x) { return std::pow(x * x - 1, 2) / 4; };
  const int n = 40000;
  const double h = (b - low) / n;
  std::vector<double> tau(n + 1, 0.0), second(n + 1, 0.0);
  const auto integrate = [&](const std::function<double(int)>& weight, std::vector<double>& result) { // midpoints and faces
    std::vector<double> outer(n);
    double inner = 0;
    for (int i = 0; i < n; ++i) {
      const double x = low + (i + 0.5) * h, mass = std::exp(-f(x) / T) * weight(i) * h;
      outer[static_cast<std::size_t>(i)] = std::exp(f(x) / T) * (inner + mass / 2) * h / T;
      inner += mass;
    }
    for (int i = n; i-- > 0;) result[static_cast<std::size_t>(i)] = result[static_cast<std::size_t>(i) + 1] + outer[static_cast<std::size_t>(i)];
  };
  integrate([](int) { return 1.0; }, tau);
  integrate([&](int i) { return tau[static_cast<std::size_t>(i)] + tau[static_cast<std::size_t>(i) + 1]; }, second);
  const auto at = static_cast<std::size_t>(std::lround((from - low) / h));
  const double mean = tau[at], variance = second[at] - mean * mean;
  const auto found = [&](bool of_variance) {
    return halved(760, [&](std::size_t cells) {
      const Generator g = build_generator(model({{"x"}, "(x^2-1)^2/4", {}, {}, T}), Grid({axis(low, 2.5, cells)}));
      const FirstPassage passage = first_passage(g, set(g, [&](double x, double) { return x >= b; }));
      return interpolate(g.grid(), of_variance ? passage.variance : passage.mean, {from});
    });
  };
  CHECK(found(false) == Approx(mean).epsilon(2e-5));
  CHECK(found(true) == Approx(variance).epsilon(5e-5));
}

TEST_CASE("circulation of Example 19: entropy production, j itself, T div j = j . grad Phi") {
  std::vector<std::array<double, 3>> error;
  for (const std::size_t n : {48u, 96u}) {
    const Generator g = plane(model(example_19), 4, n);
    const SteadyState steady = steady_state(g);
    const Circulation flow = circulation(g, steady);
    std::array<double, 3> worst{entropy_production(g, steady), 0, 0};
    for (Index k = 0; k < steady.p.size(); ++k) {
      const auto c = g.grid().centre(static_cast<std::size_t>(k));
      const double x = c[0], y = c[1], phi = std::pow(x * x - 1, 2) / 4 + y * y / 2, speed = 0.7 * std::exp(phi - std::pow(x * x + y * y, 2) / 4);
      worst[1] += steady.p[k] * (std::pow(flow.circulation[0][k] + speed * y, 2) + std::pow(flow.circulation[1][k] - speed * x, 2));
      worst[2] += steady.p[k] * std::pow(flow.divergence[k] - flow.along_gradient[k], 2);
    }
    CHECK((flow.current_divergence.cwiseAbs().maxCoeff()) < 1e-11);
    CHECK(root_mean_square(steady, flow.divergence) > 0.1); // Assumption 4 fails here
    error.push_back(worst);
  }
  CHECK(extrapolated(error[1][0], error[0][0]) == Approx(0.6813816129 * 0.49).epsilon(2e-3));
  CHECK(std::sqrt(error[1][1]) < 0.01);
  for (const std::size_t i : {1u, 2u}) CHECK(std::sqrt(error[0][i] / error[1][i]) > 3);
}

TEST_CASE("linear SGD: Phi has the Hessian U, not that of the loss") {
  const ModelText text{{"x", "y"}, "x^2 + x*y/2 + y^2/2", {}, {"1", "0.1"}};
  const double U[3] = {2.244897959184, 1.632653061224, 7.551020408163};
  std::vector<std::array<double, 3>> seen;
  double distance = 0, correlation = 0;
  { // exact: E|(U - F) x|^2 and the correlation of two quadratic forms under N(0, Sigma), T = 1
    Eigen::Matrix2d F, V, Sigma;
    F << 2, .5, .5, 1;
    V << U[0], U[1], U[1], U[2];
    Sigma = V.inverse();
    distance = std::sqrt(((V - F).transpose() * (V - F) * Sigma).trace());
    correlation = (V * Sigma * F * Sigma).trace() / std::sqrt((V * Sigma * V * Sigma).trace() * (F * Sigma * F * Sigma).trace());
  }
  for (const std::size_t n : {64u, 128u}) {
    const Generator g = build_generator(model(text), Grid({axis(-5.5, 5.5, n), axis(-3.2, 3.2, n)}));
    const SteadyState steady = steady_state(g);
    const PotentialDistance apart = potential_distance(g.grid(), steady, potential_on(model(text), g.grid()));
    seen.push_back({entropy_production(g, steady), apart.gradient, apart.correlation});
    const auto phi = [&](double x, double y) { return interpolate(g.grid(), steady.implicit_potential, {x, y}); };
    if (n != 128) continue;
    CHECK(phi(0.8, 0) - phi(0, 0) == Approx(U[0] * 0.32).epsilon(5e-3));
    CHECK(phi(0, 0.4) - phi(0, 0) == Approx(U[2] * 0.08).epsilon(5e-3));
    CHECK(phi(0.5, 0.5) - phi(0.5, -0.5) == Approx(U[1] * 0.5).epsilon(5e-3));
    const auto minima = local_minima(g.grid(), steady.implicit_potential, 0.01);
    REQUIRE(minima.size() == 1);
    CHECK(std::hypot(minima[0].place[0], minima[0].place[1]) < 1e-6);
  }
  CHECK(extrapolated(seen[1][0], seen[0][0]) == Approx(0.675).epsilon(1e-3));
  CHECK(extrapolated(seen[1][1], seen[0][1]) == Approx(distance).epsilon(1e-3));
  CHECK(extrapolated(seen[1][2], seen[0][2]) == Approx(correlation).epsilon(1e-3));
}

TEST_CASE("noise that depends on the state: Phi = (1/2 + 1/beta) log(1 + x^2), and its distance from the loss") {
  const double T = 0.5, L = 4;
  const ModelText text{{"x"}, "x^2/2", {}, {"1 + x^2"}, T};
  const auto seen = [&](std::size_t n) {
    const Generator g = build_generator(model(text), Grid({axis(-L, L, n)}));
    const SteadyState steady = steady_state(g);
    CHECK(steady.method == std::string("closed_form"));
    return potential_distance(g.grid(), steady, potential_on(model(text), g.grid())).gradient;
  };
  double weight = 0, sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = -L + 2 * L * (i + 0.5) / 100000, w = std::pow(1 + x * x, -2), slope = (0.5 + T) * 2 * x / (1 + x * x) - x;
    weight += w, sum += w * slope * slope;
  }
  CHECK(halved(400, seen) == Approx(std::sqrt(sum / weight)).epsilon(1e-5));
}

TEST_CASE("minima: to fourth order, on stretched axes, at walls, around periods; ripples are none") {
  const auto fields = [](const Grid& grid, const std::function<double(const std::vector<double>&)>& f) {
    VectorXd v(static_cast<Index>(grid.size()));
    for (std::size_t k = 0; k < grid.size(); ++k) v[static_cast<Index>(k)] = f(grid.centre(k));
    return v;
  };
  for (const bool bent : {false, true}) {
    std::vector<double> error;
    for (const std::size_t n : {30u, 60u}) {
      Axis x = axis(-2, 2, n);
      if (bent) x = x.stretched([](double s) { return (std::sinh(2 * (2 * s - 1)) / std::sinh(2.0) + 1) / 2; });
      const Grid grid({x, ring(0, 1, n)});
      const auto minima = local_minima(grid, fields(grid, [](const auto& c) { return std::pow(std::exp(c[0]) - 2, 2) - std::cos(2 * M_PI * (c[1] - 0.003)); }), 0.01);
      REQUIRE(minima.size() == 1);
      error.push_back(distance(grid, minima[0].place, {std::log(2.0), 0.003}));
    }
    CHECK(error[1] < 1e-4);
    CHECK(error[0] / error[1] > 7);
  }
  const Grid line({axis(0, 1, 50)});
  const auto wall = local_minima(line, fields(line, [](const auto& c) { return c[0]; }), 0.01);
  REQUIRE(wall.size() == 1);
  CHECK(wall[0].place[0] == Approx(0).margin(1e-12));
  const auto rippled = [&](double depth) { return local_minima(line, fields(line, [](const auto& c) { return std::pow(c[0] - 0.4, 2) + 0.02 * std::cos(60 * c[0]); }), depth).size(); };
  CHECK(rippled(0.05) == 1);
  CHECK(rippled(1e-3) > 4);
}

TEST_CASE("other ways to the steady state agree, in three dimensions and with oblique links too") {
  struct Case { ModelText text; Grid grid; };
  const Case cases[] = {
      {example_19, Grid({axis(-3, 3, 60), axis(-3, 3, 61)})},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y", "x"}, {}, 0.5, Interpretation::ito, {{"1 + 0.5*sin(x)", "0.6"}, {"0.6", "0.8"}}}, Grid({axis(-3, 3, 40), axis(-3, 3, 40)})},
      {{{"x", "y"}, "0", {"1 + sin(x)", "0.3*cos(y)"}, {}, 0.3}, Grid({ring(0, 2 * M_PI, 50), ring(0, 2 * M_PI, 30)})},
      {{{"x", "y", "z"}, "x^4/4 + y^2/2 + z^2 + x*z/2", {"-y", "x", "0.5*y"}, {}, 0.6}, Grid({axis(-2.5, 2.5, 20), axis(-3, 3, 21), axis(-2, 2, 18)})},
      {{{"x"}, "0", {"1 + sin(x)"}, {}, 0.1}, Grid({ring(0, 2 * M_PI, 1001)})}};
  for (const Case& c : cases) {
    const Generator g = build_generator(model(c.text), c.grid);
    const SteadyState exact = steady_state(g, nullptr, SteadyMethod::state_reduction);
    for (const auto method : {SteadyMethod::direct, SteadyMethod::iterative}) {
      CAPTURE(c.grid.size(), name_of(method));
      const SteadyState other = steady_state(g, nullptr, method);
      CHECK(other.method == std::string(name_of(method)));
      CHECK((other.p - exact.p).cwiseAbs().sum() < 1e-9);
    }
  }
  const Generator g = build_generator(model(cases[0].text), cases[0].grid);
  CHECK_THROWS_WITH(steady_state(g, nullptr, SteadyMethod::closed_form), Catch::Contains("no closed form"));
}

TEST_CASE("full tensor noise out of detailed balance: reactive flow is conserved both ways, order of elimination is a permutation") {
  const ModelText text{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y", "x"}, {}, 0.4, Interpretation::ito, {{"1", "0.8*cos(x)"}, {"0.8*cos(x)", "0.9"}}};
  const Generator g = plane(model(text), 2.5, 50);
  REQUIRE(g.rates().links().size() > 0);
  std::vector<int> ranks = dissection_ranks(g.rates());
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t k = 0; k < ranks.size(); ++k) REQUIRE(ranks[k] == static_cast<int>(k));
  const SteadyState steady = steady_state(g);
  const Region a = set(g, [](double x, double y) { return std::hypot(x + 1, y) < 0.4; }), b = set(g, [](double x, double y) { return std::hypot(x - 1, y) < 0.3; });
  const TransitionPaths there = transition_paths(g, steady, a, b), back = transition_paths(g, steady, b, a);
  CHECK(there.imbalance < 1e-11);
  CHECK(back.rate == Approx(there.rate).epsilon(1e-11)); // nu is one for both ways
  CHECK(there.rate_to == Approx(back.rate_from).epsilon(1e-11)); // both are nu / P(last in B)
  CHECK((there.forward - VectorXd::Ones(steady.p.size()) + back.forward).cwiseAbs().maxCoeff() < 1e-11);
  CHECK((there.forward + there.backward - VectorXd::Ones(steady.p.size())).cwiseAbs().maxCoeff() > 0.05);
  CHECK(there.irreversible[0].cwiseAbs().maxCoeff() > 0.01 * there.reversible[0].cwiseAbs().maxCoeff());
  const Eigenmodes modes = eigenmodes(g, steady, 4);
  for (const double r : modes.residuals) CHECK(r < 1e-10);
}
