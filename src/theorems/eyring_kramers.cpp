// Eyring-Kramers law: from a minimum m of Phi, over the lowest saddles s, to minima as deep, as T -> 0
//
//   E[tau] / ( (2 pi / lambda_s) sqrt(|det H_s| / det H_m) e^{(Phi_s - Phi_m)/T} )  ->  1
//
// H = Hess Phi, lambda_s the positive eigenvalue of -(D + Q) H at the saddle (D = I, no circulation: |the negative one of H|); several
// saddles of one height conduct like a network. The left side is the exact mean first-passage time of the chain, at temperatures that are
// halved; the ratios are extrapolated to T = 0, and the claim is that the limit is 1. Where D is constant and
// nothing circulates the next order is known, too, from third and fourth derivatives at m and s (detail/next_order.hpp):
//
//   ratio = 1 + T (a_m + a_s) + O(T^2),   on the line a_m = 5 V3^2 / (24 V2^3) - V4 / (8 V2^2),   a_s = 5 V3^2 / (24 |V2|^3) + V4 / (8 V2^2)
//
// (x^2-1)^2/4: 1 + 3 T/2. Times e^{-T (a_m + a_s)} the ratios are off by T^2 only, and the limit is known from higher temperatures, where
// the grid sees the barrier.
// Kramers, Physica 7 (1940) 284; Bovier, Eckhoff, Gayrard & Klein, JEMS 6 (2004) 399, Theorem 3.2; Bouchet & Reygner, Ann. Henri Poincare 17 (2016) 3499, (1.10).
#include "detail/affordable.hpp"
#include "detail/curvature.hpp"
#include "detail/next_order.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::theorems {

namespace {

constexpr double first_barrier = 8; ///< in units of T: where the halvings start
constexpr std::size_t most_halvings = 5;
constexpr double most_cells = 40'000, most_linked_cells = 10'000; ///< a full D couples cells along further offsets, which eliminations pay dearly
constexpr double longest_elimination = 2e9; ///< operations: chains of more, in space, are sooner solved by iterations

/// Ratio of the exact mean time to the law, at falling temperatures.
struct Ratios {
  std::vector<double> temperature;
  std::vector<Measured> ratio;
};

/// The same experiment in the part of the box that passages at T see, Phi < Phi_s + 20 T, on as many cells as can be afforded: barriers
/// get thin as T falls.
std::shared_ptr<const DensityEvidence> focused(const DensityEvidence& evidence, const PassageLaw& law, const Expression& phi, double T) {
  DensityTask task = evidence.task();
  const Grid asked = task.grid;
  const std::size_t d = asked.dimension();
  const Eigen::VectorXd f = Landscape(phi, asked).values();
  const double top = law.from.value + law.barrier + 20 * T;
  std::vector<Axis> axes = asked.axes();
  double cells = 1;
  for (std::size_t a = 0; a < d; ++a) {
    const Axis& axis = asked.axis(a);
    std::size_t first = axis.cells, last = 0;
    for (std::size_t k = 0; k < asked.size(); ++k)
      if (const std::size_t i = asked.coordinate(k, a); f[static_cast<Eigen::Index>(k)] < top) first = std::min(first, i), last = std::max(last, i);
    if (!axis.periodic() && !axis.stretching && first <= last) {
      first -= first > 0 ? 1 : 0;
      last += last + 1 < axis.cells ? 1 : 0;
      axes[a].lower = axis.face(first), axes[a].upper = axis.face(last + 1), axes[a].cells = last + 1 - first;
    }
    cells *= static_cast<double>(axes[a].cells);
  }
  const double factor = std::min(d == 1 ? 16.0 : 4.0, std::pow((evidence.model().diagonal() ? most_cells : most_linked_cells) / cells, 1 / static_cast<double>(d)));
  for (Axis& axis : axes) axis = axis.with_cells(8 * std::max<std::size_t>(2, static_cast<std::size_t>(factor * static_cast<double>(axis.cells) / 8))); // to be halved twice
  task.grid = Grid(std::move(axes));
  return std::make_shared<DensityEvidence>(std::move(task));
}

/// Curvatures at m and at the gates times the width squared of the halved grid: what a cell sees of a barrier.
double coarse_curvature(const DensityEvidence& evidence, const PassageLaw& law) {
  double largest = 0;
  const Grid& grid = evidence.level(std::min<std::size_t>(1, evidence.levels() - 1)).grid();
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
  DensityTask task = evidence.task();
  task.model = model;
  double left = 0; // by iterations, relative
  Measured time = evidence.measure_one([&](const Level& level) {
    const Grid& grid = level.grid();
    task.poll();
    const auto from_m = [&](const Generator& chain, const SteadyState* iterate_with) {
      const FirstPassage passage = first_passage(chain, Region(chain, target_of(law, phi, grid)), iterate_with);
      left = std::max(left, passage.error);
      return interpolate(grid, passage.mean, law.from.x);
    };
    if (estimate_factor(grid, SparseFactor::Kind::general).operations < longest_elimination) return from_m(task.make.generator(model, grid), nullptr);
    const Level cold(task, grid);
    return from_m(cold.generator(), &cold.steady());
  });
  time.error += left * std::abs(time.value);
  return time;
}

/// Pairs of values at T, T/2, T/4, ... without their part in T^power.
std::vector<Measured> without(const std::vector<Measured>& values, int power) {
  const double factor = std::exp2(power);
  std::vector<Measured> pairs;
  for (std::size_t i = 0; i + 1 < values.size(); ++i) pairs.push_back((1 / (factor - 1)) * (factor * values[i + 1] - values[i]));
  return pairs;
}

/// T -> 0 of values at T, T/2, T/4, ... that are off by T^power and higher powers: of all pairs but the first, extrapolated, the one that is surest. Its error:
/// all that extrapolating changes, and what the next power would, or where differences do not fall like powers the whole of the last. More of Romberg's orders look surer than they are where a path a little higher
/// opens as T rises (triple_well_2d: 1.026 +- 0.002 from four temperatures).
Measured limit(const std::vector<Measured>& values, int power = 1) {
  const std::vector<Measured> pairs = without(values, power);
  Measured best{values.back().value, std::numeric_limits<double>::infinity(), 0};
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    const double change = std::abs(pairs[i].value - values[i + 1].value), last = std::abs(pairs[i].value - pairs[i - 1].value);
    const bool falling = i > 1 && last < 0.5 * std::abs(pairs[i - 1].value - pairs[i - 2].value); // else nothing says that the next power is what is left
    const double next = falling ? last / (std::exp2(power + 1) - 1) : last;
    if (const double error = pairs[i].error + std::max(change, next); error < best.error) best = {pairs[i].value, error, 0};
  }
  return best;
}

/// a, where it is known.
std::optional<double> correction(const Model& model, const PassageLaw& law, const Expression& phi) {
  if (model.has_circulation() || !constant_diffusion(model)) return {};
  return next_order(law, model, phi);
}

/// Of the ratios, or of the ratios without their first order.
Measured limit_of_ratios(const Ratios& r, const std::optional<double>& a) {
  const Measured plain = limit(r.ratio);
  if (!a) return plain;
  std::vector<Measured> rest;
  for (std::size_t i = 0; i < r.ratio.size(); ++i) rest.push_back(std::exp(-*a * r.temperature[i]) * r.ratio[i]); // never 0, as 1 + a T may be
  const Measured known = limit(rest, 2);
  return known.error < plain.error ? known : plain;
}

/// At temperatures that are halved until the limit is known in more dimensions; on the line, where all are cheap, as far as the grid goes.
Ratios ratios_of(const DensityEvidence& evidence, const PassageLaw& law, const Expression& phi, const std::optional<double>& a, const Judgement& judgement) {
  Ratios result;
  double T = std::min(evidence.model().temperature(), law.barrier / first_barrier);
  for (std::size_t i = 0; i <= most_halvings; ++i, T /= 2) {
    const auto near = focused(evidence, law, phi, T);
    if (i > 2 && (coarse_curvature(*near, law) > 4 * T || result.ratio.back().error > 2 * judgement.precision)) break; // the barrier is a few cells wide
    try {
      result.ratio.push_back((1 / law.time(T)) * mean_time(*near, evidence.model().with_temperature(T), law, phi));
    } catch (const NumericalFailure&) { // too metastable to be solved
      if (i == 0) throw;
      break;
    }
    result.temperature.push_back(T);
    if (i > 1 && evidence.level().grid().dimension() > 1 && limit_of_ratios(result, a).error < judgement.precision / 4) break;
  }
  return result;
}

std::string story(const DensityEvidence& evidence, const PassageLaw& law, const Ratios& r, const std::optional<double>& a) {
  std::string text = fmt::format("from {} over {} saddle{} of height {:.6g}; exact/law", place_in(evidence.model(), law.from.x), law.gates.size(), law.gates.size() == 1 ? "" : "s", law.barrier);
  for (std::size_t i = 0; i < r.ratio.size(); ++i) text += fmt::format("{} {:.6g} at T = {:.4g}", i ? "," : "", r.ratio[i].value, r.temperature[i]);
  if (a) text += fmt::format("; 1 + {:.6g} T to first order", *a);
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
    const std::optional<double> a = correction(evidence.model(), law, phi);
    const Ratios r = ratios_of(evidence, law, phi, a, subject.judgement);
    const std::string where = fmt::format("from T = {:.4g} to {:.4g}, extrapolated", r.temperature.front(), r.temperature.back());
    limit_claim.compare(limit_of_ratios(r, a), {1, 0, 0}, where).note(story(evidence, law, r, a));
    std::vector<Claim> claims{limit_claim.make()};
    if (evidence.level().grid().dimension() != 1 || !a) return claims; // in the plane a grid shows the slope to some per cent
    ClaimMaker slope = assumed("first_order", "(exact/law - 1) / T -> a_m + a_s as T -> 0, by Laplace's method", subject, law);
    std::vector<Measured> slopes;
    for (std::size_t i = 0; i < r.ratio.size(); ++i) slopes.push_back((1 / r.temperature[i]) * (r.ratio[i] - Measured{1, 0, 0}));
    claims.push_back(slope.compare(limit(without(slopes, 1), 2), {*a, 0, 0}, where).make());
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
