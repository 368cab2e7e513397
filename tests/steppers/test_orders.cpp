// Every stepper's declared orders, measured: one test for the whole catalogue.
#include "transfer.hpp"

#include "driftwell/steppers/integrate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace driftwell;
using namespace transfer;

namespace {

/// The exponent of h in errors at h, h/2, h/4 ...
double slope(const std::vector<double>& errors) { return std::log2(errors[errors.size() - 2] / errors.back()); }

Model circle_model(NoiseClass noise, bool force = true) {
  engine::ModelText text{.names = {"x"}, .potential = "1 - cos(x)", .temperature = 0.4};
  if (force) text.force = {"0.3"};
  else text.potential += " + 0.3*sin(2*x)";
  if (noise != NoiseClass::additive) text.diffusion = {"1 + 0.4*cos(x) + 0.2*sin(x)"};
  return engine::model(text);
}

bool on_the_circle(const std::string& name, const StepperTraits& traits) { return !traits.underdamped && name != "exact_ou"; }
bool refuses(const std::string& name) { return name == "mala"; }

} // namespace

TEST_CASE("Weak order at a finite time: nonlinear drift and noise on the circle, without statistics") {
  for (const std::string& name : StepperCatalogue::names()) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const StepperTraits traits = stepper->traits();
    if (!on_the_circle(name, traits)) continue;
    INFO(name);
    const Model model = circle_model(traits.noise, !refuses(name));
    const Dynamics dynamics(model);
    const MatrixXd exact = Circle::exact(model, 1.0);
    std::vector<double> errors;
    for (const int n : {16, 32, 64}) errors.push_back((Circle(*stepper, dynamics, 1.0 / n, refuses(name)).expectation(n) - exact).norm());
    CHECK(slope(errors) == Approx(traits.weak_order).margin(0.15));
  }
}

TEST_CASE("Order of the stationary law: a gradient system or multiplicative noise on the circle", "[slow]") {
  for (const std::string& name : StepperCatalogue::names()) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const StepperTraits traits = stepper->traits();
    if (!on_the_circle(name, traits)) continue;
    INFO(name);
    engine::ModelText text{.names = {"x"}, .potential = "1 - cos(x) + 0.3*sin(2*x)", .temperature = 0.6};
    if (traits.noise != NoiseClass::additive) text.diffusion = {"1 + 0.4*cos(x)"};
    const Model model = engine::model(text);
    const Dynamics dynamics(model);
    const Eigen::RowVector4d exact = Circle::exact(model, 40).row(0);
    std::vector<double> errors;
    for (const int n : {8, 16, 32}) errors.push_back((Circle(*stepper, dynamics, 1.0 / n, refuses(name)).expectation(40 * n).row(0) - exact).norm());
    if (traits.stationary_order == StepperTraits::exact) CHECK(*std::max_element(errors.begin(), errors.end()) < 2e-5); // of the interpolation: acceptance has kinks
    else CHECK(slope(errors) == Approx(traits.stationary_order).margin(0.25));
  }
}

TEST_CASE("small_noise_heun: order 2 for multiplicative noise whose variance shrinks with the step, order 1 where it stays") {
  const auto stepper = StepperCatalogue::find("small_noise_heun")->make();
  for (const bool shrinks : {true, false}) {
    std::vector<double> errors;
    for (const int n : {16, 32, 64}) {
      const Model model = circle_model(NoiseClass::general).with_temperature(shrinks ? 6.4 / n : 0.4);
      const Dynamics dynamics(model);
      errors.push_back((Circle(*stepper, dynamics, 1.0 / n).expectation(n) - Circle::exact(model, 1.0)).norm());
    }
    CHECK(slope(errors) == Approx(shrinks ? 2 : 1).margin(0.3));
  }
}

TEST_CASE("The measure of order can tell orders apart") {
  const Model model = circle_model(NoiseClass::general);
  const Dynamics dynamics(model);
  const MatrixXd exact = Circle::exact(model, 1.0);
  const auto error = [&](const char* name, int n) { return (Circle(*StepperCatalogue::find(name)->make(), dynamics, 1.0 / n).expectation(n) - exact).norm(); };
  CHECK(error("srk_weak_2", 32) < 0.1 * error("euler_maruyama", 32));
}

namespace {

/// L f, the generator of the equation, as a formula. Underdamped models: variables q then p.
Expression generator(const Model& model, const Expression& f) {
  const std::size_t d = model.dimension();
  Expression sum(0.0);
  if (model.underdamped()) {
    const Expression gamma(model.friction());
    for (std::size_t i = 0; i < d; ++i) {
      const Expression p = Expression::variable(d + i), df = f.derivative(d + i);
      sum = sum + p * f.derivative(i) + (model.drift(i) - gamma * p) * df + gamma * Expression(model.temperature()) * df.derivative(d + i);
    }
    return sum;
  }
  for (std::size_t i = 0; i < d; ++i) {
    sum = sum + model.drift(i) * f.derivative(i);
    for (std::size_t j = 0; j < d; ++j) sum = sum + Expression(model.temperature()) * model.diffusion(i, j) * f.derivative(i).derivative(j);
  }
  return sum;
}

/// Error of one step against the Taylor series of the semigroup, largest over test functions: h^(weak order + 1).
double local_error(const Stepper& stepper, const Model& model, const std::vector<double>& point, double h, std::size_t variates, std::size_t signs) {
  const Dynamics dynamics(model);
  const Expression u = Expression::variable(0), v = point.size() > 1 ? Expression::variable(1) : Expression(1.0);
  const std::vector<Expression> tests = {u, v, u * u, u * v, v * v, u * u * u, u * v * v};
  std::vector<Expression> series;
  for (Expression f : tests)
    for (int k = 0; k <= 4; ++k, f = generator(model, f)) series.push_back(f);
  const expression::Tape f_tape(tests, point.size()), series_tape(series, point.size());
  const std::vector<double> terms = series_tape(point);
  double worst = 0;
  for (std::size_t m = 0; m < tests.size(); ++m) {
    if (tests[m].is_constant()) continue;
    double exact = 0, factor = 1;
    for (int k = 0; k <= 4; ++k, factor *= h / k) exact += factor * terms[5 * m + static_cast<std::size_t>(k)];
    worst = std::max(worst, std::abs(expectation(stepper, dynamics, point, variates, signs, h, f_tape, m) - exact));
  }
  return worst;
}

} // namespace

TEST_CASE("Weak order of one step in the plane: full and general noise, and in phase space, without statistics") {
  for (const std::string& name : StepperCatalogue::names()) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const StepperTraits traits = stepper->traits();
    if (name == "exact_ou" || name == "mala" || name == "leimkuhler_matthews") continue;
    INFO(name);
    engine::ModelText text{.names = {"x", "y"}, .potential = "(x^2-1)^2/4 + y^2/2 + 0.2*x*y", .force = {"-0.3*y", "0.4*x"}, .temperature = 0.5};
    if (traits.noise == NoiseClass::general) text.tensor = {{"1 + 0.3*sin(y)", "0.3*cos(x)"}, {"0.3*cos(x)", "0.8 + 0.2*x^2"}};
    if (traits.noise == NoiseClass::commutative) text.tensor = {{"x^2", "0.5*x*y"}, {"0.5*x*y", "y^2"}};
    Model model = engine::model(text);
    std::vector<double> point{0.8, 0.6};
    std::size_t variates = 2;
    if (traits.underdamped) {
      Equation equation;
      equation.names = {"q"};
      equation.potential = engine::formula("(q^2-1)^2/4", {"q"});
      equation.temperature = 0.5;
      equation.friction = 0.7;
      model = Model(equation);
      variates = name == "obabo" ? 2 : 1;
    }
    const std::size_t signs = traits.variates == StepperTraits::Variates::three_points ? 1 : 0;
    std::vector<double> errors;
    for (const double h : {0.04, 0.02, 0.01}) errors.push_back(local_error(*stepper, model, point, h, variates, signs));
    CHECK(slope(errors) == Approx(traits.weak_order + 1).margin(0.2));
  }
}

namespace {

/// Paths of Brownian increments at a fine resolution; a step of the scheme takes `ratio` of them. Two rows a dimension: halves of the step.
class PathNoise : public Noise {
public:
  PathNoise(std::size_t n, std::size_t dimension, std::size_t fine_steps, std::size_t ratio, std::uint64_t seed)
      : Noise(n), dimension_(dimension), ratio_(ratio), fine_steps_(fine_steps), stream_(seed, Purpose::test) {}
  void normals(std::uint64_t step, std::span<double* const> rows) override {
    const std::size_t parts = rows.size() / dimension_, each = ratio_ / parts;
    RowBuffer fine(dimension_);
    for (std::size_t part = 0; part < parts; ++part)
      for (std::size_t i = 0; i < dimension_; ++i) {
        double* const row = rows[part * dimension_ + i];
        std::fill_n(row, n_, 0.0);
        for (std::size_t f = 0; f < each; ++f) {
          stream_.normals(0, n_, step * ratio_ + part * each + f, fine.rows());
          add_scaled(row, fine[i], 1 / std::sqrt(static_cast<double>(each)), n_);
        }
      }
  }
  void signs(std::uint64_t, std::span<double* const>) override { throw std::logic_error("no path"); }
  void three_points(std::uint64_t, std::span<double* const>) override { throw std::logic_error("no path"); }
  void uniforms(std::uint64_t, std::span<double* const>) override { throw std::logic_error("no path"); }

private:
  std::size_t dimension_, ratio_, fine_steps_;
  NoiseStream stream_;
};

/// Final places of 512 particles after unit time in steps of 1/n, on the same Brownian paths for every n.
std::vector<std::vector<double>> places(const Stepper& stepper, const Dynamics& dynamics, const std::vector<double>& start, std::size_t n, std::size_t fine) {
  constexpr std::size_t particles = 512;
  RowBuffer x(start.size());
  for (std::size_t i = 0; i < start.size(); ++i) std::fill_n(x[i], particles, start[i]);
  PathNoise noise(particles, dynamics.dimension(), fine, fine / n, 5);
  const auto blocks = stepper.on(dynamics);
  Block block{particles, 0, x.rows()};
  const double dt = 1.0 / static_cast<double>(n);
  blocks->begin(block, {0, 0, dt}, noise);
  for (std::uint64_t k = 0; k < n; ++k) blocks->step(block, {k, static_cast<double>(k) * dt, dt}, noise);
  std::vector<std::vector<double>> result;
  for (std::size_t i = 0; i < start.size(); ++i) result.emplace_back(x[i], x[i] + particles);
  return result;
}

double distance(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].size(); ++k) sum += std::pow(a[i][k] - b[i][k], 2);
  return std::sqrt(sum / static_cast<double>(a[0].size()));
}

} // namespace

TEST_CASE("Strong order: paths against their refinements, noise of the declared class") {
  for (const std::string& name : StepperCatalogue::names()) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const StepperTraits traits = stepper->traits();
    if (traits.strong_order == StepperTraits::none) continue;
    INFO(name);
    engine::ModelText text{.names = {"x", "y"}, .potential = name == "exact_ou" ? "x^2/2 + y^2 + x*y/2" : "(x^2-1)^2/4 + y^2/2", .temperature = 0.5};
    if (traits.noise == NoiseClass::general) text.tensor = {{"1 + 0.6*sin(2*y)", "0.25*cos(2*x)"}, {"0.25*cos(2*x)", "1 + 0.6*sin(3*x)"}};
    if (traits.noise == NoiseClass::commutative) text.tensor = {{"0.4*x^2", "0.2*x*y"}, {"0.2*x*y", "0.4*y^2"}};
    Model model = engine::model(text);
    std::vector<double> start{1.0, 0.7};
    if (traits.underdamped) {
      Equation equation;
      equation.names = {"q"};
      equation.potential = engine::formula("(q^2-1)^2/4", {"q"});
      equation.temperature = 0.5;
      equation.friction = 1.5;
      model = Model(equation);
    }
    const Dynamics dynamics(model);
    constexpr std::size_t fine = 1024;
    std::vector<std::vector<std::vector<double>>> results;
    for (const std::size_t n : {16, 32, 64, 128, 256}) results.push_back(places(*stepper, dynamics, start, n, fine));
    // all three differences count: a fit through noise
    double mean = 0;
    std::vector<double> errors;
    for (std::size_t k = 0; k + 1 < results.size(); ++k) errors.push_back(distance(results[k], results[k + 1]));
    mean = std::log2(errors.front() / errors.back()) / static_cast<double>(errors.size() - 1);
    CHECK(mean == Approx(traits.strong_order).margin(0.2));
  }
}
