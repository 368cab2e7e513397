#include "chain.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace bench {

namespace {

using Point = std::array<double, 3>;

double quartic(double x) { return (x * x - 1) * (x * x - 1) / 4; }

double potential(const std::string& name, const Point& x) {
  if (name == "fp_1d") return quartic(x[0]);
  if (name == "fp_2d" || name == "fp_lc") return quartic(x[0]) + x[1] * x[1] / 2;
  if (name == "fp_3d") return quartic(x[0]) + quartic(x[1]) + quartic(x[2]) + 0.3 * x[0] * x[1] * x[2];
  throw std::invalid_argument("unknown problem " + name);
}

/// Example 19 of Chaudhari & Soatto 2018: lambda exp(f - |x|^4 / 4) (-y, x).
double force(double lambda, std::size_t axis, const Point& x) {
  const double r2 = x[0] * x[0] + x[1] * x[1];
  const double size = lambda * std::exp(potential("fp_lc", x) - r2 * r2 / 4);
  return axis == 0 ? -size * x[1] : size * x[0];
}

/// z / (e^z - 1)
double bernoulli(double z) {
  if (std::abs(z) < 1e-4) return 1 - z / 2 + z * z / 12;
  return z > 0 ? z * std::exp(-z) / -std::expm1(-z) : z / std::expm1(z);
}

double centre(const Problem& problem, std::size_t axis, std::size_t i) {
  return problem.lower[axis] + (static_cast<double>(i) + 0.5) * problem.spacing(axis);
}

Point point(const Problem& problem, const Chain& chain, std::size_t k) {
  Point x{};
  for (std::size_t a = 0; a < chain.dimension; ++a) x[a] = centre(problem, a, k / chain.stride(a) % chain.cells);
  return x;
}

/// int force over the way to the upper neighbour: three Gauss points.
double work(const Problem& problem, std::size_t axis, Point x) {
  if (problem.lambda == 0) return 0;
  const double h = problem.spacing(axis), left = x[axis], node = std::sqrt(0.6);
  double sum = 0;
  for (const auto& [place, weight] : {std::pair{-node, 5.0 / 9}, {0.0, 8.0 / 9}, {node, 5.0 / 9}}) {
    x[axis] = left + h * (1 + place) / 2;
    sum += h * weight / 2 * force(problem.lambda, axis, x);
  }
  return sum;
}

/// The start along one axis: at the centres where the grid of a quarter of the cells resolves the Gaussian, otherwise integrals
/// over the cells of one whose variance is h^2/12 smaller.
std::vector<double> start_weights(const Problem& problem, std::size_t axis) {
  bool integrate = false;
  for (std::size_t a = 0; a < problem.dimension(); ++a) integrate = integrate || problem.std < 4 * problem.spacing(a);
  const double h = problem.spacing(axis);
  const double std = integrate ? std::sqrt(std::max(problem.std * problem.std - h * h / 12, problem.std * problem.std / 4)) : problem.std;
  std::vector<double> weight(problem.cells);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double z = std::abs(centre(problem, axis, i) - problem.mean[axis]) / std, half = h / 2 / std;
    weight[i] = integrate ? (std::erfc((z - half) / std::sqrt(2)) - std::erfc((z + half) / std::sqrt(2))) / 2 : std::exp(-z * z / 2);
  }
  const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
  for (double& w : weight) w /= sum;
  return weight;
}

void normalise(std::vector<double>& p) {
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= sum;
}

} // namespace

std::size_t Chain::stride(std::size_t axis) const {
  std::size_t s = 1;
  for (std::size_t a = axis + 1; a < dimension; ++a) s *= cells;
  return s;
}

Chain build_chain(const Problem& problem, int threads) {
  Chain chain;
  chain.dimension = problem.dimension();
  chain.cells = problem.cells;
  chain.size = problem.cells;
  for (std::size_t a = 1; a < chain.dimension; ++a) chain.size *= problem.cells;
  std::vector<double> f(chain.size);
  potential(problem.name, {}); // throws here and not among threads
#pragma omp parallel for num_threads(threads)
  for (std::size_t k = 0; k < chain.size; ++k) f[k] = potential(problem.name, point(problem, chain, k));
  chain.diagonal.assign(chain.size, 0);
  for (std::size_t a = 0; a < chain.dimension; ++a) {
    const std::size_t s = chain.stride(a);
    const double rate = problem.temperature / (problem.spacing(a) * problem.spacing(a));
    auto& up = chain.up.emplace_back(chain.size);
    auto& down = chain.down.emplace_back(chain.size);
#pragma omp parallel for num_threads(threads)
    for (std::size_t k = 0; k < chain.size; ++k) {
      if (k / s % chain.cells + 1 == chain.cells) continue;
      const double z = (f[k + s] - f[k] - work(problem, a, point(problem, chain, k))) / problem.temperature;
      up[k] = rate * bernoulli(z);
      down[k] = rate * bernoulli(-z);
    }
#pragma omp parallel for num_threads(threads)
    for (std::size_t k = 0; k < chain.size; ++k) chain.diagonal[k] -= up[k] + (k >= s ? down[k - s] : 0.0);
  }
  const double least = *std::min_element(f.begin(), f.end());
  std::vector<std::vector<double>> weights;
  for (std::size_t a = 0; a < chain.dimension; ++a) weights.push_back(start_weights(problem, a));
  chain.start.assign(chain.size, 1);
  chain.steady.resize(chain.size);
  for (std::size_t k = 0; k < chain.size; ++k) {
    chain.steady[k] = std::exp((least - f[k]) / problem.temperature);
    for (std::size_t a = 0; a < chain.dimension; ++a) chain.start[k] *= weights[a][k / chain.stride(a) % chain.cells];
  }
  normalise(chain.start);
  normalise(chain.steady);
  return chain;
}

void product(const Chain& chain, const double* p, double* out, int threads) {
  const std::size_t n = chain.cells, rows = chain.size / n;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t first = r * n;
    for (std::size_t k = first; k < first + n; ++k) out[k] = chain.diagonal[k] * p[k];
    for (std::size_t a = 0; a < chain.dimension; ++a) {
      const std::size_t s = chain.stride(a), place = first / s % n;
      const double *up = chain.up[a].data(), *down = chain.down[a].data();
      if (s == 1) {
        for (std::size_t k = first + 1; k < first + n; ++k) out[k] += up[k - 1] * p[k - 1];
        for (std::size_t k = first; k + 1 < first + n; ++k) out[k] += down[k] * p[k + 1];
        continue;
      }
      if (place > 0)
        for (std::size_t k = first; k < first + n; ++k) out[k] += up[k - s] * p[k - s];
      if (place + 1 < n)
        for (std::size_t k = first; k < first + n; ++k) out[k] += down[k] * p[k + s];
    }
  }
}

double kl(const double* p, const std::vector<double>& steady) {
  double sum = 0;
  for (std::size_t k = 0; k < steady.size(); ++k) {
    const double d = (p[k] - steady[k]) / steady[k];
    if (std::abs(d) < 1e-3) sum += steady[k] * d * d * (0.5 - d / 6 + d * d / 12);
    else if (p[k] > 0) sum += p[k] * std::log(p[k] / steady[k]) - p[k] + steady[k];
    else sum += steady[k];
  }
  return sum;
}

} // namespace bench
