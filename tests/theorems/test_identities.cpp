// Identities of the density: the free energy, its dissipation, and the circulation; against the values of THEORY section 8.
#include "density_subject.hpp"

using namespace engine;

namespace {

const std::string well_2d = "(x^2-1)^2/4 + y^2/2";

std::vector<std::string> example_19(double lambda) {
  const std::string j = fmt::format("{}*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)", lambda);
  return {"-y*" + j, "x*" + j};
}

DensitySubject well(double T, std::vector<double> times = {0, 1}) { return {{{"x"}, "(x^2-1)^2/4", {}, {}, T}, {axis(-5, 5, 800)}, {-0.8}, 0.2, std::move(times)}; }

const Claim& claim_with(const Certificate& c, const std::string& name, Verdict verdict) {
  INFO(words(c));
  CHECK(claim_of(c, name).verdict == verdict);
  return claim_of(c, name);
}

} // namespace

TEST_CASE("decomposition: double well at three temperatures, KL as tabled") {
  struct Row { double beta, kl; };
  for (const Row& row : {Row{1, 0.0950293008514}, Row{2, 0.240562761794}, Row{10, 0.636137854571}}) {
    CAPTURE(row.beta);
    DensitySubject s = well(1 / row.beta);
    s.times = {0, 1}; // the last one decides: its tolerance is the larger share
    const Certificate c = certify("decomposition", subject(s));
    INFO(words(c));
    CHECK(c.verdict == Verdict::holds);
    const Claim& claim = claim_of(c, "continuum");
    CHECK(claim.verdict == Verdict::holds);
    const std::vector<Measured> kl = subject(s).density().observable("kl");
    CHECK(kl[1].value == Approx(row.kl).epsilon(1e-6));
    CHECK(std::abs(kl[1].value - row.kl) <= kl[1].error + 1e-12);
    CHECK(std::abs(claim.worst.left.value - claim.worst.right.value) <= claim.worst.tolerance);
  }
}

TEST_CASE("decomposition: state-dependent noise, tilted circle, absorbing walls (on the grid), a circulation over a Gibbs state") {
  const std::vector<DensitySubject> all{{{{"x"}, "x^2/2", {}, {"1 + x^2"}, 0.5}, {axis(-4, 4, 400)}, {1}, 0.2},
                                        {{{"x"}, "cos(x)", {"0.5"}, {"1+0.3*sin(x)"}, 0.3}, {ring(0, 2 * M_PI, 256)}, {2}, 0.4},
                                        {{{"x"}, "x^2/2"}, {axis(-4, 3, 256, Boundary::reflecting, Boundary::absorbing)}, {0}, 0.5},
                                        {{{"x", "y"}, well_2d, {}, {}, 1, Interpretation::anti_ito, {{"1", "0.3"}, {"0.3", "0.8"}}, {{"0", "0.7"}, {"-0.7", "0"}}}, {axis(-3, 3, 48), axis(-4, 4, 48)}, {-1, 1}, 0.5}};
  for (const DensitySubject& s : all) {
    const Certificate c = certify("decomposition", subject(s));
    INFO(words(c));
    CHECK(claim_of(c, "grid").verdict == Verdict::holds);
    CHECK(claim_of(c, "free_energy").verdict == Verdict::holds);
    CHECK(claim_of(c, "continuum").verdict == (Grid(s.axes).absorbing() ? Verdict::not_applicable : Verdict::holds));
  }
}

TEST_CASE("dissipation: dKL/dt of the double well at beta = 2, and I of the Ornstein-Uhlenbeck process, as tabled") {
  const Claim well_claim = claim_with(certify("dissipation", subject(well(0.5, {0, 1}))), "de_bruijn", Verdict::holds);
  CHECK(well_claim.worst.left.value == Approx(-0.236681706217).epsilon(1e-6));
  CHECK(well_claim.worst.right.value == Approx(-0.236681706217).epsilon(1e-5));
  const Claim ou = claim_with(certify("dissipation", subject({{{"x"}, "x^2/2"}, {axis(-8, 8, 800)}, {2}, 0.5, {0, 1}})), "de_bruijn", Verdict::holds);
  CHECK(-ou.worst.right.value == Approx(0.552807536557).epsilon(1e-5));
  CHECK(-ou.worst.left.value == Approx(0.552807536557).epsilon(1e-5));
}

TEST_CASE("dissipation holds with force, circulation, full noise matrices and around periods") {
  const std::vector<DensitySubject> all{
      {{{"x", "y"}, well_2d, example_19(1.5)}, {axis(-3.5, 3.5, 112), axis(-4.5, 4.5, 112)}, {-1, 0.5}, 0.6},
      {{{"x", "y"}, "(x^2+y^2)/2", {"-y", "x"}, {}, 0.7, Interpretation::stratonovich, {{"1", "0.2*sin(x)"}, {"0.2*sin(x)", "0.8"}}}, {axis(-3.6, 3.6, 128), axis(-3.6, 3.6, 128)}, {0.8, 0}, 0.7},
      {{{"x"}, "cos(x)", {"0.5"}, {"1+0.3*sin(x)"}, 0.3}, {ring(0, 2 * M_PI, 256)}, {2}, 0.4}};
  for (const DensitySubject& s : all) {
    const Certificate c = certify("dissipation", subject(s));
    INFO(words(c));
    CHECK(c.verdict == Verdict::holds);
    for (const std::string name : {"chain", "de_bruijn", "series"}) CHECK(claim_of(c, name).verdict == Verdict::holds);
  }
}

TEST_CASE("dissipation does not apply where a wall absorbs, and says so") {
  const Certificate c = certify("dissipation", subject({{{"x"}, "x^2/2"}, {axis(-4, 2, 128, Boundary::reflecting, Boundary::absorbing)}, {0}, 0.5}));
  CHECK(c.verdict == Verdict::not_applicable);
  CHECK(c.deciding()->detail.find("a wall absorbs") != std::string::npos);
}

TEST_CASE("dissipation: a density that the grid does not resolve leaves the continuum out, not the chain") {
  DensitySubject s{{{"x"}, "x^2/2"}, {axis(-5, 5, 64)}, {0.1}, 1e-3, {0, 1e-4, 1e-3}};
  const Certificate c = certify("dissipation", subject(s));
  INFO(words(c));
  CHECK(claim_of(c, "chain").verdict == Verdict::holds);
  CHECK(claim_of(c, "de_bruijn").verdict == Verdict::not_applicable);
}

TEST_CASE("orthogonality: entropy productions as tabled, by three routes") {
  const Certificate circulating = certify("orthogonality", subject({{{"x", "y"}, well_2d, example_19(1.5)}, {axis(-3.5, 3.5, 112), axis(-4.5, 4.5, 144)}, {-1, 1}, 0.4, {0, 1}}));
  const Claim& production = claim_with(circulating, "production", Verdict::holds);
  CHECK(production.worst.left.value == Approx(0.6813816129 * 2.25).epsilon(3e-5));
  CHECK(std::abs(production.worst.left.value - 0.6813816129 * 2.25) <= production.worst.left.error);
  CHECK(claim_with(circulating, "production_power", Verdict::holds).worst.right.value == Approx(0.6813816129 * 2.25).epsilon(1e-4));
  CHECK(claim_with(circulating, "stationary", Verdict::holds).comparisons == 6);
  (void)claim_with(circulating, "divergence", Verdict::holds);
  CHECK(claim_with(circulating, "orthogonal", Verdict::not_applicable).detail.find("Assumption 4") != std::string::npos);
  const Certificate linear = certify("orthogonality", subject({{{"x", "y"}, "x^2 + x*y/2 + y^2/2", {}, {"1", "0.1"}}, {axis(-4.5, 4.5, 112), axis(-2.2, 2.2, 112)}, {1, 0.5}, 0.3, {0, 1}}));
  CHECK(claim_with(linear, "production", Verdict::holds).worst.left.value == Approx(0.675).epsilon(2e-4));
  (void)claim_with(linear, "orthogonal", Verdict::holds); // a linear drift: div j is a constant, 0
}

TEST_CASE("orthogonality: the rotating Ornstein-Uhlenbeck process produces 50", "[slow]") {
  const Certificate c = certify("orthogonality", subject({{{"x", "y"}, "(x^2+y^2)/2", {"5*y", "-5*x"}}, {axis(-4.8, 4.8, 192), axis(-4.8, 4.8, 192)}, {1, 1}, 0.5, {0, 1}}));
  const Claim& production = claim_with(c, "production", Verdict::holds);
  CHECK(production.worst.left.value == Approx(50).epsilon(2e-4));
  CHECK(std::abs(production.worst.left.value - 50) <= production.worst.left.error);
}

TEST_CASE("orthogonality in detailed balance, with degenerate noise and with absorbing walls") {
  for (const std::string name : {"stationary", "divergence", "orthogonal", "production"})
    (void)claim_with(certify("orthogonality", subject({{{"x"}, "(x^2-1)^2/4", {}, {"1+0.2*x^2"}, 0.5}, {axis(-3, 3, 200)}, {0}, 0.5})), name, Verdict::holds);
  const Certificate degenerate = certify("orthogonality", subject({{{"q", "p"}, "0", {"p", "-q-p"}, {"0", "1"}}, {axis(-5, 5, 64), axis(-5, 5, 64)}, {1, 0}, 0.7}));
  INFO(words(degenerate));
  CHECK(claim_of(degenerate, "production").verdict == Verdict::not_applicable);
  CHECK(claim_of(degenerate, "stationary").verdict != Verdict::violated);
  const Certificate absorbing = certify("orthogonality", subject({{{"x"}, "x^2/2"}, {axis(-4, 2, 256, Boundary::reflecting, Boundary::absorbing)}, {0}, 0.5}));
  (void)claim_with(absorbing, "stationary", Verdict::holds); // of the survivors: E[L psi] = -lambda E[psi]
  (void)claim_with(absorbing, "flows", Verdict::holds);
}
