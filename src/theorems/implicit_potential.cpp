// The implicit potential and detailed balance. With the Ito drift b, the steady state rho_ss = exp(-Phi/T)/Z carries
//
//   j = J_ss / rho_ss = b - T div D + D grad Phi = D (A + grad Phi),   A = D^-1 (b - T div D)
//
//   (i)   b = -grad f, D = c I                    =>  Phi = f / c + constant, j = 0
//   (ii)  A is a gradient                        <=>  j = 0 (detailed balance); then grad Phi = -A
//   (iii) else                                        curl(D^-1 j) = curl A, int D^-1 j dx = int A dx around a period, and j is not 0
//   (iv)  always                                      grad Phi - grad f / c = D^-1 j - A - grad f / c: how far Phi is from the loss
//   (v)   where rho_ss follows from A by quadrature, the chain's steady state is that one; in one dimension the Ito and the Stratonovich
//         reading of a noise that depends on the state have different ones.
// Hypotheses tested: D has an inverse; A's curl from exact derivatives, and its integral around periods. Left sides come from
// the chain, right sides from the expressions. "Phi = f only if D = c I" (as printed) is on the shelf as printed_claims.
// Chaudhari & Soatto, ICLR 2018, Lemma 6; Risken, The Fokker-Planck Equation, 1989, sections 5.2 and 6.4; Pavliotis, Stochastic Processes
// and Applications, 2014, Proposition 4.5.
#include "detail/chain_hypotheses.hpp"
#include "detail/pooled.hpp"
#include "detail/predicted_steady.hpp"
#include "detail/sample_fields.hpp"
#include "detail/test_functions.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

using Eigen::VectorXd;

namespace {

using State = Hypothesis::State;
using Field = std::vector<VectorXd>;

/// A number of every level with what rounding does to it.
Measured with_rounding(Measured m, double rounding) {
  m.error += rounding;
  return m;
}

Hypothesis negation(Hypothesis h, const std::string& text) {
  h.state = h.state == State::met ? State::failed : State::met;
  h.text = text;
  return h;
}

Hypothesis closed(const FormEvidence& e) {
  return {e.density().level().grid().absorbing() ? State::failed : State::met, "no wall absorbs", ""};
}

/// What a circulation is small beside: the velocity b - T div D, and what noise alone does across the box.
double size_of_velocity(const FormEvidence& e) {
  const Level& level = e.density().level();
  double width = 0, D = 0;
  for (std::size_t a = 0; a < level.grid().dimension(); ++a) {
    width = std::max(width, level.grid().axis(a).upper - level.grid().axis(a).lower);
    D = std::max(D, steady_mean(level, e.fields(level).diffusion[a][a]));
  }
  return steady_norm(level, e.fields(level).velocity) + level.model().temperature() * D / width;
}

Field difference(const Level& level, double c) {
  Field result = gradient_of(level.grid(), level.steady().implicit_potential);
  const Field slope = gradient_of(level.grid(), level.loss());
  for (std::size_t a = 0; a < result.size(); ++a) result[a] -= slope[a] / c;
  return result;
}

Claim isotropic_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("isotropic", "b = -grad f, D = c I => E|grad Phi - grad f/c|^2 = 0", "density", Relation::equal, judgement);
  const Model& model = e.density().model();
  const std::optional<double> c = isotropic(model);
  claim.assume(c.has_value(), "D = c I").assume(!model.has_force() && !model.has_circulation(), "the drift is -grad f").assume(closed(e));
  claim.assume(e.gradient().period == 0, "f is periodic where the box is", fmt::format("its slope around a period makes {:.6g} T", e.gradient().period));
  if (!claim.applies()) return claim.make();
  // anti-Ito: D is the mobility, too.
  const double scale = model.interpretation() == Interpretation::anti_ito ? 1 : *c;
  const Measured distance = measure_norm(e.density(), [&](const Level& level) { return steady_norm(level, difference(level, scale)); });
  return claim.compare(with_rounding(distance, slope_rounding(e.density().level())), {0, 0, 0}).scale(natural_slope(e.density().level())).refinement(e.density().refinement()).make();
}

Claim balance_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("detailed_balance", "D^-1 (b - T div D) is a gradient => E|j|^2 = 0", "density", Relation::equal, judgement);
  claim.assume(e.gradient().hypothesis()).assume(closed(e));
  if (!claim.applies()) return claim.make();
  const Measured j = measure_norm(e.density(), [&](const Level& level) { return steady_norm(level, e.current_by_form(level)); });
  const double size = size_of_velocity(e);
  const double largest_d = e.density().measure_one([&](const Level& level) {
    double d = 0;
    for (const auto& row : e.fields(level).diffusion)
      for (const VectorXd& v : row) d = std::max(d, std::sqrt(steady_mean(level, v.cwiseAbs2())));
    return d;
  }).value;
  return claim.compare(with_rounding(j, largest_d * slope_rounding(e.density().level())), {0, 0, 0}).scale(size).refinement(e.density().refinement()).make();
}

Claim circulation_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("circulation", "D^-1 (b - T div D) is no gradient => E|j|^2 > 0", "density", Relation::above, judgement);
  claim.assume(negation(e.gradient().hypothesis(), "D^-1 (b - T div D) is no gradient")).assume(closed(e));
  if (!claim.applies()) return claim.make();
  const Measured j = measure_norm(e.density(), [&](const Level& level) { return steady_norm(level, e.current_by_flows(level).circulation); });
  return claim.compare(j, {0, 0, 0}).scale(size_of_velocity(e)).refinement(e.density().refinement()).make();
}

/// Test functions with their derivatives, and what curl A is to give.
struct Weak {
  std::size_t i, j; ///< the plane; i = j: around the period of that axis
  Expression curl;  ///< d_i A_j - d_j A_i, or A_i
  std::vector<Expression> psi;
};

std::vector<Weak> weak_forms(const FormEvidence& e) {
  const Level& finest = e.density().level();
  const std::size_t d = e.form().form.size();
  std::vector<Weak> result;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i + 1; j < d; ++j)
      result.push_back({i, j, e.form().form[j].derivative(i) - e.form().form[i].derivative(j), test_functions(finest)});
    if (finest.grid().axis(i).periodic()) result.push_back({i, i, e.form().form[i], test_functions(finest, i)});
  }
  return result;
}

/// int psi (d_i v_j - d_j v_i) = int (v_i d_j psi - v_j d_i psi), or int psi v_i, of v = D^-1 j from the flows; `size`: of the absolute values.
std::vector<double> of_flows(const Level& level, const FormEvidence& e, const Weak& weak, bool size) {
  const Field v = product(e.fields(level).inverse, e.current_by_flows(level).circulation);
  const auto sum = [&](const VectorXd& terms) { return integral(level.grid(), size ? VectorXd(terms.cwiseAbs()) : terms); };
  std::vector<double> numbers;
  for (const Expression& psi : weak.psi) {
    if (weak.i == weak.j) numbers.push_back(sum(v[weak.i].cwiseProduct(sample_fields({psi}, level.grid())[0])));
    else {
      const Field slope = sample_fields({psi.derivative(weak.i), psi.derivative(weak.j)}, level.grid());
      numbers.push_back(size ? sum(v[weak.i].cwiseProduct(slope[1])) + sum(v[weak.j].cwiseProduct(slope[0]))
                             : sum(v[weak.i].cwiseProduct(slope[1]) - v[weak.j].cwiseProduct(slope[0])));
    }
  }
  return numbers;
}

/// The same of A, by exact derivatives; `size`: int |psi curl A|.
std::vector<double> of_form(const Level& level, const Weak& weak, bool size) {
  std::vector<double> numbers;
  for (const Expression& psi : weak.psi) {
    const Field values = sample_fields({psi, weak.curl}, level.grid());
    const VectorXd density = values[0].cwiseProduct(values[1]);
    numbers.push_back(integral(level.grid(), size ? VectorXd(density.cwiseAbs()) : density));
  }
  return numbers;
}

Claim curl_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("curl", "int psi curl(D^-1 j) = int psi curl A; around periods, int psi D^-1 j = int psi A", "density", Relation::equal, judgement);
  claim.assume(negation(e.gradient().hypothesis(), "D^-1 (b - T div D) is no gradient")).assume(closed(e));
  if (!claim.applies()) return claim.make();
  double scale = 0;
  const std::vector<std::string>& names = e.density().model().names();
  for (const Weak& weak : weak_forms(e)) {
    const Level& finest = e.density().level();
    std::vector<Measured> left = e.density().measure([&](const Level& level) { return of_flows(level, e, weak, false); });
    std::vector<Measured> right = e.density().measure([&](const Level& level) { return of_form(level, weak, false); });
    const std::vector<double> sizes = of_form(finest, weak, true);
    pool(left, of_flows(finest, e, weak, true), finest.grid().size());
    pool(right, sizes, finest.grid().size());
    for (const double size : sizes) scale = std::max(scale, size);
    const std::string where = weak.i == weak.j ? "around the period of " + names[weak.i] : fmt::format("plane of {} and {}", names[weak.i], names[weak.j]);
    for (std::size_t n = 0; n < left.size(); ++n) claim.compare(left[n], right[n], fmt::format("{}, test function {}", where, n + 1));
  }
  return claim.scale(scale).refinement(e.density().refinement()).make();
}

Claim distance_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("distance_from_loss", "E|grad Phi - grad f/c|^2 = E|D^-1 j - A - grad f/c|^2", "density", Relation::equal, judgement);
  claim.assume(closed(e));
  if (!claim.applies()) return claim.make();
  const Model& model = e.density().model();
  const double c = model.interpretation() == Interpretation::anti_ito ? 1 : isotropic(model).value_or(1);
  const Measured left = measure_norm(e.density(), [&](const Level& level) { return norm_inside(level, difference(level, c)); });
  const Measured right = measure_norm(e.density(), [&](const Level& level) {
    Field v = product(e.fields(level).inverse, e.current_by_flows(level).circulation);
    const Field slope = gradient_of(level.grid(), level.loss());
    for (std::size_t a = 0; a < v.size(); ++a) v[a] -= e.fields(level).form[a] + slope[a] / c;
    return norm_inside(level, std::move(v));
  });
  const double rounding = slope_rounding(e.density().level());
  return claim.compare(with_rounding(left, rounding), with_rounding(right, rounding), "how far grad Phi is from grad f/c, in the mean square")
      .scale(natural_slope(e.density().level())).note(fmt::format("c = {:.6g}", c)).refinement(e.density().refinement()).make();
}

Claim predicted_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("predicted", "rho_ss is what quadrature of the drift says: TV = 0", "density", Relation::equal, judgement);
  double rounding = 0;
  std::string how;
  const Measured distance = measure_norm(e.density(), [&](const Level& level) {
    const Prediction prediction = predicted_steady(level, level.model(), e.form(), e.gradient().gradient);
    rounding = std::max(rounding, prediction.rounding);
    how = prediction.how;
    return total_variation(level, prediction);
  });
  return claim.compare(with_rounding(distance, rounding), {0, 0, 0}).scale(1).note(how).refinement(e.density().refinement()).make();
}

bool noise_depends_on_state(const Model& model) {
  for (std::size_t i = 0; i < model.dimension(); ++i)
    for (std::size_t j = 0; j < model.dimension(); ++j)
      if (!model.diffusion(i, j).is_constant()) return true;
  return false;
}

/// In one dimension A of the Stratonovich and of the Ito reading differ by T D'/(2D), which is 0 only where D does not depend on x. What anti-Ito
/// makes of the formulas lies apart, too, but need not (D = c + K exp(f/cT)): it is only told.
Claim readings_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("readings_apart", "TV(rho_ss, that of the other reading, Ito or Stratonovich) > 0", "density", Relation::above, judgement);
  const Model& model = e.density().model();
  claim.assume(model.dimension() == 1 && noise_depends_on_state(model), "one dimension, D depends on x").assume(!e.density().level().grid().absorbing(), "no wall absorbs")
      .assume(model.interpretation() != Interpretation::anti_ito, "a noise read as Ito or Stratonovich");
  if (!claim.applies()) return claim.make();
  for (const Interpretation other : {Interpretation::ito, Interpretation::stratonovich, Interpretation::anti_ito}) {
    if (other == model.interpretation()) continue;
    const Model read = with_interpretation(model, other);
    const DriftForm form = drift_form(read);
    const Measured apart = measure_norm(e.density(), [&](const Level& level) {
      return total_variation(level, predicted_steady(level, read, form, gradient_test(level, form).gradient));
    });
    if (other == Interpretation::anti_ito) claim.note(fmt::format("read as anti_ito: TV {:.6g}", apart.value));
    else claim.compare(apart, {0, 0, 0}, "read as " + name_of(other));
  }
  return claim.scale(1).refinement(e.density().refinement()).make();
}

class ImplicitPotential : public Theorem {
public:
  [[nodiscard]] std::string statement() const override {
    return "Phi = f/c where b = -grad f and D = c I; detailed balance iff D^-1 (b - T div D) is a gradient, else curl(D^-1 j) = curl of it";
  }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Lemma 6; Risken 1989, section 6.4"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const FormEvidence e(subject.density());
    const Judgement& judgement = subject.judgement;
    (void)e.gradient();
    std::vector<Claim> claims{isotropic_claim(e, judgement), balance_claim(e, judgement), circulation_claim(e, judgement), curl_claim(e, judgement), distance_claim(e, judgement)};
    for (const auto& make : {predicted_claim, readings_claim}) {
      try {
        claims.push_back(make(e, judgement));
      } catch (const NotApplicable& reason) {
        claims.push_back(ClaimMaker("predicted", "rho_ss is what quadrature of the drift says", "density", Relation::equal, judgement).assume(false, reason.hypothesis, reason.detail).make());
      }
    }
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"implicit_potential", "Phi = f/c for isotropic noise; detailed balance; how far Phi is from f", [] { return std::make_unique<theorems::ImplicitPotential>(); }};
} // namespace
} // namespace driftwell
