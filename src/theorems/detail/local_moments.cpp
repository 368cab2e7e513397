#include "local_moments.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/sgd/modified_equation.hpp"
#include "linear_sgd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t most_weights = 16, most_numbers = 40'000; ///< numbers of single gradients
constexpr int substeps = 4; ///< of the classical Runge-Kutta method in one eta

MatrixXd single_gradients(const sgd::Loss& loss, const VectorXd& w) {
  const std::vector<std::uint32_t> all = sgd::all_samples(loss.samples());
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(static_cast<Index>(loss.samples()), w.size());
  sgd::Workspace workspace;
  loss.sample_gradients(w.data(), {all, nullptr}, rows.data(), workspace);
  return rows;
}

/// Relative to the start, so that steps much smaller than the weights keep their digits.
struct Moments {
  VectorXd mean;
  MatrixXd covariance;
};

/// The equation as the engine makes it, its moments in Gaussian closure.
class Closure {
public:
  /// `eta`: learning rate that the noise belongs to.
  Closure(const SgdEvidence& sgd, const VectorXd& start, int order, double eta)
      : equation_(sgd.loss(), options(sgd, order)), start_(start), T_(eta * sgd.batch_factor() / 2) {}

  [[nodiscard]] Moments rate(const Moments& at) {
    const Index d = at.mean.size();
    const SymmetricEigen solver(at.covariance);
    const MatrixXd root = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
    Moments result{VectorXd::Zero(d), MatrixXd::Zero(d, d)};
    const double reach = std::sqrt(static_cast<double>(d)), share = 0.5 / static_cast<double>(d);
    for (Index i = 0; i < d; ++i)
      for (const double side : {-reach, reach}) {
        const VectorXd away = side * root.col(i), b = drift(at.mean + away);
        result.mean += share * b;
        result.covariance += share * (b * away.transpose() + away * b.transpose());
      }
    result.covariance += 2 * T_ * equation_.projected_noise(VectorXd(start_ + at.mean).data(), MatrixXd::Identity(d, d), workspace_);
    return result;
  }

private:
  static sgd::ModifiedEquationOptions options(const SgdEvidence& sgd, int order) {
    sgd::ModifiedEquationOptions o;
    o.order = order;
    o.factor = sgd.batch_factor();
    return o;
  }
  [[nodiscard]] VectorXd drift(const VectorXd& away) {
    const VectorXd w = start_ + away;
    VectorXd b(w.size());
    equation_.drift(w.data(), T_, b.data(), workspace_);
    return b;
  }

  sgd::ModifiedEquation equation_;
  VectorXd start_;
  double T_;
  sgd::Workspace workspace_;
};

Moments advanced(Closure& closure, Index d, double time) {
  Moments x{VectorXd::Zero(d), MatrixXd::Zero(d, d)};
  const double h = time / substeps;
  const auto moved = [](const Moments& from, double t, const Moments& rate) { return Moments{from.mean + t * rate.mean, from.covariance + t * rate.covariance}; };
  for (int k = 0; k < substeps; ++k) {
    const Moments a = closure.rate(x), b = closure.rate(moved(x, h / 2, a)), c = closure.rate(moved(x, h / 2, b)), d = closure.rate(moved(x, h, c));
    x.mean += h / 6 * (a.mean + 2 * b.mean + 2 * c.mean + d.mean);
    x.covariance += h / 6 * (a.covariance + 2 * b.covariance + 2 * c.covariance + d.covariance);
  }
  return x;
}

/// Of the covariance of the terms in that of the mean of b of them, drawn independently of the past: with replacement 1/b; without, what is drawn cannot come again.
double spread_of_batch(const SgdEvidence& sgd) {
  const auto N = static_cast<double>(sgd.loss().samples()), b = static_cast<double>(sgd.batch());
  return sgd.options().sampling == sgd::Sampling::with_replacement ? 1 / b : (1 - (b - 1) / (N - 1)) / b;
}

/// |H g| / |g|
double curvature_downhill(const SgdEvidence& sgd, const VectorXd& w) {
  const std::vector<std::uint32_t> all = sgd::all_samples(sgd.loss().samples());
  sgd::Workspace workspace;
  VectorXd g(w.size()), Hg(w.size());
  sgd.loss().gradient(w.data(), {all, nullptr}, g.data(), workspace);
  if (!(g.norm() > 0)) g.setOnes();
  sgd.loss().hessian_product(w.data(), {all, nullptr}, g.data(), Hg.data(), workspace);
  return Hg.norm() / g.norm();
}

} // namespace

namespace {

/// Single gradients at a place, and what a difference of moments cannot show.
struct Place {
  VectorXd g;
  MatrixXd spread; ///< covariance of one batch's gradient
  double terms;    ///< a gradient is known to some roundings of its terms, and rounding of its place moves it by as much
  Place(const SgdEvidence& sgd, const VectorXd& w) {
    const MatrixXd rows = single_gradients(sgd.loss(), w);
    g = rows.colwise().mean();
    const MatrixXd apart = rows.rowwise() - g.transpose();
    spread = spread_of_batch(sgd) / static_cast<double>(rows.rows()) * (apart.transpose() * apart);
    terms = std::sqrt(rows.squaredNorm() / static_cast<double>(rows.rows())) + w.norm() * curvature_downhill(sgd, w);
  }
};

constexpr double rounding = 16 * std::numeric_limits<double>::epsilon();

/// One step h, whose increment is -h times a vector of the mean g and the second moment `square`.
void add_difference(LocalErrors& errors, const Moments& sde, double h, const VectorXd& g, const MatrixXd& square, double first, double second) {
  errors.mean.push_back({(sde.mean + h * g).norm(), rounding * first, 0});
  errors.second.push_back({(sde.covariance + sde.mean * sde.mean.transpose() - h * h * square).norm(), rounding * second, 0});
}

} // namespace

LocalErrors local_errors(const SgdEvidence& sgd, const VectorXd& w, int order, double eta, std::size_t halvings) {
  const Place at(sgd, w);
  const MatrixXd square = at.g * at.g.transpose() + at.spread;
  LocalErrors errors;
  for (std::size_t i = 0; i <= halvings; ++i, eta /= 2) {
    Closure closure(sgd, w, order, eta);
    add_difference(errors, advanced(closure, w.size(), eta), eta, at.g, square, eta * at.terms, std::pow(eta * at.terms, 2));
  }
  return errors;
}

LocalErrors svag_local_errors(const SgdEvidence& sgd, const VectorXd& w, double eta, std::size_t first, std::size_t doublings) {
  const Place at(sgd, w);
  LocalErrors errors;
  for (std::size_t i = 0, l = first; i <= doublings; ++i, l *= 2) {
    const auto [here, there] = sgd.task().make.svag_weights(l);
    const double h = eta / static_cast<double>(l), sum = here + there, squares = here * here + there * there;
    Closure closure(sgd, w, 1, eta);
    // The weights are of size sqrt(l): so is what rounding makes of their sum.
    add_difference(errors, advanced(closure, w.size(), h), h, sum * at.g, sum * sum * at.g * at.g.transpose() + squares * at.spread, h * at.terms * std::sqrt(static_cast<double>(l)), h * eta * at.terms * at.terms);
  }
  return errors;
}

Measured local_order(const std::vector<Measured>& errors) {
  std::vector<double> slopes;
  double rounding = 0;
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) {
    const Measured slope = (1 / std::log(2.0)) * log(errors[i] / errors[i + 1]);
    slopes.push_back(slope.value);
    rounding = std::max(rounding, slope.error);
  }
  // The first may stem from a step where terms of different order cancel; weights of the scheme add up to less than 9.
  return limit_of_halvings({slopes.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(slopes.size(), 3)), slopes.end()}) + Measured{0, 9 * rounding, 0};
}

bool compare_local_orders(ClaimMaker& claim, const LocalErrors& errors, double order, const std::string& place) {
  bool any = false;
  for (const auto& [what, all] : {std::pair{"E x", &errors.mean}, {"E x x^T", &errors.second}}) {
    const auto hidden = std::find_if(all->begin(), all->end(), [](const Measured& e) { return !(e.value > e.error); });
    const std::vector<Measured> seen(all->begin(), hidden);
    if (seen.size() >= 3) claim.compare(local_order(seen), {order, 0, 0}, fmt::format("{} from {}", what, place));
    else claim.note(fmt::format("{} from {} is that of the equation but for rounding", what, place));
    any = any || seen.size() >= 3;
  }
  return any;
}

void assume_visible(ClaimMaker& claim, bool visible) {
  claim.assume(visible, "moments of one step that differ from those of the equation by more than rounding", visible ? "" : "all that is seen of them is rounding, which has no order");
}

Hypothesis few_single_gradients(const SgdEvidence& sgd) {
  const std::size_t d = sgd.loss().dimension(), N = sgd.loss().samples();
  return {d <= most_weights && N * d <= most_numbers ? Hypothesis::State::met : Hypothesis::State::failed, "at most 16 weights, and few enough samples", fmt::format("{} weights, {} samples", d, N)};
}

std::vector<DescentPlace> places_downhill(const SgdEvidence& sgd) {
  const auto short_step = [&](const VectorXd& w) {
    const double curvature = curvature_downhill(sgd, w);
    return curvature > 0 ? 1 / (16 * curvature) : 1.0 / 16;
  };
  VectorXd w = Eigen::Map<const VectorXd>(sgd.task().start.data(), static_cast<Index>(sgd.loss().dimension())), g(w.size());
  std::vector<DescentPlace> places{{"the start", w, short_step(w)}};
  const std::vector<std::uint32_t> all = sgd::all_samples(sgd.loss().samples());
  sgd::Workspace workspace;
  for (int k = 0; k < 16; ++k) {
    sgd.loss().gradient(w.data(), {all, nullptr}, g.data(), workspace);
    w -= places[0].short_step * g;
  }
  places.push_back({"16 short steps downhill", w, short_step(w)});
  return places;
}

} // namespace driftwell::theorems
