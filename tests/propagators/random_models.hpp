#pragma once
// Random problems of every kind the generator knows, small enough for a dense exponential in extended precision.
#include "engine.hpp"

#include <fmt/format.h>

#include <random>

namespace engine {

struct RandomProblem {
  ModelText text;
  std::vector<Axis> axes;
  VectorXd initial;
  std::vector<double> times; ///< 0, t, 16 t, 256 t
  std::string story;         ///< for messages of failing tests
  [[nodiscard]] Grid grid() const { return Grid(axes); }
  [[nodiscard]] Model model() const { return engine::model(text); }
};

/// Everything follows from the seed.
class RandomModels {
public:
  explicit RandomModels(unsigned seed) : random_(seed) {}

  RandomProblem next() {
    RandomProblem r;
    const auto d = static_cast<std::size_t>(1 + pick(3));
    axes(r, d);
    r.text.temperature = std::exp(uniform(std::log(0.15), std::log(2.0)));
    r.text.potential = potential(r, d);
    if (chance(0.5))
      for (std::size_t a = 0; a < d; ++a) r.text.force.push_back(polynomial(r, d, 1.5, 2));
    noise(r, d);
    if (d > 1 && chance(0.35)) circulation(r, d);
    start(r);
    const double first = std::exp(uniform(std::log(1e-3), std::log(0.05)));
    r.times = {0, first, 16 * first, 256 * first};
    r.story = fmt::format("{}-D, T = {:.3g}, f = {}, force {}, D {}, Q {}, {}", d, r.text.temperature, r.text.potential,
                          fmt::join(r.text.force, " | "), r.text.tensor.empty() ? fmt::format("{}", fmt::join(r.text.diffusion, " | ")) : "full",
                          r.text.circulation.empty() ? "none" : r.text.circulation[0][1], static_cast<int>(r.text.interpretation));
    return r;
  }

private:
  double uniform(double low, double high) { return low + (high - low) * (static_cast<double>(random_()) / 4294967296.0); }
  int pick(int count) { return static_cast<int>(static_cast<double>(random_()) / 4294967296.0 * count); }
  bool chance(double p) { return uniform(0, 1) < p; }

  void axes(RandomProblem& r, std::size_t d) {
    static const std::vector<std::string> names{"x", "y", "z"};
    static constexpr std::array<int, 3> least{24, 6, 4}, spread{40, 4, 1};
    for (std::size_t a = 0; a < d; ++a) {
      r.text.names.push_back(names[a]);
      const auto cells = static_cast<std::size_t>(least[d - 1] + pick(spread[d - 1] + 1));
      if (chance(0.25)) {
        r.axes.push_back(ring(0, 2 * M_PI, cells));
        continue;
      }
      const auto wall = [&] { return chance(0.2) ? Boundary::absorbing : Boundary::reflecting; };
      Axis plain = axis(uniform(-2.5, -1.5), uniform(1.5, 2.5), cells, wall(), wall());
      if (chance(0.25)) { // narrow cells at one end or the other
        const double share = uniform(-0.5, 0.5);
        plain = plain.stretched([share](double s) { return s + share * s * (1 - s); });
      }
      r.axes.push_back(plain);
    }
  }

  /// A monomial or a wave of one variable, |.| of order one in the box.
  std::string factor(const RandomProblem& r, std::size_t a) {
    const std::string& name = r.text.names[a];
    if (r.axes[a].periodic()) return fmt::format("{}({}{})", chance(0.5) ? "sin" : "cos", chance(0.3) ? "2*" : "", name);
    return chance(0.6) ? name : fmt::format("{}^2/2", name);
  }

  std::string polynomial(const RandomProblem& r, std::size_t d, double size, int terms) {
    std::string text = fmt::format("{:.3f}", uniform(-size, size));
    for (int i = 0; i < terms; ++i) {
      text += fmt::format(" + {:.3f}*{}", uniform(-size, size), factor(r, static_cast<std::size_t>(pick(static_cast<int>(d)))));
      if (d > 1 && chance(0.4)) text += "*" + factor(r, static_cast<std::size_t>(pick(static_cast<int>(d))));
    }
    return text;
  }

  std::string potential(const RandomProblem& r, std::size_t d) {
    std::string text = polynomial(r, d, 1, 4);
    for (std::size_t a = 0; a < d; ++a)
      if (!r.axes[a].periodic()) text += fmt::format(" + {:.3f}*{}^4", uniform(0.05, 0.4), r.text.names[a]);
    return text;
  }

  void noise(RandomProblem& r, std::size_t d) {
    r.text.interpretation = static_cast<Interpretation>(pick(3));
    const auto positive = [&] {
      const auto a = static_cast<std::size_t>(pick(static_cast<int>(d)));
      return fmt::format("{:.3f} + {:.3f}*({})^2", uniform(0.2, 1), uniform(0, 0.6), factor(r, a));
    };
    const int kind = pick(d > 1 ? 3 : 2);
    if (kind == 1)
      for (std::size_t a = 0; a < d; ++a) r.text.diffusion.push_back(positive());
    if (kind != 2) return;
    // L L^T with L lower triangular
    if (d == 3 && r.text.interpretation == Interpretation::stratonovich) r.text.interpretation = Interpretation::ito;
    std::vector<std::vector<std::string>> L(d, std::vector<std::string>(d, "0"));
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j) L[i][j] = i == j ? positive() : polynomial(r, d, 0.6, 1);
    r.text.tensor.assign(d, std::vector<std::string>(d));
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        std::string sum = "0";
        for (std::size_t k = 0; k <= std::min(i, j); ++k) sum += fmt::format(" + ({})*({})", L[i][k], L[j][k]);
        r.text.tensor[i][j] = sum;
      }
  }

  void circulation(RandomProblem& r, std::size_t d) {
    r.text.circulation.assign(d, std::vector<std::string>(d, "0"));
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = i + 1; j < d; ++j) {
        r.text.circulation[i][j] = polynomial(r, d, 1.5, 1);
        r.text.circulation[j][i] = "-(" + r.text.circulation[i][j] + ")";
      }
  }

  void start(RandomProblem& r) {
    const Grid grid = r.grid();
    const auto n = static_cast<Index>(grid.size());
    std::vector<double> mean;
    for (const Axis& a : r.axes) mean.push_back(uniform(a.lower, a.upper));
    const int kind = pick(4);
    if (kind == 0) { // all in one cell
      r.initial = VectorXd::Unit(n, static_cast<Index>(uniform(0, static_cast<double>(n))));
    } else if (kind == 1) { // flat, and nothing beyond an edge
      r.initial = VectorXd::Zero(n);
      for (Index k = 0; k < n; ++k)
        if (grid.centre(static_cast<std::size_t>(k))[0] < std::max(mean[0], grid.centre(0)[0]) + 0.5) r.initial[k] = grid.volume(static_cast<std::size_t>(k));
      r.initial /= r.initial.sum();
    } else r.initial = gaussian(grid, mean, uniform(0.3, 1));
  }

  std::mt19937 random_;
};

} // namespace engine
