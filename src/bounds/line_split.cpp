// A law on an interval as a mixture mu = Z_1 mu_1 + Z_2 mu_2 of what lies left and right of a point, for laws of several wells. With
// E_i = int g'^2 dmu over side i, rho_i and lambda_i the constants of mu_i, k = Z_1 Z_2 (log Z_1 - log Z_2)/(Z_1 - Z_2) <= 1/2,
//
//   Ent(g^2) = sum_i Z_i Ent_i(g^2) + Ent of the two numbers |g|_i^2 = E_mu_i[g^2]
//     sum_i Z_i Ent_i(g^2)  <= sum_i (2/rho_i) E_i
//     Ent of two numbers    <= k (|g|_1 - |g|_2)^2                                   (Diaconis & Saloff-Coste 1996)
//     (|g|_1 - |g|_2)^2     <= max_i Var_i(g) + (E_mu_1[g] - E_mu_2[g])^2             (|g|_i is the length of (sd_i, mean_i))
//     Var_i(g)              <= E_i / (Z_i lambda_i)
//     |E_mu_1[g] - E_mu_2[g]| <= sum_i sqrt(C_i E_i),  C_i = int h^2/q dx over side i, h = mu_i beyond x, seen from the split
//
// with q = dmu/dx and Cauchy's inequality in the last line. So 2/rho is at most the largest eigenvalue of a 2 x 2 matrix. At low
// temperature the last term is all there is, and between wells of equal depth the bound is the constant itself; a convex part pays
// e^{osc U/T} instead.
// Chafai & Malrieu, Ann. Inst. H. Poincare 46 (2010) 72; Menz & Schlichting, Ann. Probab. 42 (2014) 1809, section 2.
#include "line_split.hpp"

#include "line_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr std::size_t looked_at = 1000, side_cells = 1000, most_splits = 5;
constexpr double least_barrier = 0.1; ///< of T

/// Maxima inside the domain that stand out of their neighbourhood, from values at points: where they are exactly does not matter.
std::vector<double> summits(const LineOf& f, double temperature, const Interval& domain) {
  std::vector<double> x, v;
  for (std::size_t i = 0; i <= looked_at; ++i) {
    x.push_back(domain.lower + (domain.upper - domain.lower) * static_cast<double>(i) / looked_at);
    v.push_back(f(Interval(x.back()))[0].range.middle());
  }
  std::vector<std::size_t> at{0};
  for (std::size_t i = 1; i < looked_at; ++i)
    if (v[i] > v[i - 1] && v[i] >= v[i + 1]) at.push_back(i);
  at.push_back(looked_at);
  while (at.size() > 2) { // the least barrier goes until all are worth a split
    std::size_t lowest = 1;
    double barrier = Interval::infinity;
    for (std::size_t m = 1; m + 1 < at.size(); ++m) {
      const auto least = [&](std::size_t a, std::size_t b) { return *std::min_element(v.begin() + static_cast<std::ptrdiff_t>(a), v.begin() + static_cast<std::ptrdiff_t>(b) + 1); };
      const double height = v[at[m]] - std::max(least(at[m - 1], at[m]), least(at[m], at[m + 1]));
      if (height < barrier) barrier = height, lowest = m;
    }
    if (barrier > least_barrier * temperature && at.size() <= most_splits + 2) break;
    at.erase(at.begin() + static_cast<std::ptrdiff_t>(lowest));
  }
  std::vector<double> points;
  for (std::size_t m = 1; m + 1 < at.size(); ++m) points.push_back(x[at[m]]);
  return points;
}

LineMeasure mirrored(LineMeasure m) {
  std::reverse(m.cells.begin(), m.cells.end());
  std::reverse(m.nodes.begin(), m.nodes.end());
  return m;
}

double least_potential(const LineMeasure& m) {
  double least = Interval::infinity;
  for (const LineCell& cell : m.cells) least = std::min(least, cell.middle.lower);
  return least;
}

Interval total_mass(const LineMeasure& m, double base) {
  Interval sum(0.0);
  for (const LineCell& cell : m.cells) sum = sum + cell.mass * exp(Interval(base) - cell.middle);
  return sum;
}

/// int N^2/p dx from the first node on, N the mass up to x; >=, relative to p = exp(-base). The split is at the last node.
Interval resistance(const LineMeasure& m, double base) {
  Interval sum(0.0), up_to(0.0); // N/p at the node
  for (std::size_t i = 0; i < m.cells.size(); ++i) {
    up_to = m.cells[i].mass * m.at_node(i, i + 1) + up_to * m.ratio(i, i + 1);
    const Interval n = up_to / m.at_node(i, i + 1); // N/p(m) at the far end
    sum = sum + square(n) * m.cells[i].inverse * exp(Interval(base) - m.cells[i].middle);
  }
  return sum;
}

/// Z_1 Z_2 (log Z_1 - log Z_2)/(Z_1 - Z_2) = t / (2 sinh t), t = log(Z_1/Z_2).
Interval two_point_constant(const Interval& log_odds) {
  const double t = log_odds.mignitude();
  if (t < 1e-4) return 0.5;
  const Interval fall = exp(-Interval(t));
  return Interval(0.0, std::min(0.5, (Interval(t) * fall / (Interval(1.0) - square(fall))).upper));
}

/// What a side gives to the matrix.
struct Side {
  Interval own, spread, carried; ///< 2/rho_i, 1/(Z_i lambda_i), C_i
};

double largest_eigenvalue(const Side& a, const Side& b, const Interval& k) {
  double worst = 0;
  for (const bool first : {true, false}) { // whose variance counts
    const Interval aa = a.own + k * a.carried + (first ? k * a.spread : Interval(0.0)), bb = b.own + k * b.carried + (first ? Interval(0.0) : k * b.spread);
    const Interval half(0.5), up_a(aa.upper), up_b(bb.upper), off = square(Interval(k.upper)) * a.carried * b.carried;
    worst = std::max(worst, (half * (up_a + up_b) + sqrt(square(half * (up_a - up_b)) + Interval(off.upper))).upper);
  }
  return worst;
}

/// Constants between any two of the ends and summits, each found once.
class Splitting {
public:
  Splitting(const LineOf& f, double temperature, const Interval& domain) : f_(f), temperature_(temperature), points_(summits(f, temperature, domain)) {
    points_.insert(points_.begin(), domain.lower);
    points_.push_back(domain.upper);
  }
  [[nodiscard]] std::size_t last() const { return points_.size() - 1; }

  /// The best split of the part from point i to point j.
  [[nodiscard]] LowerBound split(std::size_t i, std::size_t j) {
    LowerBound best;
    for (std::size_t c = i + 1; c < j; ++c) {
      const Part &left = part(i, c), &right = part(c, j);
      if (!(left.rho > 0) || !(right.rho > 0)) continue;
      const double base = std::min(least_potential(left.measure), least_potential(right.measure));
      const Interval a = total_mass(left.measure, base), b = total_mass(right.measure, base), all = a + b;
      const auto side = [&](const Part& p, const Interval& mass, const LineMeasure& towards) {
        return Side{Interval(2.0) / Interval(p.rho), all / mass / Interval(p.poincare), all / square(mass) * resistance(towards, base)};
      };
      const Interval k = two_point_constant(log(a) - log(b));
      const double worst = largest_eigenvalue(side(left, a, left.measure), side(right, b, mirrored(right.measure)), k);
      if (const double rho = (Interval(2.0) / Interval(worst)).lower; rho > best.rho) best = {rho, fmt::format("mixture of two wells split at {:.4g}", points_[c])};
    }
    return best;
  }

private:
  struct Part {
    LineMeasure measure;
    double rho = 0, poincare = 0;
  };
  const Part& part(std::size_t i, std::size_t j) {
    const auto found = parts_.find({i, j});
    if (found != parts_.end()) return found->second;
    const Interval domain(points_[i], points_[j]);
    Part p{line_measure(f_, temperature_, domain, side_cells)};
    const LineConstants line = line_constants(p.measure);
    p.rho = std::max({line.log_sobolev.lower, convexify_line(f_, temperature_, domain, side_cells).rho, split(i, j).rho});
    p.poincare = std::max(line.poincare.lower, p.rho);
    return parts_.emplace(std::pair(i, j), std::move(p)).first->second;
  }

  const LineOf& f_;
  double temperature_;
  std::vector<double> points_;
  std::map<std::pair<std::size_t, std::size_t>, Part> parts_;
};

} // namespace

LowerBound split_line(const LineOf& f, double temperature, const Interval& domain) {
  if (!domain.bounded()) return {};
  try {
    Splitting splitting(f, temperature, domain);
    return splitting.split(0, splitting.last());
  } catch (const std::invalid_argument&) { // f jumps or is not finite
    return {};
  }
}

} // namespace driftwell::bounds
