// Phi, detailed balance and the readings of the noise; what was printed and does not hold.
#include "density_subject.hpp"

using namespace engine;

namespace {

const DensitySubject noise_1d{{{"x"}, "x^2/2", {}, {"1 + x^2"}, 0.5}, {axis(-4, 4, 400)}, {1}, 0.2, {0, 1}};
const DensitySubject linear{{{"x", "y"}, "x^2 + x*y/2 + y^2/2", {}, {"1", "0.1"}}, {axis(-4.5, 4.5, 112), axis(-2.2, 2.2, 112)}, {1, 0.5}, 0.3, {0, 1}};
// D = I + e (x x'^T + x' x^T): a circulation e (r^2 - 4T) x', rho_ss = exp(-r^2/2T) at every temperature.
const DensitySubject not_isotropic{{{"x", "y"}, "(x^2+y^2)/2", {}, {}, 0.5, Interpretation::ito, {{"1-0.04*x*y", "0.02*(x^2-y^2)"}, {"0.02*(x^2-y^2)", "1+0.04*x*y"}}},
                                   {axis(-4.8, 4.8, 112), axis(-4.8, 4.8, 112)}, {1, 0.5}, 0.4, {0, 1}};

DensitySubject example_19(double lambda, std::size_t cells) {
  const std::string j = fmt::format("{}*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)", lambda);
  return {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y*" + j, "x*" + j}}, {axis(-3.5, 3.5, cells), axis(-4.5, 4.5, cells)}, {-1, 1}, 0.4, {0, 1}};
}

void expect(const DensitySubject& s, const std::string& theorem, const std::vector<std::pair<std::string, Verdict>>& verdicts) {
  const Certificate c = certify(theorem, subject(s));
  INFO(words(c));
  for (const auto& [name, verdict] : verdicts) {
    CAPTURE(name);
    CHECK(claim_of(c, name).verdict == verdict);
  }
}

} // namespace

TEST_CASE("Phi = f/c for isotropic noise, also where c is not 1") {
  expect({{{"x"}, "(x^2-1)^2/4", {}, {"0.5"}, 0.4}, {axis(-3, 3, 200)}, {0}, 0.5, {0, 1}}, "implicit_potential",
         {{"isotropic", Verdict::holds}, {"detailed_balance", Verdict::holds}, {"predicted", Verdict::holds}, {"distance_from_loss", Verdict::holds},
          {"circulation", Verdict::not_applicable}, {"readings_apart", Verdict::not_applicable}});
}

TEST_CASE("state-dependent noise: detailed balance, Phi - f as predicted, the readings apart, in all three of them") {
  for (const Interpretation reading : {Interpretation::ito, Interpretation::stratonovich, Interpretation::anti_ito}) {
    DensitySubject s = noise_1d;
    s.text.interpretation = reading;
    expect(s, "implicit_potential", {{"isotropic", Verdict::not_applicable}, {"detailed_balance", Verdict::holds}, {"predicted", Verdict::holds},
                                     {"distance_from_loss", Verdict::holds},
                                     {"readings_apart", reading == Interpretation::anti_ito ? Verdict::not_applicable : Verdict::holds}});
  }
  // Phi = (1/2 + T) log(1 + x^2) against f = x^2/2, in the mean square of (1 + x^2)^-2 on [-4, 4].
  double weight = 0, sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = -4 + 8 * (i + 0.5) / 100000, w = std::pow(1 + x * x, -2), slope = 2 * x / (1 + x * x) - x;
    weight += w, sum += w * slope * slope;
  }
  const Certificate c = certify("implicit_potential", subject(noise_1d));
  CHECK(claim_of(c, "distance_from_loss").worst.left.value == Approx(std::sqrt(sum / weight)).epsilon(1e-5));
}

TEST_CASE("linear SGD: curl 4.5, no detailed balance; Phi has the Hessian U, not that of the loss") {
  expect(linear, "implicit_potential", {{"detailed_balance", Verdict::not_applicable}, {"circulation", Verdict::holds}, {"curl", Verdict::holds}, {"distance_from_loss", Verdict::holds},
                                        {"predicted", Verdict::not_applicable}});
  Eigen::Matrix2d F, U;
  F << 2, .5, .5, 1;
  U << 2.244897959184, 1.632653061224, 1.632653061224, 7.551020408163;
  const Certificate c = certify("implicit_potential", subject(linear));
  CHECK(claim_of(c, "distance_from_loss").worst.left.value == Approx(std::sqrt(((U - F).transpose() * (U - F) * U.inverse()).trace())).epsilon(2e-4));
  const Hypothesis& h = claim_of(c, "circulation").hypotheses.at(0);
  CHECK(h.detail.find("4.5") != std::string::npos);
}

TEST_CASE("a tilted circle: no detailed balance in one dimension, and the steady state by quadrature") {
  expect({{{"x"}, "cos(x)", {"0.5"}, {"1+0.3*sin(x)"}, 0.3}, {ring(0, 2 * M_PI, 256)}, {2}, 0.4, {0, 1}}, "implicit_potential",
         {{"detailed_balance", Verdict::not_applicable}, {"circulation", Verdict::holds}, {"curl", Verdict::holds}, {"predicted", Verdict::holds}, {"readings_apart", Verdict::holds}});
}

TEST_CASE("a gradient in disguise as a force, in two and three dimensions; a full noise matrix with a circulation over a Gibbs state") {
  expect({{{"x", "y"}, "x^2/2", {"-x*y^2", "-x^2*y - y"}, {}, 0.4}, {axis(-2.5, 2.5, 64), axis(-2.5, 2.5, 64)}, {0.5, 0.5}, 0.4, {0, 1}}, "implicit_potential",
         {{"detailed_balance", Verdict::holds}, {"predicted", Verdict::holds}});
  expect({{{"x", "y", "z"}, "x^2/2", {"0", "-y - z/2", "-z - y/2"}, {}, 0.5}, {axis(-3, 3, 24), axis(-3, 3, 24), axis(-3, 3, 24)}, {0.5, 0.5, 0}, 0.5, {0, 0.5}}, "implicit_potential",
         {{"predicted", Verdict::holds}, {"circulation", Verdict::not_applicable}});
  expect({{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.5, Interpretation::anti_ito, {{"1", "0.3*sin(x)"}, {"0.3*sin(x)", "0.8"}}, {{"0", "0.7"}, {"-0.7", "0"}}},
          {axis(-3, 3, 64), axis(-3, 3, 64)}, {-1, 1}, 0.4, {0, 1}},
         "implicit_potential", {{"predicted", Verdict::holds}, {"circulation", Verdict::holds}, {"detailed_balance", Verdict::not_applicable}});
}

TEST_CASE("noise without an inverse is told, not divided by") {
  const Certificate c = certify("implicit_potential", subject({{{"q", "p"}, "0", {"p", "-q-p"}, {"0", "1"}}, {axis(-5, 5, 32), axis(-5, 5, 32)}, {1, 0}, 0.7}));
  CHECK(c.verdict == Verdict::not_applicable);
  CHECK(c.deciding()->detail.find("inverse") != std::string::npos);
}

TEST_CASE("printed: Phi changes with the temperature where D depends on x, not where it does not") {
  expect(noise_1d, "printed_claims", {{"phi_without_beta", Verdict::violated}, {"noise_circulates", Verdict::violated}, {"only_isotropic", Verdict::holds}});
  expect({{{"x"}, "(x^2-1)^2/4", {}, {}, 0.5}, {axis(-3, 3, 200)}, {0}, 0.5, {0, 1}}, "printed_claims", {{"phi_without_beta", Verdict::holds}, {"noise_circulates", Verdict::not_applicable}});
}

TEST_CASE("printed: Example 19 against Assumption 4 and the limit cycle") {
  const Certificate c = certify("printed_claims", subject(example_19(1.5, 112)));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds); // printed claims do not count
  const Claim& assumption = claim_of(c, "assumption_4");
  CHECK(assumption.as_printed);
  CHECK(assumption.verdict == Verdict::violated);
  CHECK(assumption.worst.left.value == Approx(1.219 * 1.5).epsilon(5e-3));
  CHECK(std::abs(assumption.worst.left.value - 1.219 * 1.5) <= assumption.worst.left.error + 1e-3);
  CHECK(claim_of(c, "limit_cycle").verdict == Verdict::violated);
  CHECK(claim_of(c, "limit_cycle").detail.find("(0.00000000, 0.00000000) index +1") != std::string::npos);
  CHECK(claim_of(c, "closed_orbits").verdict == Verdict::holds);
  CHECK(claim_of(c, "closed_orbits").worst.left.value == Approx(1).epsilon(1e-8));
}

TEST_CASE("printed: zeros of the drift at lambda = 0.5, as tabled") {
  const Certificate c = certify("printed_claims", subject(example_19(0.5, 64)));
  INFO(words(c));
  const std::string& found = claim_of(c, "limit_cycle").detail;
  CHECK(claim_of(c, "limit_cycle").verdict == Verdict::not_applicable); // the origin is a saddle of the drift, too
  CHECK(found.find("(0.90242832, 0.38880224) index +1") != std::string::npos);
  CHECK(found.find("(-0.90242832, -0.38880224) index +1") != std::string::npos);
  CHECK(found.find("(0.00000000, 0.00000000) index -1") != std::string::npos);
}

TEST_CASE("printed: a limit cycle that is there is found") {
  // Around the saddle of -x^2/2 + y^2/2 the force winds outwards inside r = 1, inwards outside.
  const Certificate c = certify("printed_claims", subject({{{"x", "y"}, "-x^2/2 + y^2/2", {"-x + (1-x^2-y^2)*x - 3*y", "y + (1-x^2-y^2)*y + 3*x"}}, {axis(-2.5, 2.5, 48), axis(-2.5, 2.5, 48)}, {1, 0}, 0.4, {0, 1}}));
  INFO(words(c));
  CHECK(claim_of(c, "limit_cycle").verdict == Verdict::holds);
  CHECK(claim_of(c, "limit_cycle").detail.find("between r = ") != std::string::npos);
}

TEST_CASE("printed: Phi = f without isotropic noise, at every temperature and with div j = 0") {
  expect(not_isotropic, "printed_claims", {{"only_isotropic", Verdict::violated}, {"phi_without_beta", Verdict::holds}, {"noise_circulates", Verdict::holds}});
  expect(not_isotropic, "implicit_potential", {{"circulation", Verdict::holds}, {"curl", Verdict::holds}});
}
