// What lies below the last cloud: the minimum, its Hessian and noise.
#include "sgd.hpp"

#include <fmt/format.h>

namespace driftwell::run {

void SgdSection::write_minimum(record::Group& group) {
  progress_.phase("the minimum below the cloud");
  const Eigen::VectorXd mean = sgd::spread(*process_).mean;
  minimum_ = sgd::minimise(*problem_->loss, {mean.data(), mean.data() + mean.size()});
  if (!minimum_->converged) warnings_.push_back(fmt::format("the minimum was not reached: after {} Newton steps |grad f| is {:.2g}", minimum_->iterations, minimum_->gradient_norm));
  group.variable("minimum", {"parameter"}, {{"long_name", std::string("weights of the minimum below the mean of the last cloud")}});
  group.write("minimum", minimum_->weights);
  group.attribute("minimum_loss", minimum_->loss);
  group.attribute("minimum_gradient_norm", minimum_->gradient_norm);
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
