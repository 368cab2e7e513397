// The underdamped side: dissipation in p alone, the staircase, the gap; against the values of THEORY section 8.
#include "density_subject.hpp"
#include "kinetic_subject.hpp"

using kinetic_models::gaussian;
using kinetic_models::kinetic_subject;
using driftwell::Model;
using namespace driftwell::theorems;
using engine::claim_of;
using engine::words;

namespace {

std::vector<double> equal_steps(double end, std::size_t count) {
  std::vector<double> t;
  for (std::size_t i = 0; i <= count; ++i) t.push_back(end * static_cast<double>(i) / static_cast<double>(count));
  return t;
}

} // namespace

TEST_CASE("hypocoercivity: the moving Gaussian, KL as tabled, gap gamma/2, standing still where the mean momentum is 0") {
  const Model m = kinetic_models::model("q^2/2", 1, 0.5);
  for (const auto& [t, kl] : {std::pair{1.0, 1.615351461428}, std::pair{5.0, 0.174895764764}}) {
    const Certificate c = certify("hypocoercivity", kinetic_subject(m, {-12, 12, false}, gaussian(2, 0, 1, 1), {0, t}));
    INFO(words(c));
    CHECK(claim_of(c, "monotone").worst.left.value == Approx(kl).epsilon(1e-10));
    CHECK(claim_of(c, "series").verdict == Verdict::not_applicable); // two outputs resolve no rate
  }
  const Certificate c = certify("hypocoercivity", kinetic_subject(m, {-12, 12, false}, gaussian(2, 0, 1, 1), equal_steps(10, 100)));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  for (const std::string name : {"dissipation", "monotone", "series", "staircase", "gap"}) CHECK(claim_of(c, name).verdict == Verdict::holds);
  CHECK(claim_of(c, "staircase").worst.left.value == Approx(0.5).epsilon(1e-8));
  CHECK(std::abs(claim_of(c, "staircase").worst.right.value) < 1e-2);
}

TEST_CASE("hypocoercivity: gaps of overdamped and underdamped oscillators, and of the double well") {
  for (const double gamma : {0.5, 1.9, 2.5, 6.0}) {
    CAPTURE(gamma);
    const Certificate c = certify("hypocoercivity", kinetic_subject(kinetic_models::model("q^2/2", 1, gamma), {-12, 12, false}, gaussian(1, 0, 1, 1), {0, 1}));
    INFO(words(c));
    CHECK(claim_of(c, "gap").verdict == Verdict::holds);
  }
  const Certificate c = certify("hypocoercivity", kinetic_subject(kinetic_models::model("(q^2-1)^2/4", 1, 1), {-5, 5, false}, gaussian(-1, 0, 0.1, 1), equal_steps(4, 40)));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  CHECK(claim_of(c, "gap").verdict == Verdict::not_applicable);
  CHECK(claim_of(c, "staircase").worst.left.value == Approx(2 * 0.71809641).epsilon(1e-7));
}

TEST_CASE("hypocoercivity does not apply without momenta; a start that is not flat in p and a mode that does not turn leave the staircase out") {
  CHECK(certify("hypocoercivity", Subject{}).verdict == Verdict::not_applicable);
  const Certificate c = certify("hypocoercivity", kinetic_subject(kinetic_models::model("q^2/2", 1, 3), {-12, 12, false}, gaussian(0, 1, 1, 1), {0, 0.5, 1}));
  INFO(words(c));
  CHECK(claim_of(c, "staircase").verdict == Verdict::not_applicable);
  CHECK(claim_of(c, "dissipation").verdict == Verdict::holds);
}

TEST_CASE("the decomposition of the free energy holds in phase space") {
  const Certificate c = certify("decomposition", kinetic_subject(kinetic_models::model("(q^2-1)^2/4", 0.5, 1), {-4, 4, false}, gaussian(-0.8, 0.3, 0.1, 0.5), {0, 0.5, 1, 2}));
  INFO(words(c));
  CHECK(claim_of(c, "kinetic").verdict == Verdict::holds);
}

TEST_CASE("mutations of the underdamped side: each is found") {
  using Series = std::vector<Measured>;
  const auto verdict = [](const std::string& theorem, const std::string& claim, const std::function<Series(const std::string&, Series)>& spoil) {
    const Certificate c = certify(theorem, kinetic_subject(kinetic_models::model("q^2/2", 1, 0.5), {-12, 12, false}, gaussian(1, 0, 0.8, 1), equal_steps(2, 20), spoil));
    UNSCOPED_INFO(words(c));
    return claim_of(c, claim).verdict;
  };
  const auto scaled = [](const std::string& which, double factor) {
    return [=](const std::string& name, Series s) {
      if (name == which)
        for (Measured& m : s) m = factor * m;
      return s;
    };
  };
  CHECK(verdict("hypocoercivity", "dissipation", {}) == Verdict::holds);
  CHECK(verdict("hypocoercivity", "dissipation", scaled("fisher_information", 2)) == Verdict::violated); // 2 gamma T
  CHECK(verdict("hypocoercivity", "series", scaled("kl", 1 / M_LN2)) == Verdict::violated);              // bits for nats
  CHECK(verdict("decomposition", "kinetic", scaled("entropy", -1)) == Verdict::violated);                // the sign of H
  const auto rises = [](const std::string& name, Series s) {
    if (name == "kl") std::swap(s[5], s[15]);
    return s;
  };
  CHECK(verdict("hypocoercivity", "monotone", rises) == Verdict::violated);
}
