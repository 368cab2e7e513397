// Kleinberg, Li & Yuan: THEORY's constants of the convolved loss, the window, and noise beyond its bound.
#include "density_subject.hpp"

#include "driftwell/bounds/curvature.hpp"
#include "driftwell/expression/tape.hpp"
#include "theorems/detail/convolved_loss.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::theorems;
using engine::axis;
using engine::claim_of;

namespace {

Subject descent(const std::string& potential, double box, double eta, double radius) {
  Subject s = engine::subject(engine::density_task(engine::model({{"x"}, potential}), Grid({axis(-box, box, 64)}), {0.5}, 0.5, {0, 1}));
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
    const Comparison& found = claim_of(certificate, "constant").worst;
    INFO(engine::words(certificate));
    CHECK(found.right.value == Approx(c).margin(2e-9));
    // Where the quotient is 1 everywhere no box can be left out, and the enclosure stays wide.
    CHECK(std::abs(found.left.value - c) <= found.left.error + 1e-11);
    CHECK(found.left.error < (c == 1 ? 1e-2 : 1e-8));
    if (c < 0.5) CHECK(claim_of(certificate, "probability").verdict == Verdict::not_applicable);
  }
}

TEST_CASE("kleinberg holds inside the window, not beyond") {
  const engine::ProcessorTime taken;
  const Certificate inside = certify("kleinberg", descent(wavy, 40, 0.01, pi / 5 / 0.01));
  INFO(engine::words(inside));
  CHECK(inside.verdict == Verdict::holds);
  for (const char* name : {"constant", "one_step", "probability", "mean_square"}) CHECK(claim_of(inside, name).verdict == Verdict::holds);
  CHECK(taken.seconds() < 4);
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
  INFO(engine::words(parabola));
  CHECK(parabola.verdict == Verdict::holds);
  Subject flat = engine::subject(engine::density_task(engine::model({{"x", "y"}, "x^2/2 + y^2/2 + (1 - cos(3*x))/20"}), Grid({axis(-6, 6, 24), axis(-6, 6, 24)}), {1, 1}, 0.5, {0, 1}));
  flat.descent.learning_rate = 0.05;
  flat.descent.noise_radius = 4;
  const Certificate plane = certify("kleinberg", flat);
  INFO(engine::words(plane));
  CHECK(plane.verdict == Verdict::holds);
  flat.descent.learning_rate.reset();
  CHECK(certify("kleinberg", flat).verdict == Verdict::not_applicable);
}

TEST_CASE("kleinberg: noise that hardly reaches, and none") {
  // cosh: g = sinh(reach)/reach sinh(x), so that c = sinh(reach)/reach, whatever differences of f over twice the reach lose.
  for (const auto& [box, eta, radius] : {std::tuple{2.0, 0.005, 0.01}, {6.0, 5e-6, 0.5}, {2.0, 0.005, 1e-7}}) {
    const Certificate certificate = certify("kleinberg", descent("cosh(x)", box, eta, radius));
    INFO(engine::words(certificate));
    const Claim constant = claim_of(certificate, "constant");
    CHECK(constant.verdict == Verdict::holds);
    CHECK(std::abs(constant.worst.left.value - std::sinh(eta * radius) / (eta * radius)) <= constant.worst.left.error + 1e-12);
    CHECK(constant.worst.left.error < 1e-6);
    for (const char* name : {"one_step", "probability", "mean_square"}) CHECK(claim_of(certificate, name).verdict != Verdict::violated);
  }
  // Where the quotient is the same everywhere the search does not close, and need not know the sign of a small c.
  const Certificate open = certify("kleinberg", descent("5e-5*x^2 + (1 - cos(5*x))/4", 6, 1e-6, pi / 5 / 1e-6));
  INFO(engine::words(open));
  CHECK(open.verdict == Verdict::undecided);
  CHECK(claim_of(open, "one_step").hypotheses.at(4).state == Hypothesis::State::open);
  const Certificate silent = certify("kleinberg", descent("x^2/2", 6, 0.05, 0));
  INFO(engine::words(silent));
  CHECK(silent.verdict == Verdict::not_applicable);
  CHECK(silent.deciding()->detail.find("is infinite without") != std::string::npos);
}

TEST_CASE("noise beyond its bound breaks the bounds of kleinberg") {
  Subject loud = descent("x^2/2", 16, 0.1, 1);
  loud.descent.of_uniform = [](double u) { return 20 * (2 * u - 1); };
  const Certificate certificate = certify("kleinberg", loud);
  INFO(engine::words(certificate));
  CHECK(claim_of(certificate, "mean_square").verdict == Verdict::violated);
  CHECK(claim_of(certificate, "probability").verdict == Verdict::violated);
}

namespace {

Expression formula(const std::string& text) {
  expression::Symbols symbols;
  symbols.variables = {"x", "y"};
  return Expression::parse(text, symbols);
}

Subject plane(const std::string& potential, double box, double eta, double radius, NoiseShape shape) {
  Subject s = engine::subject(engine::density_task(engine::model({{"x", "y"}, potential}), Grid({axis(-box, box, 24), axis(-box, box, 24)}), {1, 1}, 0.5, {0, 1}));
  s.descent.learning_rate = eta;
  s.descent.noise_radius = radius;
  s.descent.shape = shape;
  return s;
}

} // namespace

TEST_CASE("the convolved loss in the plane: closed forms of polynomials and ripples, on the disc and on the square") {
  // E (y - eta w)^4 along an axis = y^4 + 6 y^2 v + m, v the variance of a component: rho^2/4 of a disc, rho^2/3 of a square of half side rho.
  const Expression quartic = formula("x^4/4 + x*y^2/2");
  for (const NoiseShape shape : {NoiseShape::ball, NoiseShape::cube}) {
    const BoundedNoise noise{0.1, 7, 2, shape, {}};
    const double rho = noise.reach(), v = shape == NoiseShape::ball ? rho * rho / 4 : rho * rho / 3;
    const expression::Tape gradient(convolved_gradient(quartic, noise), 2);
    for (const double x : {-1.3, 0.4})
      for (const double y : {0.7, 2.0}) {
        const std::vector<double> g = gradient(std::vector<double>{x, y});
        CHECK(g[0] == Approx(x * x * x + 3 * x * v + (y * y + v) / 2).epsilon(1e-12));
        CHECK(g[1] == Approx(x * y).epsilon(1e-12));
      }
    CHECK(noise.radius_of_variance(noise.eta * noise.eta * v / (rho * rho) * noise.half_side() * noise.half_side()) == Approx(noise.radius));
  }
  // cos(k x) on a disc is 2 J_1(k rho)/(k rho) cos(k x): J_1 from its series.
  const double k = 5, rho = 0.6;
  double bessel = 0, term = k * rho / 2;
  for (int m = 0; m < 40; ++m) {
    bessel += term;
    term *= -std::pow(k * rho / 2, 2) / ((m + 1.0) * (m + 2.0));
  }
  const BoundedNoise disc{0.1, 6, 2, NoiseShape::ball, {}};
  const std::vector<Expression> g = convolved_gradient(formula("cos(5*x)"), disc);
  CHECK(expression::Tape(g, 2)(std::vector<double>{0.3, -0.2})[0] == Approx(-k * std::sin(k * 0.3) * 2 * bessel / (k * rho)).epsilon(1e-12));
}

TEST_CASE("the quadrature's remainder bounds what is missing, and grows where ripples outrun the nodes") {
  const auto missing = [](const std::string& text, const BoundedNoise& noise) {
    // Largest difference of Jacobians on a lattice, by differences of the averaged gradient.
    const engine::Model model = engine::model({{"x", "y"}, text});
    const std::vector<Expression> g = convolved_gradient(model.potential(), noise);
    double worst = 0;
    const double h = 1e-4;
    for (const double x : {-0.9, -0.2, 0.5})
      for (const double y : {-0.6, 0.8}) {
        const expression::Tape tape(g, 2);
        for (std::size_t i = 0; i < 2; ++i) {
          const double other = (averaged_gradient(model, noise, {x + h, y})[i].value - averaged_gradient(model, noise, {x - h, y})[i].value) / (2 * h);
          worst = std::max(worst, std::abs((tape(std::vector<double>{x + h, y})[i] - tape(std::vector<double>{x - h, y})[i]) / (2 * h) - other));
        }
      }
    return worst;
  };
  const bounds::Box box{{-2, 2}, {-2, 2}};
  for (const NoiseShape shape : {NoiseShape::ball, NoiseShape::cube}) {
    const BoundedNoise noise{0.1, 8, 2, shape, {}};
    const double gentle = quadrature_remainder(formula("cos(3*x)*cos(2*y)"), noise, box, 0), wild = quadrature_remainder(formula("cos(30*x)*cos(30*y)"), noise, box, 0);
    CHECK(gentle < 1e-4);
    CHECK(missing("cos(3*x)*cos(2*y)", noise) <= gentle + 1e-7);
    CHECK(missing("cos(30*x)*cos(30*y)", noise) <= wild);
    CHECK(wild > 1);
    CHECK(quadrature_remainder(formula("x^2/2 + 3*y^2 + x*y"), noise, box, 0) < 1e-4);
    CHECK(std::isinf(quadrature_remainder(formula("abs(x - y)^3"), noise, box, 0)));
  }
}

TEST_CASE("kleinberg in the plane: noise on a disc and on a square", "[slow]") {
  const std::string ripples = "x^2/2 + y^2/2 + (2 - cos(5*x) - cos(5*y))/16";
  for (const NoiseShape shape : {NoiseShape::ball, NoiseShape::cube}) {
    const engine::ProcessorTime taken;
    const Certificate smooth = certify("kleinberg", plane(ripples, 6, 0.1, shape == NoiseShape::ball ? 7.5 : 8.9, shape));
    INFO(engine::words(smooth));
    CHECK(smooth.verdict == Verdict::holds);
    for (const char* name : {"constant", "one_step", "probability", "mean_square"}) CHECK(claim_of(smooth, name).verdict == Verdict::holds);
    CHECK(taken.seconds() < 20);
  }
  // Too little noise leaves the ripples.
  const Certificate quiet = certify("kleinberg", plane("x^2/2 + y^2/2 + (2 - cos(5*x) - cos(5*y))/4", 6, 0.01, 1, NoiseShape::ball));
  CHECK(quiet.verdict == Verdict::not_applicable);
  CHECK(quiet.deciding()->detail.find("c > 0") != std::string::npos);
  // A corner: no bound of the quadrature. (L exists.)
  const Certificate corner = certify("kleinberg", plane("x^2/2 + y^2/2 + where(x > 0, x^2/10, 0)", 6, 0.05, 4, NoiseShape::cube));
  INFO(engine::words(corner));
  CHECK(corner.verdict != Verdict::holds);
  Subject loud = plane("x^2/2 + y^2/2", 24, 0.1, 1, NoiseShape::ball);
  loud.descent.of_uniform = [](double u) { return 20 * std::sqrt(u); };
  const Certificate certificate = certify("kleinberg", loud);
  INFO(engine::words(certificate));
  CHECK(claim_of(certificate, "mean_square").verdict == Verdict::violated);
}
