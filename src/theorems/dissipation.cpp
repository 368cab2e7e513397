// Dissipation (de Bruijn's identity): for d_t rho = -div(b rho) + T d_i d_j (D_ij rho) with a steady state rho_ss and nothing
// absorbed,
//
//   dKL(rho | rho_ss)/dt = -T I,   I = int rho g^T D g,  g = grad log(rho/rho_ss)
//
// for every D(x) and every circulation, which drops out because div(j rho_ss) = 0. Of a Markov chain with Q p_ss = 0 it is an
// identity, too, r = p/p_ss:
//
//   dKL/dt = -sum_{k != l} p_ss,k Q_lk [r_k log(r_k/r_l) - r_k + r_l],   every bracket >= 0
//
// Claims: (i) the identity of the chain, to rounding; (ii) that of the continuum: dKL/dt from the chain's flow, I from the densities
// and the model's own D(x), no rate in it, three grids; (iii) the KL series against its rate: KL(t) - KL(t + d) is the integral over time; (iv) what the KL
// of a cloud (from nearest neighbours) loses between outputs against T int I dt of the density beside it. Of the cloud's time step a bar holds what one step more
// or less would change at both ends, the size of the error of a scheme of first order.
// Hypotheses: a conservative chain, Q p_ss = 0. Of (ii): t > 0 far enough for the
// grid to resolve what is left of corners of the start.
// Chaudhari & Soatto, ICLR 2018, Theorem 5 (proof); Bakry, Gentil & Ledoux, Analysis and Geometry of Markov Diffusion Operators, 2014,
// Proposition 5.2.2; Stam, Information and Control 2 (1959) 101.
#include "detail/at_time.hpp"
#include "detail/chain_hypotheses.hpp"
#include "detail/drift_form.hpp"
#include "detail/pooled.hpp"
#include "detail/sample_fields.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// b log(a/b) comes from logarithms, a - b from numbers: near a = b the sum is the square of a small difference.
double bracket(double a, double b, double log_ratio) {
  const double d = (b - a) / a; // b = a (1 + d): a (d - log(1 + d))
  if (a > 0 && std::abs(d) < 1e-3) return a * d * d * (0.5 - d * (1.0 / 3 - d * (0.25 - d / 5)));
  return (a > 0 ? a * log_ratio : 0) - a + b;
}

/// The chain's identity at a time: the sum of brackets, and what rounding does to both sides.
struct ChainSum {
  double brackets = 0, rounding = 0;
};
ChainSum chain_sum(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  const VectorXd &q = level.steady().p, &log_q = level.steady().log_p; // rates and p_ss are exp of Phi/T: relative errors of epsilon |Phi|/T
  ChainSum sum;
  const auto add = [&](std::size_t from, std::size_t to, double rate) {
    const auto k = static_cast<Index>(from), l = static_cast<Index>(to);
    if (rate == 0) return;
    // p_ss,k r_k = c_k; p_ss,k r_l = c_l p_ss,k / p_ss,l.
    const double log_step = state.log_ratio[k] - state.log_ratio[l];
    const double other = q[k] > 0 && q[l] > 0 ? state.c[l] / q[l] * q[k] : state.c[k] * std::exp(-log_step);
    sum.brackets += rate * bracket(state.c[k], other, log_step);
    const double deep = 1 + (std::isfinite(log_q[k]) ? std::abs(log_q[k]) : 0) + (std::isfinite(log_q[l]) ? std::abs(log_q[l]) : 0);
    sum.rounding += std::abs(rate) * (state.c[k] * (std::abs(log_step) + std::abs(state.log_ratio[k]) + std::abs(state.log_ratio[l]) + deep) + other * deep);
  };
  level.generator().rates().for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    add(k, l, up);
    add(l, k, down);
  });
  sum.rounding *= 8 * epsilon;
  return sum;
}

/// What Q p_ss != 0 leaves, to rounding, weighs as much as the largest density ratio.
double residual_weight(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  const VectorXd flow = level.generator().rates() * level.steady().p;
  double sum = 0;
  for (Index k = 0; k < flow.size(); ++k)
    if (level.steady().p[k] > 0) sum += std::min(8 * epsilon * std::abs(level.generator().rates().diagonal()[k]) * level.steady().p[k], std::abs(flow[k])) * state.c[k] / level.steady().p[k];
  return sum;
}

Claim chain_claim(const Subject& subject, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("chain", "dKL/dt = -sum p_ss,k Q_lk [r_k log(r_k/r_l) - r_k + r_l]", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  if (!claim.applies()) return claim.make();
  const Level& level = subject.density().level();
  const std::vector<double>& rate = level.observable("dissipation");
  for (std::size_t i = 0; i < rate.size(); ++i) {
    const ChainSum sum = chain_sum(level, i);
    claim.compare({rate[i], sum.rounding, 0}, {-sum.brackets, sum.rounding + residual_weight(level, i), 0}, at_time(level.times()[i]));
  }
  return claim.make();
}

/// I from the density and D(x): sum_k c_k g^T D g, g from central differences of log(rho/rho_ss).
std::vector<double> fisher(const Level& level, const std::vector<VectorXd>& D) {
  const std::size_t d = level.grid().dimension();
  std::vector<double> values;
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const DensityState state = level.state(i);
    const std::vector<VectorXd> g = gradient_of(level.grid(), state.log_ratio);
    double sum = 0;
    for (Index k = 0; k < state.c.size(); ++k) {
      if (!(state.c[k] > 0)) continue;
      double square = 0;
      for (std::size_t a = 0; a < d; ++a)
        for (std::size_t b = 0; b < d; ++b) square += D[a * d + b][k] * g[a][k] * g[b][k];
      sum += state.c[k] * square;
    }
    values.push_back(sum);
  }
  return values;
}

std::vector<VectorXd> diffusion_on(const Level& level) {
  std::vector<Expression> D;
  for (std::size_t i = 0; i < level.model().dimension(); ++i)
    for (std::size_t j = 0; j < level.model().dimension(); ++j) D.push_back(level.model().diffusion(i, j));
  return sample_fields(D, level.grid());
}

/// The start may have corners and need not fit the walls: what comes of that has the width sqrt(2 T D t), and the coarsest grid shows it
/// when that is a cell.
double smooth_from(const Level& level) {
  const std::vector<VectorXd> D = diffusion_on(level);
  const std::size_t d = level.grid().dimension();
  double time = std::numeric_limits<double>::min();
  for (std::size_t a = 0; a < d; ++a) {
    const double mean = steady_mean(level, D[a * d + a]), h = 4 * level.grid().axis(a).spacing();
    if (mean > 0) time = std::max(time, h * h / (2 * level.model().temperature() * mean));
  }
  return time;
}

Claim continuum_claim(const Subject& subject, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("de_bruijn", "dKL/dt = -T I", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  if (!claim.applies()) return claim.make();
  const DensityEvidence& density = subject.density();
  const double T = density.model().temperature();
  std::vector<Measured> rate = density.observable("dissipation"), information = density.measure([](const Level& level) { return fisher(level, diffusion_on(level)); });
  const double smooth = smooth_from(density.level());
  const auto first = static_cast<std::size_t>(std::lower_bound(density.times().begin(), density.times().end(), smooth) - density.times().begin());
  claim.assume(first < rate.size(), "a time at which the grid resolves what the start and the walls leave behind", fmt::format("from t = {:.3g} on", smooth));
  if (!claim.applies()) return claim.make();
  // Steps of the extrapolation, of both pairs of grids, count as error: stiff models are not in the asymptotic range of both sides alike.
  const auto with_steps = [&](std::vector<Measured>& all, const DensityEvidence::Numbers& numbers) {
    std::vector<std::vector<double>> levels;
    for (std::size_t l = 0; l < density.levels(); ++l) levels.push_back(numbers(density.level(l)));
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t l = 0; l + 1 < levels.size(); ++l)
        all[i].error = std::max(all[i].error, std::abs(levels[l][i] - levels[l + 1][i]) / (l == 0 ? 3 : 12));
  };
  with_steps(rate, [](const Level& level) { return level.observable("dissipation"); });
  with_steps(information, [](const Level& level) { return fisher(level, diffusion_on(level)); });
  const auto from_there = [&](std::vector<Measured> all) {
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first));
    for (Measured& m : all) m.error += density.task().tolerance * std::abs(m.value);
    pool_in_time(all);
    return all;
  };
  rate = from_there(std::move(rate)), information = from_there(std::move(information));
  for (std::size_t i = 0; i < rate.size(); ++i) claim.compare(rate[i], -T * information[i], at_time(density.times()[first + i]));
  if (first > 0) claim.note(fmt::format("from t = {:.3g} on", density.times()[first]));
  return claim.refinement(density.refinement()).make();
}

/// Clenshaw-Curtis on [0, 1] with 9 nodes and, inside them, 5.
struct TimeRule {
  std::array<double, 9> t, fine;
  std::array<double, 5> coarse;
  TimeRule() {
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = (1 - std::cos(M_PI * static_cast<double>(i) / 8)) / 2;
    weights(fine.data(), 8);
    weights(coarse.data(), 4);
  }

private:
  static void weights(double* w, int n) {
    for (int i = 0; i <= n; ++i) {
      double sum = 1;
      for (int j = 1; j <= n / 2; ++j) sum -= (2 * j == n ? 1.0 : 2.0) * std::cos(2 * M_PI * j * i / n) / (4.0 * j * j - 1);
      w[i] = (i == 0 || i == n ? 0.5 : 1.0) * sum / n;
    }
  }
};

/// Windows after some of the times in which KL loses a share of itself.
struct Window {
  double start, width;
};
std::vector<Window> windows_of(const Level& level) {
  constexpr std::size_t most = 6;
  const std::vector<double>&kl = level.observable("kl"), &rate = level.observable("dissipation");
  std::vector<Window> windows;
  const std::size_t n = level.times().size(), stride = std::max<std::size_t>(1, (n + most - 1) / most);
  for (std::size_t i = 0; i < n; i += stride) {
    if (!(kl[i] > 1e-9) || !(rate[i] < 0)) continue;
    double width = 0.05 * kl[i] / -rate[i];
    if (i + 1 < n) width = std::min(width, (level.times()[i + 1] - level.times()[i]) / 2);
    // Windows start and end on their own times only.
    if (width > 0) windows.push_back({level.times()[i], width});
  }
  return windows;
}

struct Frame {
  double kl, rate, error;
};

/// KL and its rate at the given times on the finest grid.
std::vector<Frame> frames_at(const DensityEvidence& density, const std::vector<double>& times) {
  const Level& level = density.level();
  const auto kl = ObservableCatalogue::find("kl")->make(), rate = ObservableCatalogue::find("dissipation")->make();
  const VectorXd start = level.densities().front();
  const EvolutionProblem problem{level.generator(), level.steady(), start, times, density.task().tolerance, density.task().dt};
  std::vector<Frame> frames;
  const EvolutionReport report = choose_propagator(density.task().propagator, problem, density.task().memory).propagator->propagate(problem, [&](std::size_t, const VectorXd& p) {
    density.task().poll();
    const DensityState state(level.generator(), level.steady(), level.loss(), p);
    double largest = 0;
    for (Index k = 0; k < state.c.size(); ++k)
      if (state.c[k] > 0) largest = std::max(largest, std::abs(state.log_ratio[k]));
    frames.push_back({kl->evaluate(state)[0], rate->evaluate(state)[0], 1 + largest});
  });
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i].error *= i < report.errors.size() ? report.errors[i] : 0.0;
  return frames;
}

Claim series_claim(const Subject& subject, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("series", "KL(t) - KL(t + d) = -int (dKL/dt) dt, on the grid", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  if (!claim.applies()) return claim.make();
  const DensityEvidence& density = subject.density();
  const std::vector<Window> windows = windows_of(density.level());
  claim.assume(!windows.empty(), "KL falls");
  if (!claim.applies()) return claim.make();
  const TimeRule rule;
  std::vector<double> times{0};
  std::vector<std::vector<std::size_t>> at(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w)
    for (const double t : rule.t) {
      const double time = windows[w].start + t * windows[w].width;
      if (time > times.back()) times.push_back(time);
      at[w].push_back(times.size() - 1);
    }
  const std::vector<Frame> frames = frames_at(density, times);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    double fine = 0, coarse = 0;
    for (std::size_t i = 0; i < 9; ++i) fine += rule.fine[i] * frames[at[w][i]].rate;
    for (std::size_t i = 0; i < 5; ++i) coarse += rule.coarse[i] * frames[at[w][2 * i]].rate;
    const Frame &first = frames[at[w].front()], &last = frames[at[w].back()];
    const double rounding = 16 * epsilon * first.kl;
    claim.compare({first.kl - last.kl, first.error + last.error + rounding, 0}, {-fine * windows[w].width, std::abs(fine - coarse) * windows[w].width, 0},
                  fmt::format("from t = {:.6g} to {:.6g}", windows[w].start, windows[w].start + windows[w].width));
  }
  return claim.make();
}

/// Between times of the cloud at which its KL is seen, from where the grid resolves I on.
std::vector<std::pair<std::size_t, std::size_t>> cloud_windows(const CloudEvidence& cloud, const std::vector<Measured>& kl, double from) {
  constexpr std::size_t most = 6;
  std::vector<std::pair<std::size_t, std::size_t>> windows;
  const std::size_t n = std::min(kl.size(), cloud.times().size()), stride = std::max<std::size_t>(1, n / most);
  for (std::size_t i = 0; i + stride < n && windows.size() < most; i += stride)
    if (cloud.times()[i] >= from && kl[i].value > 4 * kl[i].standard_error) windows.emplace_back(i, i + stride);
  return windows;
}

Claim cloud_claim(const Subject& subject, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("cloud", "KL(s) - KL(t) = T int I dt, KL of the cloud, I of the density", "cloud", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  const CloudEvidence& cloud = subject.cloud();
  const std::vector<Measured> kl = cloud.series("kl");
  claim.assume(!kl.empty(), "the divergence of the cloud is measured", kl.empty() ? "observable kl does not apply" : "");
  if (!claim.applies()) return claim.make();
  const DensityEvidence& density = subject.density();
  const double T = density.model().temperature(), smooth = smooth_from(density.level());
  const auto windows = cloud_windows(cloud, kl, smooth);
  claim.assume(!windows.empty(), "two times between which the cloud's KL falls and the grid resolves I", fmt::format("from t = {:.3g} on", smooth));
  if (!claim.applies()) return claim.make();
  const TimeRule rule;
  std::vector<double> times{0};
  std::vector<std::vector<std::size_t>> at(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const double start = cloud.times()[windows[w].first], width = cloud.times()[windows[w].second] - start;
    for (const double t : rule.t) {
      const double time = start + t * width;
      if (time > times.back() * (1 + 4 * epsilon)) times.push_back(time);
      at[w].push_back(times.size() - 1);
    }
  }
  const std::vector<Measured> information = density.with_times(times, density.task().tolerance)->measure([](const Level& level) { return fisher(level, diffusion_on(level)); });
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const auto [i, j] = windows[w];
    const double width = cloud.times()[j] - cloud.times()[i];
    Measured fine{0, 0, 0};
    double coarse = 0;
    for (std::size_t k = 0; k < 9; ++k) fine = fine + (T * width * rule.fine[k]) * information[at[w][k]];
    for (std::size_t k = 0; k < 5; ++k) coarse += T * width * rule.coarse[k] * information[at[w][2 * k]].value;
    fine.error += std::abs(fine.value - coarse) + cloud.dt() * T * (information[at[w].front()].value + information[at[w].back()].value);
    claim.compare(kl[i] - kl[j], fine, fmt::format("from t = {:.6g} to {:.6g}", cloud.times()[i], cloud.times()[j]));
  }
  return claim.refinement({"particles", static_cast<double>(cloud.particles()), 0.5}).make();
}

class Dissipation : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "dKL/dt = -T int rho |grad log(rho/rho_ss)|^2_D, for every D(x) and circulation"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Theorem 5; Bakry, Gentil & Ledoux 2014, Proposition 5.2.2 (de Bruijn)"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const std::vector<Hypothesis> hypotheses = chain_hypotheses(subject.density().level());
    std::vector<Claim> claims{chain_claim(subject, hypotheses), continuum_claim(subject, hypotheses), series_claim(subject, hypotheses)};
    if (subject.cloud_) claims.push_back(cloud_claim(subject, hypotheses));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"dissipation", "dKL/dt = -T I (de Bruijn), for every noise and circulation", [] { return std::make_unique<theorems::Dissipation>(); }};
} // namespace
} // namespace driftwell
