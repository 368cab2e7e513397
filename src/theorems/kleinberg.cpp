// When SGD gets out of local minima: with noise of bounded size the process y_t = x_t - eta grad f(x_t),
//
//   y_{t+1} = z - eta grad f(z),  z = y_t - eta w_t,  E w = 0, |w| <= r
//
// descends the convolved loss g(y) = E f(y - eta w). If about a target x*, grad f(x*) = 0, g is one-point strongly convex,
// <grad g(y), y - x*> >= c |y - x*|^2, and f is L-smooth, then for eta < min{1/(2L), c/L^2, 1/(2c)}, lambda = 2 eta c - eta^2 L^2 and
// b = eta^2 r^2 (1 + eta L)^2
//
//   E |y_{t+1} - x*|^2 <= (1 - lambda) |y_t - x*|^2 + b                          (one_step; the proof's heart)
//   P(|y_T - x*|^2 <= 20 b/lambda) >= 1/2 after T = log(lambda |y_0 - x*|^2/b)/lambda steps
//
// Without noise T is infinite: r > 0. c and L are those of the box of [fokker_planck], by branch and bound; the process must stay in it. w is uniform on the cube of half side r/sqrt(d) or on the ball of
// radius r; in the plane c is a bound whatever the quadrature of g leaves (detail/convolved_loss.hpp).
// Kleinberg, Li & Yuan, "An alternative view: when does SGD escape local minima?", ICML 2018, Theorem 1.
#include "detail/convolved_loss.hpp"
#include "driftwell/bounds/curvature.hpp"
#include "driftwell/bounds/range.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using expression::Tape;
using Point = std::vector<double>;

struct Setting {
  const Subject& subject;
  const Model& model;
  BoundedNoise noise;
  Point lower, upper, target;
  std::vector<Expression> gradient; ///< of g
  double gradient_at_target = 0, convolved_at_target = 0;
  bounds::Enclosure c, L;
  double remainder = 0; ///< of the quadrature in c

  /// A bound of c: what quadrature may have left out of the Jacobian is taken off; nothing where that is not known, and a hypothesis is open.
  [[nodiscard]] double least_c() const { return std::isfinite(remainder) ? c.lower - remainder : c.lower; }
  [[nodiscard]] double lambda() const { return 2 * noise.eta * least_c() - noise.eta * noise.eta * L.upper * L.upper; }
  [[nodiscard]] double b() const { return std::pow(noise.eta * noise.radius * (1 + noise.eta * L.upper), 2); }
  [[nodiscard]] double largest_rate() const { return std::min({1 / (2 * L.upper), least_c() / (L.upper * L.upper), 1 / (2 * std::abs(least_c()))}); }
};

bounds::Box box_of(const Setting& s, double wider) {
  bounds::Box box;
  for (std::size_t i = 0; i < s.lower.size(); ++i) box.emplace_back(s.lower[i] - wider, s.upper[i] + wider);
  return box;
}

double norm_at(const std::vector<Expression>& field, const Point& x) {
  double square = 0;
  for (const double v : Tape(field, x.size())(x)) square += v * v;
  return std::sqrt(square);
}

/// Newton's method for grad f = 0 from the least value of g: on a lattice of the box, f itself, averaged over the reach of the noise.
Point critical_point(const Setting& s, Point x) {
  const std::size_t d = x.size();
  std::vector<Expression> all = s.model.potential().gradient(d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) all.push_back(all[i].derivative(j));
  const Tape tape(all, d);
  for (int k = 0; k < 50; ++k) {
    const std::vector<double> v = tape(x);
    const VectorXd g = Eigen::Map<const VectorXd>(v.data(), static_cast<Index>(d));
    const MatrixXd H = Eigen::Map<const MatrixXd>(v.data() + d, static_cast<Index>(d), static_cast<Index>(d));
    const VectorXd step = H.fullPivLu().solve(g);
    if (!step.allFinite()) break;
    double size = 0;
    for (std::size_t i = 0; i < d; ++i) {
      x[i] -= step[static_cast<Index>(i)];
      size = std::max(size, std::abs(x[i]));
    }
    if (step.norm() < 1e-16 * (1 + size)) break;
  }
  return x;
}

/// Where the mean of f over the noise is least, on a lattice.
Point lowest(const Setting& s) {
  const std::size_t d = s.lower.size(), n = d == 1 ? 2001 : 81, reach = d == 1 ? 9 : 5;
  const Tape tape({s.model.potential()}, d);
  Point best = s.lower;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < (d == 1 ? n : n * n); ++k) {
    const std::size_t index[] = {k % n, k / n};
    double sum = 0;
    Point centre(d);
    for (std::size_t i = 0; i < d; ++i) centre[i] = s.lower[i] + (s.upper[i] - s.lower[i]) * static_cast<double>(index[i]) / static_cast<double>(n - 1);
    for (std::size_t m = 0; m < (d == 1 ? reach : reach * reach); ++m) {
      const std::size_t shift[] = {m % reach, m / reach};
      Point x = centre;
      for (std::size_t i = 0; i < d; ++i) x[i] += s.noise.reach() * ((2 * static_cast<double>(shift[i]) + 1) / static_cast<double>(reach) - 1);
      sum += tape(x)[0];
    }
    if (sum < least) {
      least = sum;
      best = centre;
    }
  }
  return best;
}

Setting setting_of(const Subject& subject) {
  const Model& model = subject.model();
  if (model.has_force() || model.has_circulation() || !model.has_potential() || !model.identity_diffusion() || model.underdamped())
    throw NotApplicable{"gradient descent on a potential", "the model has a force, a circulation, a friction or a diffusion other than 1"};
  if (model.dimension() > 2) throw NotApplicable{"one or two variables", fmt::format("{} variables", model.dimension())};
  if (!subject.descent.learning_rate) throw NotApplicable{"a learning rate", "[verify] learning_rate is not given"};
  const Grid& grid = subject.density().level().grid();
  Setting s{subject, model, {}, {}, {}, {}, {}, 0, 0, {}, {}, 0};
  s.noise.eta = *subject.descent.learning_rate;
  s.noise.dimension = model.dimension();
  s.noise.shape = subject.descent.shape;
  // The noise of the temperature: eta^2 Var(w_i) = 2 T eta.
  s.noise.radius = subject.descent.noise_radius.value_or(s.noise.radius_of_variance(2 * model.temperature() * s.noise.eta));
  s.noise.of_uniform = subject.descent.of_uniform;
  for (const Axis& axis : grid.axes()) {
    if (axis.periodic()) throw NotApplicable{"a space that is no circle", "a periodic axis"};
    s.lower.push_back(axis.lower);
    s.upper.push_back(axis.upper);
  }
  s.gradient = convolved_gradient(model.potential(), s.noise);
  s.target = critical_point(s, lowest(s));
  for (std::size_t i = 0; i < s.target.size(); ++i)
    if (!(s.target[i] > s.lower[i] && s.target[i] < s.upper[i])) throw NotApplicable{"a critical point of f in the box", "none is near the least of the convolved loss"};
  s.gradient_at_target = norm_at(model.potential().gradient(model.dimension()), s.target);
  s.convolved_at_target = norm_at(s.gradient, s.target);
  s.L = bounds::gradient_lipschitz(model.potential(), box_of(s, s.noise.reach()), {1e-6, 1e-3, 3'000});
  const bool line = s.target.size() == 1; // in the plane a bound will do
  s.c = line ? bounds::one_point_convexity_of_mean(model.potential(), s.noise.reach(), s.gradient, s.target, box_of(s, 0), {1e-10, 1e-10, 3'000})
             : bounds::one_point_convexity(s.gradient, s.target, box_of(s, 0), {1e-4, 0.1, 12'000});
  s.remainder = quadrature_remainder(model.potential(), s.noise, box_of(s, s.noise.reach()), 1e-6 * s.L.upper);
  return s;
}

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement, Relation relation) {
  ClaimMaker claim(name, statement, "model", relation, s.subject.judgement);
  claim.assume(s.L.smooth && s.L.defined && std::isfinite(s.L.upper), "f is L-smooth in the box");
  claim.assume(s.gradient_at_target <= 1e-9 * (1 + s.L.upper), "grad f(x*) = 0", fmt::format("|grad f| = {:.2g} at x* = ({:.6g})", s.gradient_at_target, fmt::join(s.target, ", ")));
  claim.assume(s.convolved_at_target <= 1e-9 * (1 + s.L.upper), "grad g(x*) = 0, without which no c exists", fmt::format("|grad g| = {:.3g} at x* = ({:.6g})", s.convolved_at_target, fmt::join(s.target, ", ")));
  return claim;
}

Hypothesis bounded_quadrature(const Setting& s) {
  const bool known = std::isfinite(s.remainder);
  return {known ? Hypothesis::State::met : Hypothesis::State::open, "what quadrature leaves out of c is bounded", known ? fmt::format("{:.2g}", s.remainder) : "no derivatives of f of higher order are known to be bounded"};
}

/// Open where the search ends before it knows the sign of c.
Hypothesis convex(const Setting& s) {
  const bool unknown = !(s.least_c() > 0) && !s.c.reached && s.c.upper > 0;
  return {s.least_c() > 0 ? Hypothesis::State::met : unknown ? Hypothesis::State::open : Hypothesis::State::failed, "c > 0: one-point strong convexity of the convolved loss",
          unknown ? fmt::format("c is in [{:.6g}, {:.6g}] after {} boxes", s.least_c(), s.c.upper, s.c.boxes) : fmt::format("c = {:.9g}, least at ({:.6g})", s.least_c(), fmt::join(s.c.point, ", "))};
}

/// Everything that the theorem asks for.
ClaimMaker full_claim(const Setting& s, const std::string& name, const std::string& statement, Relation relation) {
  ClaimMaker claim = claim_of(s, name, statement, relation);
  claim.assume(s.noise.radius > 0, "noise: T = log(lambda |y_0 - x*|^2/b)/lambda is infinite without", fmt::format("noise_radius = {:g}, b = {:g}", s.noise.radius, s.b()));
  claim.assume(convex(s));
  if (s.target.size() == 2) claim.assume(bounded_quadrature(s));
  const double eta = s.noise.eta;
  claim.assume(s.least_c() <= 0 || eta < s.largest_rate(), "learning rate below min{1/(2L), c/L^2, 1/(2c)}",
               fmt::format("{:.6g} beside 1/(2L) = {:.4g}, c/L^2 = {:.4g}, 1/(2c) = {:.4g}", eta, 1 / (2 * s.L.upper), s.least_c() / (s.L.upper * s.L.upper), 1 / (2 * s.least_c())));
  return claim.note(fmt::format("c = {:.9g}, L = {:.6g}, lambda = {:.4g}, b = {:.4g}", s.least_c(), s.L.upper, s.lambda(), s.b()));
}

/// The least quotient by a lattice and golden sections along each axis: no bound, but another way. On a line g is a difference of f over twice the reach of the noise:
/// `error` is its rounding.
struct Searched {
  double quotient;
  Point at;
  double error;
};
Searched searched_convexity(const Setting& s) {
  const std::size_t d = s.target.size(), n = d == 1 ? 4000 : 200;
  const Tape tape(s.gradient, d);
  const Point at = tape(s.target);
  const auto quotient = [&](const Point& x) {
    const Point g = tape(x);
    double top = 0, bottom = 0;
    for (std::size_t i = 0; i < d; ++i) {
      top += (g[i] - at[i]) * (x[i] - s.target[i]);
      bottom += std::pow(x[i] - s.target[i], 2);
    }
    return bottom > 1e-12 ? top / bottom : std::numeric_limits<double>::infinity();
  };
  Point best = s.lower, step(d);
  for (std::size_t i = 0; i < d; ++i) step[i] = (s.upper[i] - s.lower[i]) / static_cast<double>(n);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < (d == 1 ? n + 1 : (n + 1) * (n + 1)); ++k) {
    const std::size_t index[] = {k % (n + 1), k / (n + 1)};
    Point x(d);
    for (std::size_t i = 0; i < d; ++i) x[i] = s.lower[i] + step[i] * static_cast<double>(index[i]);
    if (const double q = quotient(x); q < least) {
      least = q;
      best = x;
    }
  }
  for (int sweep = 0; sweep < 400 && step[0] > 1e-14; ++sweep) {
    bool better = false;
    for (std::size_t i = 0; i < d; ++i)
      for (const double sign : {-1.0, 1.0}) {
        Point x = best;
        x[i] = std::clamp(x[i] + sign * step[i], s.lower[i], s.upper[i]);
        if (const double q = quotient(x); q < least) {
          least = q;
          best = x;
          better = true;
        }
      }
    if (!better)
      for (double& h : step) h /= 2;
  }
  double distance = 0, place = 0;
  for (std::size_t i = 0; i < d; ++i) {
    distance = std::hypot(distance, best[i] - s.target[i]);
    place = std::max({place, std::abs(best[i]), std::abs(s.target[i])});
  }
  const Tape loss({s.model.potential()}, d);
  const double moved = place * norm_at(s.gradient, best), differences = s.noise.reach() > 0 ? (std::abs(loss(best)[0]) + std::abs(loss(s.target)[0]) + moved) / s.noise.reach() : 0;
  return {least, best, 8 * std::numeric_limits<double>::epsilon() * (differences + moved + s.L.upper * place) / distance};
}

/// The quotient from grad f averaged over the noise, at a point and at x*.
Measured averaged_quotient(const Setting& s, const Point& y) {
  const std::vector<Measured> here = averaged_gradient(s.model, s.noise, y), there = averaged_gradient(s.model, s.noise, s.target);
  Measured top{0, 0, 0};
  double square = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    top = top + (y[i] - s.target[i]) * (here[i] - there[i]);
    square += std::pow(y[i] - s.target[i], 2);
  }
  return (1 / square) * top;
}

/// On a line both are the same number; in the plane the search bounds c from above, and its quotient is found again by cubature of grad f.
Claim constant_claim(const Setting& s) {
  const bool line = s.target.size() == 1;
  ClaimMaker claim = full_claim(s, "constant", line ? "c by branch and bound = c by search" : "c by search and cubature >= c by branch and bound", line ? Relation::equal : Relation::at_least);
  if (!std::isfinite(s.c.lower) || !std::isfinite(s.c.upper)) return claim.assume(false, "c is bounded", "branch and bound found no bound").make();
  const Searched search = searched_convexity(s);
  // The quotient tends to second derivatives at x*, where the search cannot look; what it may miss is bounded by L.
  const Measured least = line ? Measured{search.quotient, 1e-11 * s.L.upper + search.error, 0} : averaged_quotient(s, search.at);
  const Measured bound = line ? Measured{(s.c.lower + s.c.upper) / 2, (s.c.upper - s.c.lower) / 2, 0} : Measured{s.least_c(), 0, 0};
  if (line) claim.compare(bound, least, fmt::format("at ({:.6g})", fmt::join(s.c.point, ", ")));
  else claim.compare(least, bound, fmt::format("at ({:.6g})", fmt::join(search.at, ", ")));
  return claim.scale(s.L.upper).make();
}

Claim step_claim(const Setting& s) {
  ClaimMaker claim = full_claim(s, "one_step", "E |y' - x*|^2 <= (1 - lambda) |y - x*|^2 + b from every y", Relation::at_most);
  if (!claim.applies() || !(s.least_c() > 0)) return claim.make();
  const std::size_t d = s.target.size(), n = d == 1 ? 65 : 9;
  for (std::size_t k = 0; k < (d == 1 ? n : n * n); ++k) {
    const std::size_t index[] = {k % n, k / n};
    Point y(d);
    double square = 0;
    for (std::size_t i = 0; i < d; ++i) {
      y[i] = s.lower[i] + (s.upper[i] - s.lower[i]) * static_cast<double>(index[i]) / static_cast<double>(n - 1);
      square += std::pow(y[i] - s.target[i], 2);
    }
    claim.compare(mean_square_after_step(s.model, s.noise, y, s.target), {(1 - s.lambda()) * square + s.b(), 0, 0}, fmt::format("from ({:.4g})", fmt::join(y, ", ")));
  }
  return claim.make();
}

/// A share k of n with an error that is never 0 (Agresti & Coull, Am. Stat. 52, 1998).
Measured share_of(std::size_t k, std::size_t n) {
  const double size = static_cast<double>(n) + 4, share = (static_cast<double>(k) + 2) / size;
  return {static_cast<double>(k) / static_cast<double>(n), 0, std::sqrt(share * (1 - share) / size)};
}

/// Half way from x* to the corners of the box.
std::vector<Point> starts(const Setting& s) {
  std::vector<Point> result;
  for (std::size_t corner = 0; corner < (std::size_t{1} << s.lower.size()); ++corner) {
    Point x(s.target);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = (x[i] + ((corner >> i & 1) != 0 ? s.upper[i] : s.lower[i])) / 2;
    result.push_back(x);
  }
  return result;
}

std::vector<Claim> cloud_claims(const Setting& s) {
  ClaimMaker share = full_claim(s, "probability", "P(|y_T - x*|^2 <= 20 b/lambda) >= 1/2", Relation::at_least);
  ClaimMaker square = full_claim(s, "mean_square", "E |y_T - x*|^2 <= (1 - lambda)^T |y_0 - x*|^2 + b/lambda", Relation::at_most);
  if (!share.applies() || !(s.least_c() > 0)) return {share.make(), square.make()};
  for (const Point& start : starts(s)) {
    double distance = 0;
    for (std::size_t i = 0; i < start.size(); ++i) distance += std::pow(start[i] - s.target[i], 2);
    const double wanted = std::log(s.lambda() * distance / s.b()) / s.lambda();
    const auto steps = static_cast<std::uint64_t>(std::ceil(std::max(wanted, 1 / s.lambda())));
    for (ClaimMaker* claim : {&share, &square}) claim->assume(steps <= 200'000, "few enough steps", fmt::format("{}", steps));
    if (!share.applies()) break;
    const auto replicas = std::clamp<std::size_t>(30'000'000 / steps / starts(s).size(), 100, 4000);
    const NoisyDescent cloud = descend(s.model, s.noise, start, s.target, steps, replicas, s.lower, s.upper);
    const std::string where = fmt::format("from ({:.4g}), T = {}", fmt::join(start, ", "), steps);
    const double radius = 20 * s.b() / s.lambda();
    const auto within = static_cast<std::size_t>(std::count_if(cloud.squares.begin(), cloud.squares.end(), [&](double q) { return q <= radius; }));
    for (ClaimMaker* claim : {&share, &square}) claim->assume(cloud.inside, "the process stays where c and L hold", cloud.where);
    share.compare(share_of(within, replicas), {0.5, 0, 0}, where);
    const Eigen::Map<const VectorXd> q(cloud.squares.data(), static_cast<Index>(replicas));
    const double mean = q.mean(), error = std::sqrt((q.array() - mean).square().sum() / static_cast<double>(replicas - 1) / static_cast<double>(replicas));
    square.compare({mean, 0, error}, {std::pow(1 - s.lambda(), static_cast<double>(steps)) * distance + s.b() / s.lambda(), 0, 0}, where);
  }
  return {share.make(), square.make()};
}

class Kleinberg : public Theorem {
public:
  [[nodiscard]] std::string statement() const override {
    return "where the loss convolved with the noise is one-point strongly convex about x*, SGD comes within 20 b/lambda of x* with probability 1/2 at least";
  }
  [[nodiscard]] std::string source() const override { return "Kleinberg, Li & Yuan 2018, Theorem 1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const Setting s = setting_of(subject);
    std::vector<Claim> claims{constant_claim(s), step_claim(s)};
    for (Claim& claim : cloud_claims(s)) claims.push_back(std::move(claim));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"kleinberg", "SGD gets out of local minima of a loss that its noise makes convex", [] { return std::make_unique<theorems::Kleinberg>(); }};
} // namespace
} // namespace driftwell
