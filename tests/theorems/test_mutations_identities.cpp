// The engine spoilt, and the identities' certificates that find it. Every mutation is paired with the same subject unspoilt.
#include "density_subject.hpp"

using namespace engine;

namespace {

/// Small, with noise that depends on the state, a potential that is not even, and detailed balance.
DensitySubject line() { return {{{"x"}, "x^4/4 + x^2/2 + x/2", {}, {"1 + 0.5*x^2"}, 0.5}, {axis(-3, 3, 200)}, {1}, 0.3, {0, 0.2, 0.5, 1}}; }
/// A force that turns, in two dimensions.
DensitySubject plane() { return {{{"x", "y"}, "x^2 + x*y/2 + y^2/2", {"-y", "x"}, {"1", "0.5"}, 0.7}, {axis(-4, 4, 96), axis(-4.5, 4.5, 96)}, {1, 0.5}, 0.6, {0, 0.5, 1}}; }

Verdict verdict(const DensitySubject& s, const std::string& theorem, const std::string& claim) {
  const Certificate c = certify(theorem, subject(s));
  UNSCOPED_INFO(words(c));
  return claim_of(c, claim).verdict;
}

void finds(const DensitySubject& spoilt, const DensitySubject& good, const std::string& theorem, const std::string& claim, Verdict expected = Verdict::violated) {
  CAPTURE(theorem, claim);
  CHECK(verdict(good, theorem, claim) == Verdict::holds);
  CHECK(verdict(spoilt, theorem, claim) == expected);
}

using Edit = std::function<void(std::vector<Stencil::Edges>&, VectorXd& diagonal)>;

/// The chain of the model with its rates edited; nothing known of its steady state.
std::function<Generator(const Model&, const Grid&)> edited(const Edit& edit, bool close = true) {
  return [=](const Model& model, const Grid& grid) {
    const Generator good = build_generator(model, grid);
    std::vector<Stencil::Edges> edges = good.rates().edges();
    for (Stencil::Edges& e : edges)
      if (e.down.size() == 0) e.down = e.up;
    VectorXd diagonal = good.rates().diagonal();
    edit(edges, diagonal);
    if (close) {
      diagonal.setZero();
      const Stencil open(grid, diagonal, edges);
      open.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
        diagonal[static_cast<Index>(k)] -= up;
        diagonal[static_cast<Index>(l)] -= down;
      });
    }
    return Generator(grid, Stencil(grid, diagonal, edges), {}, {}, model.temperature(), std::nullopt);
  };
}

/// The steady state of the unspoilt chain, for chains that have none.
SteadyState of_the_model(const Model& model, const Generator& generator, const VectorXd&) { return steady_state(build_generator(model, generator.grid())); }

} // namespace

TEST_CASE("mutation: transposed rates") {
  DensitySubject s = line();
  s.make.generator = edited([](auto& edges, auto&) { for (auto& e : edges) std::swap(e.up, e.down); });
  finds(s, line(), "implicit_potential", "predicted");
  finds(s, line(), "orthogonality", "stationary");
}

TEST_CASE("mutation: one rate negative") {
  DensitySubject s = line();
  s.make.generator = edited([](auto& edges, auto&) { edges[0].up[edges[0].up.size() / 2] *= -1; });
  s.make.steady = of_the_model;
  finds(s, line(), "dissipation", "chain", Verdict::not_applicable);
  CHECK(certify("dissipation", subject(s)).deciding()->detail.find("rates are >= 0") != std::string::npos);
}

TEST_CASE("mutation: columns that do not sum to 0") {
  DensitySubject s = line();
  s.make.generator = edited([](auto&, auto& diagonal) { diagonal *= 1.01; }, false);
  s.make.steady = of_the_model;
  finds(s, line(), "dissipation", "de_bruijn", Verdict::not_applicable);
  CHECK(certify("dissipation", subject(s)).deciding()->detail.find("conserved") != std::string::npos);
}

TEST_CASE("mutation: one rate off by a tenth") {
  DensitySubject s = line();
  s.make.generator = edited([](auto& edges, auto&) { edges[0].up[edges[0].up.size() / 2] *= 1.1; });
  finds(s, line(), "implicit_potential", "predicted");
}

TEST_CASE("mutation: an Ito drift passed as Stratonovich, and the other way around") {
  for (const auto& [own, other] : {std::pair{Interpretation::ito, Interpretation::stratonovich}, std::pair{Interpretation::stratonovich, Interpretation::ito}, std::pair{Interpretation::anti_ito, Interpretation::ito}}) {
    DensitySubject good = line();
    good.text.interpretation = own;
    DensitySubject s = good;
    ModelText text = good.text;
    text.interpretation = other;
    s.make.generator = [text](const Model&, const Grid& grid) { return build_generator(model(text), grid); };
    finds(s, good, "implicit_potential", "predicted");
    finds(s, good, "implicit_potential", "detailed_balance");
    finds(s, good, "orthogonality", "stationary");
    finds(s, good, "decomposition", "continuum");
  }
}

TEST_CASE("mutation: diffusion counted twice, or a temperature eta/b instead of eta/(2b)") {
  for (const bool line_or_plane : {true, false}) {
    const DensitySubject good = line_or_plane ? line() : plane();
    DensitySubject s = good;
    s.make.generator = [](const Model& m, const Grid& grid) { return build_generator(m.with_temperature(2 * m.temperature()), grid); };
    finds(s, good, "orthogonality", "stationary");
    if (line_or_plane) finds(s, good, "decomposition", "continuum");
  }
}

TEST_CASE("mutation: the wrong sign of the force") {
  DensitySubject s = plane();
  ModelText text = s.text;
  text.force = {"y", "-x"};
  s.make.generator = [text](const Model&, const Grid& grid) { return build_generator(model(text), grid); };
  finds(s, plane(), "orthogonality", "stationary");
  finds(s, plane(), "implicit_potential", "curl");
}

TEST_CASE("mutation: a circulation that is not divergence-free under the steady state claimed for it") {
  DensitySubject good{{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-0.5*y", "0.5*x*(x^2-1)"}}, {axis(-3.5, 3.5, 80), axis(-4.5, 4.5, 80)}, {-1, 1}, 0.5, {0, 0.5, 1}};
  DensitySubject s = good;
  s.text.force = {"-0.5*y", "0.5*x"};
  s.make.steady = [](const Model& m, const Generator& generator, const VectorXd& loss) {
    return steady_state(build_generator(model({m.names(), "(x^2-1)^2/4 + y^2/2"}), generator.grid()), &loss);
  };
  finds(s, good, "orthogonality", "stationary");
  finds(s, good, "orthogonality", "flows");
  finds(s, good, "dissipation", "chain", Verdict::not_applicable); // Q rho_ss is not 0
}

TEST_CASE("mutation: the wrong temperature in the steady state") {
  DensitySubject s = line();
  s.make.steady = [](const Model& m, const Generator& generator, const VectorXd&) { return steady_state(build_generator(m.with_temperature(0.6), generator.grid())); };
  finds(s, line(), "orthogonality", "stationary");
  finds(s, line(), "decomposition", "continuum");
  finds(s, line(), "implicit_potential", "predicted");
  finds(s, line(), "dissipation", "chain", Verdict::not_applicable);
}

TEST_CASE("mutation: Fisher information without D, or with another D than the chain's") {
  // As if D = 1 went into I: the chain has the model's noise, the model that I is taken from has not.
  DensitySubject s = line();
  const ModelText text = s.text;
  s.text.diffusion = {};
  s.make.generator = [text](const Model&, const Grid& grid) { return build_generator(model(text), grid); };
  finds(s, line(), "dissipation", "de_bruijn");
}

TEST_CASE("mutation: grad f for D grad f in an anti-Ito model") {
  DensitySubject good = line();
  good.text.interpretation = Interpretation::anti_ito;
  DensitySubject s = good;
  ModelText text = good.text; // drift -grad f + T div D
  text.interpretation = Interpretation::ito;
  text.force = {"0.5*x"};
  s.make.generator = [text](const Model&, const Grid& grid) { return build_generator(model(text), grid); };
  finds(s, good, "implicit_potential", "predicted");
}

TEST_CASE("mutation: a steady state shifted by a cell") {
  DensitySubject s = line();
  s.make.steady = [](const Model& m, const Generator& generator, const VectorXd&) {
    SteadyState steady = of_the_model(m, generator, {});
    const auto shifted = [](const VectorXd& v) {
      VectorXd w = v;
      for (Index k = 0; k + 1 < v.size(); ++k) w[k] = v[k + 1];
      return w;
    };
    steady.p = shifted(steady.p), steady.log_p = shifted(steady.log_p), steady.implicit_potential = shifted(steady.implicit_potential);
    return steady;
  };
  finds(s, line(), "orthogonality", "flows");
  finds(s, line(), "dissipation", "chain", Verdict::not_applicable);
}

namespace {

/// Means and entropies of Gaussian clouds N(m, 1) over rho_ss = N(0, 1), T = 1, as a cloud would give them.
class GaussianCloud : public CloudEvidence {
public:
  explicit GaussianCloud(bool exchanged) : exchanged_(exchanged) {}
  [[nodiscard]] const std::vector<double>& times() const override { return times_; }
  [[nodiscard]] std::size_t particles() const override { return 100000; }
  [[nodiscard]] double dt() const override { return 0.01; }
  [[nodiscard]] std::vector<Measured> series(const std::string& name, std::size_t) const override {
    constexpr double v = 0.25; // variance
    std::vector<Measured> result;
    for (const double t : times_) {
      const double m = 2 * std::exp(-t);
      const double forward = (m * m + v - 1 - std::log(v)) / 2, back = (m * m / v + 1 / v - 1 + std::log(v)) / 2;
      if (name == "mean_potential") result.push_back({(m * m + v) / 2, 0, 0.003});
      if (name == "entropy") result.push_back({(1 + std::log(2 * M_PI * v)) / 2, 0, 0.003});
      if (name == "kl") result.push_back({exchanged_ ? back : forward, 0, 0.003});
      if (name == "kl_histogram") result.push_back({(exchanged_ ? back : forward) - 0.01, 0, 0.003});
    }
    return result;
  }

private:
  bool exchanged_;
  std::vector<double> times_{0, 0.5, 1};
};

} // namespace

TEST_CASE("mutation: KL with its arguments exchanged, in the cloud; Z and Phi from the density beside it") {
  for (const bool exchanged : {false, true}) {
    Subject s = subject(DensitySubject{{{"x"}, "x^2/2"}, {axis(-8, 8, 400)}, {2}, 0.5, {0, 0.5, 1}});
    s.cloud_ = std::make_shared<GaussianCloud>(exchanged);
    const Certificate c = certify("decomposition", s);
    INFO(words(c));
    CHECK(claim_of(c, "grid").verdict == Verdict::holds);
    CHECK(claim_of(c, "cloud").verdict == (exchanged ? Verdict::violated : Verdict::holds));
    CHECK(claim_of(c, "cloud_merged").verdict == (exchanged ? Verdict::violated : Verdict::holds));
  }
}
