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
#include "detail/drift_form.hpp"
#include "detail/pooled.hpp"
#include "detail/sample_fields.hpp"
#include "detail/test_functions.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
  ClaimMaker claim("stationary", "E_ss[b . grad psi + T D : grad grad psi] = 0, the weak form of div(j rho_ss) = 0", "density", Relation::equal, judgement);
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
  ClaimMaker claim("flows", "what flows into a cell in the steady state flows out of it", "density", Relation::equal, judgement);
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

/// Root mean squares, with bars of one width: of T div j, of j . grad Phi, of their difference; and their natural size.
struct Divergences {
  Measured divergence, along, apart;
  double natural;
};
Divergences divergences(const FormEvidence& e) {
  const double T = e.density().model().temperature();
  std::vector<Measured> m = e.density().measure([&](const Level& level) -> std::vector<double> {
    const Circulation& flow = e.current_by_flows(level);
    const VectorXd divergence = T * flow.divergence;
    return {norm_inside(level, {divergence}), norm_inside(level, {flow.along_gradient}), norm_inside(level, {divergence - flow.along_gradient})};
  });
  const double speed = steady_norm(e.density().level(), e.current_by_flows(e.density().level()).circulation);
  const double slope = steady_norm(e.density().level(), gradient_of(e.density().level().grid(), e.density().level().steady().implicit_potential));
  pool(m, {speed * slope, speed * slope, speed * slope}, 1);
  return {m[0], m[1], m[2], speed * slope};
}

Claim divergence_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("divergence", "T div j = j . grad Phi, in the mean square", "density", Relation::equal, judgement);
  claim.assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Divergences d = divergences(e);
  return claim.compare(d.divergence, d.along, "root mean squares").compare(d.apart, {0, 0, 0}, "root mean square of the difference").scale(d.natural)
      .refinement(e.density().refinement()).make();
}

/// div j = 0, as far as the grids can tell.
Hypothesis assumption_4(const Divergences& d, double temperature, double precision) {
  const Measured divergence = (1 / temperature) * d.divergence;
  const double resolved = precision * d.natural / temperature;
  Hypothesis h{Hypothesis::State::open, "div j = 0 (Assumption 4)", fmt::format("its root mean square is {:.4g} +- {:.1g}", divergence.value, divergence.error)};
  if (divergence.value > divergence.error + resolved) h.state = Hypothesis::State::failed;
  else if (divergence.value + divergence.error <= resolved || d.natural == 0) h.state = Hypothesis::State::met;
  return h;
}

Claim orthogonal_claim(const FormEvidence& e, const Judgement& judgement) {
  ClaimMaker claim("orthogonal", "j . grad Phi = 0 where div j = 0", "density", Relation::equal, judgement);
  claim.assume(!e.density().level().grid().absorbing(), "no wall absorbs");
  if (!claim.applies()) return claim.make();
  const Divergences d = divergences(e);
  claim.assume(assumption_4(d, e.density().model().temperature(), judgement.precision));
  if (!claim.applies()) return claim.make();
  return claim.compare(d.along, {0, 0, 0}, "root mean square").scale(d.natural).refinement(e.density().refinement()).make();
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
