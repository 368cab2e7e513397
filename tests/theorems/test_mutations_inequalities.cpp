// The engine spoilt, and the certificates of the inequalities that find it.
#include "density_subject.hpp"

#include "driftwell/stationary/passage.hpp"

using namespace engine;

namespace {

DensitySubject gaussians() {
  DensitySubject s{{{"x"}, "0.75*x^2"}, {axis(-8, 8, 400)}, {2}, std::sqrt(1 / 1.5)};
  s.times = {0, 0.2, 0.5, 1, 2};
  return s;
}

DensitySubject well() { return {{{"x"}, "(x^2-1)^2/4", {}, {}, 0.5}, {axis(-4, 4, 400)}, {-0.8}, 0.3}; }

void found(const DensitySubject& s, const std::string& theorem, const std::string& claim, Verdict verdict = Verdict::violated) {
  const Certificate c = certify(theorem, subject(s));
  INFO(words(c));
  CHECK(c.verdict == verdict);
  CHECK(claim_of(c, claim).verdict == verdict);
}

/// Rates of the model at `factor` times its temperature.
void heat(DensitySubject& s, double factor) {
  s.make.generator = [factor](const Model& m, const Grid& grid) { return build_generator(m.with_temperature(factor * m.temperature()), grid); };
}

} // namespace

TEST_CASE("mutations: without one, all of these hold") {
  for (const std::string name : {"bakry_emery", "log_sobolev", "talagrand", "hwi", "spectral_gap", "pinsker", "csiszar"}) {
    const Certificate c = certify(name, subject(gaussians()));
    INFO(words(c));
    CHECK(c.verdict == Verdict::holds);
  }
  for (const std::string name : {"log_sobolev", "talagrand", "hwi", "spectral_gap", "pinsker", "csiszar", "eyring_kramers"}) {
    const Certificate c = certify(name, subject(well()));
    INFO(words(c));
    CHECK(c.verdict == Verdict::holds);
  }
}

TEST_CASE("mutations: a potential with a barrier passed off as convex") {
  found(well(), "bakry_emery", "kl_decay", Verdict::not_applicable);
  DensitySubject s = gaussians(); // the model says convex, the chain has two wells
  s.make.generator = [](const Model&, const Grid& grid) { return build_generator(model({{"x"}, "(x^2-4)^2/8"}), grid); };
  found(s, "bakry_emery", "kl_decay");
  found(s, "log_sobolev", "kl_fisher");
  found(s, "hwi", "hwi");
}

TEST_CASE("mutations: a temperature wrong by a factor of 2 (eta/b instead of eta/(2b))") {
  DensitySubject s = gaussians();
  heat(s, 2);
  found(s, "bakry_emery", "kl_fisher");
  found(s, "talagrand", "t2");
  found(s, "talagrand", "t2_moments");
}

TEST_CASE("mutations: diffusion counted twice as slow in the drift") {
  DensitySubject s = gaussians();
  s.make.generator = [](const Model& m, const Grid& grid) { // half the clock: the same steady state, half the decay
    return build_generator(model({{"x"}, "0.375*x^2", {}, {}, m.temperature() / 2}), grid);
  };
  found(s, "bakry_emery", "kl_decay");
  found(s, "bakry_emery", "w2_decay");
}

TEST_CASE("mutations: a distance from the law of another temperature") {
  DensitySubject s = gaussians();
  s.make.steady = [](const Model& m, const Generator& generator, const VectorXd& loss) {
    const Generator other = build_generator(m.with_temperature(0.8 * m.temperature()), generator.grid());
    SteadyState right = steady_state(generator, &loss), wrong = steady_state(other, &loss);
    wrong.log_p = right.log_p; // KL from one law, W2 from the other
    return wrong;
  };
  const Certificate c = certify("talagrand", subject(s));
  INFO(words(c));
  CHECK(c.verdict == Verdict::violated);
}

TEST_CASE("mutations: the gap of the second mode") {
  DensitySubject s = well();
  s.make.modes = [](const Generator& generator, const SteadyState& steady, std::size_t count) {
    Eigenmodes modes = eigenmodes(generator, steady, count + 1);
    modes.values.erase(modes.values.begin());
    modes.residuals.erase(modes.residuals.begin());
    modes.right = modes.right.rightCols(modes.right.cols() - 1).eval();
    modes.left = modes.left.rightCols(modes.left.cols() - 1).eval();
    return modes;
  };
  found(s, "spectral_gap", "late_slope");
  found(s, "spectral_gap", "late_slope_limit");
}

TEST_CASE("mutations: eigenfunctions normalised to 2") {
  DensitySubject s = well();
  s.make.modes = [](const Generator& generator, const SteadyState& steady, std::size_t count) {
    Eigenmodes modes = eigenmodes(generator, steady, count);
    modes.left *= 2;
    return modes;
  };
  found(s, "spectral_gap", "prefactor");
}

TEST_CASE("mutations: a start without the slowest mode, and one negative rate") {
  DensitySubject even = well();
  even.mean = {0};
  CHECK(claim_of(certify("spectral_gap", subject(even)), "late_slope").verdict == Verdict::not_applicable);
  DensitySubject negative = well();
  negative.make.generator = [](const Model& m, const Grid& grid) {
    const Generator g = build_generator(m, grid);
    std::vector<Stencil::Edges> edges = g.rates().edges();
    if (edges[0].down.size() == 0) edges[0].down = edges[0].up;
    VectorXd diagonal = g.rates().diagonal();
    const Index k = edges[0].up.size() / 2;
    diagonal[k] += 1.1 * edges[0].up[k];
    edges[0].up[k] *= -0.1;
    return Generator(grid, Stencil(grid, diagonal, edges), {}, {}, m.temperature(), g.local_potential());
  };
  const Certificate c = certify("spectral_gap", subject(negative));
  INFO(words(c));
  CHECK((c.verdict == Verdict::not_applicable || c.verdict == Verdict::undecided));
}

TEST_CASE("mutations: heavy tails have no log-Sobolev constant of their own") {
  const DensitySubject algebraic{{{"x"}, "3*log(1+x^2)"}, {axis(-40, 40, 400)}, {1}};
  const DensitySubject exponential{{{"x"}, "sqrt(1+x^2)"}, {axis(-15, 15, 400)}, {1}};
  const DensitySubject by_noise{{{"x"}, "x^2/2", {}, {"1+x^2"}, 0.5}, {axis(-40, 40, 800)}, {1}};
  for (const auto& s : {algebraic, exponential, by_noise})
    for (const std::string name : {"log_sobolev", "talagrand"}) {
      const Certificate c = certify(name, subject(s));
      INFO(s.text.potential << "\n" << words(c));
      CHECK(c.verdict == Verdict::not_applicable);
    }
}

TEST_CASE("mutations: a law in a box whose walls it feels has the constant of the box") {
  const Certificate c = certify("log_sobolev", subject({{{"x"}, "0.3*cos(3*x)"}, {axis(0, 2, 200)}, {0.5}, 0.3}));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
}
