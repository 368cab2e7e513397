// A trial function f with slope g = f' > 0, linear in each cell, from inverse iteration. With its mean f_ and J(x) = int_x^b (f - f_) p dy,
//   lambda_P >= inf_x g(x) p(x) / J(x)            (Chen & Wang, Trans. AMS 349 (1997) 1239; equality for the eigenfunction)
//   lambda_P <= int g^2 p / int (f - f_)^2 p      (Rayleigh).
// K = J/p > 0 solves K' = -(f - f_) + K s, s = f'/T of the potential; in a cell K is at most its chord plus h^2/8 max(-K''), and a
// quotient of linear functions is least at an end. All integrals are enclosed; the trial function may be anything. In the boundary
// layers of steep walls, where K bends and there is no mass, g is raised by as much as K's bending is uncertain.
#include "line_measure.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::bounds {

namespace {

constexpr int iterations = 60, narrowings = 6;

double base_of(const LineMeasure& m) {
  double base = Interval::infinity;
  for (const LineCell& cell : m.cells) base = std::min(base, cell.middle.lower);
  return base;
}

/// Slopes at the nodes, by g <- K in plain double precision; empty when they come out useless.
std::vector<double> trial_slopes(const LineMeasure& m) {
  const std::size_t n = m.cells.size();
  const double base = base_of(m);
  std::vector<double> g(n + 1, 1.0), f(n), weight(n), mass(n), rightward(n), leftward(n), to_right(n), to_left(n);
  for (std::size_t i = 0; i < n; ++i) {
    mass[i] = m.cells[i].mass.middle();
    weight[i] = exp_of(base - m.cells[i].middle.middle()) * mass[i];
    rightward[i] = m.ratio(i, i + 1).middle(), leftward[i] = m.ratio(i + 1, i).middle();
    to_right[i] = mass[i] * m.at_node(i, i + 1).middle(), to_left[i] = mass[i] * m.at_node(i, i).middle();
  }
  for (int round = 0; round < iterations; ++round) {
    double value = 0, mean = 0, total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double h = m.points[i + 1] - m.points[i];
      f[i] = value + h * (3 * g[i] + g[i + 1]) / 8;
      value += h * (g[i] + g[i + 1]) / 2;
      mean += f[i] * weight[i];
      total += weight[i];
    }
    mean /= total;
    double k = 0, largest = 0; // from either end to where f = mean: no cancellation
    std::vector<double> next(n + 1, 0.0);
    for (std::size_t i = 0; i < n && f[i] < mean; ++i) next[i + 1] = k = k * rightward[i] - (f[i] - mean) * to_right[i];
    k = 0;
    for (std::size_t i = n; i-- > 0 && f[i] >= mean;) next[i] = std::max(next[i], k = k * leftward[i] + (f[i] - mean) * to_left[i]);
    for (const double v : next) largest = std::max(largest, v);
    if (!(largest > 0) || !std::isfinite(largest)) return {};
    for (std::size_t i = 0; i <= n; ++i) g[i] = std::max(next[i] / largest, 1e-300);
    g[0] = g[1]; // K vanishes at the ends; any positive slope is allowed there
    g[n] = g[n - 1];
  }
  return g;
}

/// The trial function in one cell: f = middle + slope (x - m) + bend/2 (x - m)^2; slopes: g over the cell.
struct TrialCell {
  Interval middle, slope, bend, slopes;
};

class Trial {
public:
  Trial(const LineMeasure& measure, const std::vector<double>& g) : m_(measure), g_(g), n_(measure.cells.size()) {
    integrate();
    across();
  }

  [[nodiscard]] double rayleigh() const { return variance_.lower > 0 ? (dirichlet_ / variance_).upper : Interval::infinity; }

  /// inf g/K, and what was added to K's chord in each cell relative to K.
  [[nodiscard]] double chen_wang(std::vector<double>& bending) const {
    double lowest = Interval::infinity;
    bending.assign(n_, 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      const double extra = sag(i);
      if (!std::isfinite(extra)) return 0;
      bending[i] = extra / std::max(std::min(k_[i].upper, k_[i + 1].upper) + 0.5 * extra, 0.1 * std::max(k_[i].upper, k_[i + 1].upper) + 1e-300);
      for (const std::size_t end : {i, i + 1}) {
        const double top = (Interval(k_[end].upper) + Interval(extra)).upper;
        if (top > 0) lowest = std::min(lowest, (Interval(g_[end]) / Interval(top)).lower);
      }
    }
    return lowest;
  }

private:
  void integrate() {
    const double base = base_of(m_);
    Interval value(0.0), total(0.0), integral(0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      const Interval a(g_[i]), b(g_[i + 1]), h = m_.width(i);
      cells_.push_back({value + h * (Interval(3.0) * a + b) / Interval(8.0), (a + b) * Interval(0.5), (b - a) / h, hull(a, b)});
      value = value + h * cells_[i].slope;
      weights_.push_back(exp(Interval(base) - m_.cells[i].middle));
      total = total + weights_[i] * m_.cells[i].mass;
      integral = integral + weights_[i] * (cells_[i].middle * m_.cells[i].mass + rest(i));
    }
    mean_ = integral / total;
  }

  /// int (f - f(m)) p / p(m) over cell i
  [[nodiscard]] Interval rest(std::size_t i) const {
    return cells_[i].slope * m_.cells[i].first + cells_[i].bend * Interval(0.5) * m_.cells[i].second;
  }

  /// K at the nodes from both sides, and the integrals of Rayleigh's quotient.
  void across() {
    std::vector<Interval> left(n_ + 1, Interval(0.0)), right = left, part(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      const LineCell& c = m_.cells[i];
      const TrialCell& t = cells_[i];
      const Interval away = t.middle - mean_;
      part[i] = away * c.mass + rest(i);
      left[i + 1] = left[i] * m_.ratio(i, i + 1) - part[i] * m_.at_node(i, i + 1);
      dirichlet_ = dirichlet_ + weights_[i] * (square(t.slope) * c.mass + Interval(2.0) * t.slope * t.bend * c.first + square(t.bend) * c.second);
      variance_ = variance_ + weights_[i] * (square(away) * c.mass + Interval(2.0) * away * rest(i) + square(t.slopes) * c.second);
    }
    for (std::size_t i = n_; i-- > 0;) right[i] = right[i + 1] * m_.ratio(i + 1, i) + part[i] * m_.at_node(i, i);
    for (std::size_t i = 0; i <= n_; ++i) k_.push_back(intersection(intersection(left[i], right[i]), {0, Interval::infinity}));
  }

  /// h^2/8 max(-K'') over cell i, with K first as large as K' = K s - (f - f_) lets it become, then narrowed by what that says of K'.
  [[nodiscard]] double sag(std::size_t i) const {
    const LineCell& c = m_.cells[i];
    const Interval h = m_.width(i), ends = hull(k_[i], k_[i + 1]), deviation = cells_[i].middle - mean_ + cells_[i].slopes * h * Interval(-0.5, 0.5);
    const Interval steep(1 - std::min(0.9, (c.slope * h).magnitude()));
    if (!((c.slope * h).magnitude() < 0.9)) return Interval::infinity;
    Interval k(0, ((Interval(ends.magnitude()) + h * Interval(deviation.magnitude())) / steep).upper), slope = Interval::whole();
    for (int round = 0; round < narrowings; ++round) {
      slope = c.slope * k - deviation;
      k = intersection(k, ends + h * Interval(-0.5, 0.5) * Interval(slope.magnitude()));
    }
    return std::max(0.0, (square(h) / Interval(8.0) * (cells_[i].slopes - c.slope * slope - c.curvature * k)).upper);
  }

  const LineMeasure& m_;
  const std::vector<double>& g_;
  std::size_t n_;
  std::vector<TrialCell> cells_;
  std::vector<Interval> weights_, k_;
  Interval mean_, dirichlet_{0.0}, variance_{0.0};
};

} // namespace

Interval poincare_by_trial(const LineMeasure& m) {
  Interval best(0.0, Interval::infinity);
  if (std::any_of(m.cells.begin(), m.cells.end(), [](const LineCell& c) { return !c.slope.bounded() || !c.curvature.bounded(); })) return best;
  std::vector<double> g = trial_slopes(m), bending;
  for (int round = 0; round < 3 && !g.empty(); ++round) {
    const Trial trial(m, g);
    best = intersection(best, {trial.chen_wang(bending), trial.rayleigh()});
    for (std::size_t i = 0; i + 1 < g.size(); ++i) {
      if (i > 0) g[i] *= 1 + std::max(bending[i - 1], bending[i]);
    }
    g.front() = g[1];
    g.back() = g[g.size() - 2];
  }
  return best;
}

} // namespace driftwell::bounds
