// The one rule that makes verdicts.
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>

using namespace driftwell::theorems;

namespace {

Claim judged(Relation relation, const Measured& left, const Measured& right, double precision = 0.01) {
  return ClaimMaker("c", "", "model", relation, {0.999, precision}).compare(left, right).make();
}

} // namespace

TEST_CASE("an inequality: margin beside tolerance") {
  CHECK(judged(Relation::at_most, {1, 0.1, 0}, {2, 0.1, 0}).verdict == Verdict::holds);
  CHECK(judged(Relation::at_most, {2, 0.1, 0}, {1, 0.1, 0}).verdict == Verdict::violated);
  CHECK(judged(Relation::at_most, {1, 0.1, 0}, {1.1, 0.1, 0}).verdict == Verdict::undecided);
  CHECK(judged(Relation::at_most, {1.1, 0.1, 0}, {1, 0.1, 0}).verdict == Verdict::undecided);
  CHECK(judged(Relation::at_least, {2, 0.1, 0}, {1, 0.1, 0}).verdict == Verdict::holds);
  CHECK(judged(Relation::at_least, {1, 0.1, 0}, {2, 0.1, 0}).verdict == Verdict::violated);
  // equality within the precision asked for
  CHECK(judged(Relation::at_most, {1.001, 0.002, 0}, {1, 0.002, 0}).verdict == Verdict::holds);
}

TEST_CASE("an equality holds by precision alone") {
  CHECK(judged(Relation::equal, {1, 1e-4, 0}, {1.0001, 1e-4, 0}).verdict == Verdict::holds);
  CHECK(judged(Relation::equal, {1, 1e-5, 0}, {1.0001, 1e-5, 0}).verdict == Verdict::violated);
  CHECK(judged(Relation::equal, {1, 0.1, 0}, {1.0001, 0.1, 0}).verdict == Verdict::undecided);
  CHECK(judged(Relation::equal, {1.0 / 3, 0, 0}, {1 - 2.0 / 3, 0, 0}).verdict == Verdict::holds); // rounding of the sides
}

TEST_CASE("what is not a number decides nothing") {
  CHECK(judged(Relation::at_most, {NAN, 0, 0}, {1, 0, 0}).verdict == Verdict::undecided);
  CHECK(judged(Relation::equal, {1, INFINITY, 0}, {1, 0, 0}).verdict == Verdict::undecided);
  CHECK(judged(Relation::at_most, {1, -1e3, 0}, {2, 0, 0}).verdict == Verdict::undecided);
  CHECK(ClaimMaker("c", "", "model", Relation::equal, {}).make().verdict == Verdict::undecided);
}

TEST_CASE("hypotheses come before numbers") {
  ClaimMaker failed("c", "", "model", Relation::at_most, {});
  failed.assume(false, "convex", "f'' = -1 at x = 0").compare({2, 0, 0}, {1, 0, 0});
  CHECK_FALSE(failed.applies());
  const Claim claim = failed.make();
  CHECK(claim.verdict == Verdict::not_applicable);
  CHECK(claim.detail == "not met: convex (f'' = -1 at x = 0)");
  ClaimMaker open("c", "", "model", Relation::at_most, {});
  open.assume({Hypothesis::State::open, "tails are light", ""}).compare({1, 0, 0}, {2, 0, 0});
  CHECK(open.make().verdict == Verdict::undecided);
}

namespace {
Claim of_verdict(Verdict verdict, bool companion = false, const std::string& side = "density") {
  Claim claim;
  claim.name = name_of(verdict);
  claim.verdict = verdict;
  claim.companion = companion;
  claim.side = side;
  return claim;
}
Certificate certificate_of(const std::vector<Claim>& claims) {
  Certificate certificate;
  certificate.claims = claims;
  certificate.verdict = Verdict::undecided;
  certificate.conclude();
  return certificate;
}
} // namespace

TEST_CASE("a theorem holds by claims of its own that apply") {
  const Claim holds = of_verdict(Verdict::holds), absent = of_verdict(Verdict::not_applicable), open = of_verdict(Verdict::undecided), violated = of_verdict(Verdict::violated);
  const Claim companion = of_verdict(Verdict::holds, true), false_companion = of_verdict(Verdict::violated, true);
  Claim printed = violated;
  printed.as_printed = true;
  CHECK(certificate_of({}).verdict == Verdict::not_applicable);
  CHECK(certificate_of({absent, holds, companion, printed}).verdict == Verdict::holds);
  CHECK(certificate_of({absent, companion}).verdict == Verdict::not_applicable);
  CHECK(certificate_of({companion, absent}).deciding()->verdict == Verdict::not_applicable); // the line says which hypothesis fails
  CHECK(certificate_of({companion}).verdict == Verdict::not_applicable);
  CHECK(certificate_of({absent, false_companion}).verdict == Verdict::violated);
  CHECK(certificate_of({holds, open, absent}).verdict == Verdict::undecided);
  CHECK(certificate_of({holds, open, violated}).verdict == Verdict::violated);
  CHECK(certificate_of({holds, of_verdict(Verdict::undecided, false, "cloud")}).verdict == Verdict::holds);
  CHECK(certificate_of({companion, of_verdict(Verdict::undecided, false, "cloud")}).verdict == Verdict::not_applicable);
  const Certificate part = certificate_of({absent, holds, companion, printed});
  CHECK(part.counted() == 3);
  CHECK(part.applying() == 2);
}

TEST_CASE("the worst comparison decides, and what would decide is said") {
  ClaimMaker maker("c", "", "model", Relation::at_most, {0.999, 0.01});
  maker.compare({1, 0.01, 0}, {2, 0.01, 0}, "first").compare({1.0, 0.4, 0}, {1.1, 0, 0}, "second").refinement({"cells an axis", 64, 2});
  const Claim claim = maker.make();
  CHECK(claim.verdict == Verdict::undecided);
  CHECK(claim.worst.where == "second");
  CHECK(claim.detail.find("128 cells an axis instead of 64") != std::string::npos);
  maker.compare({3, 0, 0}, {2, 0, 0}, "third");
  CHECK(maker.make().worst.where == "third");
}

TEST_CASE("sampling alone rarely violates: the confidence of all comparisons together") {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  int violated = 0;
  constexpr int trials = 4000, comparisons = 20;
  for (int t = 0; t < trials; ++t) {
    ClaimMaker maker("c", "", "cloud", Relation::at_most, {0.95, 0.01});
    for (int i = 0; i < comparisons; ++i) maker.compare({1 + 0.1 * normal(random), 0, 0.1}, {1, 0, 0});
    violated += maker.make().verdict == Verdict::violated;
  }
  // One-sided, so half of the 5 % (Bonferroni: a little less); 4 standard errors of the count.
  CHECK(violated < trials * 0.025 + 4 * std::sqrt(trials * 0.025));
  CHECK(violated > trials * 0.02 - 4 * std::sqrt(trials * 0.025));
}

TEST_CASE("errors of sums, products and functions") {
  const Measured a{2, 0.1, 0.03}, b{5, 0.2, 0.04};
  CHECK((a + b).error == Approx(0.3));
  CHECK((a - b).standard_error == Approx(0.05));
  for (const double da : {-0.1, 0.1})
    for (const double db : {-0.2, 0.2}) {
      CHECK(std::abs((2 + da) * (5 + db) - 10) <= (a * b).error + 1e-12);
      CHECK(std::abs((2 + da) / (5 + db) - 0.4) <= (a / b).error + 1e-12);
      CHECK(std::abs(std::exp(2 + da) - std::exp(2.0)) <= exp(a).error + 1e-12);
      CHECK(std::abs(std::log(2 + da) - std::log(2.0)) <= log(a).error + 1e-12);
      CHECK(std::abs(std::sqrt(2 + da) - std::sqrt(2.0)) <= sqrt(a).error + 1e-12);
    }
  CHECK(std::isinf((a / Measured{0.1, 0.2, 0}).error));
}
