// W2 on the line and the circle: known answers, a slow second method, and what every distance obeys.
#include "engine.hpp"

#include "driftwell/observables/transport.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace engine;

namespace {

using Numbers = std::vector<double>;

Numbers even_faces(double lower, double upper, std::size_t cells) {
  Numbers faces(cells + 1);
  for (std::size_t i = 0; i <= cells; ++i) faces[i] = lower + (upper - lower) * static_cast<double>(i) / static_cast<double>(cells);
  return faces;
}

Numbers random_law(std::size_t cells, std::mt19937& random, double zeros = 0.3) {
  std::uniform_real_distribution<double> uniform;
  Numbers law(cells);
  for (double& w : law) w = uniform(random) < zeros ? 0 : std::pow(uniform(random), 3);
  law[cells / 2] += 0.01;
  return law;
}

/// Quantile by bisection-free search through the cumulative sums: slow and obvious.
double quantile(const Numbers& faces, const Numbers& law, double u) {
  double sum = 0, below = 0;
  for (const double w : law) sum += w;
  for (std::size_t i = 0; i < law.size(); ++i) {
    if (law[i] > 0 && below + law[i] / sum >= u) return faces[i] + (faces[i + 1] - faces[i]) * (u - below) / (law[i] / sum);
    below += law[i] / sum;
  }
  return faces.back();
}

double slow_line(const Numbers& faces, const Numbers& a, const Numbers& b, int points = 200'000) {
  double total = 0;
  for (int i = 0; i < points; ++i) total += std::pow(quantile(faces, a, (i + 0.5) / points) - quantile(faces, b, (i + 0.5) / points), 2);
  return std::sqrt(total / points);
}

/// N equal points on a circle: the best assignment keeps the cyclic order, so all N rotations are tried.
double slow_circle(const Numbers& faces, const Numbers& a, const Numbers& b, int points) {
  const double period = faces.back() - faces.front();
  Numbers x, y;
  for (int i = 0; i < points; ++i) {
    x.push_back(quantile(faces, a, (i + 0.5) / points));
    y.push_back(quantile(faces, b, (i + 0.5) / points));
  }
  double best = INFINITY;
  for (int r = 0; r < points; ++r) {
    double total = 0;
    for (int i = 0; i < points; ++i) {
      const double d = std::remainder(x[static_cast<std::size_t>(i)] - y[static_cast<std::size_t>((i + r) % points)], period);
      total += d * d;
    }
    best = std::min(best, total / points);
  }
  return std::sqrt(best);
}

Numbers gauss(const Numbers& faces, double mean, double std) {
  Numbers law;
  for (std::size_t i = 0; i + 1 < faces.size(); ++i)
    law.push_back((std::erf((faces[i + 1] - mean) / std / M_SQRT2) - std::erf((faces[i] - mean) / std / M_SQRT2)) / 2);
  return law;
}

} // namespace

TEST_CASE("W2 on the line agrees with quantiles searched one by one, on equal and unequal cells") {
  std::mt19937 random(7);
  for (int round = 0; round < 4; ++round) {
    Numbers faces = even_faces(-1, 2, 23);
    if (round % 2) for (double& x : faces) x = x * x * x;
    const Numbers a = random_law(23, random), b = random_law(23, random);
    CHECK(wasserstein_2_line(faces, a, b) == Approx(slow_line(faces, a, b)).epsilon(1e-4));
  }
}

TEST_CASE("W2 on the circle agrees with all rotations of many points") {
  std::mt19937 random(8);
  for (int round = 0; round < 5; ++round) {
    const Numbers faces = even_faces(0, 3, 12), a = random_law(12, random), b = random_law(12, random);
    const double circle = wasserstein_2_circle(faces, a, b);
    CHECK(circle == Approx(slow_circle(faces, a, b, 1200)).epsilon(2e-3));
    CHECK(circle <= wasserstein_2_line(faces, a, b) * (1 + 1e-12));
  }
  // A rotation of a small piece by r cells moves everything by r h, the short way round. (Near half the period no longer:
  // there it pays to send one end of the piece the other way.)
  const Numbers faces = even_faces(0, 1, 100);
  Numbers a(100, 0.0);
  for (const std::size_t i : {30u, 31u, 32u, 34u}) a[i] = 1 + 0.1 * static_cast<double>(i % 7);
  for (const int r : {1, 20, 40, 60, 90}) {
    Numbers b(100);
    for (std::size_t i = 0; i < 100; ++i) b[(i + static_cast<std::size_t>(r)) % 100] = a[i];
    CHECK(wasserstein_2_circle(faces, a, b) == Approx(std::min(r, 100 - r) / 100.0).epsilon(1e-9));
  }
}

TEST_CASE("W2 in one dimension is a distance and scales") {
  std::mt19937 random(9);
  for (int round = 0; round < 20; ++round) {
    const Numbers faces = even_faces(-2, 2, 31), a = random_law(31, random), b = random_law(31, random), c = random_law(31, random);
    for (const auto w : {wasserstein_2_line, wasserstein_2_circle}) {
      CHECK(w(faces, a, a) == 0);
      CHECK(w(faces, a, b) == Approx(w(faces, b, a)).epsilon(1e-9));
      CHECK(w(faces, a, c) <= (w(faces, a, b) + w(faces, b, c)) * (1 + 1e-12));
      Numbers wide = faces, heavy = a;
      for (double& x : wide) x = 5 * x + 3;
      for (double& x : heavy) x *= 7;
      CHECK(w(wide, heavy, b) == Approx(5 * w(faces, a, b)).epsilon(1e-9));
    }
  }
}

TEST_CASE("W2 of Gaussians keeps its digits when they are close") {
  // Histograms of two Gaussians of one width: the distance is that of the means, however small, up to O(h^2).
  const Numbers faces = even_faces(-8, 8, 2000), b = gauss(faces, 0, 1);
  CHECK(wasserstein_2_line(faces, gauss(faces, 1.5, 0.5), b) == Approx(std::sqrt(1.5 * 1.5 + 0.25)).epsilon(1e-4));
  for (const double shift : {1e-2, 1e-6, 1e-9}) {
    Numbers a = b; // rho + shift * x rho, to first order a translation: differences with full digits
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double x = (faces[i] + faces[i + 1]) / 2;
      a[i] *= 1 + shift * x;
    }
    CHECK(wasserstein_2_line(faces, a, b) == Approx(shift).epsilon(std::max(1e-4, 1e-13 / shift)));
  }
}

TEST_CASE("W2 of the Ornstein-Uhlenbeck process") {
  const Grid fine({axis(-8, 8, 1000)}), coarse({axis(-8, 8, 500)});
  const Model m = model({{"x"}, "x^2/2"});
  const Numbers times{0, 0.5, 1, 5, 15};
  const Run a = evolve(m, fine, gaussian(fine, {2}, 0.5), times), b = evolve(m, coarse, gaussian(coarse, {2}, 0.5), times);
  CHECK(extrapolated(a.at("wasserstein_2", 2), b.at("wasserstein_2", 2)) == Approx(0.737601800043).epsilon(1e-6));
  CHECK(a.at("wasserstein_2", 4) == Approx(2 * std::exp(-15.)).epsilon(2e-2));
  // The same width as the steady state: only the mean moves, W2 = |m| e^-t, and T2 and contraction are equalities.
  const Run shift = evolve(m, fine, gaussian(fine, {2}, 1), {0, 0.5, 1, 5, 15}), half = evolve(m, coarse, gaussian(coarse, {2}, 1), times);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double w = extrapolated(shift.at("wasserstein_2", i), half.at("wasserstein_2", i));
    CHECK(w == Approx(2 * std::exp(-times[i])).epsilon(i == 4 ? 1e-3 : 1e-5));
    CHECK(w * w == Approx(2 * extrapolated(shift.at("kl", i), half.at("kl", i))).epsilon(i == 4 ? 2e-3 : 2e-5));
  }
}

TEST_CASE("W2 obeys Bakry-Emery and Talagrand in a convex potential") {
  const Grid grid({axis(-4, 4, 800)});
  const Model m = model({{"x"}, "x^2/2 + x^4/4 + 0.3*x", {}, {}, 0.7}); // f'' >= 1, beta = 1/0.7
  const Numbers times{0, 0.2, 0.5, 1, 2, 4};
  const Run run = evolve(m, grid, gaussian(grid, {-1.5}, 0.3), times);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double w = run.at("wasserstein_2", i);
    CHECK(w <= std::exp(-times[i]) * run.at("wasserstein_2", 0) * (1 + 1e-4));
    CHECK(w * w <= 2 * 0.7 * run.at("kl", i) * (1 + 1e-4));
    CHECK(w > 0);
  }
}

TEST_CASE("W2 around a periodic axis: a small wave on a uniform law") {
  // rho = 1 + e cos x: W2 = |rho - 1| in H^-1 to first order; decays as exp(-T t).
  const Grid grid({ring(0, 2 * M_PI, 400)});
  const Model m = model({{"x"}, "", {"0.5"}});
  VectorXd p(400);
  for (Index k = 0; k < 400; ++k) p[k] = (1 + 1e-3 * std::cos(grid.centre(static_cast<std::size_t>(k))[0])) / 400;
  const Run run = evolve(m, grid, p, {0, 1, 10});
  for (const std::size_t i : {0u, 1u, 2u}) CHECK(run.at("wasserstein_2", i) == Approx(1e-3 / std::sqrt(2.) * std::exp(-Numbers{0, 1, 10}[i])).epsilon(1e-3));
}
