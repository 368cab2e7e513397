// Bakry-Emery, log-Sobolev, T2 and HWI: equality for translated Gaussians, other models, hypotheses that fail.
#include "density_subject.hpp"

#include "theorems/detail/line_criterion.hpp"
#include "theorems/detail/log_sobolev_constant.hpp"
#include "theorems/detail/reversible_part.hpp"
#include "theorems/detail/worst_law.hpp"

#include <random>

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

void all_hold(DensitySubject s) {
  s.times = {0, 0.3, 1, 2};
  for (const std::string& name : all) {
    const Certificate c = certify(name, subject(s));
    INFO(s.text.potential << "\n" << words(c));
    CHECK((c.verdict == Verdict::holds || (name == "hwi" && !s.text.force.empty() && c.verdict == Verdict::not_applicable)));
  }
}

TEST_CASE("transport inequalities: a wider Gaussian, noise that depends on x") {
  all_hold({{{"x"}, "x^2/2"}, {axis(-8, 8, 400)}, {2}, 0.5});
  all_hold({{{"x"}, "x^2/2 + x^4/4", {}, {"1 + 0.2*sin(x)"}, 0.7}, {axis(-5, 5, 300)}, {1}, 0.4});
}

TEST_CASE("transport inequalities: two variables, tensor noise, a force, a circulation", "[slow]") {
  std::vector<DensitySubject> subjects{
      {{{"x", "y"}, "x^2/2 + y^2", {}, {"2", "0.5"}}, {axis(-9, 9, 64), axis(-5, 5, 64)}, {1, 1}, 0.7},
      {{{"x", "y"}, "x^2/2 + y^2", {}, {}, 1, Interpretation::anti_ito, {{"1", "0.3"}, {"0.3", "0.8"}}}, {axis(-6, 6, 64), axis(-5, 5, 64)}, {1, 1}, 0.7},
      {{{"x", "y"}, "x^2/2 + y^2/2", {"-y", "x"}}, {axis(-6, 6, 64), axis(-6, 6, 64)}, {1.5, 1}, 0.8},
  };
  subjects.push_back({{{"x", "y"}, "x^2/2 + y^4/4 + y^2/2"}, {axis(-4.5, 4.5, 64), axis(-2.5, 2.5, 64)}, {1, 1}, 0.5});
  subjects.back().text.circulation = {{"0", "2"}, {"-2", "0"}};
  for (const auto& s : subjects) all_hold(s);
}

TEST_CASE("log-Sobolev constants: Barthe and Roberto's sides, Holley and Stroock below the gap") {
  const Subject ou = subject({{{"x"}, "x^2/2"}, {axis(-8, 8, 400)}, {2}, 0.5});
  const LineCriterion gaussian = line_criterion(ou.density().level().generator(), ou.density().level().steady());
  CAPTURE(gaussian.lower, gaussian.upper);
  CHECK(gaussian.lower < 1);
  CHECK(gaussian.lower > 1.0 / 8);
  CHECK(gaussian.upper > 1);
  CHECK(gaussian.upper < 8);
  const LogSobolevConstant well = log_sobolev_constant(subject({{{"x"}, "(x^2-1)^2/4"}, {axis(-4, 4, 400)}, {-1}, 0.5}).density());
  REQUIRE(well.bounded());
  CHECK(well.lower.front().method.find("mixture") != std::string::npos); // Holley and Stroock's is 1/e, or half
  CHECK(well.lower.front().rho.value < well.upper.front().rho.value);
  REQUIRE(well.estimate.has_value());
  CHECK(well.estimate->value == well.upper.front().rho.value);
  CHECK(well.lower.front().rho.value > 0.3);
  CHECK(well.upper.front().rho.value - well.upper.front().rho.error < 0.7920884266);
  for (const ConstantBound& below : well.lower)
    for (const ConstantBound& above : well.upper) CHECK(below.rho.value < above.rho.value);
}

TEST_CASE("the log-Sobolev constant of unequal wells: the worst law is worse than any near rho_ss") {
  const Subject s = subject({{{"x"}, "(x^2-1)^2/4 + x/5", {}, {}, 0.2}, {axis(-3, 3, 400)}, {-1}});
  const LogSobolevConstant constant = log_sobolev_constant(s.density());
  REQUIRE(constant.estimate.has_value());
  const double gap = dirichlet_gap(s.density().level()).value / 0.2;
  CAPTURE(constant.estimate->value, gap, constant.lower.front().rho.value);
  CHECK(constant.estimate->value < 0.9 * gap);
  CHECK(constant.lower.front().rho.value < constant.estimate->value);
  CHECK(constant.lower.front().rho.value > 0.6 * constant.estimate->value);
  // Of all densities on a coarser grid that step by a factor between two constants, a family the descent does not know.
  const Level& level = s.density().level();
  double least = 1e300;
  for (double middle = -1; middle <= 1; middle += 0.1)
    for (double width = 0.1; width < 1; width += 0.1)
      for (double height = -6; height <= 6; height += 0.5) {
        Eigen::VectorXd p = level.steady().p;
        for (Eigen::Index k = 0; k < p.size(); ++k) p[k] *= std::exp(height * std::tanh((level.grid().axis(0).centre(static_cast<std::size_t>(k)) - middle) / width));
        if (height != 0) least = std::min(least, fisher_ratio(level, p / p.sum()));
      }
  CHECK(constant.estimate->value < least);
  CHECK(constant.estimate->value > 0.97 * least); // and they come close
}

TEST_CASE("inequalities of any two laws: random ones on random grids") {
  std::mt19937 random(7);
  const auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
  for (int repeat = 0; repeat < 40; ++repeat) {
    DensitySubject s{{{"x"}, fmt::format("{}*cos({}*x) + x^2*{}", 3 * uniform(), 1 + 3 * uniform(), 0.2 + uniform())}, {axis(-3, 3, 40)}, {0}};
    s.times = {0};
    const double power = 8 * uniform();
    s.make.initial = [&](const Grid& grid, const SteadyState& steady) {
      VectorXd p(static_cast<Index>(grid.size()));
      for (Index k = 0; k < p.size(); ++k) p[k] = std::pow(uniform(), power) * (repeat % 2 ? steady.p[k] : 1.0);
      return VectorXd(p / p.sum());
    };
    for (const std::string name : {"pinsker", "csiszar"}) {
      const Certificate c = certify(name, subject(s));
      INFO(words(c));
      CHECK(c.verdict == Verdict::holds);
    }
  }
}

TEST_CASE("a tilted potential on a ring drives a current: exp(-f/T) is not its steady state") {
  const DensitySubject s{{{"x"}, "cos(x) - 0.5*x"}, {ring(0, 2 * M_PI, 128)}, {2}, 0.4};
  CHECK(certify("hwi", subject(s)).verdict == Verdict::not_applicable);
  CHECK(certify("eyring_kramers", subject(s)).verdict == Verdict::not_applicable);
  const Certificate c = certify("log_sobolev", subject(s)); // by quantiles of the law on the grid
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
}
