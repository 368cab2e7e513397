// The width of the kernels by cross-validation. Equations in kramers_moyal.hpp.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/estimators/kramers_moyal.hpp"
#include "estimators/local_polynomials.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell::estimators {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr std::size_t parts = 5; ///< of the cross-validation
constexpr double undersmoothing = 0.75, pilot = 0.45;
constexpr std::array<double, 9> multiples{0.09, 0.13, 0.2, 0.3, 0.45, 0.67, 1.0, 1.5, 2.2};

std::vector<double> times(double factor, std::vector<double> lengths) {
  for (double& length : lengths) length *= factor;
  return lengths;
}

} // namespace

void KramersMoyal::set_spread(const std::vector<double>& totals, const std::vector<double>& h) {
  const std::size_t squares = target_count() - d_;
  const std::vector<VectorXd> S = at_centres(regress(totals, h, {d_}, squares));
  const auto entry = [&](std::size_t i, std::size_t j) -> const VectorXd& { return S[i * d_ - i * (i + 1) / 2 + j]; };
  const auto variance = [&](std::size_t i, std::size_t j) -> VectorXd { return entry(i, i).cwiseProduct(entry(j, j)) + entry(i, j).cwiseAbs2(); };
  spread_.clear();
  for (std::size_t i = 0; i < d_; ++i) spread_.push_back(entry(i, i));
  for (std::size_t i = 0; i < d_; ++i)
    for (std::size_t j = i; j < d_; ++j) spread_.push_back(variance(i, j));
  for (VectorXd& spread : spread_) { // a pilot fit may fail in tails: there the mean is near enough
    double mean = 0;
    for (std::size_t k = 0; k < n_; ++k) mean += std::max(spread[static_cast<Index>(k)], 0.0) * totals[k] / static_cast<double>(increments_);
    spread = spread.cwiseMax(0.01 * mean);
  }
}

double KramersMoyal::prediction_error(const std::vector<double>& test, const std::vector<MatrixXd>& fit, std::size_t first_target, std::size_t targets) const {
  const std::size_t terms = polynomials_->size(), moments = polynomials_->moments();
  double error = 0;
  for (std::size_t y = 0; y < targets; ++y)
    for (std::size_t k = 0; k < n_; ++k) {
      if (test[k] == 0) continue;
      const auto cell = static_cast<Index>(k);
      double sum = 0;
      for (std::size_t i = 0; i < terms; ++i) {
        const double c = fit[y](static_cast<Index>(i), cell);
        sum -= 2 * c * test[(moments + (first_target + y) * terms + i) * n_ + k];
        for (std::size_t j = 0; j < terms; ++j) sum += c * fit[y](static_cast<Index>(j), cell) * test[polynomials_->product(i, j) * n_ + k];
      }
      const double spread = spread_[first_target + y][cell];
      if (spread > 0) error += sum / (spread * static_cast<double>(increments_));
    }
  return error;
}

void KramersMoyal::choose(const KramersMoyalOptions& options, const std::vector<double>& deviation) {
  drift_h_ = noise_h_ = options.bandwidth;
  if (!options.bandwidth.empty()) return;
  const std::size_t B = blocks_.blocks(), folds = std::min(parts, B);
  set_spread(totals(std::vector<double>(B, 1.0)), times(pilot, deviation));
  for (const double multiple : multiples) {
    bool resolved = true;
    for (std::size_t a = 0; a < d_; ++a) resolved = resolved && multiple * deviation[a] >= grid_.axis(a).spacing();
    if (resolved || multiple == multiples.back()) choice_.multiple.push_back(multiple);
  }
  choice_.drift.assign(choice_.multiple.size(), 0.0);
  choice_.noise = choice_.drift;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<double> with(B), without(B);
    for (std::size_t b = 0; b < B; ++b) (b % folds == fold ? with : without)[b] = 1;
    const std::vector<double> test = totals(with), train = totals(without);
    for (std::size_t i = 0; i < choice_.multiple.size(); ++i) {
      poll_interrupt();
      const std::vector<double> h = times(choice_.multiple[i], deviation);
      choice_.drift[i] += prediction_error(test, regress(train, h, {0}, d_), 0, d_);
      choice_.noise[i] += prediction_error(test, regress(train, h, {d_}, target_count() - d_), d_, target_count() - d_);
    }
  }
  const auto best = [&](const std::vector<double>& errors) {
    const double multiple = choice_.multiple[static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin())];
    std::vector<double> h = times(undersmoothing * multiple, deviation);
    for (std::size_t a = 0; a < d_; ++a) h[a] = std::max(h[a], grid_.axis(a).spacing());
    return h;
  };
  drift_h_ = best(choice_.drift);
  noise_h_ = best(choice_.noise);
}

} // namespace driftwell::estimators
