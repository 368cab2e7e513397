// Fluctuation-dissipation of stationary SGD, exact at any learning rate and for any loss:
//
//   E[x . grad f] = (eta/2) E|g_b|^2,     and as matrices   E[x_i d_j f + x_j d_i f] = eta E[g_i g_j]
//
// with x = w - any fixed point and g_b the gradient of a batch: what |w|^2 loses to the drift it gets back from the noise. Given w,
// E|g_b|^2 = |grad f|^2 + factor tr D(w). With momentum mu (heavy ball; Nesterov: the gradient at w + mu v)
//
//   E[x . grad f] = (1 + mu)/(2 eta) E|v|^2
//
// from the stationarity of |w|^2 and of w . v. Out of the stationary law the change of E|x|^2 makes up the difference (`balance`), always.
// Hypotheses: a stationary law, and batches that are drawn independently of the weights (not those of epochs). Where terms are parabolas, second and fourth moments
// that stay bounded (detail/moment_stability.hpp): of other losses it is not known.
// Yaida, "Fluctuation-dissipation relations for stochastic gradient descent", ICLR 2019, eqs. FDR1 and FDR1'.
#include "detail/moment_stability.hpp"
#include "detail/sgd_window.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <span>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Sums of one replica over the window.
struct Account {
  double work = 0;       ///< x . grad f
  double given = 0;      ///< |grad f|^2 + factor tr D
  double increments = 0; ///< |w' - w|^2
  double gained = 0;     ///< (|x_end|^2 - |x_start|^2)/2
  double rounding = 0;   ///< bound of that of work, eta/2 given, increments/(2 eta) and gained/eta together
  MatrixXd left, right;  ///< x_i d_j f + x_j d_i f, and the products of the increments
};

struct Plan {
  std::size_t replicas = 0, apart = 0; ///< those of the account, and those that make the fixed point
  std::uint64_t burn = 0, looks = 0;
};

constexpr double budget = 1e9; ///< nanoseconds of one core, by estimates of what a look costs
constexpr Index most_matrix = 6;

/// grad f over all samples into g; returns the mean of |grad l_i|^2. In blocks, so that the memory stays small.
double full_gradient(const sgd::Loss& loss, const VectorXd& w, VectorXd& g, bool squares, std::span<const std::uint32_t> all, sgd::Workspace& workspace) {
  constexpr std::size_t block = 256;
  VectorXd part(w.size());
  g.setZero(w.size());
  double square = 0;
  for (std::size_t begin = 0; begin < all.size(); begin += block) {
    const sgd::Batch batch{all.subspan(begin, std::min(block, all.size() - begin)), nullptr};
    const double share = static_cast<double>(batch.samples.size()) / static_cast<double>(all.size());
    loss.gradient(w.data(), batch, part.data(), workspace);
    g += share * part;
    if (squares) square += share * loss.squared_gradients(w.data(), batch, workspace);
  }
  return square;
}

class Ledger {
public:
  explicit Ledger(const Subject& subject) : sgd_(subject.sgd()), options_(sgd_.options()) {
    eta_ = sgd_.learning_rate() / static_cast<double>(options_.svag);
    double scale = 1;
    if (options_.svag > 1) {
      const auto [a, b] = sgd_.task().make.svag_weights(options_.svag);
      scale = a * a + b * b;
    }
    factor_ = sgd_.batch_factor() * scale;
    d_ = static_cast<Index>(sgd_.loss().dimension());
    few_ = static_cast<double>(d_ + 8) * std::numeric_limits<double>::epsilon();
    plan();
    collect();
  }

  [[nodiscard]] bool momentum() const { return options_.momentum > 0; }
  [[nodiscard]] bool matrix() const { return d_ <= most_matrix && !momentum(); }
  [[nodiscard]] double eta() const { return eta_; }
  [[nodiscard]] const Plan& windows() const { return plan_; }
  [[nodiscard]] Index dimension() const { return d_; }
  /// Mean bound of that of both sides of a claim.
  [[nodiscard]] double rounding() const { return mean([](const Account& a) { return a.rounding; }).value; }
  [[nodiscard]] Measured mean(const std::function<double(const Account&)>& number) const {
    const auto n = static_cast<double>(accounts_.size());
    double sum = 0, square = 0;
    for (const Account& a : accounts_) sum += number(a) / n;
    for (const Account& a : accounts_) square += std::pow(number(a) - sum, 2);
    return {sum, 0, accounts_.size() > 1 ? std::sqrt(square / (n - 1) / n) : std::numeric_limits<double>::infinity()};
  }

private:
  void plan() {
    const auto steps = sgd_.task().steps;
    const auto d = static_cast<double>(d_), b = static_cast<double>(sgd_.batch()), N = static_cast<double>(sgd_.loss().samples());
    const double walk = 150 + b * (8 + 3 * d), look = walk + 400 + 4 * N * d;
    plan_.burn = static_cast<std::uint64_t>(sgd_.task().stationary_from * static_cast<double>(steps));
    plan_.replicas = std::clamp<std::size_t>(std::min(options_.replicas, static_cast<std::size_t>(budget / look / 4)), 16, 2048);
    const auto R = static_cast<double>(plan_.replicas);
    if (static_cast<double>(plan_.burn) * R * walk > 10 * budget || R * look > budget)
      throw NotApplicable{"a loss that is cheap enough to look at", fmt::format("{:.2g} s of work before the window, {:.2g} s a look", static_cast<double>(plan_.burn) * R * walk * 1e-9, R * look * 1e-9)};
    // Every step, so that what |x|^2 gains adds up to its change.
    plan_.looks = static_cast<std::uint64_t>(std::clamp(budget / look / R, 1.0, std::max(4.0, static_cast<double>(steps - plan_.burn))));
    plan_.apart = std::max<std::size_t>(1, plan_.replicas / 8);
    plan_.replicas -= plan_.apart;
  }

  void collect() {
    const auto process = sgd_.process(with_replicas(options_, plan_.replicas + plan_.apart));
    process->advance(plan_.burn);
    curvature_ = curvature_at(weights(*process, 0));
    accounts_.resize(plan_.replicas);
    centre_ = VectorXd::Zero(d_);
    for (std::size_t r = 0; r < plan_.apart; ++r) centre_ += weights(*process, plan_.replicas + r) / static_cast<double>(plan_.apart);
    for (std::size_t r = 0; r < plan_.replicas; ++r) {
      accounts_[r].gained = -(weights(*process, r) - centre_).squaredNorm() / 2;
      accounts_[r].rounding = -2 * few_ * accounts_[r].gained / eta_;
      if (matrix()) accounts_[r].left = accounts_[r].right = MatrixXd::Zero(d_, d_);
    }
    for (std::uint64_t k = 0; k < plan_.looks; ++k) look(*process);
    for (std::size_t r = 0; r < plan_.replicas; ++r) {
      const double square = (weights(*process, r) - centre_).squaredNorm();
      accounts_[r].gained += square / 2;
      accounts_[r].rounding += few_ * square / eta_;
    }
    for (Account& a : accounts_) scale(a, 1 / static_cast<double>(plan_.looks));
  }

  static void scale(Account& a, double share) {
    for (double* sum : {&a.work, &a.given, &a.increments, &a.gained, &a.rounding}) *sum *= share;
    a.left *= share;
    a.right *= share;
  }

  /// Of one look, from x, w, grad f and the root mean square of single gradients: a sum over samples, weights and looks is known to one rounding of each of its terms, and
  /// a gradient to some of what w makes of it.
  [[nodiscard]] double rounding_of(double x, double w, double g, double single) const {
    const double sums = few_ + std::numeric_limits<double>::epsilon() * static_cast<double>(all_.size() + plan_.looks), made = few_ * curvature_ * w;
    return sums * (x * (g + single) + eta_ * (g * g + std::abs(factor_) * single * single)) + made * (x + eta_ * (g + std::abs(factor_) * single + made));
  }

  /// The largest in size, by powers of the Hessian.
  [[nodiscard]] double curvature_at(const VectorXd& w) const {
    VectorXd v = VectorXd::Ones(d_).normalized(), Hv(d_);
    double size = 0;
    for (int k = 0; k < 8; ++k) {
      sgd::full_hessian_product(sgd_.loss(), w.data(), v.data(), Hv.data());
      size = std::max(size, Hv.norm());
      if (!(Hv.norm() > 0)) break;
      v = Hv.normalized();
    }
    return size;
  }

  void look(sgd::Process& process) {
    const std::size_t R = plan_.replicas;
    MatrixXd before(d_, static_cast<Index>(R));
#pragma omp parallel if (R * sgd_.loss().samples() * sgd_.loss().dimension() > 100'000)
    {
      sgd::Workspace workspace;
#pragma omp for schedule(static)
      for (std::size_t r = 0; r < R; ++r) {
        const VectorXd w = weights(process, r);
        before.col(static_cast<Index>(r)) = w;
        VectorXd at = w, g(d_);
        if (momentum() && options_.nesterov) at += options_.momentum * Eigen::Map<const VectorXd>(process.velocity(r), d_);
        const double square = full_gradient(sgd_.loss(), at, g, !momentum(), all_, workspace);
        Account& a = accounts_[r];
        const VectorXd x = w - centre_;
        a.work += x.dot(g);
        a.rounding += rounding_of(x.norm(), w.norm(), g.norm(), std::sqrt(std::max(square, g.squaredNorm())));
        if (!momentum()) a.given += g.squaredNorm() + factor_ * std::max(0.0, square - g.squaredNorm());
        if (matrix()) a.left += x * g.transpose() + g * x.transpose();
      }
    }
    process.advance(1);
    for (std::size_t r = 0; r < R; ++r) {
      const VectorXd step = weights(process, r) - before.col(static_cast<Index>(r));
      accounts_[r].increments += step.squaredNorm();
      // The weights are rounded, and so are the step and what x gains.
      const VectorXd w = before.col(static_cast<Index>(r));
      accounts_[r].rounding += few_ * (w.norm() + step.norm()) * ((w - centre_).norm() + 2 * step.norm()) / eta_;
      if (matrix()) accounts_[r].right += step * step.transpose();
    }
  }

  [[nodiscard]] VectorXd weights(const sgd::Process& process, std::size_t r) const { return Eigen::Map<const VectorXd>(process.weights(r), d_); }

  const SgdEvidence& sgd_;
  sgd::ProcessOptions options_;
  std::vector<std::uint32_t> all_ = sgd::all_samples(sgd_.loss().samples());
  double eta_ = 0, factor_ = 0, few_ = 0, curvature_ = 0; ///< few_: rounding of a sum over weights
  Index d_ = 0;
  Plan plan_;
  VectorXd centre_;
  std::vector<Account> accounts_;
};

ClaimMaker claim_of(const Subject& subject, const Ledger& ledger, const std::string& name, const std::string& statement) {
  ClaimMaker claim(name, statement, "sgd", Relation::equal, subject.judgement);
  claim.assume(subject.sgd().constant_schedules(), "learning rate and batch size stay constant");
  claim.assume(subject.sgd().options().sampling != sgd::Sampling::epochs || subject.sgd().batch() >= subject.sgd().loss().samples(), "batches drawn independently of the weights",
               "those of an epoch depend on the ones before");
  claim.refinement({"replicas", static_cast<double>(ledger.windows().replicas), 0.5});
  return claim;
}

/// Nothing drifts any more: what |x|^2 gains in the window is nothing beside its sampling error, or small beside the work.
void assume_stationary(ClaimMaker& claim, const Subject& subject, const Ledger& ledger) {
  const Measured gained = ledger.mean([](const Account& a) { return a.gained; }), work = ledger.mean([&](const Account& a) { return ledger.eta() * a.work; });
  const double z = sampling_quantile(subject.judgement.confidence, 1);
  const bool met = std::abs(gained.value) <= std::max(z * gained.standard_error, 1e-12 * std::abs(work.value));
  claim.assume(met, "a stationary law", fmt::format("E|x|^2/2 changes by {:.3g} +- {:.2g} a step, the drift takes {:.3g}", gained.value, gained.standard_error, work.value));
}

/// Where gradient descent has come to rest and there is no noise both sides are rounding.
void assume_motion(ClaimMaker& claim, const Ledger& ledger, double size) {
  claim.assume(size > ledger.rounding(), "a process that moves by more than rounding", fmt::format("the sides are {:.2g} beside {:.2g} of rounding", size, ledger.rounding()));
}

void compare_means(ClaimMaker& claim, const Ledger& ledger, double factor, const std::function<double(const Account&)>& left, const std::function<double(const Account&)>& right) {
  // The two sides come from the same replicas: the error of their difference is that of the mean difference.
  const Measured l = ledger.mean(left), r = ledger.mean([&](const Account& a) { return factor * right(a); });
  const Measured apart = ledger.mean([&](const Account& a) { return left(a) - factor * right(a); });
  assume_motion(claim, ledger, std::max(std::abs(l.value), std::abs(r.value)));
  claim.compare({l.value, ledger.rounding(), apart.standard_error}, {r.value, 0, 0});
}

Claim increments_claim(const Subject& subject, const Ledger& ledger) {
  const double mu = subject.sgd().options().momentum, factor = (1 + mu) / (2 * ledger.eta());
  ClaimMaker claim = claim_of(subject, ledger, "increments", mu > 0 ? "E[x.grad f] = (1 + mu)/(2 eta) E|v|^2" : "E[x.grad f] = (eta/2) E|g_b|^2, g_b from the steps made");
  assume_stationary(claim, subject, ledger);
  compare_means(claim, ledger, factor, [](const Account& a) { return a.work; }, [](const Account& a) { return a.increments; });
  return claim.make();
}

Claim given_claim(const Subject& subject, const Ledger& ledger, bool balance) {
  ClaimMaker claim = claim_of(subject, ledger, balance ? "balance" : "covariance",
                              balance ? "E[x.grad f] + d E|x|^2/(2 eta) = (eta/2) E(|grad f|^2 + f tr D), stationary or not" : "E[x.grad f] = (eta/2) E(|grad f|^2 + f tr D)");
  claim.assume(!ledger.momentum(), "no momentum");
  claim.assume(subject.sgd().options().label_noise == 0, "labels as they are");
  if (balance) claim.companion();
  else assume_stationary(claim, subject, ledger);
  const double eta = ledger.eta();
  compare_means(claim, ledger, eta / 2, [&](const Account& a) { return a.work + (balance ? a.gained / eta : 0); }, [](const Account& a) { return a.given; });
  return claim.make();
}

Claim matrix_claim(const Subject& subject, const Ledger& ledger) {
  ClaimMaker claim = claim_of(subject, ledger, "matrix", "E[x_i d_j f + x_j d_i f] = eta E[g_i g_j]");
  claim.assume(ledger.matrix(), "at most 6 weights and no momentum", fmt::format("{} weights", ledger.dimension()));
  if (!claim.applies()) return claim.make();
  assume_stationary(claim, subject, ledger);
  double size = 0;
  for (Index i = 0; i < ledger.dimension(); ++i)
    for (Index j = i; j < ledger.dimension(); ++j) {
      const Measured l = ledger.mean([&](const Account& a) { return a.left(i, j); }), r = ledger.mean([&](const Account& a) { return a.right(i, j) / ledger.eta(); });
      const Measured apart = ledger.mean([&](const Account& a) { return a.left(i, j) - a.right(i, j) / ledger.eta(); });
      size = std::max({size, std::abs(l.value), std::abs(r.value)});
      claim.compare({l.value, 2 * ledger.rounding(), apart.standard_error}, {r.value, 0, 0}, fmt::format("entry ({}, {})", i + 1, j + 1));
    }
  assume_motion(claim, ledger, size);
  return claim.make();
}

/// tr(H S) = (eta/2)(tr(H S H) + f tr C), from the exact second moments.
Claim exact_claim(const Subject& subject) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim("exact", "tr(H S) = (eta/2)(tr(H S H) + f tr D(S)), S the exact stationary covariance", "sgd", Relation::equal, subject.judgement);
  claim.companion(); // of a law that the experiment need not have reached
  assume_plain(claim, sgd);
  claim.assume(sgd.options().momentum == 0 && sgd.options().svag == 1, "plain SGD");
  if (!claim.applies()) return claim.make();
  const LinearSgd linear = linear_sgd(sgd);
  claim.assume(linear.parabolas);
  if (!claim.applies()) return claim.make();
  const double eta = sgd.learning_rate();
  const StepRule rule{eta, sgd::batch_factor(sgd.loss().samples(), sgd.batch(), sgd.options().sampling)};
  const MatrixXd S = MomentRecursion(linear, rule).stationary(), HS = linear.hessian * S;
  double noise = sgd.noise().trace();
  if (!linear.constant_noise) {
    const Index d = linear.centre.size();
    const VectorXd more = linear.quadratic * Eigen::Map<const VectorXd>(S.data(), d * d);
    for (Index i = 0; i < d; ++i) noise += more[i * (d + 1)];
  }
  const double rounding = accumulated_rounding(linear, rule), right = eta / 2 * ((HS * linear.hessian).trace() + sgd.batch_factor() * noise);
  claim.compare({HS.trace(), rounding * HS.trace(), 0}, {right, rounding * right, 0});
  return claim.make();
}

/// Of terms that are parabolas it is known whether there are any, and whether their sampling errors mean something.
void require_moments(const SgdEvidence& sgd) {
  std::optional<LinearSgd> linear;
  try {
    linear.emplace(linear_sgd(sgd));
  } catch (const NotApplicable&) { // no minimum, or too large
    return;
  } catch (const NumericalFailure&) {
    return;
  }
  if (linear->parabolas.state != Hypothesis::State::met) return;
  const sgd::ProcessOptions& options = sgd.options();
  const auto [here, there] = options.svag > 1 ? sgd::svag_weights(options.svag) : std::pair{1.0, 0.0};
  const StepRule rule{sgd.learning_rate() / static_cast<double>(options.svag), sgd::batch_factor(sgd.loss().samples(), sgd.batch(), options.sampling) * (here * here + there * there), options.momentum,
                      options.nesterov};
  const Hypothesis bounded = bounded_moments(sgd, *linear, options, rule);
  if (bounded.state == Hypothesis::State::failed) throw NotApplicable{bounded.text, bounded.detail};
}

class Yaida : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "in the stationary law of SGD E[x.grad f] = (eta/2) E|g_b|^2; with momentum (1 + mu)/(2 eta) E|v|^2"; }
  [[nodiscard]] std::string source() const override { return "Yaida 2019, FDR1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const SgdEvidence& sgd = subject.sgd();
    std::vector<Claim> claims;
    claims.push_back(guarded("exact", subject.judgement, [&] { return exact_claim(subject); }));
    std::optional<Ledger> ledger;
    claims.push_back(guarded("increments", subject.judgement, [&] {
      if (!sgd.constant_schedules()) throw NotApplicable{"a stationary law", "the learning rate or the batch size changes"};
      require_moments(sgd);
      ledger.emplace(subject);
      return increments_claim(subject, *ledger);
    }));
    if (!ledger) return claims;
    claims.push_back(given_claim(subject, *ledger, false));
    claims.push_back(given_claim(subject, *ledger, true));
    claims.push_back(matrix_claim(subject, *ledger));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"yaida", "fluctuation-dissipation of stationary SGD", [] { return std::make_unique<theorems::Yaida>(); }};
} // namespace
} // namespace driftwell
