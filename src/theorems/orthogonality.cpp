// The circulation of a steady state, j = J_ss / rho_ss = b - T div D + D grad Phi:
//
//   (i)   div(j rho_ss) = 0, in the weak form int rho_ss j . grad psi = E_ss[b . grad psi + T D : grad grad psi] = 0 for every psi
//         that vanishes at walls (with absorbing walls, rate lambda: -lambda E_ss[psi]), by exact derivatives of psi and the model's own
//         expressions; and on the grid as the sum of flows over each cell
//   (ii)  hence T div j = j . grad Phi
//   (iii) j . grad Phi = 0 where div j = 0 ("Assumption 4"); only there
//   (iv)  the entropy production: sum of flow log(forward/backward) over the edges = E_ss[j^T D^-1 j] / T = E_ss[j . A] / T,
//         A = D^-1 (b - T div D)
// Hypotheses: a steady state; for (iii) div j = 0, measured; for (iv) D has an inverse.
// Chaudhari & Soatto, ICLR 2018, Assumption 4, Theorem 5, Lemma 9; Seifert, Rep. Prog. Phys. 75 (2012) 126001, section 2.4;
// Pavliotis, Stochastic Processes and Applications, 2014, section 4.6.
#include "detail/curvature.hpp"
#include "detail/drift_form.hpp"
#include "detail/pooled.hpp"
#include "detail/sample_fields.hpp"
#include "detail/test_functions.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

using Field = std::vector<VectorXd>;

/// psi, L psi = b . grad psi + T D : grad grad psi, and the terms of that.
struct Backward {
  Expression psi, total;
  std::vector<Expression> terms;
};
Backward backward(const Model& model, const Expression& psi) {
  Backward result{psi, Expression(0.0), {}};
  for (std::size_t i = 0; i < model.dimension(); ++i) {
    const Expression slope = psi.derivative(i);
    result.terms.push_back(model.drift(i) * slope);
    for (std::size_t j = 0; j < model.dimension(); ++j) result.terms.push_back(Expression(model.temperature()) * model.diffusion(i, j) * slope.derivative(j));
  }
  for (const Expression& term : result.terms) result.total = result.total + term;
  return result;
}

Claim weak_claim(const DensityEvidence& density, const Judgement& judgement) {
  const bool survivors = density.level().grid().absorbing();
  ClaimMaker claim("stationary", survivors ? "E[b . grad psi + T D : grad grad psi] = -lambda E[psi] in the law of the survivors, the weak form of div(j rho) = lambda rho"
                                           : "E_ss[b . grad psi + T D : grad grad psi] = 0, the weak form of div(j rho_ss) = 0", "density", Relation::equal, judgement);
  const Level& finest = density.level();
  std::vector<Backward> tests;
  for (const Expression& psi : test_functions(finest)) tests.push_back(backward(density.model(), psi));
  std::vector<Measured> left = density.measure([&](const Level& level) {
    std::vector<double> numbers;
    for (const Backward& test : tests) numbers.push_back(steady_mean(level, sample_fields({test.total}, level.grid())[0]));
    return numbers;
  });
  std::vector<Measured> right = density.measure([&](const Level& level) {
    std::vector<double> numbers;
    for (const Backward& test : tests) numbers.push_back(-level.steady().decay_rate * steady_mean(level, sample_fields({test.psi}, level.grid())[0]));
    return numbers;
  });
  std::vector<double> sizes;
  for (const Backward& test : tests) {
    double size = 0;
    for (const VectorXd& term : sample_fields(test.terms, finest.grid())) size += steady_mean(finest, term.cwiseAbs());
    sizes.push_back(size);
  }
  pool(left, sizes, finest.grid().size());
  pool(right, sizes, finest.grid().size());
  for (std::size_t i = 0; i < left.size(); ++i) claim.compare(left[i], right[i], fmt::format("test function {}", i + 1)).scale(std::max(sizes[i], 0.0));
  return claim.scale(*std::max_element(sizes.begin(), sizes.end())).refinement(density.refinement()).make();
}

/// The flows of the chain in and out of each cell.
Claim flow_claim(const DensityEvidence& density, const Judgement& judgement) {
  ClaimMaker claim("flows", density.level().grid().absorbing() ? "what flows out of a cell, or is absorbed, flows into it but for its share of the decay, in the law of the survivors"
                                                               : "what flows into a cell in the steady state flows out of it", "density", Relation::equal, judgement);
  const Level& level = density.level();
  const Stencil& Q = level.generator().rates();
  const VectorXd& p = level.steady().p;
  const auto n = static_cast<std::size_t>(p.size());
  VectorXd net = VectorXd::Zero(p.size()), gross = VectorXd::Zero(p.size());
  std::vector<int> terms(n, 0);
  Q.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    const double there = up * p[static_cast<Index>(k)], back = down * p[static_cast<Index>(l)];
    net[static_cast<Index>(k)] += back - there, net[static_cast<Index>(l)] += there - back;
    gross[static_cast<Index>(k)] += std::abs(back) + std::abs(there), gross[static_cast<Index>(l)] += std::abs(there) + std::abs(back);
  });
  if (level.generator().loss().size()) net -= level.generator().loss().cwiseProduct(p);
  double total = 0, throughput = 0;
  for (Index k = 0; k < p.size(); ++k) total += std::abs(net[k] + level.steady().decay_rate * p[k]), throughput += gross[k];
  // What is asked of a steady state: entries right to 1e-9 of the flows through them (steady_state.hpp).
  return claim.compare({total, 1e-9 * throughput, 0}, {0, 0, 0}, fmt::format("the sum over all cells, of flows of {:.6g}", throughput)).scale(throughput).make();
}

/// E_ss[psi T div j] and E_ss[psi j . grad Phi] for the test functions, with bars of one share of
/// E_ss[|psi| (|j| + T D/L) (|grad Phi| + T/L)], L the width of the box.
struct Divergences {
  std::vector<Measured> divergence, along;
  double natural = 0;  ///< the largest of those sizes
  double mean_square;  ///< sqrt(E_ss[(div j)^2]) on the finest grid, for people
};
Divergences divergences(const FormEvidence& e) {
  const DensityEvidence& density = e.density();
  const double T = density.model().temperature();
  const std::vector<Expression> psi = test_functions(density.level());
  const auto against = [&](const Level& level, const VectorXd& field) {
    std::vector<double> numbers;
    for (const VectorXd& v : sample_fields(psi, level.grid())) numbers.push_back(steady_mean(level, v.cwiseProduct(field)));
    return numbers;
  };
  Divergences d{density.measure([&](const Level& level) { return against(level, T * e.current_by_flows(level).divergence); }),
                density.measure([&](const Level& level) { return against(level, e.current_by_flows(level).along_gradient); }), 0, 0};
  const Level& finest = density.level();
  const Field slope = gradient_of(finest.grid(), finest.steady().implicit_potential);
  const Field& j = e.current_by_flows(finest).circulation;
  double width = 0, noise = 0; // what noise alone does across the box
  for (std::size_t a = 0; a < finest.grid().dimension(); ++a) {
    width = std::max(width, finest.grid().axis(a).upper - finest.grid().axis(a).lower);
    noise = std::max(noise, T * steady_mean(finest, e.fields(finest).diffusion[a][a]));
  }
  const VectorXd size = (inner(j, j).cwiseSqrt().array() + noise / width) * (inner(slope, slope).cwiseSqrt().array() + T / width);
  std::vector<double> sizes;
  for (const VectorXd& v : sample_fields(psi, finest.grid())) sizes.push_back(steady_mean(finest, v.cwiseAbs().cwiseProduct(size)));
  for (const double s : sizes) d.natural = std::max(d.natural, s);
  pool(d.divergence, sizes, finest.grid().size());
  pool(d.along, sizes, finest.grid().size());
  d.mean_square = norm_inside(finest, {e.current_by_flows(finest).divergence});
  return d;
}

Claim divergence_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("divergence", "E_ss[psi T div j] = E_ss[psi j . grad Phi]", "density", Relation::equal, judgement);
  claim.assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Divergences d = divergences(e);
  for (std::size_t i = 0; i < d.along.size(); ++i) claim.compare(d.divergence[i], d.along[i], fmt::format("test function {}", i + 1));
  return claim.scale(d.natural).refinement(e.density().refinement()).make();
}

/// div j as a formula, where Phi is one: j is what the circulation adds to the drift.
std::optional<FieldBound> divergence_by_form(const Level& level) {
  const Model& model = level.model();
  if (!gibbs(level)) return std::nullopt;
  Expression sum(0.0);
  std::vector<Expression> terms;
  for (std::size_t i = 0; i < model.dimension(); ++i) {
    terms.push_back((model.drift(i, true) - model.drift(i, false)).derivative(i));
    sum = sum + terms.back();
  }
  return field_bound({sum}, box_of(level.grid()), steady_norm(level, sample_fields(terms, level.grid())));
}

/// div j = 0: by intervals in the whole box where Phi has a formula, else as far as the grids can tell.
Hypothesis assumption_4(const Level& level, const Divergences& d, double precision) {
  const std::optional<FieldBound> exact = divergence_by_form(level);
  if (exact && (exact->by_form || exact->differs()))
    return {exact->by_form ? Hypothesis::State::met : Hypothesis::State::failed, "div j = 0 (Assumption 4)", "it " + exact->words(level.model())};
  Hypothesis h{Hypothesis::State::met, "div j = 0 (Assumption 4)", fmt::format("its root mean square is {:.4g} on the finest grid{}", d.mean_square, exact ? "; it " + exact->words(level.model()) : "")};
  for (const Measured& m : d.divergence) {
    if (std::abs(m.value) > m.error + precision * d.natural) h.state = Hypothesis::State::failed;
    else if (!(std::abs(m.value) + m.error <= precision * d.natural) && h.state == Hypothesis::State::met && d.natural > 0) h.state = Hypothesis::State::open;
  }
  return h;
}

Claim orthogonal_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("orthogonal", "E_ss[psi j . grad Phi] = 0 where div j = 0", "density", Relation::equal, judgement);
  claim.assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Divergences d = divergences(e);
  claim.assume(assumption_4(e.density().level(), d, judgement.precision));
  if (!claim.applies()) return claim.make();
  for (std::size_t i = 0; i < d.along.size(); ++i) claim.compare(d.along[i], {0, 0, 0}, fmt::format("test function {}", i + 1));
  return claim.scale(d.natural).refinement(e.density().refinement()).make();
}

Claim production_claim(const FormEvidence& e, const Judgement& judgement, bool by_power) {
  ClaimMaker claim(by_power ? "production_power" : "production", by_power ? "E_ss[j^T D^-1 j] / T = E_ss[j . D^-1 (b - T div D)] / T" : "sum of flow log(forward/backward) = E_ss[j^T D^-1 j] / T",
                   "density", Relation::equal, judgement);
  claim.assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const double T = e.density().model().temperature();
  const auto quadratic = [&](const Level& level) {
    const Field& j = e.current_by_flows(level).circulation;
    return steady_mean(level, inner(j, product(e.fields(level).inverse, j))) / T;
  };
  const Measured squares = e.density().measure_one(quadratic);
  const Measured power = e.density().measure_one([&](const Level& level) { return steady_mean(level, inner(e.current_by_flows(level).circulation, e.fields(level).form)) / T; });
  const Measured edges = e.density().measure_one([](const Level& level) { return entropy_production(level.generator(), level.steady()); });
  return claim.compare(by_power ? squares : edges, by_power ? power : squares).refinement(e.density().refinement()).make();
}

class Orthogonality : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "div(j rho_ss) = 0, T div j = j . grad Phi; j . grad Phi = 0 only where div j = 0; the entropy production is E_ss[j^T D^-1 j] / T"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Assumption 4 and Theorem 5; Seifert 2012, section 2.4"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const DensityEvidence& density = subject.density();
    std::vector<Claim> claims{weak_claim(density, subject.judgement), flow_claim(density, subject.judgement)};
    try {
      const FormEvidence e(density);
      claims.push_back(divergence_claim(e, subject.judgement));
      claims.push_back(orthogonal_claim(e, subject.judgement));
      claims.push_back(production_claim(e, subject.judgement, false));
      claims.push_back(production_claim(e, subject.judgement, true));
    } catch (const NotApplicable& reason) {
      claims.push_back(ClaimMaker("production", "the entropy production is E_ss[j^T D^-1 j] / T", "density", Relation::equal, subject.judgement).assume(false, reason.hypothesis, reason.detail).make());
    }
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"orthogonality", "div(j rho_ss) = 0; when j is orthogonal to grad Phi; entropy production", [] { return std::make_unique<theorems::Orthogonality>(); }};
} // namespace
} // namespace driftwell
