// Kleinberg, Li & Yuan: THEORY's constants of the convolved loss, the window, and noise beyond its bound.
#include "sgd_subject.hpp"
#include "subject.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::theorems;
using engine::axis;

namespace {

Subject descent(const std::string& potential, double box, double eta, double radius) {
  Subject s = subject::of(subject::density_task(engine::model({{"x"}, potential}), Grid({axis(-box, box, 64)}), {0.5}, 0.5, {0, 1}));
  s.descent.learning_rate = eta;
  s.descent.noise_radius = radius;
  return s;
}

const std::string wavy = "x^2/2 + (1 - cos(5*x))/4";
constexpr double pi = 3.14159265358979323846;

} // namespace

TEST_CASE("one-point convexity of the convolved loss: THEORY's c without noise, 0 and 1") {
  const double eta = 0.01;
  for (const auto& [reach, c] : {std::pair{0.0, -0.357710176320}, {0.262552116199, 0.0}, {pi / 5, 1.0}}) {
    const Certificate certificate = certify("kleinberg", descent(wavy, 6, eta, reach / eta));
    const Comparison& found = subject::claim(certificate, "constant").worst;
    INFO(subject::words(certificate));
    CHECK(found.left.value == Approx(c).margin(2e-9));
    CHECK(found.right.value == Approx(c).margin(2e-9));
    CHECK(found.left.error < 1e-8);
    if (c < 0.5) CHECK(subject::claim(certificate, "probability").verdict == Verdict::not_applicable);
  }
}

TEST_CASE("kleinberg holds inside the window, not beyond") {
  const Certificate inside = certify("kleinberg", descent(wavy, 40, 0.01, pi / 5 / 0.01));
  INFO(subject::words(inside));
  CHECK(inside.verdict == Verdict::holds);
  for (const char* name : {"constant", "one_step", "probability", "mean_square"}) CHECK(subject::claim(inside, name).verdict == Verdict::holds);
  CHECK(inside.seconds < 4);
  const Certificate past = certify("kleinberg", descent(wavy, 40, 0.1, pi / 5 / 0.1));
  CHECK(past.verdict == Verdict::not_applicable);
  CHECK(past.deciding()->detail.find("learning rate below") != std::string::npos);
  const Certificate quiet = certify("kleinberg", descent(wavy, 40, 0.01, 1));
  CHECK(quiet.verdict == Verdict::not_applicable);
  CHECK(quiet.deciding()->detail.find("c > 0") != std::string::npos);
  const Certificate asymmetric = certify("kleinberg", descent(wavy + " + x^3/20", 4, 0.01, 30));
  CHECK(asymmetric.deciding()->detail.find("grad g(x*) = 0") != std::string::npos);
}

TEST_CASE("kleinberg on a parabola is near equality, in two variables, and does not apply without a learning rate") {
  const Certificate parabola = certify("kleinberg", descent("x^2/2", 6, 0.1, 1));
  INFO(subject::words(parabola));
  CHECK(parabola.verdict == Verdict::holds);
  Subject flat = subject::of(subject::density_task(engine::model({{"x", "y"}, "x^2/2 + y^2/2 + (1 - cos(3*x))/20"}), Grid({axis(-6, 6, 24), axis(-6, 6, 24)}), {1, 1}, 0.5, {0, 1}));
  flat.descent.learning_rate = 0.05;
  flat.descent.noise_radius = 4;
  const Certificate plane = certify("kleinberg", flat);
  INFO(subject::words(plane));
  CHECK(plane.verdict == Verdict::holds);
  flat.descent.learning_rate.reset();
  CHECK(certify("kleinberg", flat).verdict == Verdict::not_applicable);
}

TEST_CASE("noise beyond its bound breaks the bounds of kleinberg") {
  Subject loud = descent("x^2/2", 16, 0.1, 1);
  loud.descent.of_uniform = [](double u) { return 20 * (2 * u - 1); };
  const Certificate certificate = certify("kleinberg", loud);
  INFO(subject::words(certificate));
  CHECK(subject::claim(certificate, "mean_square").verdict == Verdict::violated);
  CHECK(subject::claim(certificate, "probability").verdict == Verdict::violated);
}
