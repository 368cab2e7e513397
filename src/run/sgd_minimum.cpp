// What lies below the last cloud: the minimum, its Hessian and noise.
#include "sgd.hpp"

#include "driftwell/sgd/quadratic_moments.hpp"
#include "sgd_directions.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell::run {

namespace {

constexpr std::size_t most_for_local = 2000, most_for_matrices = 100;

} // namespace

/// The implicit potential near the minimum beside the loss, and the variance that it and the exact recursion predict for the cloud.
void SgdSection::write_local(record::Group& group) {
  const std::size_t d = problem_->loss->dimension();
  if (d > most_for_local) return;
  progress_.phase("local implicit potential");
  const Eigen::MatrixXd H = sgd::full_hessian(*problem_->loss, minimum_->weights.data()), D = sgd::gradient_covariance(*problem_->loss, minimum_->weights.data());
  const double T = temperature(), eta = problem_->options.learning_rate.value(process_->time());
  try {
    const sgd::LocalPotential local = sgd::local_potential(H, D, T);
    group.attribute("local_distance", local.distance);
    group.attribute("local_circulation", local.circulating);
    group.attribute("local_correlation", local.correlation);
    group.attribute("local_factor", local.factor);
    group.attribute("local_kl", local.divergence);
    local_ = {local.distance, local.circulating, local.divergence};
    group.attribute("predicted_variance", local.covariance.trace());
    predicted_variance_ = local.covariance.trace();
    if (d <= most_for_matrices)
      for (const auto& [name, matrix, words] : {std::tuple{"loss_hessian", &H, "Hessian of f at the minimum"}, std::tuple{"minimum_noise", &D, "gradient covariance D at the minimum"},
                                                std::tuple{"implicit_hessian", &local.hessian, "U = T Sigma^-1, Hessian of the implicit potential at the minimum"},
                                                std::tuple{"local_circulation", &local.circulation, "Q of H = (D + Q) U at the minimum"},
                                                std::tuple{"predicted_covariance", &local.covariance, "Sigma of H Sigma + Sigma H = 2 T D"}}) {
        if (!matrix->allFinite()) continue;
        const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = *matrix;
        group.variable(name, {"parameter", "parameter_2"}, {{"long_name", std::string(words)}});
        group.write(name, {rows.data(), static_cast<std::size_t>(rows.size())});
      }
    const double factor = 2 * T * (1 - problem_->options.momentum) / eta;
    Eigen::MatrixXd exact;
    if (problem_->options.svag == 1) {
      exact = sgd::QuadraticMoments(H, factor * D).stationary(eta, problem_->options.momentum, problem_->options.nesterov);
      group.attribute("predicted_variance_discrete", predicted_discrete_ = exact.trace());
    }
    if (probes_.directions != nullptr) probes_.directions->predict(local.covariance, exact);
  } catch (const std::domain_error& error) {
    warnings_.push_back(error.what());
  }
}

void SgdSection::write_minimum(record::Group& group) {
  progress_.phase("the minimum below the cloud");
  const Eigen::VectorXd mean = sgd::spread(*process_).mean;
  minimum_ = sgd::minimise(*problem_->loss, {mean.data(), mean.data() + mean.size()});
  if (!minimum_->converged) warnings_.push_back(fmt::format("the minimum was not reached: after {} Newton steps |grad f| is {:.2g}", minimum_->iterations, minimum_->gradient_norm));
  group.variable("minimum", {"parameter"}, {{"long_name", std::string("weights of the minimum below the mean of the last cloud")}});
  group.write("minimum", minimum_->weights);
  group.attribute("minimum_loss", minimum_->loss);
  group.attribute("minimum_gradient_norm", minimum_->gradient_norm);
  write_local(group);
  if (!sgd_.noise.value) return;
  const sgd::GradientNoise noise = sgd::measure_noise(*problem_->loss, minimum_->weights.data(), noise_options());
  group.attribute("minimum_noise_trace", noise.trace);
  group.attribute("minimum_noise_rank", static_cast<std::int64_t>(noise.rank));
  group.attribute("minimum_noise_mean", noise.mean);
  group.attribute("minimum_noise_std", noise.std);
  group.attribute("minimum_noise_eigenvalues", std::vector<double>(noise.eigenvalues.data(), noise.eigenvalues.data() + std::min<Eigen::Index>(noise.eigenvalues.size(), 1000)));
  group.attribute("minimum_hessian_eigenvalues", std::vector<double>(noise.hessian_eigenvalues.data(), noise.hessian_eigenvalues.data() + noise.hessian_eigenvalues.size()));
  group.attribute("minimum_alignment", std::vector<double>(noise.alignment.data(), noise.alignment.data() + noise.alignment.size()));
}

} // namespace driftwell::run
