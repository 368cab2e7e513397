// The Eyring-Kramers law: constants by hand, exact passage times, and what breaks it.
#include "density_subject.hpp"

#include "driftwell/stationary/passage.hpp"
#include "theorems/detail/next_order.hpp"

using namespace engine;

namespace {

struct Order {
  PassageLaw law;
  double a;
};
Order order_of(const Subject& whole, const std::string& potential) {
  const Expression phi = whole.model().potential();
  const PassageLaw law = passage_law(whole.model(), phi, whole.density().level().grid());
  INFO(potential << ": " << law.obstacle);
  REQUIRE(law.obstacle.empty());
  return {law, next_order(law, whole.model(), phi)};
}
double order_of(const ModelText& text) {
  return order_of(subject({text, {axis(-2.6, 2.6, 64), axis(-2.6, 2.6, 64)}, {-1, 0}}), text.potential).a;
}

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

TEST_CASE("Eyring-Kramers, the next order in the plane: separable wells, rotated axes, another metric") {
  const std::string well = "(x^2-1)^2/4", u = "(0.8*x-0.6*y)", v = "(0.6*x+0.8*y)", bent = "(x^2-1)^2/4 + (y-0.5*(x^2-1))^2/2 + 0.1*y^3 + 0.2*x*y + 0.05*y^4";
  CHECK(std::abs(order_of({{"x", "y"}, well + " + y^2/2 + y^3/10 + y^4/4"}) - 1.5) < 1e-10); // what y adds at the minimum is taken off at the saddle
  CHECK(std::abs(order_of({{"x", "y"}, "(" + u + "^2-1)^2/4 + " + v + "^2/2 + " + v + "^4/4"}) - 1.5) < 1e-10);
  const double a = order_of({{"x", "y"}, bent});
  CHECK(std::abs(a - 1.5) > 0.1);
  const std::string turned = "(U^2-1)^2/4 + (V-0.5*(U^2-1))^2/2 + 0.1*V^3 + 0.2*U*V + 0.05*V^4", stretched = "(U^2-1)^2/4 + (y-0.5*(U^2-1))^2/2 + 0.1*y^3 + 0.2*U*y + 0.05*y^4";
  const auto with = [](std::string text, const std::string& U, const std::string& V) {
    std::string result;
    for (const char c : text) result += c == 'U' ? U : c == 'V' ? V : std::string(1, c);
    return result;
  };
  CHECK(std::abs(order_of({{"x", "y"}, with(turned, u, v)}) - a) < 1e-9);
  CHECK(std::abs(order_of({{"x", "y"}, with(stretched, "(x/1.2)", ""), {}, {"1.44", "1"}, 1, Interpretation::anti_ito}) - a) < 1e-9);
  // Two gates of one height and kind: the law halves, the next order stays.
  const Subject ring_of_wells = subject({{{"x", "y"}, "(x^2+y^2-1)^2 + 0.3*y^2"}, {axis(-1.3, 1.3, 64), axis(-1.3, 1.3, 64)}, {-1, 0}});
  const Order two = order_of(ring_of_wells, "ring");
  REQUIRE(two.law.shares.size() == 2);
  CHECK(std::abs(two.law.shares[0] - 0.5) < 1e-9);
  CHECK(std::abs(two.law.shares[0] + two.law.shares[1] - 1) < 1e-12);
}

TEST_CASE("Eyring-Kramers, the next order in the plane as exact passage times show it", "[slow]") {
  // Along a straight and a curved valley, and along one that opens to one side: without the bending of h at the saddle a would be 1/3 and 0.07 less.
  for (const auto& [potential, lower, upper] : {std::tuple<std::string, double, double>{"(x^2-1)^2/4 + y^2/2", -0.8, 0.8}, {"(x^2-1)^2/4 + (y-0.5*(x^2-1))^2/2", -1.1, 0.8}, {"(x^2-1)^2/4 + y^2*(1+0.4*x)/2", -0.9, 0.9}}) {
    const Subject whole = subject({{{"x", "y"}, potential, {}, {}, 0.05}, {axis(-1.5, 1.5, 160), axis(lower, upper, 96)}, {-1, 0}});
    const Order order = order_of(whole, potential);
    std::vector<Measured> slope;
    for (const double T : {1.0 / 32, 1.0 / 64, 1.0 / 128}) {
      const Measured time = whole.density().measure_one([&](const Level& level) {
        const Generator chain = build_generator(whole.model().with_temperature(T), level.grid());
        return interpolate(level.grid(), first_passage(chain, Region(chain, target_of(order.law, whole.model().potential(), level.grid()))).mean, order.law.from.x);
      });
      slope.push_back((1 / T) * ((1 / order.law.time(T)) * time - Measured{1, 0, 0}));
    }
    const Measured seen = (1.0 / 3) * (8 * slope[2] - 6 * slope[1] + slope[0]); // T and T^2 taken out
    CAPTURE(potential, order.a, slope[0].value, slope[1].value, slope[2].value, seen.value, seen.error);
    CHECK(std::abs(seen.value - order.a) < 0.03);
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
    if (!s.text.circulation.empty()) whole.judgement.precision = 0.05; // the next order is not known there
    const Certificate c = certify("eyring_kramers", whole);
    INFO(s.text.potential << "\n" << words(c));
    CHECK(c.verdict == Verdict::holds);
    CHECK(std::abs(claim_of(c, "limit").worst.left.value - 1) < 5e-3);
  }
}

TEST_CASE("Eyring-Kramers: a network of wells", "[slow]") {
  // Two ways of one height around a hill.
  const Subject whole = subject({{{"x", "y"}, "(x^2+y^2-1)^2 + 0.3*y^2", {}, {}, 0.05}, {axis(-1.3, 1.3, 64), axis(-1.3, 1.3, 64)}, {-1, 0}});
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
