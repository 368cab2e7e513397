// Late decay of KL at twice the spectral gap: the worked models' gaps, with detailed balance and without.
#include "density_subject.hpp"

using namespace engine;

namespace {

DensitySubject double_well(double T, std::size_t cells = 1200) { return {{{"x"}, "(x^2-1)^2/4", {}, {}, T}, {axis(-4, 4, cells)}, {-0.8}, 0.3}; }

ModelText example_19(double strength) {
  const std::string size = fmt::format("{}*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)", strength);
  return {{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-(" + size + ")*y", "(" + size + ")*x"}};
}

void gap_is(const DensitySubject& s, double rate, double accuracy) {
  const Certificate c = certify("spectral_gap", subject(s));
  INFO(words(c));
  CHECK(c.verdict == Verdict::holds);
  const Comparison &chain = claim_of(c, "late_slope").worst, &limit = claim_of(c, "late_slope_limit").worst;
  CHECK(std::abs(limit.right.value / 2 - rate) < accuracy);
  CHECK(limit.right.error > 2 * std::abs(limit.right.value / 2 - rate)); // the bar covers the truth
  CHECK(limit.tolerance > std::abs(limit.left.value - 2 * rate));
  CHECK(std::abs(chain.margin) < 1e-4 * rate);
  CHECK(chain.tolerance > std::abs(chain.margin));
}

} // namespace

TEST_CASE("spectral gap: the quartic double well, both sides to the digits of the method") {
  gap_is(double_well(1), 0.7920884265794527, 1e-8);
  gap_is(double_well(0.2), 0.1347779837473546, 1e-8);
  gap_is(double_well(0.1), 0.03354528730800061, 1e-8);
}

TEST_CASE("spectral gap: Example 19 turns, and its divergence falls at twice the real part") {
  for (const auto& [strength, rate] : std::map<double, double>{{0.5, 0.912040}, {1.5, 1.038601}})
    gap_is({example_19(strength), {axis(-3.6, 3.6, 64), axis(-4.5, 4.5, 64)}, {-1, 0.5}, 0.5}, rate, 6e-5);
}

TEST_CASE("spectral gap: a constant antisymmetric circulation") {
  for (const auto& [q, rate] : std::map<double, double>{{0.5, 0.926813}, {1, 1.003077}}) {
    ModelText text{{"x", "y"}, "(x^2-1)^2/4 + y^2/2"};
    text.circulation = {{"0", fmt::format("{}", q)}, {fmt::format("{}", -q), "0"}};
    gap_is({text, {axis(-3.6, 3.6, 64), axis(-4.5, 4.5, 64)}, {-1, 0.5}, 0.5}, rate, 6e-5);
  }
}
