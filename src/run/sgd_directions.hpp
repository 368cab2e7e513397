#pragma once
// Directions in the space of weights along which the cloud is measured: variances, spectra, rotation.
#include "driftwell/sgd/cloud.hpp"
#include "sgd_probe.hpp"

#include <Eigen/Core>

namespace driftwell::run {

/// Unit vectors, found when first asked for: at the beginning of the stationary part.
///   "principal"  those of the replicas' own way through the stationary part (of a copy that runs ahead)
///   "hessian"    leading eigenvectors of the Hessian at the minimum below the mean of the replicas
///   "random"     uniform on the sphere, orthogonal, the same for the same seed
///   a list       as given, each divided by its length
class SgdDirections : public SgdProbe {
public:
  SgdDirections(const input::Spec& spec, const sgd::Loss& loss);

  [[nodiscard]] std::uint64_t first_step() const { return first_; }  ///< of the stationary part
  /// Columns, d x count.
  [[nodiscard]] const Eigen::MatrixXd& at(const sgd::Process& process);
  [[nodiscard]] std::size_t count() const { return count_; }

  [[nodiscard]] std::uint64_t next(std::uint64_t) const override { return never; }
  void look(const sgd::Process&) override {}
  void keep(SectionState& state) override;
  void declare(record::Group& group) const override;
  void write_output(record::Group& group, std::size_t index, const sgd::Process& process) override;
  void write(record::Group& group, const sgd::Process& process, std::vector<std::string>& warnings) override;
  void json(nlohmann::ordered_json& json) const override;
  [[nodiscard]] std::string words() const override;

  /// Stationary covariances of the diffusion and of SGD itself at the minimum: what variances along the directions should be.
  void predict(const Eigen::MatrixXd& diffusion, const Eigen::MatrixXd& exact);
  /// Variance along each direction: over replicas, averaged over the outputs of the stationary part.
  [[nodiscard]] std::vector<sgd::Estimate> variances() const;
  [[nodiscard]] const std::vector<double>& predicted() const { return predicted_; }
  [[nodiscard]] const std::vector<double>& exact() const { return exact_; }

private:
  const input::SgdSpec& spec_;
  const sgd::Loss& loss_;
  std::uint64_t first_;
  std::size_t count_;
  Eigen::MatrixXd directions_;
  std::vector<std::vector<double>> squares_; ///< a direction: sums over outputs of (u.(w - mean))^2 R/(R-1), one a replica
  std::size_t outputs_ = 0;
  std::vector<double> predicted_, exact_;
};

} // namespace driftwell::run
