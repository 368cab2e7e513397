// Eyring-Kramers law: from a minimum m of Phi, over the lowest saddles s, to minima as deep, as T -> 0
//
//   E[tau] / ( (2 pi / lambda_s) sqrt(|det H_s| / det H_m) e^{(Phi_s - Phi_m)/T} )  ->  1
//
// H = Hess Phi, lambda_s the positive eigenvalue of -(D + Q) H at the saddle (D = I, no circulation: |the negative one of H|); several
// saddles of one height conduct like a network. The left side is the exact mean first-passage time of the chain, at temperatures that are
// halved; the ratios are extrapolated to T = 0 (Romberg's scheme in powers of T), and the claim is that the limit is 1. On the line
//
//   ratio = 1 + T (a_m + a_s) + ...,   a_m = 5 V3^2 / (24 V2^3) - V4 / (8 V2^2),   a_s = 5 V3^2 / (24 |V2|^3) + V4 / (8 V2^2)
//
// with the derivatives V2, V3, V4 of Phi at m and s (Laplace's method); (x^2-1)^2/4: 1 + 3 T/2.
// Kramers, Physica 7 (1940) 284; Bovier, Eckhoff, Gayrard & Klein, JEMS 6 (2004) 399, Theorem 3.2; Bouchet & Reygner, Ann. Henri Poincare 17 (2016) 3499, (1.10).
#include "detail/affordable.hpp"
#include "detail/curvature.hpp"
#include "detail/passage_law.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

namespace {

constexpr double first_barrier = 8; ///< in units of T: where the halvings start
constexpr std::size_t most_halvings = 5, most_cells = 18'000;

/// Ratio of the exact mean time to the law, at falling temperatures.
struct Ratios {
  std::vector<double> temperature;
  std::vector<Measured> ratio;
};

/// The same experiment on up to four times the cells an axis, as far as so many can be afforded: barriers get thin as T falls.
std::shared_ptr<const DensityEvidence> refined(const DensityEvidence& evidence) {
  DensityTask task = evidence.task();
  const Grid asked = task.grid;
  for (std::size_t factor = 2; factor <= 4; ++factor) {
    std::vector<Axis> axes = asked.axes();
    for (Axis& axis : axes) axis = axis.with_cells(factor * axis.cells);
    Grid grid(std::move(axes));
    if (grid.size() <= most_cells) task.grid = std::move(grid);
  }
  return std::make_shared<DensityEvidence>(std::move(task));
}

/// Curvatures at m and at the gates times the coarsest width squared: what a cell sees of a barrier.
double coarse_curvature(const DensityEvidence& evidence, const PassageLaw& law) {
  double largest = 0;
  const Grid& grid = evidence.level(evidence.levels() - 1).grid();
  const auto look = [&](const CriticalPoint& p) {
    for (std::size_t a = 0; a < p.x.size(); ++a) {
      const double h = grid.axis(a).width(grid.axis(a).cell_of(p.x[a]));
      largest = std::max(largest, h * h * std::abs(p.hessian(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(a))));
    }
  };
  look(law.from);
  for (const CriticalPoint& g : law.gates) look(g);
  return largest;
}

Measured mean_time(const DensityEvidence& evidence, const Model& model, const PassageLaw& law, const Expression& phi) {
  return evidence.measure_one([&](const Level& level) {
    const Grid& grid = level.grid();
    const Generator chain = evidence.task().make.generator(model, grid);
    evidence.task().poll();
    return interpolate(grid, first_passage(chain, Region(chain, target_of(law, phi, grid))).mean, law.from.x);
  });
}

Ratios ratios_of(const DensityEvidence& evidence, const PassageLaw& law, const Expression& phi) {
  Ratios result;
  const double user = evidence.model().temperature(), coarse = coarse_curvature(evidence, law);
  double T = std::min(user, law.barrier / first_barrier);
  for (std::size_t i = 0; i <= most_halvings; ++i, T /= 2) {
    if (i > 1 && coarse > 4 * T) break; // the barrier of the next temperature would be a few cells wide on the coarsest grid
    result.temperature.push_back(T);
    result.ratio.push_back((1 / law.time(T)) * mean_time(evidence, evidence.model().with_temperature(T), law, phi));
  }
  return result;
}

/// T -> 0 of values at T, T/2, T/4, ...: of Romberg's scheme in powers of T, over all runs of temperatures, the entry that is surest. Its error: what
/// an order less gives from the same lowest temperature, or the same order from temperatures twice as high.
Measured limit(const std::vector<Measured>& values) {
  std::vector<Measured> row = values;
  Measured best{values.back().value, std::numeric_limits<double>::infinity(), 0};
  for (std::size_t order = 1; order < values.size(); ++order) {
    const double factor = std::exp2(static_cast<double>(order));
    for (std::size_t i = 0; i + order < values.size(); ++i) {
      const Measured lower = row[i + 1];
      row[i] = (1 / (factor - 1)) * (factor * lower - row[i]);
      double change = std::abs(row[i].value - lower.value);
      if (i > 0) change = std::min(change, std::abs(row[i].value - row[i - 1].value));
      if (row[i].error + change < best.error) best = {row[i].value, row[i].error + change, 0};
    }
  }
  return best;
}

/// a_m + a_s on the line.
double first_order(const PassageLaw& law, const Expression& phi) {
  const auto term = [&](const CriticalPoint& p, double sign) {
    const Expression d2 = phi.derivative(0).derivative(0), d3 = d2.derivative(0), d4 = d3.derivative(0);
    const std::vector<double> v = expression::Tape({d2, d3, d4}, 1)(p.x);
    return 5 * v[1] * v[1] / (24 * std::pow(std::abs(v[0]), 3)) - sign * v[2] / (8 * v[0] * v[0]);
  };
  return term(law.from, 1) + term(law.gates.front(), -1);
}

std::string story(const DensityEvidence& evidence, const PassageLaw& law, const Ratios& r) {
  std::string text = fmt::format("from {} over {} saddle{} of height {:.6g}; exact/law", place_in(evidence.model(), law.from.x), law.gates.size(), law.gates.size() == 1 ? "" : "s", law.barrier);
  for (std::size_t i = 0; i < r.ratio.size(); ++i) text += fmt::format("{} {:.6g} at T = {:.4g}", i ? "," : "", r.ratio[i].value, r.temperature[i]);
  return text;
}

ClaimMaker assumed(const std::string& name, const std::string& statement, const Subject& subject, const PassageLaw& law) {
  ClaimMaker claim(name, statement, "density", Relation::equal, subject.judgement);
  claim.assume(law.obstacle.empty(), "Phi has two minima or more, and the lowest way between them leads over saddles inside the box", law.obstacle);
  return claim;
}

class EyringKramers : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "mean passage time / ((2 pi / lambda_s) sqrt(|det H_s| / det H_m) e^{barrier/T}) -> 1 as T -> 0"; }
  [[nodiscard]] std::string source() const override { return "Kramers 1940; Bovier et al. 2004, Theorem 3.2; Bouchet & Reygner 2016"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const auto small = affordable(subject.density());
    const DensityEvidence& evidence = *small;
    if (evidence.level().grid().absorbing()) throw NotApplicable{"no wall absorbs", ""};
    const Expression phi = potential_formula(evidence.level());
    const PassageLaw law = passage_law(evidence.model(), phi, evidence.level().grid());
    ClaimMaker limit_claim = assumed("limit", "exact mean passage time / law -> 1 as T -> 0", subject, law);
    if (!limit_claim.applies()) return {limit_claim.make()};
    const Ratios r = ratios_of(*refined(evidence), law, phi);
    const std::string where = fmt::format("from T = {:.4g} to {:.4g}, extrapolated", r.temperature.front(), r.temperature.back());
    limit_claim.compare(limit(r.ratio), {1, 0, 0}, where).note(story(evidence, law, r)).refinement(evidence.refinement());
    std::vector<Claim> claims{limit_claim.make()};
    const bool constant = evidence.model().diffusion(0, 0).is_constant();
    if (evidence.level().grid().dimension() != 1 || law.gates.size() != 1 || !constant) return claims;
    ClaimMaker slope = assumed("first_order", "(exact/law - 1) / T -> a_m + a_s as T -> 0, by Laplace's method", subject, law);
    std::vector<Measured> slopes;
    for (std::size_t i = 0; i < r.ratio.size(); ++i) slopes.push_back((1 / r.temperature[i]) * (r.ratio[i] - Measured{1, 0, 0}));
    claims.push_back(slope.compare(limit(slopes), {first_order(law, phi), 0, 0}, where).refinement(evidence.refinement()).make());
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"eyring_kramers", "mean passage times over barriers as the temperature falls", [] { return std::make_unique<theorems::EyringKramers>(); }};
} // namespace
} // namespace driftwell
