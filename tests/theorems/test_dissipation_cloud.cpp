// The cloud side of de Bruijn's identity: the law of an Ornstein-Uhlenbeck process is known, and so is what its KL loses.
#include "density_subject.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace engine;

namespace {

/// N(2 e^-rt, v), v = 1 - 0.75 e^-2rt, whose rate r ought to be 1.
class OrnsteinUhlenbeckCloud : public CloudEvidence {
public:
  OrnsteinUhlenbeckCloud(double rate, double scatter) : rate_(rate), scatter_(scatter) {}
  [[nodiscard]] const std::vector<double>& times() const override { return times_; }
  [[nodiscard]] std::size_t particles() const override { return 40000; }
  [[nodiscard]] double dt() const override { return 1e-4; }
  [[nodiscard]] std::vector<Measured> series(const std::string& name, std::size_t) const override {
    std::vector<Measured> result;
    if (name != "kl") return result;
    for (const double t : times_) {
      const double m = 2 * std::exp(-rate_ * t), v = 1 + (0.25 - 1) * std::exp(-2 * rate_ * t);
      result.push_back({(m * m + v - 1 - std::log(v)) / 2, 0, scatter_});
    }
    return result;
  }

private:
  double rate_, scatter_;
  std::vector<double> times_{0, 0.25, 0.5, 1, 2};
};

Certificate certified(double rate, double scatter) {
  Subject s = subject({{{"x"}, "x^2/2"}, {axis(-7, 9, 256)}, {2}, 0.5});
  s.cloud_ = std::make_shared<OrnsteinUhlenbeckCloud>(rate, scatter);
  return certify("dissipation", s);
}

} // namespace

TEST_CASE("dissipation: what the KL of a cloud loses is T int I of the density") {
  const Certificate right = certified(1, 0.0005);
  INFO(words(right));
  CHECK(claim_of(right, "cloud").verdict == Verdict::holds);
  CHECK(claim_of(right, "cloud").comparisons >= 3);
  CHECK(right.verdict == Verdict::holds);
  // THEORY section 8: KL(0) - KL(1).
  const double loss = 2.318147180560 - 0.273434935455;
  const OrnsteinUhlenbeckCloud cloud(1, 0);
  const auto kl = cloud.series("kl", 0);
  CHECK(kl[0].value - kl[3].value == Approx(loss).epsilon(1e-11));
}

TEST_CASE("dissipation: a cloud that is too fast, and one too small to tell") {
  const Certificate fast = certified(1.2, 0.0005);
  INFO(words(fast));
  CHECK(claim_of(fast, "cloud").verdict == Verdict::violated);
  const Certificate small = certified(1, 0.1);
  CHECK(claim_of(small, "cloud").verdict == Verdict::undecided);
  CHECK(small.verdict == Verdict::holds); // the density decides
  const Certificate smaller = certified(1, 1);
  CHECK(claim_of(smaller, "cloud").verdict == Verdict::not_applicable);
}
