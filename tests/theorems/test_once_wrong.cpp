// Experiments whose verdicts were once wrong: corners, tilted rings, starts in tails, pairs of modes, minima that are no parabolas, outputs too far apart.
#include "density_subject.hpp"
#include "kinetic_subject.hpp"

using namespace engine;

namespace {

Subject on_line(const std::string& potential, double T, Axis box, double mean, double std, const std::vector<double>& times, const std::string& force = "") {
  ModelText text{{"x"}, potential};
  if (!force.empty()) text.force = {force};
  text.temperature = T;
  return subject(density_task(model(text), Grid({box}), {mean}, std, times));
}

Axis ring(std::size_t cells) { return {0, 2 * M_PI, cells, {Boundary::periodic, Boundary::periodic}}; }

Certificate never_violated(const std::string& theorem, const Subject& s) {
  Certificate c = certify(theorem, s);
  INFO(words(c));
  CHECK(c.verdict != Verdict::violated);
  return c;
}

} // namespace

TEST_CASE("verdicts: a concave corner is no convexity, however its derivatives look") {
  for (const std::string potential : {"x^2/2 - abs(x)", "min((x+1)^2, (x-1.3)^2)", "x^2/2 - 2*max(0, 0.1 - x)"}) {
    const Subject s = on_line(potential, 0.5, axis(-5, 5, 400), 0.5, 0.2, {0, 1, 2});
    for (const char* theorem : {"hwi", "log_sobolev", "talagrand"}) never_violated(theorem, s);
    const Certificate c = never_violated("bakry_emery", s);
    CHECK(claim_of(c, "kl_decay").verdict == Verdict::undecided);
  }
  ModelText plane{{"x", "y"}, "min((x-1)^2 + y^2, (x+1)^2 + y^2)"};
  const Subject s = subject(density_task(model(plane), Grid({axis(-4, 4, 48), axis(-4, 4, 48)}), {0.5, 0}, 0.4, {0, 1}));
  CHECK(claim_of(never_violated("bakry_emery", s), "kl_decay").verdict == Verdict::undecided);
}

TEST_CASE("verdicts: a tilted ring, from locked to running, at temperatures at which exp(V/T) spans more than all digits") {
  never_violated("spectral_gap", on_line("1 - cos(x)", 0.1, ring(400), 2, 0.3, {0, 1, 2, 4}, "0.5"));
  for (const auto& [force, T] : {std::pair("1.5", 0.2), std::pair("1.5", 0.1), std::pair("0.5", 0.03)}) {
    const Subject s = on_line("1 - cos(x)", T, ring(400), 2, 0.3, {0, 1, 4}, force);
    const Certificate c = never_violated("implicit_potential", s);
    INFO(words(c));
    CHECK(claim_of(c, "predicted").verdict == Verdict::holds);
    never_violated("decomposition", s);
  }
}

TEST_CASE("verdicts: the late prefactor is not tested from a start where the modes have no digits") {
  for (const double mean : {3.0, 5.0}) {
    const Certificate c = never_violated("spectral_gap", on_line("x^2/2", 0.1, axis(-3, 8, 200), mean, 0.3, {0, 4, 8, 20}));
    CHECK(claim_of(c, "prefactor").verdict == Verdict::not_applicable);
  }
}

TEST_CASE("verdicts: two modes that the grid splits decay as one") {
  const Certificate c = certify("spectral_gap", on_line("1 - cos(x)", 0.5, ring(300), 2, 0.3, {0, 1, 3, 6}));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  CHECK(claim_of(c, "late_slope").worst.right.value == Approx(2 * 0.8236827).epsilon(1e-3));
  CHECK(claim_of(c, "late_slope_limit").worst.right.value == Approx(2 * 0.8236827).epsilon(1e-4));
}

TEST_CASE("verdicts: minima that are no parabolas, or only close by") {
  const Certificate flat = never_violated("eyring_kramers", on_line("(x^2-1)^4", 0.05, axis(-2, 2, 400), -1, 0.2, {0, 1, 3}));
  CHECK(claim_of(flat, "limit").verdict == Verdict::not_applicable);
  never_violated("eyring_kramers", on_line("(x^2-1)^2/4 + 0.01*sin(20*x)", 0.1, axis(-2.5, 2.5, 600), -1, 0.2, {0, 1, 2}));
  const Certificate narrow = never_violated("jastrzebski", on_line("x^4 + 0.1*x^2", 0.1, axis(-2, 2, 300), 0, 0.2, {0, 1, 2}));
  INFO(words(narrow));
  CHECK(claim_of(narrow, "laplace").verdict == Verdict::holds);
}

TEST_CASE("verdicts: outputs too far apart for the rate in between") {
  const auto m = kinetic_models::model("q^2/2", 1, 0.5);
  std::vector<double> times;
  for (int i = 0; i <= 8; ++i) times.push_back(i);
  const Certificate c = certify("hypocoercivity", kinetic_models::kinetic_subject(m, {-9, 9, false}, kinetic_models::gaussian(1, 0, 1, 1), times));
  INFO(words(c));
  CHECK(claim_of(c, "series").verdict != Verdict::violated);
}
