#pragma once
// The side of real SGD: a loss, how it is trained, and what theory needs of both.
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"
#include "driftwell/sgd/process.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"

#include <Eigen/Core>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace driftwell::theorems {

/// How the pieces are made: the engine's own way, or one that a test has spoilt.
struct SgdMakers {
  std::function<Eigen::MatrixXd(const sgd::Loss&, const double* w)> noise = [](const sgd::Loss& loss, const double* w) { return sgd::gradient_covariance(loss, w); };
  /// Of the gradient covariance of one batch, in units of D.
  std::function<double(std::size_t samples, std::size_t batch, sgd::Sampling)> batch_factor = sgd::batch_factor;
  /// T of eta, the batch factor and momentum: eta factor / (2 (1 - mu)).
  std::function<double(double eta, double factor, double momentum)> temperature = [](double eta, double factor, double momentum) {
    return eta * factor / (2 * (1 - momentum));
  };
  /// The process itself: its options and its loss may be changed on the way.
  std::function<std::unique_ptr<sgd::Process>(const sgd::Loss&, const sgd::ProcessOptions&)> process = [](const sgd::Loss& loss, const sgd::ProcessOptions& options) {
    return std::make_unique<sgd::Process>(loss, options);
  };
  /// Weights of the two batches of SVAG.
  std::function<std::pair<double, double>(std::size_t l)> svag_weights = sgd::svag_weights;
  /// Moments of the modified equation of weak order 1 or 2 on a parabola with constant noise (covariance of one gradient).
  std::function<sgd::Moments(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& covariance, int order, double eta, double t, const Eigen::VectorXd& start)> modified =
      [](const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& covariance, int order, double eta, double t, const Eigen::VectorXd& start) {
        return sgd::QuadraticMoments(hessian, covariance).modified_equation(order, eta, t, start);
      };
};

struct SgdTask {
  std::shared_ptr<const sgd::Loss> loss;
  sgd::ProcessOptions options;
  std::vector<double> start, start_std; ///< start_std empty: all replicas at the start
  std::uint64_t steps = 1000;
  double stationary_from = 0.5;         ///< share of the steps left out of stationary averages
  SgdMakers make{};
};

class SgdEvidence {
public:
  explicit SgdEvidence(SgdTask task) : task_(std::move(task)) {}

  [[nodiscard]] const SgdTask& task() const { return task_; }
  [[nodiscard]] const sgd::Loss& loss() const { return *task_.loss; }
  [[nodiscard]] const sgd::ProcessOptions& options() const { return task_.options; }
  [[nodiscard]] bool constant_schedules() const { return task_.options.learning_rate.constant() && task_.options.batch_size.constant(); }
  [[nodiscard]] double learning_rate() const { return task_.options.learning_rate.value(0); } ///< at time 0
  [[nodiscard]] std::size_t batch() const;
  [[nodiscard]] double batch_factor() const; ///< of D in the covariance of one gradient
  [[nodiscard]] double temperature() const;

  /// Below the start. Throws NotApplicable where none is reached.
  [[nodiscard]] const sgd::Minimum& minimum() const;
  /// Hessian of f and noise D there, dense. Throws NotApplicable above 2000 weights.
  [[nodiscard]] const Eigen::MatrixXd& hessian() const;
  [[nodiscard]] const Eigen::MatrixXd& noise() const;
  /// A process at the start of the experiment, with other options where given.
  [[nodiscard]] std::unique_ptr<sgd::Process> process(const std::optional<sgd::ProcessOptions>& options = {}) const;

private:
  SgdTask task_;
  mutable std::optional<sgd::Minimum> minimum_;
  mutable std::optional<Eigen::MatrixXd> hessian_, noise_;
};

} // namespace driftwell::theorems
