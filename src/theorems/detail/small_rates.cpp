#include "small_rates.hpp"

#include "affine_loss.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"
#include "sgd_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Over eta f, f by theory of sampling; `affine`: the loss about its minimum.
std::vector<Measured> widths(const SgdSetting& s, const AffineLoss& affine, double eta, const Judgement& judgement) {
  sgd::ProcessOptions options = s.sgd.options();
  options.learning_rate = Schedule(eta);
  const Index d = s.linear.centre.size(), modes = std::min<Index>(d, 8);
  Window window = window_for(s.sgd, options, relaxation_steps(options, s.linear.curvatures[0]), judgement, 6);
  window.burn *= 4; // nothing is left of the start but e^-16
  options = with_replicas(options, window.replicas);
  const auto process = s.sgd.process(options), beside = s.sgd.task().make.process(affine, options);
  process->start(s.sgd.minimum().weights);
  beside->start(s.sgd.minimum().weights);
  const MatrixXd averages = window_averages(
      *process, window, static_cast<std::size_t>(2 * modes),
      [&](const sgd::Process& p, std::size_t r, double* numbers) {
        const auto squares = [&](const sgd::Process& q, double* out) {
          const VectorXd x = Eigen::Map<const VectorXd>(q.weights(r), d) - s.linear.centre;
          for (Index i = 0; i < modes; ++i) out[i] = std::pow(s.linear.modes.col(i).dot(x), 2);
        };
        squares(p, numbers);
        squares(*beside, numbers + modes);
      },
      beside.get());
  LinearSgd linear = s.linear;
  linear.constant_noise = true; // that of the linearised loss
  const double factor = sgd::batch_factor(s.sgd.loss().samples(), s.sgd.batch(), options.sampling);
  const VectorXd exact = exact_window(linear, {eta, factor, options.momentum, options.nesterov}, window);
  std::vector<Measured> result;
  const double place = place_rounding(s.sgd, s.linear, options);
  for (Index i = 0; i < modes; ++i) {
    Measured mean = controlled_mean(averages.col(i), averages.rightCols(modes), exact.head(modes));
    mean.error += 2 * second_moment_rounding(std::max(averages.col(i).mean(), exact[i]), place); // of SGD, and of the control
    result.push_back((1 / (eta * factor)) * mean);
  }
  return result;
}

} // namespace

void compare_small_rates(ClaimMaker& claim, const SgdSetting& s) {
  Judgement judgement = s.subject.judgement;
  judgement.precision /= 2; // extrapolation more than doubles the errors
  const AffineLoss affine(s.sgd.loss(), s.linear.centre);
  const std::vector<Measured> wide = widths(s, affine, s.eta, judgement), middle = widths(s, affine, s.eta / 2, judgement), narrow = widths(s, affine, s.eta / 4, judgement);
  const VectorXd law = along_modes(s.linear, sgd::local_potential(s.linear.hessian, s.sgd.noise(), s.sgd.temperature()).covariance) / (s.eta * s.sgd.batch_factor());
  // H and D are known to the rounding of sums over N samples and of d x d matrices; an error of H by E makes one of S by up to |E|/h_min of it.
  const double rounding = std::numeric_limits<double>::epsilon() * static_cast<double>(s.sgd.loss().samples() + 4 * s.linear.noise.rows()) * s.stiffest / s.linear.curvatures[0] * law.sum();
  for (std::size_t i = 0; i < wide.size(); ++i) {
    Measured limit = 2.0 * narrow[i] - middle[i];
    limit.error += std::abs(limit.value - (2 * middle[i].value - wide[i].value));
    claim.compare(limit, {law[static_cast<Index>(i)], rounding, 0}, s.mode(static_cast<Index>(i)));
  }
  claim.scale(law.sum()).note(fmt::format("T = {:.6g}", s.sgd.temperature()));
}

} // namespace driftwell::theorems
