// Hypotheses about fields hold in the whole box, not only at the points of a grid.
#include "density_subject.hpp"

#include "theorems/detail/curvature.hpp"
#include "theorems/detail/drift_form.hpp"

using namespace engine;

namespace {

Subject plane(const std::vector<std::string>& force, std::size_t cells = 40) {
  return subject({{{"x", "y"}, "x^2/2 + y^2/2", force, {}, 1}, {axis(-4, 4, cells), axis(-4, 4, cells)}, {1, 0}});
}

GradientTest tested(const Subject& s) {
  const DriftForm form = drift_form(s.density().model());
  return gradient_test(s.density().level(), form);
}

} // namespace

TEST_CASE("a curl between the points of the grid is found by intervals") {
  const GradientTest none = tested(plane({}));
  CHECK(none.gradient);
  CHECK(none.everywhere.by_form);
  // Cells are 0.2 wide, the nearest centre is 70 widths of the bump away: the points see nothing.
  const Subject hidden = plane({"exp(-((x-0.03)^2 + (y-0.02)^2)/1e-6)", "0"});
  const GradientTest bump = tested(hidden);
  CHECK(bump.curl <= 1e-10 * bump.terms);
  CHECK_FALSE(bump.gradient);
  CHECK(bump.hypothesis().state == Hypothesis::State::failed);
  CHECK(bump.everywhere.lower > 100); // sqrt(2/e)/1e-3 at most
  CHECK(bump.everywhere.lower <= std::sqrt(2 / M_E) * 1e3 * (1 + 1e-9));
  CHECK(std::hypot(bump.everywhere.point.at(0) - 0.03, bump.everywhere.point.at(1) - 0.02) < 5e-3);
  INFO(bump.hypothesis().detail);
  CHECK(bump.hypothesis().detail.find("at x = 0.03") != std::string::npos);
  // The theorem about detailed balance no longer applies.
  CHECK(claim_of(certify("implicit_potential", hidden), "detailed_balance").verdict == Verdict::not_applicable);
}

TEST_CASE("a gradient in disguise: how far intervals exclude a curl is said") {
  // grad sin(x^2 + y), one component by the addition theorem
  const GradientTest test = tested(plane({"2*x*cos(x^2 + y)", "cos(x^2)*cos(y) - sin(x^2)*sin(y)"}));
  CHECK(test.gradient);
  CHECK_FALSE(test.everywhere.by_form);
  CHECK_FALSE(test.everywhere.differs());
  INFO(test.hypothesis().detail);
  CHECK(test.hypothesis().detail.find("intervals") != std::string::npos);
  const GradientTest turning = tested(plane({"-y", "x"}));
  CHECK_FALSE(turning.gradient);
  CHECK(std::abs(turning.curl - 2) < 1e-9);
}

TEST_CASE("bounds of fields") {
  const Model m = model({{"x", "y"}, "x^2/2 + y^2/2", {}, {}, 1});
  const Expression x = m.potential().derivative(0), y = m.potential().derivative(1);
  const bounds::Box box{{-1, 1}, {-2, 2}};
  CHECK(field_bound({Expression(0.0)}, box, 1).by_form);
  const FieldBound radius = field_bound({x, y}, box, 1);
  CHECK(radius.lower <= std::sqrt(5.0));
  CHECK(radius.upper >= std::sqrt(5.0));
  CHECK(radius.upper - radius.lower < 1e-2);
  CHECK(radius.differs());
  const FieldBound small = field_bound({x * Expression(1e-12)}, box, 1); // rounding of constants counts as 0
  CHECK_FALSE(small.differs());
  CHECK(small.words(m).find("in the whole box") != std::string::npos);
  const FieldBound pole = field_bound({log(x)}, box, 1);
  CHECK_FALSE(pole.defined);
}

TEST_CASE("div j of a circulation by its formula") {
  DensitySubject s{{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 1}, {axis(-3, 3, 48), axis(-4, 4, 48)}, {-1, 0}};
  s.text.circulation = {{"0", "1"}, {"-1", "0"}}; // j = Q grad f: no divergence
  const Claim& still = claim_of(certify("orthogonality", subject(s)), "orthogonal");
  INFO(still.detail << " " << still.hypotheses.back().detail);
  CHECK(still.verdict == Verdict::holds);
  s.text.circulation = {{"0", "x"}, {"-x", "0"}}; // div j = y, but only div(j rho_ss) = 0 in general
  const Claim turning = claim_of(certify("orthogonality", subject(s)), "orthogonal");
  INFO(turning.detail);
  CHECK(turning.verdict == Verdict::not_applicable);
}
