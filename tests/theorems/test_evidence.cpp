// Error bars of the density side, and the first theorem on chains that keep and that break its hypotheses.
#include "density_subject.hpp"

#include "driftwell/core/error.hpp"
#include "theorems/detail/drift_form.hpp"
#include "theorems/detail/predicted_steady.hpp"
#include "theorems/detail/transport_to_steady.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace driftwell;
using namespace driftwell::theorems;
using engine::axis;

namespace {

const std::vector<double> times{0, 0.5, 1, 2, 5};

DensityTask ornstein_uhlenbeck(std::size_t cells) {
  return engine::density_task(engine::model({{"x"}, "x^2/2"}), Grid({axis(-7, 9, cells)}), {2}, 0.5, times);
}

} // namespace

TEST_CASE("numbers of three grids: the error bar covers the truth") {
  // THEORY section 8: KL of the Ornstein-Uhlenbeck process
  const double truth[] = {2.318147180560, 0.759223594956, 0.273434935455, NAN, 9.080014938e-5};
  for (const std::size_t cells : {64U, 128U, 400U}) {
    const DensityEvidence evidence(ornstein_uhlenbeck(cells));
    const std::vector<Measured> kl = evidence.observable("kl");
    for (std::size_t i = 1; i < times.size(); ++i)
      if (!std::isnan(truth[i])) {
        CAPTURE(cells, times[i], kl[i].value, kl[i].error);
        CHECK(std::abs(kl[i].value - truth[i]) <= kl[i].error + 1e-12);
        if (cells == 400) CHECK(kl[i].error < 1e-3 * truth[i]);
      }
  }
}

TEST_CASE("limit of second-order values") {
  const auto value = [](double h) { return 1 + 0.3 * h * h + 0.1 * std::pow(h, 4); };
  const Measured m = limit_of(value(0.1), value(0.2), value(0.4));
  CHECK(std::abs(m.value - 1) <= m.error);
  CHECK(m.error < 1e-3);
  const Measured first = limit_of(1 + 0.1, 1 + 0.2, 1 + 0.4); // first order: no extrapolation
  CHECK(first.value == 1.1);
  CHECK(first.error >= 0.1);
  CHECK(std::isinf(limit_of(1, NAN, NAN).error));
}

TEST_CASE("monotone KL holds with force, noise and circulation") {
  engine::ModelText text{{"x", "y"}, "(x^2-1)^2/4 + y^2/2"};
  text.force = {"-2*y", "1.5*x"};
  text.diffusion = {"1", "1 + 0.2*x^2"};
  const auto s = engine::subject(engine::density_task(engine::model(text), Grid({axis(-3, 3, 48), axis(-4, 4, 48)}), {-1, 1}, 0.3, times));
  CHECK(certify("monotone_kl", s).verdict == Verdict::holds);
}

TEST_CASE("monotone KL does not apply to what is no Markov chain, and says where") {
  DensityTask task = ornstein_uhlenbeck(64);
  task.make.generator = [](const Model& model, const Grid& grid) {
    const Generator good = build_generator(model, grid);
    std::vector<Stencil::Edges> edges = good.rates().edges();
    Eigen::VectorXd diagonal = good.rates().diagonal();
    const Eigen::Index cell = static_cast<Eigen::Index>(grid.size() / 2);
    diagonal[cell] += 2 * edges[0].up[cell]; // the sum of the column stays 0
    edges[0].up[cell] = -edges[0].up[cell];
    return Generator(grid, Stencil(grid, diagonal, edges), {}, {}, model.temperature(), good.local_potential());
  };
  task.make.steady = [](const Model& model, const Generator& spoilt, const Eigen::VectorXd& loss) { // the engine's own refuses
    return steady_state(build_generator(model, spoilt.grid()), &loss);
  };
  const Certificate certificate = certify("monotone_kl", engine::subject(std::move(task)));
  CAPTURE(certificate.deciding()->detail);
  CHECK(certificate.verdict == Verdict::not_applicable);
  CHECK(certificate.deciding()->detail.find("rates are >= 0") != std::string::npos);
  CHECK(certificate.deciding()->detail.find("x = ") != std::string::npos);
}

TEST_CASE("a wrong steady state is found out") {
  DensityTask task = ornstein_uhlenbeck(64);
  task.make.steady = [](const Model& model, const Generator&, const Eigen::VectorXd& loss) {
    const Generator cold = build_generator(model.with_temperature(0.5), Grid({axis(-7, 9, static_cast<std::size_t>(loss.size()))}));
    return steady_state(cold, &loss);
  };
  const Certificate certificate = certify("monotone_kl", engine::subject(std::move(task)));
  CHECK(certificate.verdict == Verdict::not_applicable);
  CHECK(certificate.deciding()->detail.find("stationary") != std::string::npos);
}

TEST_CASE("a missing side is a reason, an unknown theorem an error") {
  const Certificate certificate = certify("monotone_kl", Subject{});
  CHECK(certificate.verdict == Verdict::not_applicable);
  CHECK(certificate.deciding()->detail.find("no [fokker_planck]") != std::string::npos);
  CHECK_THROWS_AS(certify("monotone", Subject{}), std::invalid_argument);
}

TEST_CASE("what theorems share is made once, failures too, and copies make their own") {
  struct Number {
    int value;
  };
  Remembered remembered;
  int made = 0;
  const auto number = [&](const Remembered& of) { return of.get<Number>([&] { return Number{++made}; }).value; };
  CHECK(number(remembered) == 1);
  CHECK(number(remembered) == 1);
  const Remembered copy(remembered);
  CHECK(number(copy) == 2);
  struct Failure {};
  int failed = 0;
  for (int i = 0; i < 2; ++i) CHECK_THROWS_AS(remembered.get<Failure>([&]() -> Failure { throw NumericalFailure(std::to_string(++failed)); }), NumericalFailure);
  CHECK(failed == 1);
}

TEST_CASE("other times are looked at on the same chains; a halved grid and W2 are made once") {
  int chains = 0;
  DensityTask task = ornstein_uhlenbeck(128);
  task.make.generator = [&](const Model& model, const Grid& grid) {
    ++chains;
    return build_generator(model, grid);
  };
  const DensityEvidence evidence(std::move(task));
  const Measured kl = evidence.observable("kl")[2]; // all three levels
  CHECK(chains == 3);
  const auto later = evidence.with_times({0, 1}, 1e-12);
  CHECK(std::abs(later->observable("kl")[1].value - kl.value) < 1e-7);
  CHECK(chains == 3);
  CHECK(&transport_to_steady(evidence) == &transport_to_steady(evidence));
  CHECK(&transport_to_steady(evidence) != &transport_to_steady(*later));
}

TEST_CASE("exp(-f/T) is foretold only where it is stationary") {
  const auto predicted = [](const engine::ModelText& text, const Grid& grid) {
    const auto evidence = std::make_shared<DensityEvidence>(engine::density_task(engine::model(text), grid, std::vector<double>(grid.dimension(), 0.1), 0.5, times));
    const Level& level = evidence->level();
    return total_variation(level, predicted_steady(level, level.model(), drift_form(level.model()), false));
  };
  const Grid plane({axis(-3, 3, 32), axis(-3, 3, 32)});
  engine::ModelText turning{{"x", "y"}, "x^2/2 + y^2/2 + x*y/4"}, forced = turning;
  turning.circulation = {{"0", "1"}, {"-1", "0"}};
  forced.force = {"-y", "x"}; // f is there, but the force moves the steady state
  CHECK(predicted(turning, plane) < 1e-12);
  CHECK_THROWS_AS(predicted(forced, plane), NotApplicable);
  CHECK_THROWS_AS(predicted(turning, Grid({axis(-3, 3, 32, Boundary::reflecting, Boundary::absorbing), axis(-3, 3, 32)})), NotApplicable);
}
