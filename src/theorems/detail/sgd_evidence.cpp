#include "driftwell/theorems/sgd_evidence.hpp"

#include "driftwell/theorems/subject.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

constexpr std::size_t most_dense = 2000;

void require_dense(std::size_t d) {
  if (d > most_dense) throw NotApplicable{"a dense Hessian and gradient covariance", fmt::format("{} weights, at most {}", d, most_dense)};
}

} // namespace

std::size_t SgdEvidence::batch() const { return static_cast<std::size_t>(std::llround(task_.options.batch_size.value(0))); }

double SgdEvidence::batch_factor() const { return task_.make.batch_factor(loss().samples(), batch(), task_.options.sampling); }

double SgdEvidence::temperature() const { return task_.make.temperature(learning_rate(), batch_factor(), task_.options.momentum); }

const sgd::Minimum& SgdEvidence::minimum() const {
  if (!minimum_) minimum_ = sgd::minimise(loss(), task_.start);
  if (!minimum_->converged)
    throw NotApplicable{"a minimum of the loss below the start", fmt::format("|grad f| is {:.2g} after {} Newton steps", minimum_->gradient_norm, minimum_->iterations)};
  return *minimum_;
}

const Eigen::MatrixXd& SgdEvidence::hessian() const {
  require_dense(loss().dimension());
  if (!hessian_) hessian_ = sgd::full_hessian(loss(), minimum().weights.data());
  return *hessian_;
}

const Eigen::MatrixXd& SgdEvidence::noise() const {
  require_dense(loss().dimension());
  if (!noise_) noise_ = task_.make.noise(loss(), minimum().weights.data());
  return *noise_;
}

std::unique_ptr<sgd::Process> SgdEvidence::process(const std::optional<sgd::ProcessOptions>& options) const {
  auto process = task_.make.process(loss(), options.value_or(task_.options));
  if (task_.start_std.empty()) process->start(task_.start);
  else process->start(task_.start, task_.start_std);
  return process;
}

} // namespace driftwell::theorems
