// Autocorrelation, spectra and winding on the Ornstein-Uhlenbeck process and its rotating relative, drawn exactly.
#include "cloud.hpp"

#include "driftwell/estimators/autocorrelation.hpp"
#include "driftwell/estimators/power_spectrum.hpp"
#include "driftwell/estimators/white_noise_test.hpp"
#include "driftwell/estimators/winding.hpp"
#include "run/checkpoints.hpp"

#include <complex>
#include <random>

using namespace cloud;

namespace {

constexpr double omega = 5;

/// dx = -x + 5 y, dy = -5 x - y, T = 1: x(t + h) = e^-h R(-5h) x(t) + sqrt(1 - e^-2h) xi; x has the autocorrelation e^-t cos 5t.
class RotatingOU {
public:
  RotatingOU(std::size_t n, double h, std::uint64_t seed, double rate = omega)
      : x(n), y(n), random_(seed), c_(std::exp(-h) * std::cos(rate * h)), s_(std::exp(-h) * std::sin(rate * h)), noise_(std::sqrt(-std::expm1(-2 * h))) {
    for (std::size_t i = 0; i < n; ++i) x[i] = random_.normal(), y[i] = random_.normal();
  }
  void step() {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double u = c_ * x[i] + s_ * y[i] + noise_ * random_.normal(), v = c_ * y[i] - s_ * x[i] + noise_ * random_.normal();
      x[i] = u, y[i] = v;
    }
  }
  Numbers x, y;

private:
  Random random_;
  double c_, s_, noise_;
};

Autocorrelation correlate(std::size_t n, std::size_t times, std::size_t lags, double h, std::uint64_t seed, double rate) {
  RotatingOU process(n, h, seed, rate);
  AutocorrelationAccumulator sums(n, lags);
  for (std::size_t t = 0; t < times; ++t, process.step()) sums.add(process.x);
  return sums.result();
}

/// Spectrum of values at intervals h: sum over lags of h C(l) e^(-i w l h), a geometric series.
double sampled_spectrum(double w, double h) {
  double total = 1;
  for (const double sign : {1.0, -1.0}) {
    const std::complex<double> z = std::exp(std::complex<double>(-h, sign * omega * h - w * h));
    total += (z / (1.0 - z)).real();
  }
  return h * total;
}

} // namespace

TEST_CASE("autocorrelation of the OU process and the rotating one") {
  const double h = 0.1;
  for (const double rate : {0.0, omega}) {
    const Autocorrelation a = correlate(200, 400, 100, h, 3, rate);
    for (std::size_t l = 0; l <= 100; ++l) {
      const double t = h * static_cast<double>(l), truth = std::exp(-t) * std::cos(rate * t);
      CAPTURE(rate, l, a.normalised[l].value, a.normalised[l].standard_error);
      CHECK(std::abs(a.covariance[l].value - truth) < 4.5 * a.covariance[l].standard_error);
      CHECK(std::abs(a.normalised[l].value - truth) < 4.5 * a.normalised[l].standard_error + 1e-15);
    }
    // tau = 1/2 + Re z / (1 - z), z = exp((-1 + i rate) h)
    const std::complex<double> z = std::exp(std::complex<double>(-h, rate * h));
    CHECK(a.window_found);
    CHECK(std::abs(a.integrated_time.value - (0.5 + (z / (1.0 - z)).real())) < 4 * a.integrated_time.standard_error + 0.05);
    CHECK(std::abs(a.mean.value) < 4 * a.mean.standard_error);
  }
}

TEST_CASE("autocorrelation agrees with the plain double sum; large means cost nothing") {
  const std::size_t n = 5, times = 40, lags = 7;
  Random random(2);
  std::vector<Numbers> y(times, Numbers(n));
  AutocorrelationAccumulator sums(n, lags, 5), shifted(n, lags, 5);
  for (auto& values : y) {
    for (double& v : values) v = random.normal();
    sums.add(values);
    Numbers far = values;
    for (double& v : far) v += 1e7;
    shifted.add(far);
  }
  const Autocorrelation a = sums.result(), b = shifted.result();
  for (std::size_t l = 0; l <= lags; ++l) {
    double product = 0, early = 0, late = 0, count = 0;
    for (std::size_t t = 0; t + l < times; ++t)
      for (std::size_t i = 0; i < n; ++i) product += y[t][i] * y[t + l][i], early += y[t][i], late += y[t + l][i], count += 1;
    CHECK(a.covariance[l].value == Approx(product / count - early / count * late / count).margin(1e-13));
    CHECK(b.covariance[l].value == Approx(a.covariance[l].value).margin(1e-7));
  }
  CHECK(b.mean.value - 1e7 == Approx(a.mean.value).margin(1e-8));
}

TEST_CASE("errors of autocorrelations and their time cover the truth") {
  const auto at = [](std::uint64_t s) { return correlate(64, 60, 12, 0.1, s, 0); };
  covers(coverage(200, std::exp(-0.5), [&](std::uint64_t s) { return at(s).covariance[5]; }));
  covers(coverage(200, 1, [&](std::uint64_t s) { return at(s).covariance[0]; }));
}

TEST_CASE("the spectrum of the rotating OU process has its peak where theory says") {
  const double h = 0.05;
  const std::size_t L = 1024, n = 200;
  RotatingOU process(n, h, 7);
  PowerSpectrumAccumulator values(n, L, h, SpectrumOf::values), increments(n, L, h);
  for (std::size_t t = 0; t < 5 * L + 1; ++t, process.step()) values.add(process.x), increments.add(process.x);
  const PowerSpectrum v = values.result(), d = increments.result();
  CHECK(v.segments == 5 * n);
  CHECK(d.segments == 5 * n);
  CAPTURE(v.peak.frequency.value, v.peak.frequency.standard_error);
  CHECK(std::abs(v.peak.frequency.value - 4.999019417439) < 4 * v.peak.frequency.standard_error);
  CHECK(v.peak.frequency.standard_error < 0.02);
  CHECK(std::abs(v.peak.power.value - sampled_spectrum(4.999, h)) < 4 * v.peak.power.standard_error + 0.01 * v.peak.power.value);
  std::size_t far = 0;
  for (std::size_t j = 0; j < L / 2; ++j) {
    const double w = v.frequency[j], truth = sampled_spectrum(w, h), change = std::norm(1.0 - std::polar(1.0, w * h));
    // Leakage of a segment is O(1 / (L h)): some per cent where the spectrum is low.
    if (w > 2 && w < 8) far += std::abs(v.power[j].value - truth) > 4.5 * v.power[j].standard_error + 0.02 * truth ? 1 : 0;
    if (w > 2 && w < 8) far += std::abs(d.power[j].value - truth * change) > 4.5 * d.power[j].standard_error + 0.02 * truth * change ? 1 : 0;
  }
  CHECK(far == 0);
  CHECK(v.outside > L / 4);
  CHECK(d.outside > L / 4); // increments are not white
}

TEST_CASE("white noise stays inside its band, 99 times in 100") {
  Random random(4);
  for (const std::size_t L : {64u, 65u, 100u, 509u}) {
    PowerSpectrumAccumulator sums(20, L, 0.5);
    Numbers walk(20);
    for (std::size_t t = 0; t < 40 * L + 1; ++t) {
      sums.add(walk);
      for (double& x : walk) x += 3 * random.normal();
    }
    const PowerSpectrum s = sums.result();
    CHECK(s.segments == 800);
    CHECK(s.white_level == Approx(9 * 0.5).epsilon(0.02));
    CHECK(s.frequency.size() == L / 2);
    CHECK(static_cast<double>(s.outside) < 0.01 * static_cast<double>(L) / 2 + 4 * std::sqrt(0.005 * static_cast<double>(L)) + 1);
    CHECK(s.band_upper - s.band_lower == Approx(2 * 2.5758 / std::sqrt(800.0)).epsilon(0.01));
    // Slow transform of one more segment's worth: total power is the variance (Parseval).
    double power = 0;
    for (std::size_t j = 0; j < L / 2; ++j) power += s.power[j].value * (j + 1 == L / 2 && L % 2 == 0 ? 1 : 2);
    CHECK(power / (0.5 * static_cast<double>(L)) == Approx(9).epsilon(0.05));
  }
}

TEST_CASE("the periodogram is the plain Fourier sum") {
  Random random(9);
  const std::size_t L = 12;
  std::vector<Numbers> y(L, Numbers(2));
  PowerSpectrumAccumulator sums(2, L, 0.25, SpectrumOf::values);
  for (auto& values : y) {
    for (double& v : values) v = 5 + random.normal();
    sums.add(values);
  }
  const PowerSpectrum s = sums.result();
  for (std::size_t j = 1; j <= L / 2; ++j) {
    double power = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      std::complex<double> sum = 0;
      for (std::size_t t = 0; t < L; ++t) sum += y[t][i] * std::polar(1.0, -s.frequency[j - 1] * 0.25 * static_cast<double>(t));
      power += std::norm(sum) / 2;
    }
    CHECK(s.power[j - 1].value == Approx(0.25 / static_cast<double>(L) * power).epsilon(1e-9));
  }
}

TEST_CASE("winding and area of the rotating OU process") {
  const double h = 0.002;
  const std::size_t n = 400, steps = 2000;
  RotatingOU process(n, h, 12);
  WindingAccumulator sums(n, {0, 0});
  for (std::size_t t = 0; t <= steps; ++t, process.step()) sums.add(process.x.data(), process.y.data(), h);
  const WindingAccumulator::Result r = sums.result();
  CHECK(r.time == Approx(4).epsilon(1e-13));
  // E (x0 y1 - x1 y0) / 2 = -e^-h sin(5h) E r^2 / 2, E r^2 = 2
  CHECK(std::abs(r.area_rate.value + std::exp(-h) * std::sin(omega * h) / h) < 4 * r.area_rate.standard_error);
  CHECK(r.area_rate.standard_error < 0.25);
  CHECK(std::abs(r.angular_velocity.value + omega) < 4 * r.angular_velocity.standard_error + 0.05);
  CHECK(r.winding.value == Approx(r.angular_velocity.value * 4 / (2 * M_PI)));
  covers(coverage(200, -std::exp(-0.01) * std::sin(0.05) / 0.01, [](std::uint64_t s) {
    RotatingOU p(100, 0.01, s);
    WindingAccumulator w(100, {0, 0});
    for (int t = 0; t < 20; ++t, p.step()) w.add(p.x.data(), p.y.data(), 0.01);
    return w.result().area_rate;
  }));
}

TEST_CASE("winding of a circle run through exactly") {
  WindingAccumulator sums(2, {1, -1});
  for (int t = 0; t <= 300; ++t) { // one counter-clockwise, one clockwise, three turns
    const double a = 2 * M_PI * t / 100;
    const double x[] = {1 + 2 * std::cos(a), 1 + std::cos(a)}, y[] = {-1 + 2 * std::sin(a), -1 - std::sin(a)};
    sums.add(x, y, 0.1);
  }
  CHECK(sums.angles()[0] == Approx(6 * M_PI));
  CHECK(sums.angles()[1] == Approx(-6 * M_PI));
  CHECK(sums.result().area_rate.value == Approx(300 * (4 - 1) * std::sin(2 * M_PI / 100) / 2 / 30 / 2));
}

TEST_CASE("paths: same bits for every number of threads") {
  same_bits([] {
    RotatingOU process(6000, 0.1, 1);
    AutocorrelationAccumulator a(6000, 5);
    PowerSpectrumAccumulator p(6000, 8, 0.1);
    WindingAccumulator w(6000, {0, 0});
    for (int t = 0; t < 10; ++t, process.step()) a.add(process.x), p.add(process.x), w.add(process.x.data(), process.y.data(), 0.1);
    return Numbers{a.result().covariance[5].value, a.result().integrated_time.standard_error, p.result().power[2].value, w.result().area_rate.value};
  });
}

TEST_CASE("paths: hostile input") {
  CHECK_THROWS_AS(AutocorrelationAccumulator(1, 3), std::invalid_argument);
  CHECK_THROWS_AS(AutocorrelationAccumulator(4, 3, 5), std::invalid_argument);
  AutocorrelationAccumulator a(3, 2);
  CHECK_THROWS_AS(a.add(Numbers(2)), std::invalid_argument);
  CHECK_THROWS_AS(a.result(), NumericalFailure);
  for (int t = 0; t < 5; ++t) a.add(Numbers(3, 0.7));
  CHECK_THROWS_AS(a.result(), NumericalFailure);
  CHECK_THROWS_WITH(a.add(Numbers{0, NAN, 0}), "autocorrelation, call 6: the value of particle 1 is nan");
  CHECK_THROWS_AS(PowerSpectrumAccumulator(2, 7, 1), std::invalid_argument);
  CHECK_THROWS_AS(PowerSpectrumAccumulator(1, 8, 1), std::invalid_argument);
  CHECK_THROWS_AS(PowerSpectrumAccumulator(2, 8, 0), std::invalid_argument);
  PowerSpectrumAccumulator p(2, 8, 1);
  CHECK_THROWS_AS(p.result(), NumericalFailure);
  for (int t = 0; t < 9; ++t) p.add(Numbers(2, 0.5));
  CHECK_THROWS_AS(p.result(), NumericalFailure);
  CHECK_THROWS_AS(p.add(Numbers{0, INFINITY}), NumericalFailure);
  WindingAccumulator w(1, {0, 0});
  const double one = 1, zero = 0, bad = NAN;
  CHECK_THROWS_WITH(w.add(&zero, &zero, 1), Catch::Contains("particle 0 is at the centre"));
  CHECK_THROWS_AS(w.add(&one, &bad, 1), NumericalFailure);
  w.add(&one, &one, 1);
  CHECK_THROWS_AS(w.add(&one, &one, 0), std::invalid_argument);
  CHECK_THROWS_AS(w.result(), NumericalFailure);
  w.add(&one, &zero, 1);
  CHECK_THROWS_AS(w.result(), NumericalFailure); // one particle has no error
}

TEST_CASE("accumulators go on from their state with the same bits") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  const std::size_t n = 40, calls = 61;
  std::vector<std::vector<double>> x(calls, std::vector<double>(n)), y = x;
  for (std::size_t t = 0; t < calls; ++t)
    for (std::size_t i = 0; i < n; ++i) x[t][i] = (t > 0 ? 0.8 * x[t - 1][i] : 0.0) + normal(random), y[t][i] = normal(random);
  for (const std::size_t cut : {1, 9, 30}) {
    AutocorrelationAccumulator whole(n, 7), first(n, 7), second(n, 7);
    WhiteNoiseTest white(n, 1, 8), white_first(n, 1, 8), white_second(n, 1, 8);
    WindingAccumulator winding(n, {0.1, 0.2}), winding_first(n, {0.1, 0.2}), winding_second(n, {0.1, 0.2});
    const auto add = [&](auto& a, auto& b, auto& c, std::size_t t) {
      a.add(x[t]);
      b.add(x[t]);
      c.add(x[t].data(), y[t].data(), 0.1);
    };
    for (std::size_t t = 0; t < calls; ++t) add(whole, white, winding, t);
    for (std::size_t t = 0; t < cut; ++t) add(first, white_first, winding_first, t);
    run::SectionState state;
    const auto keep = [&](auto& a, auto& b, auto& c) { a.keep(state, "a"), b.keep(state, "b"), c.keep(state, "c"); };
    keep(first, white_first, winding_first);
    state.loading = true;
    keep(second, white_second, winding_second);
    for (std::size_t t = cut; t < calls; ++t) add(second, white_second, winding_second, t);
    CHECK(second.result().integrated_time.value == whole.result().integrated_time.value);
    CHECK(second.result().normalised[5].standard_error == whole.result().normalised[5].standard_error);
    CHECK(white_second.result().power[2].value == white.result().power[2].value);
    CHECK(white_second.result().autocorrelation[3].value == white.result().autocorrelation[3].value);
    CHECK(winding_second.result().area_rate.value == winding.result().area_rate.value);
    CHECK(winding_second.result().time == winding.result().time);
  }
}
