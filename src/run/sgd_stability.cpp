#include "sgd_stability.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

void parabola(const SgdProblem& problem, std::vector<std::string>& warnings) {
  const Eigen::MatrixXd H = sgd::full_hessian(*problem.loss, problem.start.data());
  const Eigen::VectorXd h = SymmetricEigen(H, Eigen::EigenvaluesOnly).eigenvalues();
  const double least = h[0], most = h[h.size() - 1], negligible = 1e-13 * h.cwiseAbs().maxCoeff();
  if (least < -negligible) warnings.push_back(fmt::format("f has no minimum: its Hessian has the eigenvalue {:.6g}, and along it the weights run away", least));
  else if (least <= negligible) warnings.push_back("the Hessian of f is singular: along its null space the weights diffuse without end, and there is no stationary cloud");
  const sgd::ProcessOptions& o = problem.options;
  if (!o.learning_rate.constant() || !(most > 0)) return;
  // Roots of the recursion leave the unit circle at -1 there: heavy ball 2 (1 + mu), Nesterov 2 (1 + mu)/(1 + 2 mu).
  const double limit = 2 * (1 + o.momentum) / (o.nesterov ? 1 + 2 * o.momentum : 1) / most, eta = o.learning_rate.value(0) / static_cast<double>(o.svag);
  if (eta >= limit) warnings.push_back(fmt::format("a learning rate of {:g} is too long for the curvature {:.6g}: SGD diverges from {:.6g} on", o.learning_rate.value(0), most, limit * static_cast<double>(o.svag)));
}

} // namespace

std::vector<std::string> stability_warnings(const input::SgdSpec& spec, const SgdProblem& problem) {
  std::vector<std::string> warnings;
  if (problem.options.replicas == 1) warnings.emplace_back("one replica: no cloud and no standard errors (NaN in the result); replicas = 2 or more gives them");
  else if (spec.loss_replicas.value == 1) warnings.emplace_back("loss_replicas = 1: the loss and what goes with it have no standard errors (NaN in the result)");
  if (spec.loss.name.value == "quadratic" && problem.loss->dimension() <= 1000) parabola(problem, warnings);
  return warnings;
}

} // namespace driftwell::run
