// Claims of the literature that do not hold in general as printed, tried on the model at hand. "violated" says that this model is a
// counter-example; their verdicts are not counted as the theorem's.
//
//   phi_without_beta    "Phi does not depend on beta" (Chaudhari & Soatto 2018, section 2.2). T div D in grad Phi = -D^-1 (b - T div D) does: false
//                       where D depends on x, and with a force in general.
//   assumption_4        "div j = 0" (Assumption 4), said of their Example 19: there max |div j| = 1.219 lambda. Only div(j rho_ss) = 0 holds,
//                       and is enough for a falling KL.
//   noise_circulates    "non-isotropic noise makes j != 0" (section 4.3): not where D^-1 (b - T div D) is a gradient, as in one dimension.
//   only_isotropic      "Phi = f / c only if D = c I" (Lemma 6): not so even where div j = 0. D = I + e (x x'^T + x' x^T), x' = (-y, x), and
//                       b = -x have j = e (r^2 - 4T) x' and Phi = |x|^2/2 at every temperature.
//   limit_cycle         "a limit cycle around the saddle" (Example 19): orbits of dx/dt = b spiral into the zero of b; the closed ones
//                       belong to dx/dt = j. closed_orbits, counted, says so where j is known: D = I, div(force exp(-f/T)) = 0.
#include "detail/drift_form.hpp"
#include "detail/return_map.hpp"
#include "detail/sample_fields.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

using Field = std::vector<VectorXd>;

Measured steady_slope(const DensityEvidence& density) {
  return density.measure_one([](const Level& level) { return steady_norm(level, gradient_of(level.grid(), level.steady().implicit_potential)); });
}

Claim beta_claim(const DensityEvidence& density, const Judgement& judgement) {
  ClaimMaker claim("phi_without_beta", "grad Phi is the same at T and T/2", "density", Relation::equal, judgement);
  claim.as_printed().assume(!density.level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Model colder = density.model().with_temperature(density.model().temperature() / 2);
  const auto other = density.with_model(colder);
  const Measured apart = density.measure_one([&](const Level& level) {
    std::size_t i = 0;
    while (&density.level(i) != &level) ++i;
    Field difference = gradient_of(level.grid(), level.steady().implicit_potential);
    const Field theirs = gradient_of(level.grid(), other->level(i).steady().implicit_potential);
    for (std::size_t a = 0; a < difference.size(); ++a) difference[a] -= theirs[a];
    return steady_norm(level, difference);
  });
  const double rounding = slope_rounding(density.level()) + slope_rounding(other->level());
  return claim.compare({apart.value, apart.error + rounding, 0}, {0, 0, 0}, "root mean square of the difference").scale(steady_slope(density).value)
      .refinement(density.refinement()).make();
}

/// Beside a wall the flow along it is seen one cell thick.
bool at_wall(const Grid& grid, std::size_t k) {
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    if (const std::size_t i = grid.coordinate(k, a); !grid.axis(a).periodic() && (i == 0 || i + 1 == grid.axis(a).cells)) return true;
  return false;
}

Claim assumption_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("assumption_4", "max |div j| = 0, where rho_ss is above 1/1000 of its largest value", "density", Relation::equal, judgement);
  claim.as_printed().assume(!e.gradient().gradient, "a circulation", "detailed balance").assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  std::size_t where = 0;
  const auto largest = [&](const Level& level, bool note) {
    const VectorXd& divergence = e.current_by_flows(level).divergence;
    const VectorXd& phi = level.steady().implicit_potential;
    const double high = phi.minCoeff() + level.generator().temperature() * std::log(1000.0);
    double most = 0;
    for (Index k = 0; k < divergence.size(); ++k)
      if (phi[k] < high && !at_wall(level.grid(), static_cast<std::size_t>(k)) && std::abs(divergence[k]) > most) {
        most = std::abs(divergence[k]);
        if (note) where = static_cast<std::size_t>(k);
      }
    return most;
  };
  const Measured most = e.density().measure_one([&](const Level& level) { return largest(level, &level == &e.density().level()); });
  const double speed = steady_norm(e.density().level(), e.current_by_flows(e.density().level()).circulation);
  return claim.compare(most, {0, 0, 0}, "max |div j|, at " + place_of(e.density().level(), where))
      .scale(speed * steady_slope(e.density()).value / e.density().model().temperature()).refinement(e.density().refinement()).make();
}

Claim noise_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("noise_circulates", "D != c I => E|j|^2 > 0", "density", Relation::above, judgement);
  const Model& model = e.density().model();
  claim.as_printed().assume(!isotropic(model), "D is not c I").assume(!model.has_force() && !model.has_circulation(), "the drift is -grad f")
      .assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Measured j = e.density().measure_one([&](const Level& level) { return steady_norm(level, e.current_by_flows(level).circulation); });
  const Measured size = e.density().measure_one([&](const Level& level) { return steady_norm(level, e.fields(level).velocity); });
  return claim.compare(j, {0, 0, 0}, "root mean square of j").scale(size.value).refinement(e.density().refinement()).make();
}

/// sqrt(E_ss |grad Phi - s grad f|^2) at the best s = 1/c.
double least_distance(const Level& level) {
  Field phi = gradient_of(level.grid(), level.steady().implicit_potential);
  const Field f = gradient_of(level.grid(), level.loss());
  const double along = steady_mean(level, inner(phi, f)), square = steady_mean(level, inner(f, f));
  for (std::size_t a = 0; a < phi.size(); ++a) phi[a] -= (square > 0 ? along / square : 0) * f[a];
  return steady_norm(level, phi);
}

Claim isotropy_claim(const DensityEvidence& density, const Judgement& judgement) {
  ClaimMaker claim("only_isotropic", "D != c I => min_c E|grad Phi - grad f/c|^2 > 0", "density", Relation::above, judgement);
  const Model& model = density.model();
  claim.as_printed().assume(!isotropic(model), "D is not c I")
      .assume(!model.has_force() && !model.has_circulation() && model.interpretation() == Interpretation::ito, "the Ito drift is -grad f")
      .assume(!density.level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  return claim.compare(density.measure_one(least_distance), {0, 0, 0}, "root mean square of grad Phi - grad f/c").scale(steady_slope(density).value)
      .refinement(density.refinement()).make();
}

/// A zero of the drift where the potential has a saddle and the drift turns.
std::optional<FlowZero> turning_saddle(const Model& model, const Grid& grid, std::string& found) {
  const std::vector<Expression> b{model.drift(0), model.drift(1)};
  std::optional<FlowZero> result;
  const Expression xx = model.gradient(0).derivative(0), xy = model.gradient(0).derivative(1), yy = model.gradient(1).derivative(1);
  const expression::Tape hessian({xx, xy, yy}, 2);
  for (const FlowZero& zero : zeros_of_flow(b, grid)) {
    const std::vector<double> h = hessian(std::span<const double>(zero.x));
    const double det = (zero.eigenvalues[0] * zero.eigenvalues[1]).real();
    found += fmt::format("{}({:.8f}, {:.8f}) index {}, eigenvalues {:.6g}{:+.6g}i, {:.6g}{:+.6g}i", found.empty() ? "zeros of the drift: " : "; ", zero.x[0] + 0.0, zero.x[1] + 0.0, det > 0 ? "+1" : "-1",
                         zero.eigenvalues[0].real(), zero.eigenvalues[0].imag(), zero.eigenvalues[1].real(), zero.eigenvalues[1].imag());
    if (zero.turns() && h[0] * h[2] - h[1] * h[1] < 0) result = zero;
  }
  return result;
}

/// The least |r'/r - 1| over radii, 0 where it changes sign: an orbit between them closes.
Measured least_displacement(const std::vector<Return>& map, std::string& where) {
  Measured least{std::numeric_limits<double>::infinity(), 0, 0};
  for (std::size_t i = 0; i < map.size(); ++i) {
    const Measured& d = map[i].displacement;
    if (i > 0 && (d.value > d.error) != (map[i - 1].displacement.value > map[i - 1].displacement.error) && std::abs(d.value) > d.error &&
        std::abs(map[i - 1].displacement.value) > map[i - 1].displacement.error) {
      where = fmt::format("between r = {:.4g} and {:.4g}", map[i].radius, map[i - 1].radius);
      return {0, 0, 0};
    }
    if (std::abs(d.value) < std::abs(least.value)) least = d, where = fmt::format("r = {:.4g}, of {} radii", map[i].radius, map.size());
  }
  return least;
}

Claim cycle_claim(const DensityEvidence& density, const Judgement& judgement) {
  ClaimMaker claim("limit_cycle", "an orbit of dx/dt = b around the saddle of f comes back to where it was", "model", Relation::equal, judgement);
  const Model& model = density.model();
  const Grid& grid = density.level().grid();
  claim.as_printed().assume(model.dimension() == 2 && !grid.axis(0).periodic() && !grid.axis(1).periodic(), "a plane");
  if (!claim.applies()) return claim.make();
  std::string found, where;
  const std::optional<FlowZero> zero = turning_saddle(model, grid, found);
  claim.assume(zero.has_value(), "a zero of the drift at which it turns and f has a saddle", found);
  if (!claim.applies()) return claim.make();
  const std::vector<Return> map = return_map({model.drift(0), model.drift(1)}, *zero, grid);
  claim.assume(!map.empty(), "orbits that come around");
  if (!claim.applies()) return claim.make();
  const Measured least = least_displacement(map, where);
  return claim.compare(least, {0, 0, 0}, "least |r'/r - 1| of a turn, " + where).note(found).make();
}

/// j = force where D = I and div(force e^(-f/T)) = 0: its orbits close, as div(j rho_ss) = 0 makes them level lines.
Claim orbits_claim(const DensityEvidence& density, const Judgement& judgement) {
  ClaimMaker claim("closed_orbits", "the orbits of dx/dt = j close", "model", Relation::equal, judgement);
  const Model& model = density.model();
  const Level& level = density.level();
  claim.assume(model.dimension() == 2 && !level.grid().axis(0).periodic() && !level.grid().axis(1).periodic(), "a plane")
      .assume(model.identity_diffusion() && model.has_force() && !model.has_circulation(), "D = I and a force");
  if (!claim.applies()) return claim.make();
  std::vector<Expression> terms;
  for (std::size_t i = 0; i < 2; ++i) {
    terms.push_back(model.force(i).derivative(i));
    terms.push_back(Expression(-1 / model.temperature()) * model.force(i) * model.gradient(i));
  }
  const double divergence = steady_norm(level, sample_fields({terms[0] + terms[1] + terms[2] + terms[3]}, level.grid())), size = steady_norm(level, sample_fields(terms, level.grid()));
  claim.assume(divergence <= 1e-10 * size, "div(force exp(-f/T)) = 0", fmt::format("its root mean square is {:.2g} of its terms", size > 0 ? divergence / size : 0));
  if (!claim.applies()) return claim.make();
  const std::vector<Expression> j{model.force(0), model.force(1)};
  bool any = false;
  for (const FlowZero& zero : zeros_of_flow(j, level.grid())) {
    if (!zero.turns()) continue;
    for (const Return& turn : return_map(j, zero, level.grid())) {
      claim.compare({1 + turn.displacement.value, turn.displacement.error, 0}, {1, 0, 0}, fmt::format("r'/r after a turn, r = {:.4g}", turn.radius));
      any = true;
    }
  }
  claim.assume(any, "a zero of j with orbits around it in the box");
  return claim.make();
}

class PrintedClaims : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "what was printed and does not hold in general: each tried on this model"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, section 2.2, Assumption 4, Lemma 6, section 4.3, Example 19"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const DensityEvidence& density = subject.density();
    std::vector<Claim> claims{beta_claim(density, subject.judgement), isotropy_claim(density, subject.judgement), cycle_claim(density, subject.judgement), orbits_claim(density, subject.judgement)};
    try {
      const FormEvidence e(density);
      claims.push_back(assumption_claim(e, subject.judgement));
      claims.push_back(noise_claim(e, subject.judgement));
    } catch (const NotApplicable& reason) {
      claims.push_back(ClaimMaker("assumption_4", "max |div j| = 0", "density", Relation::equal, subject.judgement).as_printed().assume(false, reason.hypothesis, reason.detail).make());
    }
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"printed_claims", "what was printed and does not hold in general, tried on the model", [] { return std::make_unique<theorems::PrintedClaims>(); }};
} // namespace
} // namespace driftwell
