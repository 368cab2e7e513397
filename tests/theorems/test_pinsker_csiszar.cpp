// Pinsker's inequality and Csiszar's: near equality, on every kind of model, and with something spoilt.
#include "density_subject.hpp"

using namespace engine;

namespace {

DensitySubject deep_double_well() {
  return {{{"x"}, "(x^2-1)^2/4", {}, {}, 0.02}, {axis(-1.8, 1.8, 200)}, {-1}, 0.1, {0, 10, 1e5, 3e5, 1e6}};
}

} // namespace

TEST_CASE("Pinsker: a deep double well is nearly two states, where it is an equality") {
  const Certificate c = certify("pinsker", subject(deep_double_well()));
  INFO(words(c));
  REQUIRE(c.verdict == Verdict::holds);
  const Comparison& worst = claim_of(c, "pinsker").worst;
  CHECK(worst.margin > 0);
  CHECK(worst.margin < 0.1 * worst.left.value);
  CHECK(worst.tolerance < 1e-12);
}

TEST_CASE("Pinsker and Csiszar: a force, a circulation, a tensor, a ring, three dimensions") {
  const std::vector<DensitySubject> subjects{
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y", "x"}}, {axis(-3, 3, 32), axis(-4, 4, 32)}, {-1, 1}},
      {{{"x", "y"}, "x^2/2 + y^4/4", {}, {}, 0.5, Interpretation::ito, {{"1", "0.3*cos(x)"}, {"0.3*cos(x)", "0.5"}}}, {axis(-3, 3, 24), axis(-3, 3, 24)}, {1, 1}},
      {{{"x"}, "cos(x)", {"1"}}, {ring(0, 2 * M_PI, 64)}, {2}},
      {{{"x", "y", "z"}, "x^2/2 + y^2 + z^4/4"}, {axis(-3, 3, 12), axis(-3, 3, 12), axis(-3, 3, 12)}, {1, 0, -1}, 0.6},
  };
  for (const auto& s : subjects)
    for (const std::string name : {"pinsker", "csiszar"}) {
      const Certificate c = certify(name, subject(s));
      INFO(words(c));
      CHECK(c.verdict == Verdict::holds);
    }
}

TEST_CASE("Pinsker and Csiszar: what a wall absorbs is no law of mass 1") {
  DensitySubject s = deep_double_well();
  s.axes = {axis(-1.8, 1.8, 64, Boundary::absorbing)};
  for (const std::string name : {"pinsker", "csiszar"}) {
    const Certificate c = certify(name, subject(s));
    INFO(words(c));
    CHECK(c.verdict == Verdict::not_applicable);
  }
}

TEST_CASE("Pinsker: divergence from another law than the distance is found") {
  DensitySubject s = deep_double_well();
  s.make.steady = [](const Model&, const Generator& generator, const VectorXd& loss) {
    SteadyState steady = steady_state(generator, &loss);
    steady.log_p.array() += 0.5; // as if rho_ss were larger
    return steady;
  };
  const Certificate c = certify("pinsker", subject(s));
  INFO(words(c));
  CHECK(c.verdict == Verdict::violated);
}

TEST_CASE("Csiszar: chi^2 is an equality for a density with two values beside a uniform law") {
  DensitySubject s{{{"x"}, "0"}, {axis(0, 1, 64)}, {0.5}};
  s.times = {0};
  s.make.initial = [](const Grid& grid, const SteadyState&) {
    VectorXd p(static_cast<Index>(grid.size()));
    for (Index k = 0; k < p.size(); ++k) p[k] = (k < p.size() / 2 ? 1.1 : 0.9) / static_cast<double>(p.size());
    return p;
  };
  const Certificate c = certify("csiszar", subject(s));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  const Comparison& worst = claim_of(c, "chi_square").worst;
  CHECK(std::abs(worst.left.value - 0.1) < 1e-12);
  CHECK(std::abs(worst.right.value - 0.1) < 1e-12);
}
