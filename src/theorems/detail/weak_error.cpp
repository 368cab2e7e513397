#include "weak_error.hpp"

#include "affine_loss.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/sgd/modified_equation.hpp"
#include "driftwell/steppers/integrate.hpp"
#include "driftwell/theorems/subject.hpp"
#include "sgd_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t most_weights = 64, most_samples = 20'000;
constexpr double budget = 2e9; ///< nanoseconds of one core, by the estimates below
constexpr std::size_t fewest_replicas = 256, most_replicas = 4096;
constexpr Eigen::Index most_controlled = 4;
constexpr std::size_t block = 16; ///< particles a block of the equation: each costs a pass over the data

/// Relative to p.
struct AffineMoments {
  VectorXd mean;
  MatrixXd covariance;
};

/// (1 - e^-at)/a
double relaxed(double a, double t) { return std::abs(a * t) < 1e-12 ? t : -std::expm1(-a * t) / a; }

VectorXd full_gradient(const sgd::Loss& loss, const VectorXd& w) {
  VectorXd g(w.size());
  (void)sgd::full_loss(loss, w.data(), g.data());
  return g;
}

VectorXd descended(const sgd::Loss& loss, VectorXd w, double eta, std::uint64_t steps) {
  for (std::uint64_t k = 0; k < steps; ++k) w -= eta * full_gradient(loss, w);
  return w;
}

/// Largest curvature at w, in size.
double stiffness(const sgd::Loss& loss, const VectorXd& w) {
  const SymmetricEigen modes(sgd::full_hessian(loss, w.data()), Eigen::EigenvaluesOnly);
  return modes.eigenvalues().cwiseAbs().maxCoeff();
}

} // namespace

struct WeakComparison::Setting {
  const SgdEvidence& sgd;
  double eta, z;           ///< learning rate, and times the largest curvature
  VectorXd start;
  std::uint64_t k;
  VectorXd place;          ///< p
  AffineLoss affine;
  VectorXd direction;
  double first_scale = 1, second_scale = 1, third_scale = 1, loss_there = 0; ///< m_2, m_3, f(p)
  std::size_t replicas = fewest_replicas;
  std::vector<std::uint32_t> all;

  static std::uint64_t steps_of(const SgdEvidence& sgd, double z) {
    return std::min(sgd.task().steps, static_cast<std::uint64_t>(std::clamp(std::round(1 / std::max(z, 1e-300)), 2.0, 16.0)));
  }

  explicit Setting(const SgdEvidence& evidence)
      : sgd(evidence), eta(sgd.learning_rate()), z(eta * stiffness(sgd.loss(), Eigen::Map<const VectorXd>(sgd.task().start.data(), static_cast<Index>(sgd.loss().dimension())))),
        start(Eigen::Map<const VectorXd>(sgd.task().start.data(), static_cast<Index>(sgd.loss().dimension()))), k(steps_of(sgd, z)), place(descended(sgd.loss(), start, eta, k)),
        affine(sgd.loss(), place), all(sgd::all_samples(sgd.loss().samples())) {
    const AffineMoments at = equation_moments();
    const SymmetricEigen modes(affine.hessian());
    z = std::max(z, eta * modes.eigenvalues().cwiseAbs().maxCoeff());
    loss_there = sgd::full_loss(sgd.loss(), place.data());
    second_scale = at.covariance.trace() + at.mean.squaredNorm();
    if (!(second_scale > 0)) throw NotApplicable{"a start from which SGD moves", "every single gradient is 0 there"};
    direction = place - start;
    first_scale = std::max(direction.norm(), std::sqrt(second_scale));
    if (!(direction.norm() > 0)) direction.setOnes();
    direction.normalize();
    const VectorXd spread = (modes.eigenvectors().transpose() * at.covariance * modes.eigenvectors()).diagonal();
    third_scale = std::abs(sgd::full_loss(sgd.loss(), start.data()) - loss_there) + modes.eigenvalues().cwiseAbs().dot(spread) / 2 + std::abs(affine.mean_gradient().dot(at.mean));
    if (!(third_scale > 0)) third_scale = 1; // f is the same everywhere
    const auto N = static_cast<double>(sgd.loss().samples()), d = static_cast<double>(start.size()), b = static_cast<double>(sgd.batch());
    const double sgd_steps = static_cast<double>(k * largest_l() * 7 / 4) * 2 * (120 + b * (8 + 3 * d)), equation_steps = static_cast<double>(k * 3 * parts()) * N * (60 + 16 * d);
    replicas = std::min(most_replicas, static_cast<std::size_t>(budget / (2 * (sgd_steps + equation_steps)))); // each twice: the loss, and linearised
    if (replicas < fewest_replicas) throw NotApplicable{"few enough samples and steps to sample SGD and its equation", fmt::format("{} replicas could be afforded, at least {}", replicas, fewest_replicas)};
  }

  /// A step of eta/l is short beside every mode.
  [[nodiscard]] std::size_t largest_l() const {
    std::size_t l = 8;
    while (z / static_cast<double>(l) > 0.125 && l < 4096) l *= 2;
    return l;
  }
  /// Coarse steps of the equation in one eta.
  [[nodiscard]] std::size_t parts() const { return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(4 * z))); }
  [[nodiscard]] double factor() const { return sgd::batch_factor(sgd.loss().samples(), sgd.batch(), sgd.options().sampling); }

  /// Of SVAG on the linearised loss: m' = m - h (g + H m), P' = A P A + h^2 l f D.
  [[nodiscard]] AffineMoments svag_moments(std::size_t l) const {
    const Index d = start.size();
    const double h = eta / static_cast<double>(l);
    const MatrixXd A = MatrixXd::Identity(d, d) - h * affine.hessian(), noise = h * h * static_cast<double>(l) * factor() * affine.noise();
    AffineMoments m{start - place, MatrixXd::Zero(d, d)};
    for (std::uint64_t i = 0; i < k * l; ++i) {
      m.mean = (A * m.mean - h * affine.mean_gradient()).eval();
      m.covariance = (A * m.covariance * A + noise).eval();
    }
    return m;
  }
  /// Of the equation on it, in closed form.
  [[nodiscard]] AffineMoments equation_moments() const {
    const SymmetricEigen modes(affine.hessian());
    const MatrixXd& V = modes.eigenvectors();
    const VectorXd &a = modes.eigenvalues(), g = V.transpose() * affine.mean_gradient(), x = V.transpose() * (start - place);
    MatrixXd C = eta * factor() * V.transpose() * affine.noise() * V;
    const double t = eta * static_cast<double>(k);
    VectorXd mean(a.size());
    for (Index i = 0; i < a.size(); ++i) {
      mean[i] = std::exp(-a[i] * t) * x[i] - g[i] * relaxed(a[i], t);
      for (Index j = 0; j < a.size(); ++j) C(i, j) *= relaxed(a[i] + a[j], t);
    }
    return {V * mean, V * C * V.transpose()};
  }

  /// What rounding leaves of a place after so many steps, each of which is known to some roundings of what it is made of: |x - p|, and x itself, from which p is
  /// taken off. Errors grow with the modes, at most by e^{z k}.
  [[nodiscard]] double rounding_of_place(std::size_t steps) const {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    const double size = place.norm() + (place - start).norm() + std::sqrt(second_scale);
    return 4 * eps * static_cast<double>(steps) * size * std::exp(z * static_cast<double>(k));
  }

  [[nodiscard]] double first(const VectorXd& away) const { return direction.dot(away + place - start) / first_scale; }
  /// What is known of y: phi where weights are many, else every coordinate and product of two.
  [[nodiscard]] Index controls() const { return start.size() > most_controlled ? 3 : start.size() * (start.size() + 3) / 2; }
  [[nodiscard]] VectorXd controls_of(const VectorXd& away, const MatrixXd& products) const {
    VectorXd row(controls());
    if (start.size() > most_controlled) {
      row << first(away), products.trace(), affine.mean_gradient().dot(away) + affine.hessian().cwiseProduct(products).sum() / 2;
      return row;
    }
    row.head(away.size()) = away;
    for (Index i = 0, at = away.size(); i < away.size(); ++i)
      for (Index j = 0; j <= i; ++j) row[at++] = products(i, j);
    return row;
  }
  using Place = std::function<VectorXd(std::size_t replica)>;
  /// E phi of x, `steps` steps from the start, beside y on the linearised loss whose moments are known. The error is rounding, of places, of f and of sums over
  /// samples and over replicas.
  [[nodiscard]] std::vector<Measured> means(const Place& x, const Place& y, const AffineMoments& moments, std::size_t steps) const {
    MatrixXd phi(static_cast<Index>(replicas), 3), beside(static_cast<Index>(replicas), controls());
    sgd::Workspace workspace;
    VectorXd gradient(start.size());
    const double place_error = rounding_of_place(steps), n = static_cast<double>(replicas), eps = std::numeric_limits<double>::epsilon();
    std::array<double, 3> rounding{place_error / first_scale, 0, 0};
    for (std::size_t r = 0; r < replicas; ++r) {
      const VectorXd w = x(r), here = w - place, there = y(r) - place;
      const double value = sgd.loss().evaluate(w.data(), {all, nullptr}, gradient.data(), workspace);
      phi.row(static_cast<Index>(r)) << first(here), here.squaredNorm() / second_scale, (value - loss_there) / third_scale;
      rounding[1] += (2 * here.norm() + place_error) * place_error / second_scale / n;
      rounding[2] += (gradient.norm() * place_error + eps * static_cast<double>(all.size()) * (std::abs(value) + std::abs(loss_there))) / third_scale / n;
      beside.row(static_cast<Index>(r)) = controls_of(there, there * there.transpose());
    }
    const VectorXd known = controls_of(moments.mean, moments.covariance + moments.mean * moments.mean.transpose());
    std::vector<Measured> result;
    for (Index i = 0; i < 3; ++i) {
      result.push_back(controlled_mean(phi.col(i), beside, known));
      result.back().error += 2 * rounding[static_cast<std::size_t>(i)]; // of x, and of y that takes its place
    }
    return result;
  }

  /// The equation of a loss after k eta, in steps of eta/n.
  [[nodiscard]] Ensemble solved(const sgd::Loss& loss, std::size_t n, std::uint64_t seed) const {
    sgd::ModifiedEquationOptions options;
    options.factor = sgd.batch_factor();
    const auto equation = std::make_shared<const sgd::ModifiedEquation>(loss, options);
    const Dynamics dynamics(equation, Schedule(eta * options.factor / 2));
    const auto stepper = StepperCatalogue::find("small_noise_heun")->make();
    IntegrateOptions integrate;
    integrate.block = block;
    integrate.advice = false;
    Integrator integrator(dynamics, *stepper, seed, {0, eta / static_cast<double>(n)}, integrate);
    Ensemble cloud(loss.dimension(), replicas);
    for (std::size_t i = 0; i < loss.dimension(); ++i) std::fill(cloud.row(i).begin(), cloud.row(i).end(), start[static_cast<Index>(i)]);
    for (std::size_t step = 0; step < k * n; step += 8) integrator.advance(cloud, step, std::min<std::uint64_t>(k * n, step + 8));
    return cloud;
  }
  [[nodiscard]] std::vector<Measured> equation(std::size_t n, std::uint64_t seed) const {
    const Ensemble x = solved(sgd.loss(), n, seed), y = solved(affine, n, seed);
    const auto place_in = [](const Ensemble& cloud) {
      return [&cloud](std::size_t r) { return VectorXd::NullaryExpr(static_cast<Index>(cloud.rows()), [&](Index i) { return cloud.row(static_cast<std::size_t>(i))[r]; }).eval(); };
    };
    return means(place_in(x), place_in(y), equation_moments(), k * n);
  }
};

WeakComparison::WeakComparison(const SgdEvidence& sgd) {
  const sgd::Loss& loss = sgd.loss();
  if (loss.dimension() > most_weights || loss.samples() > most_samples)
    throw NotApplicable{"few enough weights and samples to sample SGD and its equation", fmt::format("{} weights and {} samples; at most {} and {}", loss.dimension(), loss.samples(), most_weights, most_samples)};
  setting_ = std::make_unique<const Setting>(sgd);
}

WeakComparison::~WeakComparison() = default;

std::uint64_t WeakComparison::steps() const { return setting_->k; }
std::size_t WeakComparison::replicas() const { return setting_->replicas; }
std::size_t WeakComparison::largest_l() const { return setting_->largest_l(); }
std::vector<const char*> WeakComparison::names() { return {"x along the way", "|x - p|^2", "f"}; }

std::vector<Measured> WeakComparison::svag(std::size_t l) const {
  const Setting& s = *setting_;
  sgd::ProcessOptions options = with_replicas(s.sgd.options(), s.replicas);
  options.svag = l;
  options.seed += l; // the batches of one l are none of another's
  const auto process = s.sgd.task().make.process(s.sgd.loss(), options), beside = s.sgd.task().make.process(s.affine, options);
  for (sgd::Process* p : {process.get(), beside.get()}) {
    p->start(s.sgd.task().start);
    p->advance(s.k * l);
  }
  const auto place_in = [d = s.start.size()](const sgd::Process& p) { return [&p, d](std::size_t r) { return VectorXd(Eigen::Map<const VectorXd>(p.weights(r), d)); }; };
  return s.means(place_in(*process), place_in(*beside), s.svag_moments(l), s.k * l);
}

std::vector<Measured> WeakComparison::equation() const {
  const std::size_t n = setting_->parts();
  std::vector<Measured> fine = setting_->equation(2 * n, setting_->sgd.options().seed);
  const std::vector<Measured> coarse = setting_->equation(n, setting_->sgd.options().seed + 1);
  for (std::size_t i = 0; i < fine.size(); ++i) fine[i].error += std::abs(fine[i].value - coarse[i].value);
  return fine;
}

} // namespace driftwell::theorems
