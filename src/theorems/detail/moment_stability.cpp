#include "moment_stability.hpp"

#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/random.hpp"
#include "driftwell/sgd/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t steps = 480, blocks = 8, fewest = 256, most = 1024;
constexpr double budget = 4e9; ///< multiplications, some of them at a time

/// Multiplications a particle takes for one draw in every step.
double draw_cost(const LinearSgd& linear) { return static_cast<double>(steps) * (20 + static_cast<double>(linear.centre.size() * linear.centre.size())); }

/// Hessians of single terms, one a column.
MatrixXd single_hessians(const sgd::Loss& loss, const VectorXd& w) {
  const Index d = w.size();
  MatrixXd all(d * d, static_cast<Index>(loss.samples()));
  sgd::Workspace workspace;
  for (std::uint32_t k = 0; k < loss.samples(); ++k)
    for (Index j = 0; j < d; ++j) {
      const VectorXd unit = VectorXd::Unit(d, j);
      loss.hessian_product(w.data(), {std::span(&k, 1), nullptr}, unit.data(), all.col(k).data() + j * d, workspace);
    }
  return all;
}

/// One step of SGD without its noise at the minimum.
class LinearStep {
public:
  LinearStep(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options)
      : options_(options), hessians_(single_hessians(sgd.loss(), linear.centre)), d_(linear.centre.size()), batch_(static_cast<std::size_t>(std::llround(options.batch_size.value(0)))),
        eta_(options.learning_rate.value(0) / static_cast<double>(options.svag)) {
    if (options.svag > 1) weights_ = sgd::svag_weights(options.svag);
  }
  [[nodiscard]] std::size_t draws() const { return batch_ * (options_.svag > 1 ? 2 : 1); }
  [[nodiscard]] Index size() const { return options_.momentum > 0 ? 2 * d_ : d_; }
  /// `words`: random bits, one a draw.
  void advance(Eigen::Ref<VectorXd> state, const std::uint64_t* words) const {
    MatrixXd H = weights_.first * mean_hessian(words);
    if (options_.svag > 1) H += weights_.second * mean_hessian(words + batch_);
    if (options_.momentum == 0) {
      state -= eta_ * (H * state).eval();
      return;
    }
    VectorXd x = state.head(d_), v = options_.momentum * state.tail(d_);
    v -= eta_ * H * (options_.nesterov ? VectorXd(x + v) : x);
    state << x + v, v;
  }

private:
  [[nodiscard]] MatrixXd mean_hessian(const std::uint64_t* words) const {
    VectorXd sum = VectorXd::Zero(d_ * d_);
    const auto N = static_cast<std::uint64_t>(hessians_.cols());
    if (options_.sampling == sgd::Sampling::with_replacement) {
      for (std::size_t k = 0; k < batch_; ++k) sum += hessians_.col(static_cast<Index>(words[k] % N));
    } else { // Floyd's choice of b from N
      std::vector<std::uint64_t> chosen;
      for (std::size_t k = 0; k < batch_; ++k) {
        const std::uint64_t last = N - batch_ + k, drawn = words[k] % (last + 1);
        chosen.push_back(std::find(chosen.begin(), chosen.end(), drawn) == chosen.end() ? drawn : last);
        sum += hessians_.col(static_cast<Index>(chosen.back()));
      }
    }
    return Eigen::Map<const MatrixXd>(sum.data(), d_, d_) / static_cast<double>(batch_);
  }
  sgd::ProcessOptions options_;
  MatrixXd hessians_;
  Index d_;
  std::size_t batch_;
  double eta_;
  std::pair<double, double> weights_{1, 0};
};

/// Columns of u in proportion to their weights, each floor or ceil of its share of times.
MatrixXd drawn_again(const MatrixXd& u, const VectorXd& weights, double offset) {
  MatrixXd result(u.rows(), u.cols());
  const double share = weights.sum() / static_cast<double>(u.cols());
  double sum = 0;
  Index next = 0;
  for (Index i = 0; i < u.cols(); ++i)
    for (sum += weights[i]; next < u.cols() && (static_cast<double>(next) + offset) * share < sum;) result.col(next++) = u.col(i);
  for (; next < u.cols(); ++next) result.col(next) = u.col(u.cols() - 1); // what rounding of the sum leaves
  return result;
}

} // namespace

Measured log_fourth_growth(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options) {
  const LinearStep step(sgd, linear, options);
  const std::size_t draws = step.draws();
  const auto n = std::clamp(static_cast<std::size_t>(budget / draw_cost(linear) / static_cast<double>(draws)), fewest, most);
  const NoiseStream stream(options.seed, Purpose::probes);
  MatrixXd u(step.size(), static_cast<Index>(n));
  std::vector<double*> coordinates;
  std::vector<VectorXd> initial(static_cast<std::size_t>(step.size()), VectorXd(static_cast<Index>(n)));
  for (VectorXd& row : initial) coordinates.push_back(row.data());
  stream.normals(0, n, steps, coordinates);
  for (Index i = 0; i < step.size(); ++i) u.row(i) = initial[static_cast<std::size_t>(i)].transpose();
  u.colwise().normalize();
  std::vector<std::uint64_t> words(draws * n), own(draws);
  std::vector<std::uint64_t*> rows;
  for (std::size_t k = 0; k < draws; ++k) rows.push_back(words.data() + k * n);
  std::array<double, blocks> sums{};
  constexpr std::size_t block = steps / (blocks + 2); // two blocks to forget the start
  VectorXd weights(static_cast<Index>(n));
  for (std::size_t k = 0; k < steps; ++k) {
    poll_interrupt();
    stream.words(0, n, k, rows);
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t j = 0; j < draws; ++j) own[j] = rows[j][r];
      step.advance(u.col(static_cast<Index>(r)), own.data());
      weights[static_cast<Index>(r)] = std::pow(u.col(static_cast<Index>(r)).squaredNorm(), 2);
    }
    const double growth = weights.mean();
    if (!(growth > 0)) return {-std::numeric_limits<double>::infinity(), 0, 0}; // all is forgotten in a step
    if (k / block >= 2) sums[std::min(k / block - 2, blocks - 1)] += std::log(growth) / static_cast<double>(block);
    double offset = 0;
    double* at = &offset;
    stream.uniforms(n, 1, k, std::span(&at, 1));
    u = drawn_again(u, weights, offset);
    u.colwise().normalize();
  }
  const Eigen::Map<const Eigen::Array<double, blocks, 1>> means(sums.data());
  return {means.mean(), 0, std::sqrt((means - means.mean()).square().sum() / (blocks - 1) / blocks)};
}

Hypothesis bounded_moments(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options, const StepRule& rule) {
  const std::string second = "second moments that stay bounded", both = "second and fourth moments that stay bounded, without which standard errors mean nothing";
  const double two = MomentRecursion(linear, rule).growth();
  if (!(two < 1)) return {Hypothesis::State::failed, second, fmt::format("without the noise at the minimum they grow by {:.6g} a step", two)};
  if (linear.constant_noise) return {Hypothesis::State::met, both, fmt::format("second ones shrink by {:.6g} a step", two)};
  sgd::ProcessOptions fewer = options;
  const double batch = options.batch_size.value(0), affordable = std::floor(budget / draw_cost(linear) / static_cast<double>(fewest) / (options.svag > 1 ? 2 : 1));
  if (batch > affordable) fewer.batch_size = Schedule(std::max(1.0, affordable));
  const Measured four = log_fourth_growth(sgd, linear, fewer);
  const bool met = four.value + 3 * four.standard_error < 0;
  return {met ? Hypothesis::State::met : batch > affordable ? Hypothesis::State::open : Hypothesis::State::failed, both, fmt::format("without the noise at the minimum they grow by {:.6g} and {:.6g} +- {:.1g} a step", two, std::exp(four.value), std::exp(four.value) * four.standard_error)};
}

} // namespace driftwell::theorems
