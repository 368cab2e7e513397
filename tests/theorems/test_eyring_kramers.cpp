// The Eyring-Kramers law: constants by hand, exact passage times, and what breaks it.
#include "density_subject.hpp"

#include "driftwell/stationary/passage.hpp"
#include "theorems/detail/passage_law.hpp"

using namespace engine;

namespace {

DensitySubject quartic(double T, std::size_t cells = 800) { return {{{"x"}, "(x^2-1)^2/4", {}, {}, T}, {axis(-2.5, 2.5, cells)}, {-1}}; }

} // namespace

TEST_CASE("Eyring-Kramers: the quartic well, its limit and its first correction 3/2") {
  const Certificate c = certify("eyring_kramers", subject(quartic(0.1)));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  CHECK(std::abs(claim_of(c, "limit").worst.left.value - 1) < 1e-4);
  CHECK(std::abs(claim_of(c, "first_order").worst.right.value - 1.5) < 1e-12);
  CHECK(std::abs(claim_of(c, "first_order").worst.left.value - 1.5) < 1e-2);
}

TEST_CASE("Eyring-Kramers: exact times of the worked model") {
  for (const auto& [beta, time] : std::map<double, double>{{1, 3.48830964885284}, {5, 19.0938969967827}, {10, 66.2686263649178}}) {
    const DensitySubject s{{{"x"}, "(x^2-1)^2/4", {}, {}, 1 / beta}, {axis(-4, 4, 1600)}, {-1}};
    const Subject whole = subject(s);
    const Expression phi = whole.model().potential();
    const PassageLaw law = passage_law(whole.model(), phi, whole.density().level().grid());
    CHECK(law.obstacle.empty());
    CHECK(std::abs(law.prefactor - 2 * M_PI / std::sqrt(2)) < 1e-12);
    CHECK(std::abs(law.barrier - 0.25) < 1e-14);
    const Measured exact = whole.density().measure_one([&](const Level& level) {
      return interpolate(level.grid(), first_passage(level.generator(), Region(level.generator(), target_of(law, phi, level.grid()))).mean, law.from.x);
    });
    CAPTURE(beta, exact.value, exact.error);
    CHECK(std::abs(exact.value - time) < 1e-7 * time);
    CHECK(std::abs(exact.value - time) < exact.error);
  }
}

TEST_CASE("Eyring-Kramers: two variables, diffusion other than 1, a circulation", "[slow]") {
  std::vector<DensitySubject> subjects{
      {{{"x", "y"}, "(x^2-1)^2/4 + 0.4*x*y + y^2/2", {}, {}, 0.05}, {axis(-1.8, 1.8, 64), axis(-1.6, 1.6, 64)}, {-1, 0}},
      {{{"x"}, "(x^2-1)^2/4 + 0.05*x^3", {}, {"2"}, 0.1}, {axis(-2.5, 2.5, 400)}, {-1}},
      {{{"x"}, "(x^2-1)^2/4", {}, {"1 + x^2/2"}, 0.1, Interpretation::anti_ito}, {axis(-2.5, 2.5, 400)}, {-1}},
      {{{"x"}, "cos(2*x) + 0.3*cos(x+0.5)", {}, {}, 0.1}, {ring(0, 2 * M_PI, 400)}, {1}},
  };
  subjects.push_back({{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.05}, {axis(-1.7, 1.7, 64), axis(-1.2, 1.2, 48)}, {-1, 0}});
  subjects.back().text.circulation = {{"0", "1"}, {"-1", "0"}};
  for (const auto& s : subjects) {
    Subject whole = subject(s);
    if (s.axes.size() > 1) whole.judgement.precision = 0.05; // what 128 cells an axis decide
    const Certificate c = certify("eyring_kramers", whole);
    INFO(s.text.potential << "\n" << words(c));
    CHECK(c.verdict == Verdict::holds);
    CHECK(std::abs(claim_of(c, "limit").worst.left.value - 1) < 5e-3);
  }
}

TEST_CASE("Eyring-Kramers: a network of wells", "[slow]") {
  // Two ways of one height around a hill.
  Subject whole = subject({{{"x", "y"}, "(x^2+y^2-1)^2 + 0.3*y^2", {}, {}, 0.05}, {axis(-1.3, 1.3, 64), axis(-1.3, 1.3, 64)}, {-1, 0}});
  whole.judgement.precision = 0.05;
  const Certificate ring_of_wells = certify("eyring_kramers", whole);
  INFO(words(ring_of_wells));
  CHECK(std::abs(claim_of(ring_of_wells, "limit").worst.left.value - 1) < 1e-2);
  CHECK(ring_of_wells.verdict == Verdict::holds);
  CHECK(claim_of(ring_of_wells, "limit").detail.find("2 saddles") != std::string::npos);
}

TEST_CASE("Eyring-Kramers: one minimum, a minimum at a wall, a force: not applicable") {
  for (const ModelText& text : {ModelText{{"x"}, "x^2/2"}, ModelText{{"x"}, "-x^2/2"}, ModelText{{"x"}, "(x^2-1)^2/4", {"0.1"}}, ModelText{{"x"}, "cos(3*x) - 0.5*x"}}) {
    const Certificate c = certify("eyring_kramers", subject({text, {axis(-2.5, 2.5, 128)}, {-1}}));
    INFO(text.potential << "\n" << words(c));
    CHECK(c.verdict == Verdict::not_applicable);
  }
}

TEST_CASE("Eyring-Kramers: a chain of another Hessian or another temperature is found") {
  DensitySubject hessian = quartic(0.1, 400), temperature = hessian;
  hessian.make.generator = [](const Model& m, const Grid& grid) { // the same barrier, half the curvature at the top
    return build_generator(model({{"x"}, "(x^2-1)^2/4 + 0.25*x^2*(x^2-1)^2", {}, {}, m.temperature()}), grid);
  };
  temperature.make.generator = [](const Model& m, const Grid& grid) { return build_generator(m.with_temperature(2 * m.temperature()), grid); };
  for (const auto& s : {hessian, temperature}) {
    const Certificate c = certify("eyring_kramers", subject(s));
    INFO(words(c));
    CHECK(c.verdict == Verdict::violated);
  }
}
