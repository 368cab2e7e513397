#include "driftwell/sgd/modified_equation.hpp"

#include "driftwell/sgd/gradient_noise.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t block = 256;  ///< samples at a time
constexpr std::size_t smallest = 64; ///< weights up to which a root of D(x) serves where the samples are too many

/// Lower triangular root of a positive semi-definite matrix in place; columns of vanishing pivots are zero.
void cholesky(MatrixXd& A) {
  const Index d = A.rows();
  const VectorXd original = A.diagonal();
  for (Index j = 0; j < d; ++j) {
    for (Index k = 0; k < j; ++k) A.col(j).tail(d - j) -= A(j, k) * A.col(k).tail(d - j);
    const double pivot = A(j, j);
    if (pivot <= 1e-12 * original[j]) A.col(j).tail(d - j).setZero(); // a covariance: rounding alone makes it negative. NaN passes.
    else A.col(j).tail(d - j) /= std::sqrt(pivot);
    A.row(j).tail(d - j - 1).setZero();
  }
}

/// d x q with q = min(d, N): centred gradients over sqrt(N), or the root of D.
MatrixXd constant_root(const Loss& loss, const double* w, bool square) {
  const auto d = static_cast<Index>(loss.dimension()), N = static_cast<Index>(loss.samples());
  if (square || N > d) {
    if (loss.dimension() > largest_dense) throw std::invalid_argument(fmt::format("D of {} weights is not made as a matrix; up to {}", d, largest_dense));
    MatrixXd D = gradient_covariance(loss, w);
    cholesky(D);
    return D;
  }
  MatrixXd rows(d, N); // one column a sample
  Workspace workspace;
  const std::vector<std::uint32_t> all = all_samples(loss.samples());
  for (std::size_t begin = 0; begin < all.size(); begin += block)
    loss.sample_gradients(w, {std::span(all).subspan(begin, std::min(block, all.size() - begin)), nullptr}, rows.col(static_cast<Index>(begin)).data(), workspace);
  const VectorXd mean = rows.rowwise().mean();
  rows.colwise() -= mean;
  return rows / std::sqrt(static_cast<double>(N));
}

} // namespace

/// What a thread needs.
struct ModifiedEquation::Space : Field::Scratch {
  explicit Space(std::size_t d) : w(d + 8), b(d + 8), part(d + 8) {}
  Workspace workspace;
  std::vector<double> w, b, part, rows;
  MatrixXd L;
  void gather(ConstRows x, std::size_t k) {
    for (std::size_t i = 0; i < x.size(); ++i) w[i] = x[i][k];
  }
};

ModifiedEquation::ModifiedEquation(const Loss& loss, ModifiedEquationOptions options)
    : loss_(loss), options_(std::move(options)), d_(loss.dimension()), noises_(d_), all_(all_samples(loss.samples())) {
  if (options_.order != 1 && options_.order != 2) throw std::invalid_argument("modified equations are of order 1 or 2");
  if (options_.order == 2 && options_.momentum != 0) throw std::invalid_argument("the modified equation of order 2 is that of SGD without momentum");
  if (!(options_.momentum >= 0 && options_.momentum < 1)) throw std::invalid_argument(fmt::format("momentum {} is not in [0, 1)", options_.momentum));
  if (!options_.noise_at.empty()) {
    if (options_.noise_at.size() != d_) throw std::invalid_argument(fmt::format("noise at {} weights for a loss of {}", options_.noise_at.size(), d_));
    root_ = constant_root(loss, options_.noise_at.data(), options_.square);
    noises_ = static_cast<std::size_t>(root_.cols());
    return;
  }
  const bool small = d_ <= smallest; // where a root of D costs little beside it
  if (!options_.square && !small && loss.samples() > most_noises)
    throw std::invalid_argument(fmt::format("noise that depends on the place takes one normal variate for each of at most {} samples; these are {}", most_noises, loss.samples()));
  samples_ = !options_.square && loss.samples() <= most_noises;
  if (samples_) noises_ = loss.samples();
}

std::unique_ptr<Field::Scratch> ModifiedEquation::scratch() const { return std::make_unique<Space>(d_); }

void ModifiedEquation::drift(const double* w, double T, double* b, Workspace& workspace) const {
  const double samples = static_cast<double>(all_.size()), mobility = 1 / (1 - options_.momentum);
  std::vector<double> part(d_ + 8), gradient(d_ + 8, 0.0), second(d_ + 8, 0.0);
  const auto over_blocks = [&](std::vector<double>& sum, const auto& evaluate) {
    for (std::size_t begin = 0; begin < all_.size(); begin += block) {
      const Batch batch{std::span(all_).subspan(begin, std::min(block, all_.size() - begin)), nullptr};
      evaluate(batch);
      const double share = static_cast<double>(batch.samples.size()) / samples;
      for (std::size_t i = 0; i < d_; ++i) sum[i] += share * part[i];
    }
  };
  over_blocks(gradient, [&](const Batch& batch) { loss_.gradient(w, batch, part.data(), workspace); });
  if (options_.order == 2) over_blocks(second, [&](const Batch& batch) { loss_.hessian_product(w, batch, gradient.data(), part.data(), workspace); });
  const double half_rate = options_.order == 2 ? T / options_.factor : 0; // eta/2 = T/c without momentum
  for (std::size_t i = 0; i < d_; ++i) b[i] = -mobility * (gradient[i] + half_rate * second[i]);
}

void ModifiedEquation::drift(ConstRows x, Rows b, std::size_t n, double T, Scratch& scratch) const {
  auto& space = static_cast<Space&>(scratch);
  for (std::size_t k = 0; k < n; ++k) {
    space.gather(x, k);
    drift(space.w.data(), T, space.b.data(), space.workspace);
    for (std::size_t i = 0; i < d_; ++i) b[i][k] = space.b[i];
  }
}

/// out = (1/sqrt(N)) sum_k (xi_k - mean xi) g_k
void ModifiedEquation::sample_noise(const double* w, ConstRows xi, std::size_t k, double* out, Space& space) const {
  const std::size_t N = all_.size();
  space.rows.resize(N);
  double mean = 0;
  for (std::size_t s = 0; s < N; ++s) mean += space.rows[s] = xi[s][k];
  mean /= static_cast<double>(N);
  const double scale = 1 / std::sqrt(static_cast<double>(N));
  for (double& z : space.rows) z = scale * (z - mean);
  std::fill_n(out, d_, 0.0);
  for (std::size_t begin = 0; begin < N; begin += block) {
    const std::size_t count = std::min(block, N - begin);
    loss_.weighted_gradient(w, {std::span(all_).subspan(begin, count), nullptr}, space.rows.data() + begin, space.part.data(), space.workspace);
    for (std::size_t i = 0; i < d_; ++i) out[i] += space.part[i];
  }
}

void ModifiedEquation::root(const double* w, MatrixXd& L, Space& space) const {
  L = projected_noise(w, MatrixXd(), space.workspace);
  cholesky(L);
}

MatrixXd ModifiedEquation::projected_noise(const double* w, const MatrixXd& P, Workspace& workspace) const {
  const Index m = P.size() > 0 ? P.cols() : static_cast<Index>(d_);
  const double N = static_cast<double>(all_.size());
  if (root_.size() > 0) {
    const MatrixXd projected = P.size() > 0 ? MatrixXd(P.transpose() * root_) : root_;
    return projected * projected.transpose();
  }
  // Two passes' worth of digits in one: relative to the first gradient, which is near the others.
  MatrixXd D = MatrixXd::Zero(m, m), rows(static_cast<Index>(d_), static_cast<Index>(block)), y;
  VectorXd sum = VectorXd::Zero(m), first;
  for (std::size_t begin = 0; begin < all_.size(); begin += block) {
    const auto count = static_cast<Index>(std::min(block, all_.size() - begin));
    loss_.sample_gradients(w, {std::span(all_).subspan(begin, static_cast<std::size_t>(count)), nullptr}, rows.data(), workspace);
    if (P.size() > 0) y = P.transpose().lazyProduct(rows.leftCols(count));
    else y = rows.leftCols(count);
    if (begin == 0) first = y.col(0);
    y.colwise() -= first;
    sum += y.rowwise().sum();
    D += y.lazyProduct(y.transpose());
  }
  return D / N - (sum / N) * (sum / N).transpose();
}

void ModifiedEquation::noise(ConstRows x, ConstRows xi, Rows out, std::size_t n, double T, Scratch& scratch) const {
  auto& space = static_cast<Space&>(scratch);
  const double factor = std::sqrt(2 * T);
  if (root_.size() > 0) {
    for (std::size_t i = 0; i < d_; ++i) {
      std::fill_n(out[i], n, 0.0);
      for (std::size_t j = 0; j < noises_; ++j)
        if (const double r = root_(static_cast<Index>(i), static_cast<Index>(j)); r != 0) add_scaled(out[i], xi[j], factor * r, n);
    }
    return;
  }
  for (std::size_t k = 0; k < n; ++k) {
    space.gather(x, k);
    if (samples_) sample_noise(space.w.data(), xi, k, space.b.data(), space);
    else {
      root(space.w.data(), space.L, space);
      for (std::size_t i = 0; i < d_; ++i) {
        space.b[i] = 0;
        for (std::size_t j = 0; j <= i; ++j) space.b[i] += space.L(static_cast<Index>(i), static_cast<Index>(j)) * xi[j][k];
      }
    }
    for (std::size_t i = 0; i < d_; ++i) out[i][k] = factor * space.b[i];
  }
}

void ModifiedEquation::amplitude(ConstRows x, Rows sigma, std::size_t n, double T, Scratch& scratch) const {
  if (noises_ != d_ || samples_) throw std::logic_error("no square amplitude of this noise");
  auto& space = static_cast<Space&>(scratch);
  const double factor = std::sqrt(2 * T);
  for (std::size_t k = 0; k < n; ++k) {
    space.gather(x, k);
    if (root_.size() > 0) space.L = root_;
    else root(space.w.data(), space.L, space);
    for (std::size_t i = 0; i < d_; ++i)
      for (std::size_t j = 0; j < d_; ++j) sigma[i * d_ + j][k] = factor * space.L(static_cast<Index>(i), static_cast<Index>(j));
  }
}

Schedule modified_temperature(const ProcessOptions& options, std::size_t samples) {
  if (!options.batch_size.constant()) throw std::invalid_argument("the modified equations need a batch size that does not change");
  const double factor = batch_factor(samples, static_cast<std::size_t>(std::round(options.batch_size.value(0))), options.sampling);
  if (!(factor > 0)) throw std::invalid_argument("a batch of all samples has no noise: there is no diffusion beside it");
  const double slip = 1 - options.momentum;
  return Schedule::sgd(options.learning_rate, Schedule(slip * slip / factor));
}

} // namespace driftwell::sgd
