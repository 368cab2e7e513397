// Bakry-Emery, log-Sobolev, T2 and HWI: equality for translated Gaussians, other models, hypotheses that fail.
#include "density_subject.hpp"

using namespace engine;

namespace {

/// Rate 1.5, T = 1, start shifted by 2: KL = 3, W2 = 2, I = 9.
DensitySubject translated() {
  DensitySubject s{{{"x"}, "0.75*x^2"}, {axis(-8, 8, 1000)}, {2}, std::sqrt(1 / 1.5)};
  s.times = {0, 0.2, 0.5, 1, 2};
  return s;
}

const std::vector<std::string> all{"bakry_emery", "log_sobolev", "talagrand", "hwi"};

} // namespace

TEST_CASE("transport inequalities: translated Gaussians are equalities to 1e-6") {
  for (const std::string& name : all) {
    const Certificate c = certify(name, subject(translated()));
    INFO(words(c));
    CHECK(c.verdict == Verdict::holds);
    for (const Claim& claim : c.claims) {
      if (claim.name == "both_sides") continue;
      CAPTURE(claim.name);
      CHECK(std::abs(claim.worst.left.value - claim.worst.right.value) < 1e-6);
    }
  }
  const Subject whole = subject(translated());
  CHECK(std::abs(whole.density().observable("kl")[0].value - 3) < 1e-6);
  CHECK(std::abs(whole.density().observable("fisher_information")[0].value - 9) < 1e-6);
  CHECK(std::abs(whole.density().observable("wasserstein_2")[0].value - 2) < 1e-6);
}

TEST_CASE("transport inequalities: wider Gaussians, tensor noise, a circulation, two variables") {
  std::vector<DensitySubject> subjects{
      {{{"x"}, "x^2/2"}, {axis(-8, 8, 400)}, {2}, 0.5},
      {{{"x"}, "x^2/2 + x^4/4", {}, {"1 + 0.2*sin(x)"}, 0.7}, {axis(-5, 5, 300)}, {1}, 0.4},
      {{{"x", "y"}, "x^2/2 + y^2", {}, {"2", "0.5"}}, {axis(-9, 9, 64), axis(-5, 5, 64)}, {1, 1}, 0.7},
      {{{"x", "y"}, "x^2/2 + y^2", {}, {}, 1, Interpretation::anti_ito, {{"1", "0.3"}, {"0.3", "0.8"}}}, {axis(-6, 6, 64), axis(-5, 5, 64)}, {1, 1}, 0.7},
      {{{"x", "y"}, "x^2/2 + y^2/2", {"-y", "x"}}, {axis(-6, 6, 64), axis(-6, 6, 64)}, {1.5, 1}, 0.8},
  };
  subjects.push_back({{{"x", "y"}, "x^2/2 + y^4/4 + y^2/2"}, {axis(-4.5, 4.5, 64), axis(-2.5, 2.5, 64)}, {1, 1}, 0.5});
  subjects.back().text.circulation = {{"0", "2"}, {"-2", "0"}};
  for (auto& s : subjects) {
    s.times = {0, 0.3, 1, 2};
    for (const std::string& name : all) {
      const Certificate c = certify(name, subject(s));
      INFO(s.text.potential << "\n" << words(c));
      CHECK((c.verdict == Verdict::holds || (name == "hwi" && !s.text.force.empty() && c.verdict == Verdict::not_applicable)));
    }
  }
}
