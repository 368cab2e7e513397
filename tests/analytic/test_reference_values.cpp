// The numbers of the theory sheet, section 8, each with the accuracy that the method promises.
#include "engine.hpp"

#include "driftwell/stationary/passage.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

/// A scalar observable at the last time, extrapolated from n and n/2 cells.
double richardson(const Model& m, double lower, double upper, std::size_t n, double mean, double std, const std::vector<double>& times, const std::string& name) {
  std::vector<double> value;
  for (const std::size_t cells : {n, n / 2}) {
    const Grid grid({axis(lower, upper, cells)});
    value.push_back(evolve(m, grid, gaussian(grid, {mean}, std), times).at(name, times.size() - 1));
  }
  return extrapolated(value[0], value[1]);
}

ModelText quartic(double beta) { return {{"x"}, "(x^2-1)^2/4", {}, {}, 1 / beta}; }

} // namespace

TEST_CASE("quartic double well: eigenvalues, partition function, passage times") {
  struct Row { double beta, lambda_1, lambda_2, Z, passage; };
  for (const Row& row : {Row{1, 0.7920884265794527, 3.5488891823080, 3.041323885886, 3.48830964885284},
                         Row{5, 0.1347779837473546, 1.3125808218529, 1.789459492354, 19.0938969967827},
                         Row{10, 0.03354528730800061, 0.9273721026075, 1.245245532042, 66.2686263649178}}) {
    CAPTURE(row.beta);
    const Model m = model(quartic(row.beta));
    const Grid grid({axis(-5, 5, 8000)});
    const Generator generator = build_generator(m, grid);
    const VectorXd f = potential_on(m, grid);
    const SteadyState steady = steady_state(generator, &f);
    const auto lambda = leading_eigenvalues(generator, steady, 2);
    CHECK(lambda[0].real() == Approx(-row.lambda_1).epsilon(1e-5));
    CHECK(lambda[1].real() == Approx(-row.lambda_2).epsilon(1e-5));
    CHECK(std::exp(steady.log_partition) == Approx(row.Z).epsilon(1e-9));
    // Passage from -1 to 1: an absorbing wall at 1.
    std::vector<double> tau;
    for (const std::size_t cells : {2400u, 1200u}) {
      const Grid left({axis(-5, 1, cells, Boundary::reflecting, Boundary::absorbing)});
      tau.push_back(interpolate(left, mean_exit_time(build_generator(m, left)), {-1}));
    }
    CHECK(tau[0] == Approx(row.passage).epsilon(1e-5));
    CHECK(extrapolated(tau[0], tau[1]) == Approx(row.passage).epsilon(1e-7));
    // The same with the target as a set of cells: reached half a cell after the wall would be.
    std::vector<bool> target(grid.size());
    for (std::size_t k = 0; k < grid.size(); ++k) target[k] = grid.centre(k)[0] > 1;
    CHECK(interpolate(grid, mean_first_passage_time(generator, target), {-1}) == Approx(row.passage).epsilon(1e-3));
  }
}

TEST_CASE("quartic double well: KL(1) and its slope") {
  const std::vector<double> times{0, 1};
  CHECK(richardson(model(quartic(1)), -5, 5, 1000, -0.8, 0.2, times, "kl") == Approx(0.0950293008514).epsilon(1e-6));
  CHECK(richardson(model(quartic(2)), -5, 5, 1000, -0.8, 0.2, times, "kl") == Approx(0.240562761794).epsilon(1e-6));
  CHECK(richardson(model(quartic(10)), -3, 3, 1000, -0.8, 0.2, times, "kl") == Approx(0.636137854571).epsilon(1e-6));
  CHECK(richardson(model(quartic(2)), -5, 5, 1000, -0.8, 0.2, times, "dissipation") == Approx(-0.236681706217).epsilon(1e-6));
  CHECK(richardson(model(quartic(2)), -5, 5, 1000, -0.8, 0.2, times, "fisher_information") == Approx(2 * 0.236681706217).epsilon(1e-6));
}

TEST_CASE("Ornstein-Uhlenbeck: KL and Fisher information") {
  const Model m = model({{"x"}, "x^2/2"});
  struct Row { double t, kl; };
  for (const Row& row : {Row{0.5, 0.759223594956}, Row{1, 0.273434935455}, Row{5, 9.080014938e-5}})
    CHECK(richardson(m, -9, 9, 1200, 2, 0.5, {0, row.t}, "kl") == Approx(row.kl).epsilon(1e-6));
  CHECK(richardson(m, -9, 9, 1200, 2, 0.5, {0, 1}, "fisher_information") == Approx(0.552807536557).epsilon(1e-6));
  CHECK(richardson(m, -9, 9, 1200, 2, 0.5, {0, 1}, "mean") == Approx(2 * std::exp(-1)).epsilon(1e-8));
  CHECK(richardson(m, -9, 9, 1200, 2, 0.5, {0, 1}, "covariance") == Approx(1 - 0.75 * std::exp(-2)).epsilon(1e-7));
  const Grid grid({axis(-9, 9, 600)});
  CHECK(evolve(m, grid, gaussian(grid, {2}, 0.5), {0, 1}).at("kl", 0) == Approx(2.318147180560).epsilon(1e-10));
  // A mere shift of the mean: KL = (m^2/2) e^-2t, and the log-Sobolev inequality is an equality: I = 2 KL.
  CHECK(richardson(m, -9, 9, 1200, 2, 1, {0, 1}, "kl") == Approx(2 * std::exp(-2)).epsilon(1e-6));
  CHECK(richardson(m, -9, 9, 1200, 2, 1, {0, 1}, "fisher_information") == Approx(4 * std::exp(-2)).epsilon(1e-6));
}

TEST_CASE("the decomposition holds to 1e-12 and the dissipation is -T I") {
  const Grid grid({axis(-3, 3, 64), axis(-3, 3, 60)});
  const double T = 0.25;
  const Run run = evolve(model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, T}), grid, gaussian(grid, {-1, 1}, 0.3), {0, 0.1, 1, 5, 30});
  const double steady = -T * run.steady.log_partition;
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(run.at("free_energy", i) == Approx(run.at("mean_potential", i) - T * run.at("entropy", i)).epsilon(1e-12).margin(1e-12));
    CHECK(run.at("free_energy", i) - steady == Approx(T * run.at("kl", i)).epsilon(1e-12).margin(1e-12));
    CHECK(run.at("mean_potential", i) == Approx(run.at("mean_loss", i)).epsilon(1e-12));
    CHECK(run.at("dissipation", i) == Approx(-T * run.at("fisher_information", i)).epsilon(2e-2));
    CHECK(std::abs(run.at("mass", i) - 1) < 1e-12);
  }
}

TEST_CASE("state-dependent noise: the interpretations have their own steady states") {
  // f = x^2/2, D = 1 + x^2. Ito: (1+x^2)^-(1+beta/2); Stratonovich: (1+x^2)^-(1/2+beta/2); anti-Ito: exp(-beta x^2/2).
  const double beta = 4;
  struct Row { Interpretation interpretation; double power; };
  for (const Row& row : {Row{Interpretation::ito, 1 + beta / 2}, Row{Interpretation::stratonovich, 0.5 + beta / 2}, Row{Interpretation::anti_ito, 0}}) {
    const Grid grid({axis(-10, 10, 2000)});
    const SteadyState steady = steady_state(build_generator(model({{"x"}, "x^2/2", {}, {"1 + x^2"}, 1 / beta, row.interpretation}), grid));
    VectorXd exact(steady.p.size());
    for (std::size_t k = 0; k < grid.size(); ++k) {
      const double x = grid.centre(k)[0];
      exact[static_cast<Index>(k)] = row.power > 0 ? std::pow(1 + x * x, -row.power) : std::exp(-beta * x * x / 2);
    }
    exact /= exact.sum();
    CHECK((steady.p - exact).cwiseAbs().sum() < 1e-10);
  }
}

TEST_CASE("tilted periodic potential: Stratonovich's current") {
  // J = T (1 - e^{-2 pi F/T}) / int_0^{2pi} dx int_x^{x+2pi} dy exp((V(y) - V(x))/T), V = cos x - F x
  const double F = 0.5, T = 0.3;
  const int n = 2000;
  const double h = 2 * M_PI / n;
  const auto V = [&](double x) { return std::cos(x) - F * x; };
  double integral = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      // trapezoid in y - x over a full period: the end points weigh one half
      const double x = i * h, y = x + j * h;
      integral += h * h * 0.5 * (std::exp((V(y) - V(x)) / T) + std::exp((V(y + h) - V(x)) / T));
    }
  const double exact = T * (1 - std::exp(-2 * M_PI * F / T)) / integral;
  std::vector<double> current;
  for (const std::size_t cells : {400u, 200u}) {
    const Grid grid({ring(0, 2 * M_PI, cells)});
    const Generator generator = build_generator(model({{"x"}, "cos(x)", {"0.5"}, {}, T}), grid);
    const VectorXd J = steady_current(generator, steady_state(generator))[0];
    CHECK((J.array() - J.mean()).abs().maxCoeff() < 1e-11); // constant in x
    current.push_back(J.mean());
  }
  CHECK(current[0] == Approx(exact).epsilon(1e-4));
  CHECK(extrapolated(current[0], current[1]) == Approx(exact).epsilon(2e-6));
}

TEST_CASE("absorbing box: survival, exit time, quasi-stationary law") {
  // Free diffusion in [0, 1] with T = 1: tau = x (1-x) / 2, decay rate pi^2, quasi-stationary law (pi/2) sin(pi x).
  std::vector<double> rate;
  for (const std::size_t cells : {200u, 100u}) {
    const Grid grid({axis(0, 1, cells, Boundary::absorbing, Boundary::absorbing)});
    const Generator generator = build_generator(model({{"x"}, "0*x"}), grid);
    const SteadyState law = steady_state(generator);
    rate.push_back(law.decay_rate);
    const VectorXd tau = mean_exit_time(generator);
    for (std::size_t k = 0; k < cells; k += 17) {
      const double x = grid.centre(k)[0];
      CHECK(tau[static_cast<Index>(k)] == Approx(x * (1 - x) / 2).margin(2e-5));
      CHECK(law.p[static_cast<Index>(k)] / grid.volume(static_cast<std::size_t>(k)) == Approx(M_PI / 2 * std::sin(M_PI * x)).epsilon(2e-4));
    }
  }
  CHECK(extrapolated(rate[0], rate[1]) == Approx(M_PI * M_PI).epsilon(1e-7));
  const Grid grid({axis(0, 1, 200, Boundary::absorbing, Boundary::absorbing)});
  const Run run = evolve(model({{"x"}, "0*x"}), grid, gaussian(grid, {0.5}, 0.05), {0, 0.5, 0.6, 0.7});
  CHECK(run.at("mass", 2) / run.at("mass", 1) == Approx(std::exp(-0.1 * M_PI * M_PI)).epsilon(1e-4));
  CHECK(run.at("kl", 3) < 1e-10);
}

TEST_CASE("reflecting box: cosine modes") {
  // rho(x, 0) = 1 + cos(pi x): decays as exp(-pi^2 T t).
  const Grid grid({axis(0, 1, 400)});
  VectorXd p(400);
  for (std::size_t k = 0; k < 400; ++k) p[static_cast<Index>(k)] = (1 + 0.5 * std::cos(M_PI * grid.centre(k)[0])) / 400;
  p /= p.sum();
  const Run run = evolve(model({{"x"}, "0*x"}), grid, p, {0, 0.1});
  for (std::size_t k = 0; k < 400; k += 37)
    CHECK(run.p[1][static_cast<Index>(k)] * 400 == Approx(1 + 0.5 * std::exp(-0.1 * M_PI * M_PI) * std::cos(M_PI * grid.centre(k)[0])).epsilon(1e-5));
}
